"""`TrueWorlds`: true battles as the worlds of a search. It cheats, and serves tests alone."""

from __future__ import annotations

from collections.abc import Sequence

from pokeenv import Engine, SeatMessages
from pokeenv.engine.rows import battle_of, seat_of


class TrueWorlds:
    """Copies of the battles of an engine, in its last slots.

    Args:
        engine: the engine that plays the battles.
        slots: its battles that no test plays.
    """

    def __init__(self, engine: Engine, slots: range) -> None:
        self._engine = engine
        self._slots = slots

    @property
    def engine(self) -> Engine:
        return self._engine

    @property
    def slots(self) -> range:
        return self._slots

    def hear(self, rows: Sequence[int], messages: Sequence[SeatMessages]) -> None:
        """Nothing: the true battles are at hand."""

    def ready(self, row: int) -> bool:
        return True

    def imagine(self, row: int, seeds: Sequence[int], into: Sequence[int]) -> list[int]:
        self._engine.copy(battle_of(row), into)
        return [seat_of(row)] * len(into)

    def close(self) -> None:
        """The engine belongs to the test."""
