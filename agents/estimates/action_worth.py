"""Worth of each action of singles, in the rule-based player's estimate; also as numbers for networks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from agents.estimates.attack_worth import attack_values
from agents.estimates.battle_estimates import BattleEstimates
from agents.estimates.battle_view import FIELD, MOVE, POKEMON, TEAM_SIZE, Bools, Floats, natural
from agents.estimates.duel import Values, ko_chance
from agents.estimates.gimmicks import GIMMICKS
from agents.estimates.outlook import MOVES_SIZE
from agents.estimates.support_worth import support_values

POKEMON_NUMBERS = ("worth", "behind")
"""Numbers of a switch to each own Pokémon; see `numbers`."""

MOVE_NUMBERS = ("worth", "behind", "gimmick_worth", "gimmick_behind")
"""Numbers of each move of the own active; see `numbers`."""

SIZE = TEAM_SIZE * len(POKEMON_NUMBERS) + MOVES_SIZE * len(MOVE_NUMBERS)
"""Numbers of all actions."""

# HP that a switch must gain beyond the duel model, because the opponent may answer with a switch.
_SWITCH_COST, _RESTLESS_COST = 0.4, 2.0
_GREATEST = 1.0  # of the numbers: HP of one Pokémon
_GIMMICK_FLAGS = [FIELD[f"can_{gimmick}"] for gimmick in GIMMICKS[1:]]


def move_values(estimates: BattleEstimates) -> Values:
    """`(B, G, 4)` worth of the active's moves by gimmick, minus the HP that it stakes."""
    values = attack_values(estimates)
    values[:, 0] = np.maximum(values[:, 0], support_values(estimates))  # without a gimmick
    return values - estimates.of_active(estimates.hp)[:, None, None]


def switch_values(estimates: BattleEstimates, free: Bools) -> Values:
    """`(B, 6)` worth of a switch to each Pokémon, which is attacked unless the row is `free` `(B, 1)`.

    Forced switches count as free, although the opponent may still attack after a pivoting move.
    """
    view = estimates.view
    answers = estimates.of_opponent(estimates.moves_now)[:, None]
    taken = np.where(free, 0.0, answers * estimates.taken_coming_in) + estimates.entry_damage
    falls = ko_chance(taken, estimates.hp)
    # A Pokémon that switches in has not used its turn; neither has an opponent that did not attack it.
    pause, duel = estimates.of_opponent(estimates.pause)[:, None], estimates.team_duel
    opposing_pause = np.where(free, pause, duel.opposing_pause)
    duel = replace(duel, pause=estimates.pause[:, 0], opposing_pause=opposing_pause)
    left = np.broadcast_to(estimates.left[:, None], falls.shape)
    value = duel.value(np.maximum(estimates.hp - taken, 0.01), left)
    # A switch costs more before the active has used a move. Otherwise two agents could answer switches with
    # switches forever.
    settled = (view.of_active(0, "last_move") > 0) | (
        natural("field.turn", view.field[:, FIELD["turn"]]) < 1.5
    )
    cost = np.where(settled, _SWITCH_COST, _RESTLESS_COST)[:, None]
    return (1 - falls) * value - falls * left - estimates.hp - np.where(free, 0.0, cost)


def numbers(estimates: BattleEstimates) -> Floats:
    """Worth of every action, as a network can use it: also beside the best one.

    Which actions are possible follows from the observation: moves that are usable and, where a switch is
    not chosen, Pokémon on the bench unless the active is trapped. Everything is 0 without an opposing active.

    Returns:
        `(B, SIZE)`: for each of the six own Pokémon the `POKEMON_NUMBERS` (worth of the switch to it, from -1
        to 1; how far it is behind the best action, at most 1), then for each move of the own active the
        `MOVE_NUMBERS` (the same, without a gimmick and with the best one). An impossible action has the
        worth 0 and is 1 behind.
    """
    view = estimates.view
    forced = view.flag("force_switch")
    active = view.team[:, 0, :, POKEMON["active"]] > 0.5
    stays = (forced | ~view.flag("trapped"))[:, None]
    switches = switch_values(estimates, forced[:, None])
    can_switch = (estimates.hp > 0) & ~active & stays
    moves = move_values(estimates)
    usable = view.active_moves()[..., MOVE["usable"]] > 0.5
    usable[~usable.any(axis=1), 0] = True  # Struggle, or a turn of recharge
    usable &= ~forced[:, None]
    gimmicks = np.where(view.field[:, _GIMMICK_FLAGS, None] > 0.5, moves[:, 1:], -np.inf).max(axis=1)
    # Switches, moves, moves with a gimmick: (B, 14).
    worth = np.concatenate([switches, moves[:, 0], gimmicks], axis=1)
    possible = np.concatenate([can_switch, usable, usable & np.isfinite(gimmicks)], axis=1)
    worth = np.where(possible, worth, -np.inf)
    best = worth.max(axis=1, keepdims=True)
    behind = np.where(possible, np.minimum(np.where(np.isfinite(best), best, 0.0) - worth, _GREATEST), 1.0)
    worth = np.where(possible, np.clip(worth, -_GREATEST, _GREATEST), 0.0)
    both = np.stack([worth, behind], axis=2)
    of_moves = np.concatenate([both[:, TEAM_SIZE : TEAM_SIZE + MOVES_SIZE], both[:, -MOVES_SIZE:]], axis=2)
    parts = [both[:, :TEAM_SIZE].reshape(len(both), -1), of_moves.reshape(len(both), -1)]
    opposed = view.of_active(1, "active") > 0
    result: Floats = (np.concatenate(parts, axis=1) * opposed[:, None]).astype(np.float32)
    return result
