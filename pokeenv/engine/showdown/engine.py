"""The embedded Pokémon Showdown: battles in worker processes, numbers in shared memory."""

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

from pokeenv.actions import SINGLES, legal_actions
from pokeenv.engine.seat_messages import SeatMessages
from pokeenv.engine.showdown.install import check_install
from pokeenv.engine.showdown.process import WorkerProcess
from pokeenv.engine.showdown.shared_memory import (
    CONTROL_SIZE,
    RESET_BATTLE,
    RESULT_SIZE,
    SKIP,
    STEP_BATTLE,
    SharedArrays,
)
from pokeenv.engine.showdown.snapshot_format import SnapshotOrigin, pack_snapshot, unpack_snapshot
from pokeenv.engine.showdown.team_registry import TeamBook
from pokeenv.engine.showdown.worker_config import worker_start
from pokeenv.errors import (
    ClosedError,
    EngineError,
    IllegalActionError,
    NotPicklableError,
    SnapshotError,
    failed_before,
)
from pokeenv.observation import LAYOUT, VOCABULARY, Layout
from pokeenv.rewards import SIGNALS

SPECTATORS = -1  # in the place of a seat: what everybody sees
SEED_WORDS = 12  # 16-bit words: the battle's seed, then a seed for each team
TEAMS_HELD = 1024  # teams that the workers hold; at least those of all battles' next resets
_SEED = slice(3, 3 + SEED_WORDS)  # of a control block
_TEAMS = slice(3 + SEED_WORDS, CONTROL_SIZE)
_GENERATED = (0, 0)


class EmbeddedShowdown:
    """N battles of one format, stepped together.

    Rows: row `2i` is seat p1 of battle `i`, row `2i + 1` its seat p2. The arrays are views of
    shared memory: they change with every step.

    Args:
        battle_format: Showdown's id of the format.
        num_battles: number of battles hosted at once, N.
        num_workers: worker processes that share the battles.
        turn_limit: a battle that goes beyond this turn is truncated.
        timeout_s: limit of every wait for a worker, in seconds.
        accelerated: run the simulator with `worker/accelerate`, which changes no result; a list names
            those accelerations that are wanted.
        layout: what an observation holds.

    Raises:
        InstallError: the simulator cannot be installed.
        EngineError: a worker cannot be started.
    """

    def __init__(
        self,
        battle_format: str,
        num_battles: int,
        *,
        num_workers: int = 1,
        turn_limit: int = 1000,
        timeout_s: float = 60.0,
        accelerated: bool | list[str] = True,
        layout: Layout = LAYOUT,
    ) -> None:
        """Start the workers and wait until they are ready."""
        if num_battles < 1 or not 1 <= num_workers <= num_battles:
            raise ValueError(
                f"need num_battles >= 1 and 1 <= num_workers <= num_battles, "
                f"got num_battles={num_battles}, num_workers={num_workers}"
            )
        if turn_limit < 1:
            raise ValueError(f"turn_limit must be at least 1, not {turn_limit}")
        self.num_battles = num_battles
        self.battle_format = battle_format
        self._teams = TeamBook(battle_format, num_workers, max(TEAMS_HELD, 4 * num_battles))
        self._next_teams: dict[int, tuple[int, int]] = {}  # numbers in the book, by battle
        self._workers: list[WorkerProcess] = []
        self._stepping = False
        self._closed = False
        self._pid = os.getpid()
        self._failure: BaseException | None = None
        common = worker_start(layout, accelerated=accelerated)
        self._origin = SnapshotOrigin.of(self.battle_format, common)
        self._shared = SharedArrays(
            num_battles, obs_size=layout.size, num_actions=SINGLES.num_actions, num_signals=len(SIGNALS)
        )
        self.observations = self._shared.observations
        self.action_masks = self._shared.action_masks
        self.signals = self._shared.signals
        self._mask_starts = SINGLES.num_actions * np.arange(2 * num_battles)
        self._firsts = [worker * num_battles // num_workers for worker in range(num_workers + 1)]
        try:
            for first, end in zip(self._firsts, self._firsts[1:], strict=False):
                start = common | {
                    "format": battle_format,
                    "firstBattle": first,
                    "numBattles": end - first,
                    "turnLimit": turn_limit,
                    "numSignals": len(SIGNALS),
                    "controlSize": CONTROL_SIZE,
                    "resultSize": RESULT_SIZE,
                    "regions": self._shared.positions(first),
                }
                self._workers.append(WorkerProcess(start, shared_fd=self._shared.fd, timeout_s=timeout_s))
            for worker in self._workers:
                worker.wait_ready()
        except BaseException as error:
            self.close()
            if isinstance(error, EngineError):
                check_install(
                    Path(common["simulatorPath"])
                )  # a damaged install explains more than what Node says of it
            raise

    @property
    def worker_pids(self) -> list[int]:
        """Process ids of the workers."""
        return [worker.pid for worker in self._workers]

    @property
    def acting(self) -> NDArray[np.bool_]:
        """`(2N,)`: rows that must be given an action next."""
        return self._open().acting.view(np.bool_)

    @property
    def statuses(self) -> NDArray[np.int32]:
        """`(N,)`: RUNNING, TERMINATED or TRUNCATED after the last step."""
        return self._open().results[:, 0]

    @property
    def turns(self) -> NDArray[np.int32]:
        """`(N,)`: the turn of every battle."""
        return self._open().results[:, 1]

    def step_async(
        self,
        actions: NDArray[np.integer[Any]],
        resets: Mapping[int, NDArray[np.uint16]] | None = None,
        idle: Sequence[int] = (),
        *,
        checked: bool = False,
    ) -> None:
        """Begin a step of all battles.

        Args:
            actions: int `(2N,)`; rows that do not act are ignored.
            resets: battles to start afresh instead, each with its seed, uint16 `(SEED_WORDS,)`.
            idle: battles to leave as they are.
            checked: `check_actions` has just passed these actions: they are not checked again.

        Raises:
            IllegalActionError: an acting row's action is not legal; nothing has changed then.
        """
        resets = resets or {}
        if not checked:
            self.check_actions(actions, skipped=[*resets, *idle])
        control = self._open().control
        control[:, 0] = STEP_BATTLE
        control[:, 1:3] = actions.reshape(self.num_battles, 2)
        for battle in idle:
            control[battle, 0] = SKIP
        for battle, seed in resets.items():
            control[battle, 0] = RESET_BATTLE
            control[battle, _SEED] = seed
            control[battle, _TEAMS] = self._next_teams.pop(battle, _GENERATED)
        self._stepping = True
        with self._noting_failure():
            for worker in self._workers:
                worker.step_async()

    def step_wait(self) -> None:
        """Wait for the step that `step_async` began.

        Raises:
            EngineError: a worker failed, ended or did not answer; the engine cannot be used further.
        """
        self._open()
        if not self._stepping:
            raise EngineError("no step is under way: call step_async() first")
        with self._noting_failure():
            for worker in self._workers:
                worker.step_wait()
        self._stepping = False

    def check_actions(self, actions: NDArray[np.integer[Any]], skipped: Sequence[int] = ()) -> None:
        """Refuse actions that `step_async` would refuse, and change nothing.

        Args:
            actions: int `(2N,)`.
            skipped: battles whose actions do not count.

        Raises:
            IllegalActionError: an acting row's action is not legal.
        """
        shared = self._open()
        if self._stepping:
            raise EngineError("a step is under way: wait for it before the next one")
        in_range = (actions >= 0) & (actions < SINGLES.num_actions)
        places = self._mask_starts + np.where(in_range, actions, 0)
        legal = in_range & shared.action_masks.view(np.bool_).reshape(-1)[places]
        refused = shared.acting.view(np.bool_) > legal
        for battle in skipped:
            refused[2 * battle : 2 * battle + 2] = False
        if not refused.any():
            return
        row = int(refused.argmax())
        raise IllegalActionError(
            int(actions[row]),
            legal_actions(shared.action_masks[row]),
            {"row": row, "turn": int(self.turns[row // 2])},
        )

    def add_teams(self, texts: Sequence[str], labels: Sequence[str] | None = None) -> None:
        """Have teams validated and held by the workers, so that `set_teams` only names them.

        Args:
            texts: Showdown export text or packed.
            labels: what an error calls each team.

        Raises:
            InvalidTeamError: Showdown's validator refuses teams; the message holds its words, of all of them.
        """
        self._idle()
        self._teams.add(texts, labels, self._ask)

    def set_teams(self, battle: int, teams: tuple[str, str]) -> None:
        """Give the two teams that the next reset of a battle starts with.

        Args:
            battle: number of the battle.
            teams: Showdown export text or packed, for p1 and p2; validated unless `add_teams` did.

        Raises:
            InvalidTeamError: Showdown's validator refuses a team; the message holds its words.
        """
        self._idle()
        self._worker_of(battle)
        first, second = self._teams.add(teams, None, self._ask)
        self._next_teams[battle] = (first, second)

    def battle_log(self, battle: int) -> dict[str, Any]:
        """The log so far (`log`), the choices (`inputLog`) and the teams of a battle."""
        return self._request(battle, {"command": "log"})

    def packed_teams(self, battle: int) -> tuple[str, str]:
        """Teams that p1 and p2 began a battle with, as Showdown packs them."""
        first, second = self._request(battle, {"command": "packed"})["teams"]
        return first, second

    def seat_messages(self, rows: NDArray[np.integer[Any]]) -> list[SeatMessages]:
        """What the clients of some rows' seats would have been sent since this was last asked for them."""
        found: dict[int, SeatMessages] = {}
        for worker, first in enumerate(self._firsts[:-1]):
            own = [int(row) for row in rows if first <= row // 2 < self._firsts[worker + 1]]
            if own:
                answer = self._ask(worker, {"command": "feeds", "rows": [row - 2 * first for row in own]})
                found |= {row: SeatMessages(**feed) for row, feed in zip(own, answer["feeds"], strict=True)}
        return [found[int(row)] for row in rows]

    def account(self, battle: int, seat: int) -> list[dict[str, Any]]:
        """A battle in words, as far as one seat is told of it.

        Args:
            battle: number of the battle.
            seat: 0 or 1, or `SPECTATORS` for what everybody sees.

        Returns:
            A dictionary per turn, the one under way included: `turn` (0 before the first) and
            `messages`, sentences of which those that follow from an earlier one are indented.
        """
        turns: list[dict[str, Any]] = self._request(battle, {"command": "account", "seat": seat})["turns"]
        return turns

    def snapshot(self, battle: int) -> bytes:
        """A battle as it stands between two steps, with all that both seats know.

        `restore` continues it in any place of any engine of the same format, to the same bytes.

        Raises:
            SnapshotError: no battle has been started, or it holds what a snapshot cannot.
        """
        answer = self._request(battle, {"command": "snapshot"})
        if "problem" in answer:
            raise SnapshotError(f"battle {battle}: {answer['problem']}")
        return pack_snapshot(self._origin, b64decode(answer["snapshot"]))

    def restore(self, battle: int, snapshot: bytes) -> None:
        """Replace a battle by one that `snapshot` took; arrays and rows are as they were then.

        Raises:
            SnapshotError: it is of another format, observation, simulator or version; nothing has
                changed then.
        """
        content = b64encode(unpack_snapshot(self._origin, snapshot)).decode()
        self._request(battle, {"command": "restore", "snapshot": content})
        self._next_teams.pop(battle, None)

    @cached_property
    def display_names(self) -> dict[str, dict[str, str]]:
        """What every id of each table of `VOCABULARY` is called in the games."""
        tables = self._request(0, {"command": "names"})
        return {table: dict(zip(VOCABULARY[table], names, strict=True)) for table, names in tables.items()}

    def resimulate(self, input_log: Sequence[str]) -> dict[str, Any]:
        """Play a battle again from its input log, apart from the battles hosted here.

        Returns:
            `log`, `winner`, `ended` and `turns`; or `problem`, which says what cannot be played.
        """
        return self._request(0, {"command": "resimulate", "inputLog": list(input_log)})

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied."""
        raise NotPicklableError(
            "the simulator of this environment is running in worker processes, so it cannot be pickled or"
            " copied: pickle the environment before its first reset() or after close(), and give"
            " vectorisers a function that makes it"
        )

    def true_state(self, battle: int) -> dict[str, Any]:
        """The simulator's own state of a battle, hidden things included: for tests of the observation."""
        return self._request(battle, {"command": "truth"})

    def close(self) -> None:
        """End the workers; calling it again does nothing."""
        if self._closed:
            return
        self._closed = True
        for worker in self._workers:
            worker.close()
        self._shared.close()

    @property
    def failed(self) -> bool:
        """Whether a failure, an interruption or a fork has made the engine unusable: close it."""
        return self._failure is not None or os.getpid() != self._pid

    @contextmanager
    def _noting_failure(self) -> Iterator[None]:
        """After a failure half-way, an interruption included, workers and engine are out of step."""
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
            raise EngineError("a step is under way: wait for it first")

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
