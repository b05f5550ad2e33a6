"""`Worlds`: the battles in which a search plays on."""

from __future__ import annotations

from collections.abc import Sequence
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
