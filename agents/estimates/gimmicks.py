"""Gimmicks of a turn, and what they add to the damage of moves."""

from __future__ import annotations

import numpy as np

from agents.estimates.battle_view import MOVE, BattleView, Bools, Floats
from pokeenv import SINGLES

GIMMICKS = SINGLES.gimmicks
ZMOVE, DYNAMAX, TERASTALLIZE = map(GIMMICKS.index, ("zmove", "dynamax", "terastallize"))

# Ratio of a move's damage with a gimmick to its plain damage, a rule of thumb: higher stats after Mega
# Evolution, higher power of Z-moves and Max Moves. The gain of Terastallization depends on the types.
_GIMMICK_GAINS = {"": 1.0, "mega": 1.1, "zmove": 1.8, "dynamax": 1.3, "terastallize": 1.0}
GIMMICK_GAIN = np.array([_GIMMICK_GAINS[gimmick] for gimmick in GIMMICKS], dtype=np.float32)
"""`(G,)` factor of each gimmick on the damage of moves."""


def gimmick_gain(view: BattleView) -> Floats:
    """`(B, G, 4)` factor of each gimmick on the damage of the active's moves."""
    moves = view.active_moves()
    stab = moves[..., MOVE["stab"]] > 0.5
    gain = np.broadcast_to(GIMMICK_GAIN[None, :, None], (len(moves), len(GIMMICKS), moves.shape[1])).copy()
    gain[:, TERASTALLIZE] = tera_gain(moves[..., MOVE["type"]], view.of_active(0, "tera_type")[:, None], stab)
    return gain


def tera_gain(types: Floats, tera_type: Floats, stab: Bools) -> Floats:
    """Factor of Terastallization on the damage of moves, whose types and same-type bonuses are given.

    If the Tera type is one of the original types, its same-type bonus rises from 1.5 to 2; otherwise from 1
    to 1.5. The original types keep their bonus, so no move becomes weaker.
    """
    gain: Floats = np.where(types == tera_type, np.where(stab, 2.0 / 1.5, 1.5), 1.0).astype(np.float32)
    return gain
