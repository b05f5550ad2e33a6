"""Values of positions: the expected outcome for a seat, in [-1, 1], of battles in the slots of an engine."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from agents.agent import RLAgent
from pokeenv import SIGNALS, Engine, other_row, row_of, slice_for

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

SIGNAL = {name: number for number, name in enumerate(SIGNALS)}
RUNNING, _TRUNCATED = 0, 2  # statuses of an engine's battles


class RowValue(Protocol):
    """Values of positions from the seat that must act in them."""

    def __call__(self, engine: Engine, rows: Ints) -> Floats:
        """Values `(B,)` of acting rows `(B,)` of an engine."""


class NetworkValue:
    """Values of a checkpoint's value network; one with a memory begins it anew in every position."""

    def __init__(self, agent: RLAgent) -> None:
        """Keep the agent, which must not play elsewhere."""
        self._agent = agent

    def __call__(self, engine: Engine, rows: Ints) -> Floats:
        """See `RowValue`."""
        self._agent.begin(len(rows), seed=0)
        observations = slice_for(self._agent, engine.observations[rows])
        return self._agent.get_value(observations, np.arange(len(rows))).astype(np.float64)


def position_values(engine: Engine, slots: Ints, seats: Ints, value: RowValue) -> Floats:
    """Values `(B,)` of battles in slots `(B,)` for seats `(B,)`.

    The outcome of a battle that has ended; NaN for one that was truncated; else the mean of what the acting
    seats expect, since each of them sees another part.
    """
    statuses = engine.statuses[slots]
    running = statuses == RUNNING
    own = row_of(slots, 0) + seats
    values: Floats = engine.signals[own, SIGNAL["outcome"]].astype(np.float64)
    acting = engine.acting
    total, count = np.zeros(len(slots)), np.zeros(len(slots))
    for rows, sign in ((own, 1.0), (other_row(own), -1.0)):
        asked = np.flatnonzero(running & acting[rows])
        if len(asked):
            total[asked] += sign * value(engine, rows[asked])
            count[asked] += 1
    values[statuses == _TRUNCATED] = np.nan
    values[running] = (total / np.maximum(count, 1))[running]
    return values
