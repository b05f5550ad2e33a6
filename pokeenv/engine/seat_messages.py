"""Protocol messages of a seat, for players that read lines instead of observations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SeatMessages:
    """Messages that the client of one seat has received since it was last asked for.

    Attributes:
        begins: True if `lines` start with the first line of a battle.
        before: last lines of the previous battle, if its messages have been read.
        lines: lines of this battle from the seat's own channel (`sim/SIM-PROTOCOL.md`).
        request: the last request, as Showdown sent it; None once the battle has ended.
        choices: Showdown's choice for each action, such as `"move 1 terastallize"`; None if it is illegal,
            `"pick"` for a selection in a Team Preview. Empty if a server plays the battle.
    """

    begins: bool
    before: list[str]
    lines: list[str]
    request: dict[str, Any] | None
    choices: list[str | None]
