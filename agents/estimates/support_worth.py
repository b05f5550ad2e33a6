"""Worth of moves that do no damage, by their effect on the rest of the duel."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from agents.estimates import move_effects as effects
from agents.estimates.battle_estimates import SLEEP_TURNS, BattleEstimates
from agents.estimates.battle_view import FIELD, MOVE, POKEMON, BattleView, Bools, natural, stage_factor
from agents.estimates.duel import Duel, Values, ko_chance
from agents.estimates.type_chart import TYPE_ID

_COST = 0.08  # in HP: a support move is wasted if the opponent switches
_STATUS_WORTH = {"slp": 0.25, "par": 0.15, "brn": 0.1, "psn": 0.08}  # beyond the duel, at full HP
_SCREEN_WORTH = 0.05


@dataclass(frozen=True)
class _Change:
    """Effects of the active's four moves if they work.

    Attributes:
        duel: `(B, 4)` duels after the move.
        worth: `(B, 4)` gain beyond the duel, in HP.
        useful: `(B, 4)` true where anything changes.
    """

    duel: Duel
    worth: Values
    useful: Bools


def support_values(estimates: BattleEstimates) -> Values:
    """`(B, 4)` worth of the active's moves without their damage; -8 where they have no effect."""
    view = estimates.view
    moves = view.active_moves()
    ids = view.active_move_ids()
    duel = estimates.active_duel(1)
    removal = removal_worth(estimates)
    change = _Change(duel, removal, removal > 0)
    for changed in (_boosted, _screened, _afflicted, _laid):
        change = changed(estimates, ids, change)
    after = change.duel

    hp, left = estimates.of_active(estimates.hp)[:, None], estimates.left[:, None]
    answers = estimates.of_opponent(estimates.moves_now)[:, None]
    first, healing, price = estimates.moves_first(), effects.HEALING[ids], effects.PRICE[ids]
    sleeps = effects.SLEEP[ids] & (after.opposing_pause > duel.opposing_pause)
    # Damage of the opponent's attack this turn, if the own move comes first.
    quick_taken = answers * np.where(sleeps, 0.0, after.taken)
    healed = np.minimum(hp + healing, 1.0) - price
    falls = answers * ko_chance(duel.taken, hp)
    quick_falls = answers * np.where(sleeps, 0.0, ko_chance(after.taken, healed))
    kept = np.maximum(hp - answers * duel.taken, 0.01)
    slow_hp = np.minimum(kept + healing, 1.0) - price
    success_hp = np.maximum(first * (healed - quick_taken) + (1 - first) * slow_hp - after.drain, 0.01)
    success_falls = first * quick_falls + (1 - first) * falls
    pause = np.where(effects.REST[ids], 2.0, after.pause)
    success = replace(after, pause=pause).value(success_hp, np.maximum(left - after.opposing_drain, 0.01))
    success = (1 - success_falls) * success - success_falls * left + change.worth
    left_then = np.maximum(left - duel.opposing_drain, 0.01)
    failure = (1 - falls) * duel.value(np.maximum(kept - duel.drain, 0.01), left_then) - falls * left
    works = (
        moves[..., MOVE["accuracy"]]
        * estimates.of_active((estimates.able * estimates.moves_now)[:, 0])[:, None]
    )
    useful = change.useful | ((healing > 0) & (hp < 0.95))
    useful &= (moves[..., MOVE["status"]] > 0.5) & (hp > price)
    return np.where(useful, works * success + (1 - works) * failure - _COST, -8.0)


def removal_worth(estimates: BattleEstimates) -> Values:
    """`(B, 4)` worth of removing the own side's hazards, by their cost for the bench."""
    ids = estimates.view.active_move_ids()
    names = ("own_stealthrock", "own_spikes", "own_toxicspikes", "own_stickyweb")
    hazards = estimates.view.field[:, [FIELD[name] for name in names]].any(axis=1)
    worth = np.where(hazards & (estimates.healthy("own") >= 3), 0.3, 0.0)
    return np.where(effects.REMOVAL[ids], worth[:, None], 0.0)


def _boosted(estimates: BattleEstimates, ids: np.ndarray, change: _Change) -> _Change:
    """Add the effects of moves that change the own stats."""
    view, duel = estimates.view, change.duel
    first_generation = (view.generation == 1)[:, None]
    stages = {stat: table[ids] for stat, table in effects.BOOSTS.items()}
    if not any(stage.any() for stage in stages.values()):
        return change
    # Up to generation 4 Growth does not raise Attack.
    early = (view.generation <= 4)[:, None]
    stages["atk"] = np.where(effects.GROWTH[ids] & early, 0.0, stages["atk"])
    # In generation 1 a single stat, Special, is both Special Attack and Special Defence.
    special = np.maximum(stages["spa"], stages["spd"])
    stages["spa"], stages["spd"] = (
        np.where(first_generation, special, stages[stat]) for stat in ("spa", "spd")
    )
    gains = {stat: _gain(view, stat, stage) for stat, stage in stages.items()}
    physical = view.active_moves()[:, None, :, MOVE["physical"]] > 0.5
    dealt = np.where(physical, gains["atk"][:, :, None], gains["spa"][:, :, None])  # (B, move used, attack)
    resisted = np.where(estimates.attacked_physically[:, None], gains["def"], gains["spd"])
    speed = estimates.of_active(estimates.speed[:, 0])[:, None] * gains["spe"]
    first = estimates.outruns(speed, estimates.of_opponent(estimates.speed)[:, None])
    useful = (dealt > 1).any(axis=2) | (resisted > 1) | (first > duel.first)
    duel = replace(duel, hits=duel.hits * dealt, taken=duel.taken / resisted, first=first)
    return replace(change, duel=duel, useful=change.useful | useful)


def _gain(view: BattleView, stat: str, stages: Values) -> Values:
    """`(B, 4)` factor of a stat of the active after `stages` more stages."""
    boost = f"own_boost_{stat}"
    stage = np.rint(natural(f"field.{boost}", view.field[:, FIELD[boost]]))[:, None]
    return stage_factor(np.clip(stage + stages, -6, 6)) / stage_factor(stage)


def _screened(estimates: BattleEstimates, ids: np.ndarray, change: _Change) -> _Change:
    """Add the effects of screens."""
    view, duel = estimates.view, change.duel
    physical = estimates.attacked_physically[:, None]
    snow = view.flag("weather_hail") | view.flag("weather_snowscape")
    for screen, moves in effects.SCREENS.items():
        if not moves[ids].any():
            continue
        volatile = f"own_volatile_{screen}"
        up = view.flag(f"own_{screen}") | (view.flag(volatile) if volatile in FIELD else False)
        works = moves[ids] & (~up & (snow | (screen != "auroraveil")))[:, None]
        halved = works & ((screen == "auroraveil") | (physical == (screen == "reflect")))
        duel = replace(duel, taken=np.where(halved, 0.5 * duel.taken, duel.taken))
        change = replace(
            change, duel=duel, worth=change.worth + _SCREEN_WORTH * works, useful=change.useful | works
        )
    return change


def _afflicted(estimates: BattleEstimates, ids: np.ndarray, change: _Change) -> _Change:
    """Add the effects of status conditions, confusion and Leech Seed on an opponent that is not immune."""
    view, duel = estimates.view, change.duel
    types = np.stack([view.of_active(1, "type_1"), view.of_active(1, "type_2")])  # (2, B)

    def is_type(name: str) -> Bools:
        found: Bools = (types == TYPE_ID[name]).any(axis=0)[:, None]
        return found

    def has(*names: str) -> Bools:
        found: Bools = np.any([view.flag(f"opposing_{name}") for name in names], axis=0)[:, None]
        return found

    generation = view.generation[:, None]
    modern, substitute = generation >= 6, has("volatile_substitute")
    present = [view.of_active(1, f"status_{status}") > 0.5 for status in effects.STATUSES]
    ill = np.any(present, axis=0)[:, None]
    healthy = ~ill & ~substitute & ~has("safeguard") & ~(effects.POWDER[ids] & is_type("grass") & modern)
    # Sleep Clause: only one opposing Pokémon may sleep at a time.
    one_sleeps = (view.team[:, 1, :, POKEMON["status_slp"]] > 0.5).any(axis=1, keepdims=True)
    slp = effects.SLEEP[ids] & healthy & ~one_sleeps & ~has("volatile_yawn")
    grounded = effects.THUNDER_WAVE[ids] & is_type("ground")
    par = effects.PARALYSIS[ids] & healthy & ~grounded & ~(is_type("electric") & modern)
    brn = effects.BURN[ids] & healthy & ~is_type("fire")
    psn = effects.POISON[ids] & healthy & ~is_type("poison") & ~(is_type("steel") & (generation >= 2))
    seeded = effects.SEED[ids] & ~is_type("grass") & ~substitute & ~has("volatile_leechseed")
    confused = effects.CONFUSION[ids] & ~substitute & ~has("volatile_confusion")

    weaker = np.where(par, 0.75, 1.0) * np.where(confused, 0.7, 1.0)
    weaker = weaker * np.where(brn & estimates.attacked_physically[:, None], 0.5, 1.0)
    slowed = estimates.of_opponent(estimates.speed)[:, None] * np.where(generation <= 6, 0.25, 0.5)
    outrun = estimates.outruns(estimates.of_active(estimates.speed[:, 0])[:, None], slowed)
    drain = brn / 16 + psn * np.where(effects.TOXIC[ids], 0.16, 0.1) + seeded / 8
    duel = replace(
        duel,
        taken=duel.taken * weaker,
        first=np.where(par, outrun, duel.first),
        opposing_pause=np.where(slp, SLEEP_TURNS[generation], duel.opposing_pause),
        drain=duel.drain - 0.1 * seeded,
        opposing_drain=duel.opposing_drain + drain,
    )
    statuses = {"slp": slp, "par": par, "brn": brn, "psn": psn}
    worth = sum(_STATUS_WORTH[name] * given for name, given in statuses.items()) * estimates.left[:, None]
    return _Change(duel, change.worth + worth, change.useful | slp | par | brn | psn | seeded | confused)


def _laid(estimates: BattleEstimates, ids: np.ndarray, change: _Change) -> _Change:
    """Add the effects of hazards on the opposing bench."""
    bench = np.maximum(estimates.healthy("opposing") - 1, 0)[:, None]
    for hazard, worth in effects.HAZARDS.items():
        # Generation 2 has only one layer of Spikes; the field counts it as a third of the maximum.
        full = np.where((hazard == "spikes") & (estimates.view.generation == 2), 0.3, 0.99)[:, None]
        room = estimates.view.field[:, FIELD[f"opposing_{hazard}"], None] < full
        works = effects.LAYS[hazard][ids] & room & (bench > 0)
        change = replace(change, worth=change.worth + works * bench * worth, useful=change.useful | works)
    return change
