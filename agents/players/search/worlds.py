"""`Worlds`: the battles in which a search plays on, and `OwnsWorlds`, which opens them when needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from pokeenv import Engine, SeatMessages


class Worlds(Protocol):
    """Imagined battles, in the slots of an engine."""

    @property
    def engine(self) -> Engine:
        """The engine that plays the imagined battles; it has the capability `"copies"`."""

    @property
    def slots(self) -> Sequence[int]:
        """Its battles that a search may use."""

    def hear(self, rows: Sequence[int], messages: Sequence[SeatMessages]) -> None:
        """Take the messages that seats have received; `rows` are the numbers that the agent uses."""

    def ready(self, row: int) -> bool:
        """True if the seat's battle can be imagined now."""

    def imagine(self, row: int, seeds: Sequence[int], into: Sequence[int]) -> list[int]:
        """Put battles that a seat can imagine into slots.

        Args:
            row: the seat.
            seeds: of each battle; everything hidden is drawn from it.
            into: a slot for each battle.

        Returns:
            The number of the seat, 0 or 1, in each of these battles; empty if no battle agrees with what the
            seat has received.
        """

    def close(self) -> None:
        """Free everything."""


class OwnsWorlds:
    """Opens worlds at the first messages, and closes them.

    Args:
        open_worlds: opens the source of imagined battles for a number of rows.
    """

    def __init__(self, open_worlds: Callable[[int], Worlds]) -> None:
        """Open nothing yet."""
        self._open_worlds = open_worlds
        self._worlds: Worlds | None = None
        self._num_rows = 0

    def _hear(self, rows: Sequence[int], messages: Sequence[SeatMessages]) -> Worlds:
        """Pass messages on to the worlds, and return these."""
        if self._worlds is None:
            self._worlds = self._open_worlds(self._num_rows)
        self._worlds.hear(rows, messages)
        return self._worlds

    @property
    def worker_pids(self) -> list[int]:
        """Process ids of the workers of the imagined battles."""
        return list(getattr(self._worlds, "worker_pids", []))

    def close(self) -> None:
        """End the workers of the imagined battles; the next message opens new ones."""
        if self._worlds is not None:
            self._worlds.close()
            self._worlds = None
