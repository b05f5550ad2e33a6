"""What a seat's client would be sent, for players that read lines instead of observations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SeatMessages:
    """What one seat has been sent since its last feed.

    Attributes:
        begins: the lines start with a battle's first one.
        before: lines that ended the battle before, if it had a reader.
        lines: of the battle under way, those of this seat's own channel (`sim/SIM-PROTOCOL.md`).
        request: the last request, as Showdown sent it; None once the battle has ended.
        choices: Showdown's choice (`"move 1 terastallize"`) of each of the 26 actions, None where it is
            illegal; `"pick"` for the selections of a Team Preview.
    """

    begins: bool
    before: list[str]
    lines: list[str]
    request: dict[str, Any] | None
    choices: list[str | None]
