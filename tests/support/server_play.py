"""Shared by tests of live play: bots on a local server, and sessions that record every message."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from poke_env import AccountConfiguration, RandomPlayer, ServerConfiguration
from poke_env.concurrency import POKE_LOOP
from poke_env.player import BattleOrder

from agents.live.seats import LiveResult, LiveSeats
from agents.live.session import LiveSession, LiveSettings
from pokeenv import RULES_MARK, Agent, Decision, StreamHost
from tests.support.local_server import LocalServer

# Makes battles have seeds in the engine's form, and logs contain the simulator's input.
SETTINGS = """
exports.logchallenges = true;
const word = () => Math.floor(Math.random() * 65536);
require("../dist/sim/prng").PRNG.generateSeed = () => [word(), word(), word(), word()].join(",");
"""
LOG_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Seen:
    """A decision: the observation and the action."""

    observation: bytes
    mask: bytes
    action: int


class Recorder:
    """An agent that records its decisions, battle by battle in the order of their starts."""

    def __init__(self, agent: Agent) -> None:
        self.name = agent.name
        self.battles: list[list[Seen]] = []
        self._agent = agent
        self._rows: dict[int, list[Seen]] = {}

    def begin(self, num_rows: int, seed: int | None = None) -> None:
        self._agent.begin(num_rows, seed)

    def reset_rows(self, rows: NDArray[np.integer]) -> None:
        self._agent.reset_rows(rows)
        for row in rows:
            self._rows[int(row)] = []
            self.battles.append(self._rows[int(row)])

    def act(
        self,
        observations: NDArray[np.float32],
        action_masks: NDArray[np.int8],
        rows: NDArray[np.integer],
        greedy: bool = False,
    ) -> Decision:
        decision = self._agent.act(observations, action_masks, rows, greedy=greedy)
        for row, obs, mask, action in zip(rows, observations, action_masks, decision.actions, strict=True):
            self._rows[int(row)].append(Seen(obs.tobytes(), mask.tobytes(), int(action)))
        return decision


class LeadPicker(RandomPlayer):
    """Picks a lead and leaves the others in their order, as actions do if all Pokémon battle."""

    @property
    def format(self) -> str:
        """Without custom rules: poke-env looks for its format in the names of rooms, which lack them."""
        return str(super().format).partition(RULES_MARK)[0]

    def teampreview(self, battle: Any) -> str:
        return f"/team {random.randint(1, 6)}"


class Idler(RandomPlayer):
    """Never moves."""

    def choose_move(self, battle: Any) -> BattleOrder:
        return cast(BattleOrder, SimpleNamespace(message=""))  # which poke-env does not send


class RecordingSeats(LiveSeats):
    """Seats that record every message of a room and every answer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.messages: dict[str, list[list[str]]] = {}
        self.said: dict[str, list[str | None]] = {}

    def receive(self, room: str, lines: Sequence[str]) -> str | None:
        answer = super().receive(room, lines)
        self.messages.setdefault(room, []).append(list(lines))
        self.said.setdefault(room, []).append(answer)
        return answer


@contextmanager
def bot(
    server: LocalServer, name: str, battle_format: str, cls: type[RandomPlayer] = LeadPicker, **kwargs: Any
) -> Iterator[RandomPlayer]:
    """A poke-env player that accepts every challenge."""
    player = cls(
        AccountConfiguration(name, None),
        battle_format=battle_format,
        max_concurrent_battles=8,
        server_configuration=ServerConfiguration(server.address, ""),
        log_level=100,
        **kwargs,
    )
    accepting = asyncio.run_coroutine_threadsafe(player.accept_challenges(None, 100), POKE_LOOP)
    try:
        on_loop(player.ps_client.wait_for_login(0.01, 60))
        yield player
    finally:
        accepting.cancel()
        on_loop(player.ps_client.stop_listening())


def on_loop(work: Any) -> Any:
    """Run a coroutine on poke-env's own event loop."""
    return asyncio.run_coroutine_threadsafe(work, POKE_LOOP).result(60.0)


def settings(server: LocalServer | int, battle_format: str, **kwargs: Any) -> LiveSettings:
    """Settings of a session on a local server, or on the port of one."""
    port = server if isinstance(server, int) else server.port
    kwargs = {
        "mode": "challenge",
        "timeout_s": 30.0,
        "name": "Tester",
        "password": None,
        "log_in": "",
    } | kwargs
    account = AccountConfiguration(kwargs.pop("name"), kwargs.pop("password"))
    address = ServerConfiguration(f"ws://127.0.0.1:{port}/showdown/websocket", kwargs.pop("log_in"))
    return LiveSettings(address, account, battle_format, **kwargs)


def play_session(
    agent: Agent,
    chosen: LiveSettings,
    host: StreamHost,
    results: list[LiveResult],
    notice: Callable[[str], object] = lambda words: None,
) -> RecordingSeats:
    """Play a session to its end; `results` receives its results, even if it fails."""
    seats = RecordingSeats(agent, chosen.battle_format, host, concurrent=chosen.concurrent)

    async def session() -> None:
        await LiveSession(chosen, seats, results.append, notice).play()

    asyncio.run(session())
    return seats


def server_log(server: LocalServer, room: str) -> dict[str, Any]:
    """The server's log of a battle that has ended."""
    number = room.removeprefix("battle-")
    deadline = time.monotonic() + LOG_TIMEOUT_S
    while time.monotonic() < deadline:
        for path in server.logs.rglob(f"{number}.log.json"):
            try:
                content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
                return content
            except ValueError:  # not yet complete
                pass
        time.sleep(0.1)
    raise AssertionError(f"the server has logged no {number}: {list(server.logs.rglob('*.json'))}")
