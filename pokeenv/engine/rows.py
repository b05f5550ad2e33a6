"""Rows: row `2 * battle + seat` is one seat (0 = p1, 1 = p2) of one battle."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

SEATS = 2
P1, P2 = slice(0, None, SEATS), slice(1, None, SEATS)
"""Rows of p1 and of p2 in an array over all rows."""

_Rows = TypeVar("_Rows", int, NDArray[Any])


def row_of(battle: _Rows, seat: int) -> _Rows:
    """Row of a seat of a battle, or rows of a seat of battles `(B,)`."""
    return SEATS * battle + seat


def battle_of(row: _Rows) -> _Rows:
    """Battle of a row, or battles of rows `(B,)`."""
    return row // SEATS


def other_row(row: _Rows) -> _Rows:
    """Row of the other seat of the same battle."""
    return row ^ 1


def seat_of(row: _Rows) -> _Rows:
    """Seat of a row (0 or 1), or seats of rows `(B,)`."""
    return row % SEATS


def rows_of_battle(battle: int) -> slice:
    """Both rows of a battle in an array over all rows."""
    return slice(SEATS * battle, SEATS * (battle + 1))


def rows_of(seat: int) -> slice:
    """Rows of a seat in an array over all rows."""
    return slice(seat, None, SEATS)


def per_row(per_battle: NDArray[Any]) -> NDArray[Any]:
    """Values of battles `(N,)` as values of their rows `(2N,)`."""
    return np.repeat(per_battle, SEATS)
