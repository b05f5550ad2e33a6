"""The players of a battle, and its result."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Assignment:
    """The players of one battle.

    Attributes:
        opponent: name of the opponent.
        learner_seats: seats of the learner (0 = p1, 1 = p2); both seats if the current policy plays itself.
        version: number of times the frozen `self` had been replaced when the battle began.
    """

    opponent: str
    learner_seats: tuple[int, ...]
    version: int


@dataclass(frozen=True)
class BattleResult:
    """One finished battle, seen from the learner's first seat.

    Attributes:
        assignment: the players.
        outcome: 1 for a win, -1 for a loss, 0 for a tie or a truncated battle.
        episode_length: decisions of the learner in its first seat.
        turns: turns of the battle.
        truncated: True if the turn limit ended the battle.
    """

    assignment: Assignment
    outcome: float
    episode_length: int
    turns: int
    truncated: bool
