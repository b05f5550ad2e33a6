"""`ValidTeams`: the teams that a format's validator has accepted."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

MAX_TEAMS = 10_000


class ValidTeams:
    """Packed teams by format and text. When it is full, it drops the oldest team.

    Args:
        capacity: number of teams that it holds.
    """

    def __init__(self, capacity: int = MAX_TEAMS) -> None:
        """Start without teams."""
        self._capacity = capacity
        self._packed: OrderedDict[tuple[str, str], str] = OrderedDict()

    def find(self, battle_format: str, text: str) -> str | None:
        """The packed form of a team, or None if it has not been validated."""
        return self._packed.get((battle_format, text))

    def add(self, battle_format: str, text: str, packed: str) -> None:
        """Add a team that the validator has accepted."""
        self._packed[battle_format, text] = packed
        if len(self._packed) > self._capacity:
            self._packed.popitem(last=False)

    def has_all(self, battle_format: str, texts: Sequence[str]) -> bool:
        """True if all these teams have been validated."""
        return all((battle_format, text) in self._packed for text in texts)

    def packed(self, battle_format: str, texts: Sequence[str]) -> list[str]:
        """The packed forms of teams that have been validated."""
        return [self._packed[battle_format, text] for text in texts]


VALID_TEAMS = ValidTeams()
"""Valid teams of this process. An environment validates its teams before it opens its engine."""
