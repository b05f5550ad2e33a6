"""Base class of agents that score actions, and the kinds of actions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.estimates.battle_view import Bools, Floats
from pokeenv import SINGLES, Decision

SWITCHES, MOVES = SINGLES.switches, SINGLES.moves


class ScoringAgent:
    """An agent that scores actions without learning and takes the best legal one."""

    name: str

    def begin(self, num_rows: int, seed: int | None = None) -> None:
        """Start `num_rows` streams of decisions."""

    def reset_rows(self, rows: NDArray[np.integer]) -> None:
        """Start new battles in these rows; the agent has no state."""

    def get_state(self) -> Any:
        """None: the agent has no state."""
        return None

    def set_state(self, state: Any) -> None:
        """Does nothing: the agent has no state."""

    def act(
        self,
        observations: NDArray[np.float32],
        action_masks: NDArray[np.int8],
        rows: NDArray[np.integer],
        greedy: bool = False,
    ) -> Decision:
        """Decide.

        Args:
            observations: `(B, D)`.
            action_masks: `(B, A)`, 1 where legal.
            rows: `(B,)`, not used.
            greedy: not used; a scoring agent always takes the best action.

        Returns:
            The actions and the scores, -inf where illegal.

        Raises:
            ValueError: a row has no legal action.
        """
        return best_legal(self.score(observations, action_masks > 0), action_masks, rows)

    def score(self, observations: Floats, legal: Bools) -> NDArray[np.floating]:
        """Score every action: `(B, D)` observations to `(B, A)`."""
        raise NotImplementedError


def best_legal(
    scores: NDArray[np.floating], action_masks: NDArray[np.int8], rows: NDArray[np.integer]
) -> Decision:
    """The legal actions with the highest scores `(B, A)`, and the scores, -inf where illegal.

    Raises:
        ValueError: a row has no legal action.
    """
    legal = action_masks > 0
    if not legal.any(axis=1).all():
        row = rows[int(np.flatnonzero(~legal.any(axis=1))[0])]
        raise ValueError(f"row {row} has no legal action; ask only for rows that are acting")
    scores = np.where(legal, scores, -np.inf)
    return Decision(scores.argmax(axis=1).astype(np.int64), scores=scores)
