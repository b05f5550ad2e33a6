"""`ProcessBattles`: the battles of a run in a separate process on this machine."""

from __future__ import annotations

import multiprocessing
import pickle
import signal
import time
import traceback
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from agents.agent import RLAgent
from agents.config import TrainConfig
from agents.errors import CollectionError, StopRequested
from agents.runs.collector import Collector, Delivery, Order
from agents.runs.remote_source import RemoteSource
from agents.selfplay.opponents import OpponentPool
from pokeenv import PokeenvError

SILENCE_LIMIT_S = 180.0  # longer than the collector ever waits for its simulators
END_TIMEOUT_S = 5.0  # a collector that still runs this long after its pipe has ended is killed
_SIGNALS = {signal.SIGINT, signal.SIGTERM}


class ProcessBattles:
    """A process that collects episodes; a `Transport`.

    It is a new Python process ("spawn"), because a fork of a process that has used torch's threads may hang.
    It ends with its owner, because it sees the end of the pipe, and its simulators end with it.
    """

    def __init__(self, config: TrainConfig) -> None:
        """Start the process and wait until its simulators run.

        Raises:
            PokeenvError: a setting cannot be used here, or the process does not start.
        """
        self._config = config
        self._number = 0
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._beats = context.RawValue("q", 0)
        self._seen = (0, time.monotonic())
        self._process = context.Process(
            target=_serve, args=(theirs, config, self._beats), name="collector", daemon=True
        )
        # Ctrl-C reaches all processes of the terminal: this one ignores it and ends when its owner ends.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            theirs.close()
        try:
            while self._read(1.0) is None:
                pass
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """Id of the process."""
        assert self._process.pid is not None
        return self._process.pid

    def begin(
        self, agent: RLAgent, pool: OpponentPool, folder: Path, *, seed: int, version: int
    ) -> RemoteSource:
        """The source of the episodes; see `Battles.begin`."""
        self._folder = folder
        return RemoteSource(self, agent, pool, self._config, seed=seed, version=version)

    def send(self, order: Order) -> None:
        """Send an order; a collector that is still busy with an earlier one drops it."""
        self._number += 1
        try:
            self._pipe.send_bytes(pickle.dumps((self._number, order, self._folder), protocol=5))
        except OSError:
            raise self._ended() from None

    def receive(self, timeout_s: float) -> Delivery | None:
        """The answer to the latest order; see `Transport.receive`."""
        answer = self._read(timeout_s)
        if answer is None or answer[0] != self._number:
            return None
        delivery: Delivery = answer[1]
        return delivery

    def figures(self) -> dict[str, float]:
        """No figures of its own."""
        return {}

    def close(self) -> None:
        """End the process; calling it again has no effect."""
        self._pipe.close()
        if self._process.is_alive():
            self._process.join(END_TIMEOUT_S)
        if self._process.is_alive():
            self._process.kill()
        self._process.join()

    def _read(self, timeout_s: float) -> tuple[int, Any] | None:
        """The next message of the process: the number of an order, and its answer; 0 once it is ready."""
        try:
            if not self._pipe.poll(timeout_s):
                self._require_work()
                return None
            number, content = pickle.loads(self._pipe.recv_bytes())
        except (EOFError, OSError):
            raise self._ended() from None
        if isinstance(content, PokeenvError):
            raise content
        if isinstance(content, str):
            raise CollectionError(f"the collecting process has failed:\n{content}")
        self._seen = (-1, time.monotonic())
        return number, content

    def _require_work(self) -> None:
        beats, now = int(self._beats.value), time.monotonic()
        if beats != self._seen[0]:
            self._seen = (beats, now)
        elif now - self._seen[1] > SILENCE_LIMIT_S:
            raise CollectionError(
                f"the collecting process {self.pid} has not worked for {SILENCE_LIMIT_S:g} s; resume the "
                "run, or set collection.source=inline"
            )

    def _ended(self) -> CollectionError:
        self._process.join(END_TIMEOUT_S)
        code = self._process.exitcode
        how = f"was ended by {signal.Signals(-code).name}" if code and code < 0 else f"ended with code {code}"
        return CollectionError(
            f"the collecting process {self.pid} {how}; resume the run (if memory ran out, with a smaller "
            "parallel, or with collection.source=inline)"
        )


def _serve(pipe: Connection, config: TrainConfig, beats: Any) -> None:
    """The collecting process: answers orders until the pipe ends."""
    for deaf_to in _SIGNALS:
        signal.signal(deaf_to, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

    def stopped() -> bool:
        """True if there is another order, or the owner has ended."""
        beats.value += 1
        return pipe.poll()

    def answer(number: int, content: object) -> None:
        pipe.send_bytes(pickle.dumps((number, content), protocol=5))

    number = 0
    with suppress(EOFError, OSError):
        try:
            with Collector(config) as collector:
                answer(number, None)
                while True:
                    number, order, folder = pickle.loads(pipe.recv_bytes())
                    with suppress(StopRequested):
                        answer(number, collector.collect(order, folder, stopped))
        except PokeenvError as error:
            answer(number, error)
        except (EOFError, BrokenPipeError, ConnectionResetError):
            raise
        except Exception:
            answer(number, traceback.format_exc())
