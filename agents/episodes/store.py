"""Storage of running episodes: arrays that grow with the longest one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.episodes.episode_batch import Episode
from pokeenv import NO_ACTION, Decision

FIRST_CAPACITY = 128


class EpisodeStore:
    """The running episodes of R rows, in arrays `(R, capacity, ...)`.

    Memory is committed only when written, so a row costs as much as its longest episode.

    Args:
        num_rows: R.
        observation_size: D.
        num_actions: A.
        searched: decisions come with strategies.

    Attributes:
        lengths: (R,) decisions of each running episode; 0 before the first.
    """

    _ARRAYS = (
        *("observations", "action_masks", "actions", "log_probs", "values", "rewards"),
        "opponent_choices",
    )

    def __init__(
        self, num_rows: int, observation_size: int, num_actions: int, *, searched: bool = False
    ) -> None:
        """Allocate the arrays."""
        self.lengths = np.zeros(num_rows, dtype=np.int64)
        self._names = (*self._ARRAYS, "strategies") if searched else self._ARRAYS
        self._sizes = (observation_size, num_actions)
        self._allocate(num_rows, FIRST_CAPACITY)

    def _allocate(self, num_rows: int, capacity: int) -> None:
        observation_size, num_actions = self._sizes
        self.observations = np.empty((num_rows, capacity, observation_size), dtype=np.float32)
        self.action_masks = np.empty((num_rows, capacity, num_actions), dtype=np.int8)
        self.actions = np.empty((num_rows, capacity), dtype=np.int64)
        self.log_probs = np.empty((num_rows, capacity), dtype=np.float32)
        self.values = np.empty((num_rows, capacity), dtype=np.float32)
        self.rewards = np.empty((num_rows, capacity), dtype=np.float32)
        self.opponent_choices = np.empty((num_rows, capacity), dtype=np.int64)
        self.strategies = np.empty((num_rows, capacity, num_actions), dtype=np.float32)

    def write(
        self,
        rows: NDArray[np.integer],
        observations: NDArray[np.float32],
        action_masks: NDArray[np.int8],
        decision: Decision,
        strategies: NDArray[np.float32] | None = None,
    ) -> None:
        """Append one decision to the episode of each of these rows, with reward 0 so far.

        Args:
            rows: (B,) each row at most once.
            observations: (B, D).
            action_masks: (B, A).
            decision: the learner's decision, with log-probabilities and values.
            strategies: (B, A) strategies that a search found, all 0 where it has none.
        """
        if self.lengths.max() >= self.actions.shape[1]:
            self._grow()
        at = self.lengths[rows]
        self.observations[rows, at] = observations
        self.action_masks[rows, at] = action_masks
        self.actions[rows, at] = decision.actions
        self.log_probs[rows, at] = decision.log_probs
        self.values[rows, at] = decision.values
        self.rewards[rows, at] = 0.0
        self.opponent_choices[rows, at] = NO_ACTION
        if strategies is not None:
            self.strategies[rows, at] = strategies
        self.lengths[rows] += 1

    def write_opponent_choices(self, rows: NDArray[np.integer], choices: NDArray[np.int64]) -> None:
        """Add the opponent's choices (B,) to the latest decisions of these rows."""
        self.opponent_choices[rows, self.lengths[rows] - 1] = choices

    def add_rewards(self, rows: NDArray[np.integer], rewards: NDArray[np.floating]) -> None:
        """Credit rewards (B,) to the latest decisions of these rows, which must have one."""
        self.rewards[rows, self.lengths[rows] - 1] += rewards

    def pop(self, row: int, terminated: bool, final_value: float, version: int = 0) -> Episode:
        """Remove a row's finished episode from the store and return it."""
        length = int(self.lengths[row])
        self.lengths[row] = 0
        parts = {name: getattr(self, name)[row, :length].copy() for name in self._names}
        return Episode(**parts, terminated=terminated, final_value=final_value, version=version)

    def clear(self) -> None:
        """Drop all running episodes."""
        self.lengths[:] = 0

    def _grow(self) -> None:
        """Double the capacity; stored decisions are kept."""
        old = {name: getattr(self, name) for name in self._names}
        num_rows, capacity = self.actions.shape
        self._allocate(num_rows, 2 * capacity)
        for name, array in old.items():
            for row, length in enumerate(self.lengths):
                getattr(self, name)[row, :length] = array[row, :length]
