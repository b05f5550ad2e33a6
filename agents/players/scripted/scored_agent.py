"""Base class of agents that score actions, and the kinds of actions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.estimates.battle_view import MOVE, BattleView, Bools, Floats
from pokeenv import SINGLES, Decision

SWITCHES, MOVES, GIMMICKS = SINGLES.switches, SINGLES.moves, SINGLES.gimmicks
ZMOVE, DYNAMAX, TERASTALLIZE = map(GIMMICKS.index, ("zmove", "dynamax", "terastallize"))

# Ratio of a move's damage with a gimmick to its plain damage, a rule of thumb: higher stats after Mega
# Evolution, higher power of Z-moves and Max Moves. The gain of Terastallization depends on the types.
_GIMMICK_GAINS = {"": 1.0, "mega": 1.1, "zmove": 1.8, "dynamax": 1.3, "terastallize": 1.0}
GIMMICK_GAIN = np.array([_GIMMICK_GAINS[gimmick] for gimmick in GIMMICKS], dtype=np.float32)
"""`(G,)` factor of each gimmick on the damage of moves."""


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
