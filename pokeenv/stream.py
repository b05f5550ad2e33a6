"""`observe_stream`: the observations of a seat whose battle is played elsewhere, such as on a server."""

from __future__ import annotations

import logging
from base64 import b64decode
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pokeenv.actions import legal_actions
from pokeenv.arguments import whole_number
from pokeenv.engine.showdown.install import check_install, simulator_version
from pokeenv.engine.showdown.process import STREAM_SCRIPT, WorkerProcess
from pokeenv.engine.showdown.worker_config import worker_start
from pokeenv.errors import ClosedError, EngineError, IllegalActionError, ProtocolError, failed_before
from pokeenv.formats import BattleFormat, parse_format
from pokeenv.observation import Layout, ObservationKind, make_layout

Seat = Literal["p1", "p2"]
_SEATS = ("p1", "p2")
_LOG = logging.getLogger(__name__)


class StreamHost:
    """A worker process that observes seats of any number of battles.

    Args:
        timeout_s: limit of each wait for the worker, in seconds.
        observation: kind of observation of its streams; see `BattleEnv`.

    Attributes:
        layouts: of the observations, by the number of active Pokémon of a side.

    Raises:
        ValueError: there is no such observation.
        InstallError: the simulator cannot be installed.
        EngineError: the worker cannot be started.
    """

    def __init__(self, *, timeout_s: float = 60.0, observation: ObservationKind = "base") -> None:
        """Start the worker."""
        self.observation: ObservationKind = observation
        self.layouts = {actives: make_layout(observation, actives) for actives in (1, 2)}
        start = worker_start(self.layouts[1])
        start["layouts"] = {actives: layout.to_json() for actives, layout in self.layouts.items()}
        self._worker = WorkerProcess(start, script=STREAM_SCRIPT, timeout_s=timeout_s)
        self._closed = False
        self._failure: BaseException | None = None
        self._opened = 0
        try:
            self._worker.wait_ready()
        except BaseException as error:
            self.close()
            if isinstance(error, EngineError):
                check_install(Path(start["simulatorPath"]))
            raise

    def request(self, message: dict[str, Any]) -> dict[str, Any]:
        """Send a message to the worker and wait for its answer (`worker/stream_main.mjs`).

        Raises:
            ClosedError: the host is closed.
            TypeError: the message cannot be written as JSON.
            EngineError: the worker fails, or has failed before.
        """
        if self._closed:
            raise ClosedError("the stream host is closed")
        if self._failure is not None:
            raise failed_before("the stream host", self._failure) from self._failure
        try:
            return self._worker.request(message)
        except TypeError:  # not JSON: nothing was sent
            raise
        except BaseException as error:
            self._failure = error  # a late answer would be mistaken for the answer to a later message
            raise

    def open(self, battle_format: str, seat: Seat, *, request_first: bool = False) -> int:
        """Open a stream and return its number; `observe_stream` calls this."""
        self._opened += 1
        self.request(
            {
                "command": "open",
                "stream": self._opened,
                "format": battle_format,
                "seat": _SEATS.index(seat),
                "requestFirst": request_first,
            }
        )
        return self._opened

    def close(self) -> None:
        """End the worker; calling it again has no effect."""
        self._closed = True
        self._worker.close()

    def layout_of(self, battle_format: BattleFormat) -> Layout:
        """Layout of the observations of a format's streams."""
        return self.layouts[battle_format.action_space.actives]

    @property
    def usable(self) -> bool:
        """True if the host is open and has not failed."""
        return not self._closed and self._failure is None

    def __enter__(self) -> StreamHost:
        """The host itself; leaving the block closes it."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the host."""
        self.close()


class ObservationStream:
    """One seat's view of a battle, from the lines and requests that its client receives.

    The same lines and requests give the bytes that `BattleEnv` gives for the same battle: both use the same
    code. `observe_stream` makes it.

    A server may be newer than the pinned simulator. Its unknown species, moves, items, abilities, types and
    effects are read as unknown (id 0, flags not set), its unknown messages are left out, and the logger
    `pokeenv.stream` warns of each once.

    Attributes:
        seat: `"p1"` or `"p2"`.
        layout: meaning of the numbers of an observation.
        observation: float32 `(layout.size,)` of the last decision, or of the battle's end.
        action_mask: int8 `(A,)` over the format's actions; all zero while there is nothing to decide.
        acting: True if a decision is due.
        ended: True if the battle has ended.
        turn: number of the turn, 0 before the first.
    """

    def __init__(
        self, host: StreamHost, battle_format: str, seat: Seat, *, request_first: bool, owns_host: bool
    ) -> None:
        """Open the stream in `host`."""
        self.battle_format = parse_format(battle_format, has_teams=None)
        self.seat = seat
        self.layout = host.layout_of(self.battle_format)
        self.observation: NDArray[np.float32] = np.zeros(self.layout.size, dtype=np.float32)
        self.action_mask: NDArray[np.int8] = self._no_actions()
        self.acting = False
        self.ended = False
        self.turn = 0
        self._host = host
        self._owns_host = owns_host
        self._failure: str | None = None
        self._number = host.open(self.battle_format.id, seat, request_first=request_first)

    def receive(self, lines: str | list[str]) -> None:
        """Read lines from the server, whole messages at a time.

        Lines that do not concern the battle (chat, timers, HTML) are skipped. `|request|` lines
        carry the seat's requests. `|error|[Unavailable choice]` leads to a new decision, with the
        request that follows it.

        Args:
            lines: protocol lines of the seat's own channel.

        Raises:
            ProtocolError: a line or request is malformed or not of this seat, and this stream can no longer
                be used; or the server has called the last choice invalid, and the decision is due again.
        """
        texts = [lines] if isinstance(lines, str) else lines
        answer = self._ask(
            {"command": "receive", "lines": [line for text in texts for line in text.split("\n")]}
        )
        if answer["refusal"]:
            raise ProtocolError(f"the server refused a choice of seat {self.seat}: {answer['refusal']}")

    def choice(self, action: int) -> str | None:
        """Choose an action for the decision that is due.

        Args:
            action: a legal action; see `action_mask`.

        Returns:
            The choice to send to the server, such as `"move 1 terastallize"`, `"switch 3"` or `"team
            3,1,2,4"`; None while Team Preview needs further picks: decide again at once.

        Raises:
            IllegalActionError: the action is not legal; nothing has changed then.
        """
        action = whole_number("an action", action)
        space = self.battle_format.action_space
        if not 0 <= action < space.num_actions or not self.action_mask[action]:
            legal, context = legal_actions(self.action_mask), {"turn": self.turn, "seat": self.seat}
            raise IllegalActionError(action, legal, context, space.name_of(action))
        choice: str | None = self._ask({"command": "act", "action": action})["choice"]
        return choice

    def close(self) -> None:
        """Forget the battle; calling it again has no effect."""
        try:
            if self._failure is None:
                self._failure = "the stream is closed"
                if self._host.usable:
                    self._host.request({"command": "close", "stream": self._number})
        finally:
            if self._owns_host:
                self._host.close()

    def __enter__(self) -> ObservationStream:
        """The stream itself; leaving the block closes it."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the stream."""
        self.close()

    def _no_actions(self) -> NDArray[np.int8]:
        return np.zeros(self.battle_format.action_space.num_actions, dtype=np.int8)

    def _ask(self, message: dict[str, Any]) -> dict[str, Any]:
        if self._failure is not None:
            raise ClosedError(f"the stream of seat {self.seat} cannot be used: {self._failure}")
        answer = self._host.request({**message, "stream": self._number})
        if "failure" in answer:
            self._failure = str(answer["failure"])
            raise ProtocolError(f"seat {self.seat}, turn {self.turn}: {self._failure}")
        for note in answer["notes"]:
            _LOG.warning("unknown to Showdown %s, read on without it: %s", simulator_version(), note)
        self.acting, self.ended, self.turn = answer["acting"], answer["ended"], answer["turn"]
        self.action_mask = self._no_actions()
        if self.acting:
            self.action_mask[:] = answer["mask"]
        if "observation" in answer:
            self.observation = np.frombuffer(b64decode(answer["observation"]), dtype=np.float32).copy()
        return answer


def observe_stream(
    battle_format: str,
    seat: Seat,
    *,
    host: StreamHost | None = None,
    request_first: bool = False,
    observation: ObservationKind | None = None,
) -> ObservationStream:
    """Observe a seat of a battle that is played elsewhere.

        with pokeenv.observe_stream("gen9randombattle", "p1") as stream:
            stream.receive(lines)  # of the battle's room, `|request|` among them
            if stream.acting:
                say_to_server(stream.choice(policy(stream.observation, stream.action_mask)))

    Args:
        battle_format: Showdown's id of the format.
        seat: `"p1"` or `"p2"`, as the request's `side.id` says.
        host: a worker to share with other streams; None starts one, which ends when the stream is closed.
        request_first: True if the server sends a request before the lines that lead to it, as older Showdown
            servers do; the pinned simulator sends it after them.
        observation: `"base"` or `"damage"`, as in `BattleEnv`; None: the host's kind, without a host the
            base.

    Raises:
        UnknownFormatError: Showdown has no such format.
        UnsupportedFormatError: the format is not supported.
        ValueError: there is no such seat or observation, or the host gives another kind.
    """
    if seat not in _SEATS:
        raise ValueError(f"seat={seat!r}; allowed: {', '.join(_SEATS)}")
    actives = parse_format(battle_format, has_teams=None).action_space.actives
    make_layout(observation or (host.observation if host else "base"), actives)
    owns_host = host is None
    host = host or StreamHost(observation=observation or "base")
    if observation is not None and observation != host.observation:
        raise ValueError(f"the host does not give observation={observation!r}: make it with that argument")
    try:
        return ObservationStream(host, battle_format, seat, request_first=request_first, owns_host=owns_host)
    except BaseException:
        if owns_host:
            host.close()
        raise
