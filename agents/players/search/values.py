"""Values of positions: the expected outcome for a seat, in [-1, 1], of battles in the slots of an engine."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from agents.agent import RLAgent
from agents.estimates.battle_view import BattleView
from agents.players.scripted.rule_based import RuleBasedAgent
from agents.players.search.joint import has_pairs, must_switch
from pokeenv import SIGNALS, Engine, other_row, row_of, slice_for

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_SIGNAL = {name: number for number, name in enumerate(SIGNALS)}
RUNNING, _TRUNCATED = 0, 2  # statuses of an engine's battles
_FAINTED = 0.5  # worth of a Pokémon that has not fainted, beside its HP
_SCALE = 4.0


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


class DuelValue:
    """An estimate: the lead in HP and Pokémon after the duel (in doubles: the turn) that `rule` expects."""

    def __init__(self) -> None:
        """Make the scorer."""
        self._rule = RuleBasedAgent()

    def __call__(self, engine: Engine, rows: Ints) -> Floats:
        """See `RowValue`."""
        observations, masks = engine.observations[rows], engine.action_masks[rows] > 0
        scores = np.where(masks, self._rule.score(observations, masks), -np.inf).max(axis=1)
        if has_pairs(masks.shape[1]):
            # A score is the HP that the opponents lose in the turn less the HP that the own side loses.
            gained = np.where(must_switch(observations), 0.0, scores)
        else:
            view = BattleView.read(observations)
            # A score is the own active's HP after the duel less its HP now and the opponent's HP after it.
            gained = scores + view.of_active(1, "hp") * (view.of_active(1, "active") > 0)
        signals = engine.signals[rows].astype(np.float64)
        lead = signals[:, _SIGNAL["own_hp"]] - signals[:, _SIGNAL["opposing_hp"]] + gained
        own = signals[:, _SIGNAL["own_team_size"]] - signals[:, _SIGNAL["own_fainted"]]
        opposing = signals[:, _SIGNAL["opposing_team_size"]] - signals[:, _SIGNAL["opposing_fainted"]]
        values: Floats = np.tanh((lead + _FAINTED * (own - opposing)) / _SCALE)
        return values


def position_values(engine: Engine, slots: Ints, seats: Ints, value: RowValue) -> Floats:
    """Values `(B,)` of battles in slots `(B,)` for seats `(B,)`.

    The outcome of a battle that has ended; NaN for one that was truncated; else the mean of what the acting
    seats expect, since each of them sees another part.
    """
    statuses = engine.statuses[slots]
    running = statuses == RUNNING
    own = row_of(slots, 0) + seats
    values: Floats = engine.signals[own, _SIGNAL["outcome"]].astype(np.float64)
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
