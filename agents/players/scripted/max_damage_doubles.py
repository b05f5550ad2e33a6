"""`max` in doubles: expected damage over both targets."""

from __future__ import annotations

import numpy as np

from agents.estimates.battle_view import Bools, Floats
from agents.estimates.doubles_attacks import ALLY_TARGETS, Attacks
from agents.estimates.doubles_board import DoublesBoard
from agents.estimates.doubles_damage import DoublesDamage
from agents.estimates.doubles_threats import Threats
from pokeenv import DOUBLES

_NO_DAMAGE, _AT_ALLY, _USELESS_SWITCH, _PASS = -10.0, -15.0, -20.0, -30.0


def doubles_scores(observations: Floats, legal: Bools) -> Floats:
    """Attacks by expected damage, then switches by matchup, then all other moves: `(B, 107)`.

    The damage of a move is that to both opponents less that to the ally.
    """
    board = DoublesBoard.read(observations)
    threats = Threats(DoublesDamage(board))
    right = board.flag("deciding_right")
    by_place = [_expected(threats.damage, place) for place in (0, 1)]
    expected = np.where(right[:, None, None, None], by_place[1], by_place[0])
    values = np.where(expected == 0, _NO_DAMAGE, expected)
    values[..., ALLY_TARGETS] = _AT_ALLY
    scores = np.full(legal.shape, _PASS, dtype=np.float32)
    scores[:, DOUBLES.moves] = values.reshape(len(scores), -1)
    offence = threats.offence.max(axis=2)
    bench_helps = (offence > 0) | ~legal[:, DOUBLES.moves].any(axis=1, keepdims=True)
    scores[:, DOUBLES.switches] = np.where(bench_helps, threats.standing - 5.0, _USELESS_SWITCH)
    return scores


def _expected(damage: DoublesDamage, place: int) -> Floats:
    """`(B, 5, 4, 5)` expected damage by gimmick, move and target of the own Pokémon in a place."""
    attacks = Attacks.of(damage, place)
    by_target = attacks.hits * attacks.chances
    expected: Floats = by_target[..., 0] + by_target[..., 1] - by_target[..., 2]
    return expected
