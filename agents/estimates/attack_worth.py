"""Worth of the active's attacks: one turn with each, then the rest of the duel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from agents.estimates.battle_estimates import BattleEstimates
from agents.estimates.battle_view import MOVE
from agents.estimates.duel import Values, ko_chance
from agents.estimates.gimmicks import DYNAMAX, GIMMICKS, TERASTALLIZE, ZMOVE, gimmick_gain
from agents.estimates.move_effects import RECHARGES, SACRIFICE
from agents.estimates.move_tables import RECHARGE_YIELD
from agents.estimates.support_worth import removal_worth

# HP that a gimmick must gain beyond the duel model, because a side can use it only once. The last Pokémon has
# no reason to save it.
_GIMMICK_COSTS = {"": 0.0, "mega": -0.02, "zmove": 0.12, "dynamax": 0.12, "terastallize": 0.12}
_GIMMICK_COST = np.array([_GIMMICK_COSTS[gimmick] for gimmick in GIMMICKS])


def attack_values(estimates: BattleEstimates) -> Values:
    """`(B, G, 4)` worth of the active's attacks by gimmick; -9 for moves that do no damage."""
    view = estimates.view
    moves = view.active_moves()
    ids = view.active_move_ids()
    recharges, sacrifice = RECHARGES[ids][:, None, :], SACRIFICE[ids][:, None, :]
    gain = gimmick_gain(view)

    def column(values: Values) -> Values:
        """`(B,)` values, to be broadcast over gimmicks and moves."""
        return values[:, None, None]

    duel = estimates.active_duel(2)
    taken = column(estimates.of_active(estimates.taken)).repeat(len(GIMMICKS), axis=1)  # (B, G, 1)
    taken[:, DYNAMAX] *= 0.5  # twice the HP
    taken[:, TERASTALLIZE] = estimates.taken_terastallized[:, None]
    lasting = gain.copy()
    lasting[:, ZMOVE] = 1.0  # a Z-move lasts one turn
    duel = replace(duel, hits=duel.hits * lasting[:, :, None, :], taken=taken)
    hp, left = column(estimates.of_active(estimates.hp)), column(estimates.left)
    hit = (
        estimates.of_active(estimates.damage.dealt)[:, None, :]
        * gain
        / np.where(recharges, RECHARGE_YIELD, 1.0)
    )
    lands = moves[:, None, :, MOVE["accuracy"]] * column(
        estimates.of_active((estimates.able * estimates.moves_now)[:, 0])
    )
    # A hit that breaks a Substitute does not damage the Pokémon behind it.
    behind = view.flag("opposing_volatile_substitute")
    knocks_out = lands * ko_chance(hit, left) * column(np.where(behind, 0.0, 1.0))
    least = column(np.where(behind, view.of_active(1, "hp"), 0.01))
    hurts, misses = lands - knocks_out, 1 - lands

    answers = column(estimates.of_opponent(estimates.moves_now))
    falls = answers * ko_chance(taken, hp)
    kept = np.maximum(hp - answers * taken - duel.drain, 0.01)
    hurt = np.maximum(np.maximum(left - hit, least) - duel.opposing_drain, 0.01)
    unhurt = np.maximum(left - duel.opposing_drain, 0.01)
    after_hit = replace(duel, pause=duel.pause + recharges).value(kept, hurt)
    after_miss = duel.value(kept, unhurt)
    # A Pokémon that sacrifices itself keeps no HP; the opponent keeps the rest.
    after_hit = np.where(sacrifice, -hurt, after_hit)
    after_miss = np.where(sacrifice, -unhurt, after_miss)
    stays = ~sacrifice
    quick = knocks_out * hp * stays
    quick = quick + hurts * ((1 - falls) * after_hit - falls * hurt)
    quick = quick + misses * ((1 - falls) * after_miss - falls * left)
    slow = knocks_out * kept * stays + hurts * after_hit + misses * after_miss
    slow = (1 - falls) * slow - falls * left
    first = estimates.moves_first()[:, None, :]
    worth = first * quick + (1 - first) * slow + removal_worth(estimates)[:, None, :]
    worth = worth + 0.02 * np.minimum(hit, 2.0)  # more damage is safer, as estimates are rough
    last = (estimates.healthy("own") <= 1)[:, None, None]
    cost = np.where(last, np.minimum(_GIMMICK_COST, 0.0)[:, None], _GIMMICK_COST[:, None])
    worth = worth - sacrifice * last - cost
    return np.where(hit > 0, worth, -9.0)
