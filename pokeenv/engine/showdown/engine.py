"""`EmbeddedShowdown`: Pokémon Showdown in worker processes, with its arrays in shared memory."""

from __future__ import annotations

import bisect
import os
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from pokeenv.actions import DOUBLES, SINGLES
from pokeenv.arguments import whole_number
from pokeenv.engine.contract import (
    COPIES,
    HEARING,
    IMAGINATION,
    MESSAGES,
    NARRATION,
    REPLAYS,
    SNAPSHOTS,
    TEAMS,
    Engine,
)
from pokeenv.engine.rows import SEATS, battle_of, row_of, seat_of
from pokeenv.engine.seat_messages import SeatMessages
from pokeenv.engine.showdown.branches import Branches, check_some_actions
from pokeenv.engine.showdown.install import check_install
from pokeenv.engine.showdown.process import WorkerProcess
from pokeenv.engine.showdown.shared_memory import COMMANDS, CONTROL, RESULTS, SharedArrays, blocks_json
from pokeenv.engine.showdown.snapshot_format import SnapshotOrigin, pack_snapshot, unpack_snapshot
from pokeenv.engine.showdown.team_registry import TeamRegistry
from pokeenv.engine.showdown.worker_config import worker_start
from pokeenv.engine.signals import SIGNALS
from pokeenv.errors import (
    ClosedError,
    EngineError,
    NotPicklableError,
    SnapshotError,
    UnsupportedFormatError,
    failed_before,
)
from pokeenv.formats import BattleFormat, parse_format
from pokeenv.observation import VOCABULARY, Layout, make_layout
from pokeenv.usage import UsageStatistics, check_beliefs

TEAMS_HELD = 1024  # teams that the workers hold; at least the teams of all battles' next resets


class EmbeddedShowdown(Engine):
    """The engine `"showdown"`: the real simulator, with all capabilities; see `Engine`.

    Args:
        battle_format: the format, or Showdown's id of it.
        num_battles: number of battles hosted at once, N.
        num_workers: worker processes that share the battles.
        turn_limit: a battle that passes this turn is truncated.
        timeout_s: limit of every wait for a worker, in seconds.
        accelerated: run the simulator with `worker/accelerate`, which changes no result; a list selects
            some of the accelerations.
        layout: meaning of the numbers of an observation; None: the base layout of the format.

    Raises:
        InstallError: the simulator cannot be installed.
        EngineError: a worker cannot be started.
    """

    name = "showdown"
    capabilities = frozenset({TEAMS, MESSAGES, NARRATION, REPLAYS, SNAPSHOTS, COPIES, HEARING, IMAGINATION})

    def __init__(
        self,
        battle_format: BattleFormat | str,
        num_battles: int,
        *,
        num_workers: int = 1,
        turn_limit: int = 1000,
        timeout_s: float = 60.0,
        accelerated: bool | list[str] = True,
        layout: Layout | None = None,
    ) -> None:
        """Start the workers and wait until they are ready."""
        self.num_battles = num_battles = whole_number("num_battles", num_battles)
        num_workers = whole_number("num_workers", num_workers)
        if num_battles < 1 or not 1 <= num_workers <= num_battles:
            raise ValueError(
                f"need num_battles >= 1 and 1 <= num_workers <= num_battles, "
                f"got num_battles={num_battles}, num_workers={num_workers}"
            )
        turn_limit = whole_number("turn_limit", turn_limit, least=1)
        self.battle_format = parse_format(battle_format, has_teams=None)
        if self.action_space not in (SINGLES, DOUBLES):
            raise UnsupportedFormatError(
                f"the engine 'showdown' has the actions of {SINGLES.name} and {DOUBLES.name}, and battle"
                f" format '{self.battle_format.id}' has those of {self.action_space.name}; use another engine"
            )
        self.layout = layout = layout or make_layout(actives=self.action_space.actives)
        self._teams = TeamRegistry(self.battle_format.id, num_workers, max(TEAMS_HELD, 4 * num_battles))
        self._workers: list[WorkerProcess] = []
        self._stepping = False
        self._closed = False
        self._pid = os.getpid()
        self._failure: BaseException | None = None
        common = worker_start(layout, accelerated=accelerated)
        self._origin = SnapshotOrigin.of(self.battle_format.id, common)
        self._shared = SharedArrays(
            num_battles,
            obs_size=layout.size,
            num_actions=self.action_space.num_actions,
            num_signals=len(SIGNALS),
        )
        self.observations = self._shared.observations
        self.action_masks = self._shared.action_masks
        self.signals = self._shared.signals
        self._firsts = [worker * num_battles // num_workers for worker in range(num_workers + 1)]
        try:
            for first, end in zip(self._firsts, self._firsts[1:], strict=False):
                start = common | {
                    "format": self.battle_format.id,
                    "firstBattle": first,
                    "numBattles": end - first,
                    "turnLimit": turn_limit,
                    "signals": SIGNALS,
                    "blocks": blocks_json(),
                    "regions": self._shared.positions(first),
                }
                self._workers.append(WorkerProcess(start, shared_fd=self._shared.fd, timeout_s=timeout_s))
            for worker in self._workers:
                worker.wait_ready()
        except BaseException as error:
            self.close()
            if isinstance(error, EngineError):
                # A damaged install explains the failure better than Node's message.
                check_install(Path(common["simulatorPath"]))
            raise

    @property
    def worker_pids(self) -> list[int]:
        """Process ids of the workers."""
        return [worker.pid for worker in self._workers]

    @property
    def acting(self) -> NDArray[np.bool_]:
        """See `Engine`."""
        return self._open().acting.view(np.bool_)

    @property
    def statuses(self) -> NDArray[np.int32]:
        """See `Engine`."""
        return self._open().results[:, RESULTS["status"].start]

    @property
    def turns(self) -> NDArray[np.int32]:
        """See `Engine`."""
        return self._open().results[:, RESULTS["turn"].start]

    def step_async(
        self,
        actions: NDArray[np.integer[Any]],
        resets: Mapping[int, NDArray[np.uint16]] | None = None,
        idle: Sequence[int] = (),
        *,
        checked: bool = False,
    ) -> None:
        """See `Engine`."""
        resets = resets or {}
        if not checked:
            self.check_actions(actions, skipped=[*resets, *idle])
        control = self._open().control
        control[:, CONTROL["command"]] = COMMANDS["step"]
        control[:, CONTROL["actions"]] = actions.reshape(self.num_battles, SEATS)
        for battle in idle:
            control[battle, CONTROL["command"]] = COMMANDS["skip"]
        for battle, seed in resets.items():
            control[battle, CONTROL["command"]] = COMMANDS["reset"]
            control[battle, CONTROL["seeds"]] = seed
            control[battle, CONTROL["teams"]] = self._teams.take(battle)
        self._stepping = True
        with self._noting_failure():
            for worker in self._workers:
                worker.step_async()

    def step_wait(self) -> None:
        """See `Engine`."""
        self._open()
        if not self._stepping:
            raise EngineError("no step is running: call step_async() first")
        with self._noting_failure():
            for worker in self._workers:
                worker.step_wait()
        self._stepping = False

    def check_actions(self, actions: NDArray[np.integer[Any]], skipped: Sequence[int] = ()) -> None:
        """See `Engine`."""
        self._idle()
        super().check_actions(actions, skipped)

    def add_teams(self, texts: Sequence[str], labels: Sequence[str] | None = None) -> None:
        """See `Engine`; the message of an error quotes Showdown's validator."""
        self._idle()
        self._teams.add(texts, labels, self._ask)

    def set_teams(self, battle: int, teams: tuple[str, str]) -> None:
        """See `Engine`; the message of an error quotes Showdown's validator."""
        self._idle()
        self._worker_of(battle)
        self._teams.reserve(battle, teams, self._ask)

    def battle_log(self, battle: int) -> dict[str, Any]:
        """See `Engine`."""
        return self._request(battle, {"command": "log"})

    def packed_teams(self, battle: int) -> tuple[str, str]:
        """See `Engine`."""
        first, second = self._request(battle, {"command": "packed"})["teams"]
        return first, second

    def seat_messages(self, rows: NDArray[np.integer[Any]]) -> list[SeatMessages]:
        """See `Engine`."""
        found: dict[int, SeatMessages] = {}
        for worker, first in enumerate(self._firsts[:-1]):
            own = [int(row) for row in rows if first <= battle_of(row) < self._firsts[worker + 1]]
            if own:
                local = [row - row_of(first, 0) for row in own]
                answer = self._ask(worker, {"command": "seatMessages", "rows": local})
                read = (SeatMessages(**messages) for messages in answer["messages"])
                found |= dict(zip(own, read, strict=True))
        return [found[int(row)] for row in rows]

    def slot_masks(self, row: int) -> NDArray[np.int8]:
        """See `Engine`."""
        answer = self._request(battle_of(row), {"command": "slotMasks", "seat": seat_of(row)})
        return np.array(answer["masks"], dtype=np.int8)

    def narrate(self, battle: int, seat: int) -> list[dict[str, Any]]:
        """See `Engine`."""
        turns: list[dict[str, Any]] = self._request(battle, {"command": "narrate", "seat": seat})["turns"]
        return turns

    def snapshot(self, battle: int) -> bytes:
        """See `Engine`."""
        answer = self._request(battle, {"command": "snapshot"})
        if "problem" in answer:
            raise SnapshotError(f"battle {battle}: {answer['problem']}")
        return pack_snapshot(self._origin, b64decode(answer["snapshot"]))

    def restore(self, battle: int, snapshot: bytes) -> None:
        """See `Engine`."""
        content = b64encode(unpack_snapshot(self._origin, snapshot)).decode()
        self._request(battle, {"command": "restore", "snapshot": content})
        self._forget_teams([battle])

    def copy(self, battle: int, into: Sequence[int]) -> None:
        """See `Engine`."""
        self._branches.copy(battle, into)
        self._forget_teams(into)

    @property
    def _branches(self) -> Branches:
        # Made for each command: kept, it would be a reference cycle, which frees shared memory late.
        return Branches(self._firsts, self._ask)

    def slots_beside(self, battle: int) -> range:
        """See `Engine`."""
        return self._branches.slots_beside(battle)

    def advance(
        self,
        battles: Sequence[int],
        actions: NDArray[np.integer[Any]],
        *,
        sources: Sequence[int] | None = None,
        seeds: Sequence[int] | None = None,
    ) -> None:
        """See `Engine`."""
        self._idle()

        def check(played: Sequence[int]) -> None:
            check_some_actions(self.action_space, played, actions, self.acting, self.action_masks)

        self._branches.advance(battles, actions, sources, seeds, check)
        if sources is not None:
            self._forget_teams(battles)

    def imagine(self, row: int, seeds: Sequence[int], into: Sequence[int]) -> None:
        """See `Engine`."""
        self._idle()
        self._branches.imagine(row, seeds, into, bool(self.acting[row]))
        self._forget_teams(into)

    def set_beliefs(self, teams: Sequence[str] = (), usage: UsageStatistics | None = None) -> None:
        """See `Engine`; the message of an error quotes Showdown's validator."""
        check_beliefs(self.battle_format, usage)
        self._branches.believe(self._teams.add(teams, None, self._ask), usage)

    def hear(self, rows: Sequence[int], messages: Sequence[SeatMessages]) -> None:
        """See `Engine`."""
        self._branches.hear(rows, messages)
        self._forget_teams([battle_of(row) for row in rows])

    def _forget_teams(self, battles: Sequence[int]) -> None:
        for battle in battles:
            self._teams.take(int(battle))

    @property
    def display_names(self) -> dict[str, dict[str, str]]:
        """See `Engine`."""
        return self._display_names

    @cached_property
    def _display_names(self) -> dict[str, dict[str, str]]:
        tables = self._request(0, {"command": "names"})
        return {table: dict(zip(VOCABULARY[table], names, strict=True)) for table, names in tables.items()}

    def resimulate(self, input_log: Sequence[str]) -> dict[str, Any]:
        """See `Engine`."""
        return self._request(0, {"command": "resimulate", "inputLog": list(input_log)})

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied."""
        raise NotPicklableError(
            "the simulator of this environment is running in worker processes, so it cannot be pickled or"
            " copied: pickle the environment before its first reset() or after close(), and give"
            " vectorisers a function that makes it"
        )

    def true_state(self, battle: int) -> dict[str, Any]:
        """The simulator's state of a battle with hidden information, for tests of the observation."""
        return self._request(battle, {"command": "trueState"})

    def change_hidden(self, battle: int, seat: int) -> int:
        """Change everything that a seat cannot know in a battle, for tests of imagined battles.

        Returns:
            Number of Pokémon that were changed.
        """
        changed: int = self._request(battle, {"command": "changeHidden", "seat": seat})["changed"]
        return changed

    def close(self) -> None:
        """End the workers; see `Engine`."""
        if self._closed:
            return
        self._closed = True
        for worker in self._workers:
            worker.close()
        self._shared.close()

    @property
    def failed(self) -> bool:
        """True after a failure, an interruption or a fork; see `Engine`."""
        return self._failure is not None or os.getpid() != self._pid

    @contextmanager
    def _noting_failure(self) -> Iterator[None]:
        """Note a failure or interruption in the block, after which workers and engine are out of step."""
        try:
            yield
        except BaseException as error:
            self._failure = error
            raise

    def _open(self) -> SharedArrays:
        if os.getpid() != self._pid:
            raise EngineError(
                f"this environment was started in process {self._pid} and came here by a fork: "
                "make one in this process, or fork before the first reset()"
            )
        if self._closed:
            raise ClosedError("the engine is closed")
        if self._failure is not None:
            raise failed_before("the engine", self._failure) from self._failure
        return self._shared

    def _idle(self) -> None:
        self._open()
        if self._stepping:
            raise EngineError("a step is running: call step_wait() first")

    def _worker_of(self, battle: int) -> int:
        if not 0 <= battle < self.num_battles:
            raise IndexError(f"battle {battle} is not in [0, {self.num_battles})")
        return bisect.bisect_right(self._firsts, battle) - 1

    def _ask(self, worker: int, message: dict[str, Any]) -> dict[str, Any]:
        self._idle()
        with self._noting_failure():
            return self._workers[worker].request(message)

    def _request(self, battle: int, message: dict[str, Any]) -> dict[str, Any]:
        worker = self._worker_of(battle)
        return self._ask(worker, {**message, "battle": battle - self._firsts[worker]})
