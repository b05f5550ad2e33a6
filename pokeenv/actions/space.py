"""`ActionSpace`: the numbered choices of one decision. A battle format has one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

NO_ACTION = -1
"""The action of a row that does not act."""


@dataclass(frozen=True)
class Action:
    """The meaning of one action.

    Attributes:
        kind: a switch, a move of the deciding Pokémon, or a pass, which leaves a switch to the other Pokémon.
        slot: team slot of a switch (in a Team Preview: the member to pick next), slot of a move.
        gimmick: of a move: `"mega"`, `"zmove"`, `"dynamax"`, `"terastallize"`, or `""` for none.
        target: of a move where a side has several Pokémon, as in Showdown: 1 and 2 are the opposing left and
            right Pokémon, -1 and -2 the own ones, 0 no chosen target.
    """

    kind: Literal["pass", "switch", "move"]
    slot: int
    gimmick: str = ""
    target: int = 0

    def __str__(self) -> str:
        """Such as `"switch 2"`, `"move 1 terastallize"` or `"move 1 target -2"`."""
        if self.kind == "pass":
            return "pass"
        target = f" target {self.target}" if self.target else ""
        return f"{self.kind} {self.slot}{target} {self.gimmick}".rstrip()


@dataclass(frozen=True)
class ActionSpace:
    """The actions of one decision, by number: `actions[number]`.

    Attributes:
        name: name of the space, such as `"singles"`.
        actions: meaning of each action.
        actives: number of active Pokémon per side; each of them takes its own decision.
    """

    name: str
    actions: tuple[Action, ...]
    actives: int = 1

    @property
    def num_actions(self) -> int:
        """Number of actions, A."""
        return len(self.actions)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Name of each action."""
        return tuple(map(str, self.actions))

    @cached_property
    def switches(self) -> NDArray[np.int64]:
        """Numbers of the switches, by team slot."""
        return self._numbers(action.kind == "switch" for action in self.actions)

    @cached_property
    def moves(self) -> NDArray[np.int64]:
        """Numbers of all moves, by gimmick, then by slot and then by target."""
        return self._numbers(action.kind == "move" for action in self.actions)

    @cached_property
    def slots(self) -> NDArray[np.int64]:
        """`(A,)` slot of the move or of the team member of each action."""
        return np.array([action.slot for action in self.actions], dtype=np.int64)

    @cached_property
    def gimmicks(self) -> tuple[str, ...]:
        """Gimmicks of the moves, in the order of the actions; `""` is a plain move."""
        return tuple(dict.fromkeys(action.gimmick for action in self.actions if action.kind == "move"))

    def name_of(self, action: int) -> str:
        """Name of an action, empty if there is no such action."""
        return self.names[action] if 0 <= action < self.num_actions else ""

    def decode(self, action: int) -> Action:
        """Meaning of an action.

        Raises:
            ValueError: the action is not in `[0, num_actions)`.
        """
        if not 0 <= action < self.num_actions:
            raise ValueError(f"action {action} is not in [0, {self.num_actions})")
        return self.actions[action]

    @staticmethod
    def _numbers(chosen: Iterable[bool]) -> NDArray[np.int64]:
        return np.flatnonzero(np.fromiter(chosen, dtype=np.bool_))


def legal_actions(action_mask: NDArray[np.int8]) -> list[int]:
    """Indices of the legal actions of one mask `(A,)`."""
    return [int(action) for action in np.flatnonzero(action_mask)]
