"""The rule-based opponent: it plays out in its head what each action leads to, and takes the best."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from agents.players.scripted.damage import FIELD, MOVE, RECHARGE_YIELD, BattleView, Bools, Floats
from agents.players.scripted.duel import Values, ko_chance
from agents.players.scripted.move_effects import RECHARGES, SACRIFICE
from agents.players.scripted.outlook import Outlook
from agents.players.scripted.scored_agent import (
    DYNAMAX,
    MOVES,
    SWITCHES,
    TERASTALLIZE,
    ZMOVE,
    ScoringAgent,
    gimmick_gain,
)
from agents.players.scripted.support_moves import removal_worth, support_values

# What an action has to gain, in HP, beyond what the duel model sees. An opponent may answer a switch with
# another one. A gimmick can be used once; the last Pokémon need not keep it for another.
_SWITCH_COST, _RESTLESS_COST = 0.4, 2.0
_GIMMICK_COST = np.array([0.0, -0.02, 0.12, 0.12, 0.12])  # none, mega, zmove, dynamax, terastallize


class RuleBasedAgent(ScoringAgent):
    """Plays every action one turn ahead and the duel that follows to its end, with expected damage.

    An action is worth the HP that its Pokémon keeps in the duel less the HP that the opponent keeps. So it
    switches out of a duel that it loses into one that it wins in spite of the attack on who comes in, and
    lets a weak Pokémon go down where that costs less; it heals, sets up, gives status conditions or
    terastallizes where that turns the duel. Hazards and their removal count by who is yet to come in.
    """

    name = "rule"

    def score(self, observations: Floats, legal: Bools) -> Floats:
        """Worth of every action, less the HP that it stakes."""
        view = BattleView.read(observations)
        outlook = Outlook(view)
        attacks = _attacks(outlook)
        scores = np.empty(legal.shape, dtype=np.float32)
        scores[:, 6:10] = np.maximum(attacks[:, 0], support_values(outlook))
        scores[:, 10:] = attacks[:, 1:].reshape(len(scores), -1)
        scores[:, MOVES] -= outlook.of_active(outlook.hp)[:, None]
        must: Bools = ~np.any(legal[:, MOVES], axis=1)
        scores[:, SWITCHES] = _switches(outlook, must[:, None])
        return scores


def _attacks(outlook: Outlook) -> Values:
    """`(B, 5, 4)` worth of the active's attacks by gimmick; -9 for moves that do no damage."""
    view = outlook.view
    moves = view.active_moves()
    ids = view.active_move_ids()
    recharges, sacrifice = RECHARGES[ids][:, None, :], SACRIFICE[ids][:, None, :]
    gain = gimmick_gain(view)

    def column(values: Values) -> Values:
        """`(B,)` values, to be broadcast over gimmicks and moves."""
        return values[:, None, None]

    duel = outlook.active_duel(2)
    taken = column(outlook.of_active(outlook.taken)).repeat(5, axis=1)  # (B, 5, 1)
    taken[:, DYNAMAX] *= 0.5  # twice the HP
    taken[:, TERASTALLIZE] = outlook.taken_terastallized[:, None]
    lasting = gain.copy()
    lasting[:, ZMOVE] = 1.0  # for one turn
    duel = replace(duel, hits=duel.hits * lasting[:, :, None, :], taken=taken)
    hp, left = column(outlook.of_active(outlook.hp)), column(outlook.left)
    hit = outlook.of_active(view.damage)[:, None, :] * gain / np.where(recharges, RECHARGE_YIELD, 1.0)
    lands = moves[:, None, :, MOVE["accuracy"]] * column(
        outlook.of_active((outlook.able * outlook.moves_now)[:, 0])
    )
    # What breaks a Substitute does nothing to who is behind it.
    behind = view.flag("opposing_volatile_substitute")
    knocks_out = lands * ko_chance(hit, left) * column(np.where(behind, 0.0, 1.0))
    least = column(np.where(behind, view.of_active(1, "hp"), 0.01))
    hurts, misses = lands - knocks_out, 1 - lands

    answers = column(outlook.of_opponent(outlook.moves_now))
    falls = answers * ko_chance(taken, hp)
    kept = np.maximum(hp - answers * taken - duel.drain, 0.01)
    hurt = np.maximum(np.maximum(left - hit, least) - duel.opposing_drain, 0.01)
    unhurt = np.maximum(left - duel.opposing_drain, 0.01)
    after_hit = replace(duel, pause=duel.pause + recharges).value(kept, hurt)
    after_miss = duel.value(kept, unhurt)
    # Who sacrifices itself keeps nothing and leaves the rest to the opponent.
    after_hit = np.where(sacrifice, -hurt, after_hit)
    after_miss = np.where(sacrifice, -unhurt, after_miss)
    stays = ~sacrifice
    quick = knocks_out * hp * stays
    quick = quick + hurts * ((1 - falls) * after_hit - falls * hurt)
    quick = quick + misses * ((1 - falls) * after_miss - falls * left)
    slow = knocks_out * kept * stays + hurts * after_hit + misses * after_miss
    slow = (1 - falls) * slow - falls * left
    first = outlook.moves_first()[:, None, :]
    worth = first * quick + (1 - first) * slow + removal_worth(outlook)[:, None, :]
    worth = worth + 0.02 * np.minimum(hit, 2.0)  # of equals the higher is the safer, for estimates are wrong
    last = (outlook.healthy("own") <= 1)[:, None, None]
    cost = np.where(last, np.minimum(_GIMMICK_COST, 0.0)[:, None], _GIMMICK_COST[:, None])
    worth = worth - sacrifice * last - cost
    return np.where(hit > 0, worth, -9.0)


def _switches(outlook: Outlook, free: Bools) -> Values:
    """`(B, 6)` worth of each Pokémon coming in: into an attack, or in rows that are `free` `(B, 1)` of it.

    Who has to switch is taken to be free, though after a pivoting move the opponent may still attack.
    """
    view = outlook.view
    answers = outlook.of_opponent(outlook.moves_now)[:, None]
    taken = np.where(free, 0.0, answers * outlook.taken_coming_in) + outlook.entry_damage
    falls = ko_chance(taken, outlook.hp)
    # Who comes in has not had its turn yet, and nor has an opponent who did not attack it.
    pause, duel = outlook.of_opponent(outlook.pause)[:, None], outlook.team_duel
    opposing_pause = np.where(free, pause, duel.opposing_pause)
    duel = replace(duel, pause=outlook.pause[:, 0], opposing_pause=opposing_pause)
    left = np.broadcast_to(outlook.left[:, None], falls.shape)
    value = duel.value(np.maximum(outlook.hp - taken, 0.01), left)
    # What came in has to do something before it goes out again: two agents that answer each other's
    # switches with switches would never end.
    settled = (view.of_active(0, "last_move") > 0) | (view.field[:, FIELD["turn"]] < 0.015)
    cost = np.where(settled, _SWITCH_COST, _RESTLESS_COST)[:, None]
    return (1 - falls) * value - falls * left - outlook.hp - np.where(free, 0.0, cost)
