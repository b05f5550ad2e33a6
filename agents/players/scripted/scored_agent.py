"""What agents that score actions share: the agent around a score, and the actions by kind."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.players.scripted.damage import MOVE, BattleView, Bools, Floats
from pokeenv import SINGLES, Decision

# Actions by kind: (gimmick, move) of actions 6 to 25, gimmicks being none, Mega Evolution,
# Z-move, Dynamax and Terastallization.
SWITCHES = slice(0, 6)
MOVES = slice(6, SINGLES.num_actions)
ZMOVE, DYNAMAX, TERASTALLIZE = 2, 3, 4

# Damage of a move with a gimmick over its plain damage, as a rule of thumb: higher stats after Mega
# Evolution, higher power of Z-moves and Max Moves. Terastallization is worked out from the types.
_GIMMICK_GAIN = np.array([1.0, 1.1, 1.8, 1.3, 1.0], dtype=np.float32)


class ScoringAgent:
    """An agent that scores actions without learning and takes the best legal one."""

    name: str

    def begin(self, num_rows: int, seed: int | None = None) -> None:
        """Start `num_rows` streams of decisions."""

    def reset_rows(self, rows: NDArray[np.integer]) -> None:
        """Start new battles in these rows; nothing is remembered between decisions."""

    def get_state(self) -> Any:
        """Nothing is remembered between decisions."""
        return None

    def set_state(self, state: Any) -> None:
        """Nothing to go on from."""

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
            action_masks: `(B, 26)`, 1 where legal.
            rows: `(B,)`, not needed here.
            greedy: makes no difference to a scoring agent.

        Returns:
            The actions alone.

        Raises:
            ValueError: a row has no legal action.
        """
        legal = action_masks > 0
        if not legal.any(axis=1).all():
            row = rows[int(np.flatnonzero(~legal.any(axis=1))[0])]
            raise ValueError(f"row {row} has no legal action; ask only for rows that are acting")
        scores = np.where(legal, self.score(observations, legal), -np.inf)
        return Decision(scores.argmax(axis=1).astype(np.int64))

    def score(self, observations: Floats, legal: Bools) -> NDArray[np.floating]:
        """Score every action: `(B, D)` observations to `(B, 26)`."""
        raise NotImplementedError


def gimmick_gain(view: BattleView) -> Floats:
    """`(B, 5, 4)` damage of the active's moves with a gimmick over that without one, which comes first."""
    moves = view.active_moves()
    stab = moves[..., MOVE["stab"]] > 0.5
    tera = moves[..., MOVE["type"]] == view.of_active(0, "tera_type")[:, None]
    gain = np.broadcast_to(_GIMMICK_GAIN[None, :, None], (len(moves), 5, 4)).copy()
    # Same-type bonus 1.5 becomes 2 with the Tera type among the own types, and 1 becomes 1.5 without.
    # The original types keep their bonus, so nothing loses by it.
    gain[:, TERASTALLIZE] = np.where(tera, np.where(stab, 2.0 / 1.5, 1.5), 1.0)
    return gain
