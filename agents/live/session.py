"""One session on a Showdown server: it finds battles, plays them with `LiveSeats`, and leaves cleanly."""

from __future__ import annotations

import asyncio
import math
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from poke_env import AccountConfiguration, ServerConfiguration
from websockets.exceptions import ConnectionClosed

from agents.errors import NoAnswerError
from agents.live.connection import Connection
from agents.live.seats import LiveResult, LiveSeats, to_id

Mode = Literal["accept", "challenge", "ladder"]

LEAVE_TIMEOUT_S = 5.0
CHALLENGE_INTERVAL_S = 10.5  # Showdown cancels a challenge that follows another one within 10 s
_TOO_SOON = "less than 10 seconds after your last challenge"
_WITHDRAWN = "is not challenging you"


@dataclass(frozen=True)
class LiveSettings:
    """The settings of a session: battles, server, account.

    Attributes:
        server: addresses of the server.
        account: name and password.
        battle_format: Showdown's id of the format.
        mode: wait for challenges, challenge `opponent`, or look for opponents on the ladder.
        opponent: name of the user to challenge.
        battles: number of battles to play.
        concurrent: maximum number of battles at the same time.
        timeout_s: limit of every wait for the server or an opponent, in seconds; may be infinite.
        timer: turn on each battle's timer.
        teams: packed teams, of which each battle draws one; empty if the server generates them.
    """

    server: ServerConfiguration
    account: AccountConfiguration = field(repr=False)
    battle_format: str
    mode: Mode
    opponent: str = ""
    battles: int = 1
    concurrent: int = 1
    timeout_s: float = 300.0
    timer: bool = False
    teams: Sequence[str] = ()


class LiveSession:
    """Plays the battles that the settings ask for.

    Args:
        settings: settings of the session.
        seats: play the battles.
        report: called with each battle that has ended or was abandoned.
        notice: called with messages for the user.
    """

    def __init__(
        self,
        settings: LiveSettings,
        seats: LiveSeats,
        report: Callable[[LiveResult], object],
        notice: Callable[[str], object] = lambda words: None,
    ) -> None:
        """Do not connect yet; the object belongs to the running event loop."""
        self._settings = settings
        self._seats = seats
        self._report = report
        self._notice = notice
        self._timeout_s = None if math.isinf(settings.timeout_s) else settings.timeout_s
        limit = min(settings.timeout_s, 60.0)
        self._connection = Connection(settings.account, settings.server, self._receive, limit)
        self._news = asyncio.Event()  # set after each message
        self._challengers: list[str] = []
        self._asked = ""  # the challenged or accepted user, or "the ladder"
        self._refusal: str | None = None  # reason why no battle began

    async def play(self) -> None:
        """Play all battles.

        Raises:
            LiveError: play cannot continue; running battles have been abandoned.
            ProtocolError: a message of the server is malformed.
        """
        tasks = [
            asyncio.create_task(work) for work in (self._connection.listen(), self._seek(), self._watch())
        ]
        reason = "stopped"
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except Exception as error:
            reason = str(error)
            raise
        finally:
            # First, so that the server's answer to a forfeit comes too late to count.
            rooms = self._give_up(reason)
            try:
                await asyncio.wait_for(self._leave(rooms), LEAVE_TIMEOUT_S)
            except (asyncio.TimeoutError, ConnectionClosed, OSError):
                pass
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._give_up(reason)  # battles that began in the meantime

    def _give_up(self, reason: str) -> list[str]:
        """Report all running battles as abandoned; return their rooms."""
        rooms = self._seats.rooms
        for room in rooms:
            self._report(self._seats.leave(room, reason))
        return rooms

    async def _seek(self) -> None:
        """Log in and find battles one after another until all have ended."""
        settings, seats = self._settings, self._seats
        await self._connection.connected.wait()  # the connection has its own time limit
        await self._until(self._connection.logged_in.is_set, "the server has not answered the log-in")
        self._notice(f"logged in as {settings.account.username}")
        while seats.begun < settings.battles:
            if len(seats.rooms) < settings.concurrent:
                await self._begin_battle()
            else:
                await self._next_news()
        while seats.rooms:
            await self._next_news()

    async def _begin_battle(self) -> None:
        begun = self._seats.begun
        words = await self._ask()
        await self._until(lambda: self._seats.begun > begun or self._refusal is not None, words)
        refusal, self._refusal, self._asked = self._refusal, None, ""
        if self._seats.begun > begun or refusal is None:
            return
        if _TOO_SOON in refusal:
            await asyncio.sleep(CHALLENGE_INTERVAL_S)
        elif _WITHDRAWN not in refusal:
            raise NoAnswerError(f"no battle in {self._settings.battle_format}: {refusal}")

    async def _ask(self) -> str:
        """Ask for a battle; return an error message for the case that none begins in time."""
        settings, connection = self._settings, self._connection
        team = random.choice(settings.teams) if settings.teams else None
        self._refusal = None
        if settings.mode == "challenge":
            self._asked = settings.opponent
            await connection.challenge(settings.opponent, settings.battle_format, team)
            return f"{settings.opponent} has not accepted the challenge in {settings.battle_format}"
        if settings.mode == "ladder":
            self._asked = "the ladder"
            await connection.search_ladder_game(settings.battle_format, team)
            return f"the ladder has found no opponent in {settings.battle_format}"
        await self._until(
            lambda: bool(self._challengers), f"nobody has challenged {settings.account.username}"
        )
        self._asked = self._challengers.pop(0)
        await connection.accept_challenge(self._asked, team)
        return f"the battle with {self._asked} has not begun"

    async def _receive(self, message: str) -> None:
        """Read a message from the server."""
        first, *lines = message.split("\n")
        if first.startswith(">battle-"):
            await self._play(first[1:], lines)
        elif not first.startswith(">"):
            for line in (first, *lines):
                await self._hear(line)
        self._news.set()

    async def _play(self, room: str, lines: Sequence[str]) -> None:
        begun = self._seats.begun
        choice = self._seats.receive(room, lines)
        if self._seats.begun > begun and self._settings.timer:
            await self._connection.send_message("/timer on", room)
        if choice is not None:
            await self._connection.send_message(choice, room)
        for result in self._seats.ended():
            self._report(result)
            await self._connection.send_message(f"/leave {result.room}")

    async def _hear(self, line: str) -> None:
        """Read a line from the server that belongs to no battle."""
        _, kind, *parts = [*line.split("|"), ""]
        if kind == "popup":
            words = " ".join(part.strip() for part in parts if part.strip())
            if self._asked:
                self._refusal = words
            else:
                self._notice(f"the server says: {words}")
        elif kind == "pm" and len(parts) > 2:
            await self._hear_from(parts[0][1:].removesuffix("@!"), parts[1][1:], "|".join(parts[2:-1]))

    async def _hear_from(self, sender: str, receiver: str, words: str) -> None:
        own = to_id(self._settings.account.username)
        if to_id(sender) == own:
            return
        command, _, rest = words.partition(" ")
        if command == "/challenge":
            if sender in self._challengers:
                self._challengers.remove(sender)
            if rest and self._settings.mode == "accept":
                await self._consider(sender, rest.split("|")[0])
        elif to_id(sender) == to_id(self._asked) and self._settings.mode == "challenge":
            if command in ("/text", "/error") or "rejected the challenge" in rest:
                self._refusal = rest

    async def _consider(self, challenger: str, battle_format: str) -> None:
        """Accept a challenge in the right format; reject any other."""
        if _spelling(battle_format) == _spelling(self._settings.battle_format):
            self._challengers.append(challenger)
            return
        self._notice(
            f"rejected: {challenger} challenges in {battle_format}, not {self._settings.battle_format}"
        )
        await self._connection.send_message(f"/reject {challenger}")

    async def _watch(self) -> None:
        """Leave battles whose opponents have stopped playing."""
        while True:
            await asyncio.sleep(min(1.0, self._settings.timeout_s / 4))
            for room in self._seats.silent(self._settings.timeout_s):
                reason = f"nobody has moved for {self._settings.timeout_s:g} s"
                self._report(self._seats.leave(room, reason))
                self._news.set()
                await self._connection.send_message("/forfeit", room)

    async def _leave(self, rooms: Sequence[str]) -> None:
        """Forfeit in rooms, cancel the challenge or search, and end the connection."""
        if not self._connection.logged_in.is_set():
            return await self._connection.close()
        for room in rooms:
            await self._connection.send_message("/forfeit", room)
        if self._asked and self._settings.mode == "challenge":
            await self._connection.send_message(f"/cancelchallenge {self._asked}")
        elif self._asked and self._settings.mode == "ladder":
            await self._connection.send_message("/cancelsearch")
        await self._connection.close()

    async def _until(self, holds: Callable[[], bool], words: str) -> None:
        """Wait for messages until a condition holds.

        Raises:
            NoAnswerError: it does not hold in time; `words` is the start of the message.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + self._settings.timeout_s
        while not holds():
            left = None if self._timeout_s is None else end - loop.time()
            try:
                await self._next_news(left)
            except asyncio.TimeoutError:
                raise NoAnswerError(f"{words} within {self._settings.timeout_s:g} s") from None

    async def _next_news(self, limit_s: float | None = None) -> None:
        # Cleared here, not in the task that `wait_for` starts: a message may come before that task runs.
        self._news.clear()
        await asyncio.wait_for(self._news.wait(), limit_s)


def _spelling(battle_format: str) -> str:
    """A format's id as far as it counts: users write custom rules in any case and with any spaces."""
    return re.sub(r"\s", "", battle_format.lower())
