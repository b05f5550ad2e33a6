"""An agent's seats in the battles of a server: messages from the server go in, answers come out.

This module knows no connections, so a battle that was played on a server can be replayed through it.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from pokeenv import (
    Agent,
    ObservationStream,
    ProtocolError,
    SeatMessages,
    StreamHost,
    check_plays,
    check_readable,
    observe_stream,
    parse_format,
    slice_for,
)

Outcome = Literal["won", "lost", "tied", "unfinished"]

_REQUEST = "|request|"
_INVALID = "|error|[Invalid choice]"
_FIRST_LINES = ("|start", "|teampreview")


@dataclass(frozen=True)
class LiveResult:
    """A battle that has ended or was abandoned.

    Attributes:
        room: the server's name of the battle's room.
        opponent: the opponent's name; empty if the server has not sent it.
        outcome: result from the agent's point of view.
        turns: number of turns that began.
        decisions: number of decisions of the agent.
        refused: number of choices that the server called invalid; its default choice replaced them.
        seconds: duration by the clock.
        reason: reason why it was abandoned; empty if it ended.
    """

    room: str
    opponent: str
    outcome: Outcome
    turns: int
    decisions: int
    refused: int
    seconds: float
    reason: str = ""


@dataclass
class _Battle:
    """A running battle; its stream is opened with its first request."""

    room: str
    row: int
    began: float
    heard: float  # time of the server's last request
    stream: ObservationStream | None = None
    waiting: list[str] = field(default_factory=list)
    players: dict[str, str] = field(default_factory=dict)
    request: dict[str, Any] | None = None
    unread: list[str] = field(default_factory=list)  # lines that the agent has not received, if it reads them
    told: bool = False  # the agent has received the first lines
    rqid: str = ""
    seat: str = ""
    decisions: int = 0
    refused: int = 0
    refused_rqid: str | None = None
    outcome: Outcome = "unfinished"

    def take_messages(self) -> SeatMessages:
        """The messages since the last call, for an agent that reads them."""
        messages = SeatMessages(not self.told, [], self.unread, self.request, [])
        self.unread, self.told = [], True
        return messages


class LiveSeats:
    """Plays with one agent in any number of battles, each with its own hidden state.

    Args:
        agent: the agent; it must not play elsewhere at the same time.
        battle_format: Showdown's id; rooms of other formats are left alone.
        host: makes the observations.
        concurrent: maximum number of battles at the same time.
        greedy: take the most probable actions instead of sampling.
        clock: gives the time in seconds; tests replace it.

    Attributes:
        begun: number of battles that began.
    """

    def __init__(
        self,
        agent: Agent,
        battle_format: str,
        host: StreamHost,
        *,
        concurrent: int = 1,
        greedy: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start without battles.

        Raises:
            ValueError: the agent reads more than the host observes.
            PokeenvError: it cannot play the format.
        """
        self._battle_format = parse_format(battle_format, has_teams=None)
        check_readable(agent, host.layout_of(self._battle_format).size)
        check_plays(agent, self._battle_format)
        self.begun = 0
        self._agent = agent
        self._host = host
        self._greedy = greedy
        self._clock = clock
        self._battles: dict[str, _Battle] = {}
        self._free_rows = list(range(concurrent))
        agent.begin(concurrent)

    @property
    def rooms(self) -> list[str]:
        """Rooms of the running battles."""
        return list(self._battles)

    def receive(self, room: str, lines: Sequence[str]) -> str | None:
        """Read a message of a battle's room.

        Args:
            room: the server's name of the room, such as `"battle-gen9randombattle-12"`.
            lines: the message's lines after the one that names the room.

        Returns:
            The answer to send to the room, such as `"/choose move 1|3"`; None if there is nothing to decide.

        Raises:
            ProtocolError: a line is malformed; the battle can then only be abandoned.
        """
        battle = self._battles.get(room)
        if battle is None:
            battle = self._begin(room, lines)
        if battle is None:
            return None
        choice = None
        battle_lines = []
        for line in lines:
            if line.startswith(_INVALID):
                choice = self._refuse(battle)
            else:
                self._note(battle, line)
                battle_lines.append(line)
        try:
            return self._answer(battle, battle_lines) or choice
        except ProtocolError as error:
            raise ProtocolError(f"{room}: {error}") from error

    def ended(self) -> list[LiveResult]:
        """Results of battles that have ended, each reported once; their rows are free again."""
        over = [room for room, battle in self._battles.items() if battle.outcome != "unfinished"]
        return [self._end(room) for room in over]

    def silent(self, seconds: float) -> list[str]:
        """Rooms in which the server has made no request for this number of seconds."""
        now = self._clock()
        return [room for room, battle in self._battles.items() if now - battle.heard > seconds]

    def leave(self, room: str, reason: str) -> LiveResult:
        """Abandon a battle."""
        return self._end(room, reason)

    def _begin(self, room: str, lines: Sequence[str]) -> _Battle | None:
        """A new battle, if the room is one of the format and there is a row for it."""
        if (
            room.split("-")[1:2] != [self._battle_format.base_id]
            or "|init|battle" not in lines
            or not self._free_rows
        ):
            return None
        now = self._clock()
        battle = self._battles[room] = _Battle(room, self._free_rows.pop(), now, now)
        self._agent.reset_rows(np.array([battle.row]))
        self.begun += 1
        return battle

    def _note(self, battle: _Battle, line: str) -> None:
        """Store the facts that the result and the answers need."""
        parts = line.split("|")
        if line.startswith("|player|") and len(parts) > 3 and parts[3]:
            battle.players[parts[2]] = parts[3]
        elif line.startswith(_REQUEST) and len(line) > len(_REQUEST):
            request: dict[str, Any] = json.loads(line[len(_REQUEST) :])
            battle.request = request
            battle.rqid = str(request.get("rqid", ""))
            battle.seat = request["side"]["id"]
            battle.heard = self._clock()
        elif parts[1:2] == ["win"]:
            battle.outcome = (
                "won" if to_id(parts[2]) == to_id(battle.players.get(battle.seat, "")) else "lost"
            )
        elif parts[1:2] == ["tie"]:
            battle.outcome = "tied"

    def _refuse(self, battle: _Battle) -> str | None:
        """Replace a refused choice by Showdown's default choice, once for each request."""
        if battle.refused_rqid == battle.rqid:
            return None
        battle.refused += 1
        battle.refused_rqid = battle.rqid
        return f"/choose default|{battle.rqid}"

    def _answer(self, battle: _Battle, lines: list[str]) -> str | None:
        stream = battle.stream
        if stream is None:
            battle.waiting += lines
            if not battle.seat:
                return None
            lines, battle.waiting = battle.waiting, []
            stream = battle.stream = self._open(battle.seat, lines)
        stream.receive(lines)
        deliver = getattr(self._agent, "receive", None)
        if deliver is not None:
            battle.unread += [line for line in lines if not line.startswith(_REQUEST)]
        while stream.acting:
            if deliver is not None:
                deliver(np.array([battle.row]), [battle.take_messages()])
            decision = self._agent.act(
                slice_for(self._agent, stream.observation[None]),
                stream.action_mask[None],
                np.array([battle.row]),
                greedy=self._greedy,
            )
            battle.decisions += 1
            choice = stream.choice(int(decision.actions[0]))
            if choice is not None:  # else a Team Preview that lacks picks
                return f"/choose {choice}|{battle.rqid}"
        return None

    def _open(self, seat: Any, lines: Sequence[str]) -> ObservationStream:
        """Open a stream that reads lines and requests in the order in which this server sends them."""
        first = next(number for number, line in enumerate(lines) if re.match(r"\|request\|.", line))
        request_first = not any(line.startswith(_FIRST_LINES) for line in lines[:first])
        return observe_stream(self._battle_format.id, seat, host=self._host, request_first=request_first)

    def _end(self, room: str, reason: str = "") -> LiveResult:
        battle = self._battles.pop(room)
        self._free_rows.append(battle.row)
        turns = 0
        if battle.stream is not None:
            turns = battle.stream.turn
            battle.stream.close()
        opponents = [name for seat, name in battle.players.items() if seat != battle.seat]
        return LiveResult(
            room,
            opponents[0] if battle.seat and opponents else "",
            battle.outcome,
            turns,
            battle.decisions,
            battle.refused,
            round(self._clock() - battle.began, 3),
            reason,
        )


def to_id(name: str) -> str:
    """Showdown's id of a user: lower-case letters and digits."""
    return re.sub(r"[^a-z0-9]", "", name.lower())
