"""`random`: every legal action with the same probability."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.draws import BattleStreams
from agents.players.scripted.scored_agent import ScoringAgent, best_legal
from pokeenv import Decision


class RandomAgent(ScoringAgent):
    """Takes every legal action with the same probability."""

    name = "random"

    def __init__(self) -> None:
        """Make a generator with a random seed; `begin` replaces it."""
        self._rng = np.random.default_rng()
        self._streams = BattleStreams()

    def begin(self, num_rows: int, seed: int | None = None) -> None:
        """Make a new generator from `seed`."""
        self._rng = np.random.default_rng(seed)
        self._streams = BattleStreams(seed)

    def start_streams(self, rows: NDArray[np.integer], numbers: NDArray[np.integer]) -> None:
        """Draw from a stream of its own in each of these rows, until `begin`."""
        self._streams.start(rows, numbers)

    def get_state(self) -> Any:
        """The generator."""
        return self._rng

    def set_state(self, state: Any) -> None:
        """Use this generator."""
        self._rng = state

    def act(
        self,
        observations: NDArray[np.float32],
        action_masks: NDArray[np.int8],
        rows: NDArray[np.integer],
        greedy: bool = False,
    ) -> Decision:
        """Take the best action by independent uniform scores, so that all legal ones are equally likely."""
        if self._streams:
            return best_legal(self._streams.uniform(rows, action_masks.shape[1]), action_masks, rows)
        return best_legal(self._rng.random(action_masks.shape), action_masks, rows)
