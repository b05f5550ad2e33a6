"""`HeardWorlds`: battles imagined from the messages of a seat, in an engine of the searcher's own."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agents.players.search.beliefs import NO_BELIEFS, Beliefs
from pokeenv import (
    RULES_MARK,
    Engine,
    ImaginationError,
    SeatMessages,
    open_engine,
    parse_format,
    row_of,
)

_TIER = "|tier|"
_CUSTOM_RULES = re.compile(r"\|raw\|<.* custom rules?:</strong></summary> (.*)</details></div>")
_SEARCH_SLOTS = 256


class HeardWorlds:
    """Follows the battles of a number of rows from one seat each.

    Args:
        num_rows: rows of the agent; each takes a slot of the engine, in which its battle is followed.
        beliefs: where the opponent's sets are drawn from in formats whose players bring their teams.
    """

    def __init__(self, num_rows: int, beliefs: Beliefs = NO_BELIEFS) -> None:
        """Wait for the first messages, which name the format."""
        self._num_rows = num_rows
        self._beliefs = beliefs
        self._engine: Engine | None = None
        self._seats: dict[int, int] = {}
        self._ready: set[int] = set()

    @property
    def engine(self) -> Engine:
        """The engine of the imagined battles; it exists once messages have been heard."""
        assert self._engine is not None, "no messages have been heard"
        return self._engine

    @property
    def worker_pids(self) -> list[int]:
        """Process ids of the engine's workers."""
        return list(getattr(self._engine, "worker_pids", []))

    @property
    def slots(self) -> Sequence[int]:
        """The slots behind those in which battles are followed."""
        return range(self._num_rows, self._num_rows + _SEARCH_SLOTS)

    def hear(self, rows: Sequence[int], messages: Sequence[SeatMessages]) -> None:
        """See `Worlds`."""
        if self._engine is None:
            battle_format = parse_format(format_of(messages[0].lines), has_teams=None)
            self._beliefs.check_format(battle_format)
            self._engine = open_engine("showdown", battle_format, self._num_rows + _SEARCH_SLOTS)
            self._beliefs.give_to(self._engine)
        for row, heard in zip(rows, messages, strict=True):
            self._ready.discard(row)
            if heard.request is not None:
                self._seats[row] = int(heard.request["side"]["id"][1]) - 1
                if not heard.request.get("teamPreview"):
                    self._ready.add(row)
        self._engine.hear([row_of(row, self._seats[row]) for row in rows], messages)

    def ready(self, row: int) -> bool:
        """See `Worlds`; a Team Preview is left to the policy."""
        return row in self._ready

    def imagine(self, row: int, seeds: Sequence[int], into: Sequence[int]) -> list[int]:
        """See `Worlds`."""
        seat = self._seats[row]
        try:
            self.engine.imagine(row_of(row, seat), seeds, into)
        except ImaginationError:
            return []
        return [seat] * len(into)

    def close(self) -> None:
        """See `Worlds`."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None


def format_of(lines: Sequence[str]) -> str:
    """Showdown's id of the format, with its custom rules, that a battle's first lines name.

    Raises:
        ValueError: no line names one.
    """
    tiers = [line[len(_TIER) :] for line in lines if line.startswith(_TIER)]
    if not tiers:
        raise ValueError("the messages do not begin with the first lines of a battle")
    rules = [f"{RULES_MARK}{found[1]}" for line in lines if (found := _CUSTOM_RULES.fullmatch(line))]
    return "".join([re.sub(r"[^a-z0-9]", "", tiers[0].lower()), *rules[:1]])
