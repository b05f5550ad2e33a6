"""The players of a battle, and its result."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Assignment:
    """Who plays one battle.

    Attributes:
        opponent: name of the opponent.
        learner_seats: seats (0 = p1, 1 = p2) the learner plays; both of them against itself.
        version: how many snapshots `self` had gone through when the battle began.
    """

    opponent: str
    learner_seats: tuple[int, ...]
    version: int


@dataclass(frozen=True)
class BattleResult:
    """One finished battle, seen from the learner's first seat.

    Attributes:
        assignment: who played.
        outcome: 1 win, -1 loss, 0 tie or unfinished.
        episode_length: decisions of the learner in its first seat.
        turns: turns of the battle.
        truncated: the turn limit ended it.
    """

    assignment: Assignment
    outcome: float
    episode_length: int
    turns: int
    truncated: bool
