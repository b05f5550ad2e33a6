"""`random`: every legal action with the same probability."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.estimates.battle_view import Bools, Floats
from agents.players.scripted.scored_agent import ScoringAgent


class RandomAgent(ScoringAgent):
    """Takes every legal action with the same probability."""

    name = "random"

    def __init__(self) -> None:
        """Make a generator with a random seed; `begin` replaces it."""
        self._rng = np.random.default_rng()

    def begin(self, num_rows: int, seed: int | None = None) -> None:
        """Make a new generator from `seed`."""
        self._rng = np.random.default_rng(seed)

    def get_state(self) -> Any:
        """The generator."""
        return self._rng

    def set_state(self, state: Any) -> None:
        """Use this generator."""
        self._rng = state

    def score(self, observations: Floats, legal: Bools) -> NDArray[np.floating]:
        """Independent uniform scores: each legal action is equally likely to have the highest one."""
        return self._rng.random(legal.shape)
