"""`ProcessBattles`: the battles of a run in a separate process on this machine."""

from __future__ import annotations

import multiprocessing
import signal
import threading
import time
import traceback
from collections import deque
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from agents.agent import RLAgent
from agents.config import TrainConfig
from agents.errors import CollectionError, StopRequested
from agents.runs.collector import Collector, Delivery, Order
from agents.runs.large_messages import receive_large, send_large
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
        self._number = self._oldest = 0
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
        """Send an order; see `Transport.send`."""
        self._number += 1
        if order.seed is not None:
            self._oldest = self._number
        try:
            send_large(self._pipe, (self._number, order, self._folder))
        except OSError as error:
            raise self._lost(error) from None

    def receive(self, timeout_s: float) -> Delivery | None:
        """The next answer; see `Transport.receive`."""
        answer = self._read(timeout_s)
        if answer is None or answer[0] < self._oldest:
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
            number, content = receive_large(self._pipe)
        except (EOFError, OSError) as error:
            raise self._lost(error) from None
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

    def _lost(self, error: EOFError | OSError) -> CollectionError:
        self._process.join(END_TIMEOUT_S)
        code = self._process.exitcode
        if code is None:
            how = f"runs, but cannot be reached: {error}"
        elif code < 0:
            how = f"was ended by {signal.Signals(-code).name}"
        else:
            how = f"ended with code {code}"
        return CollectionError(
            f"the collecting process {self.pid} {how}; resume the run (if memory ran out, with a smaller "
            "parallel, or with collection.source=inline)"
        )


class _Orders:
    """The orders of the owner, which a thread takes out of the pipe.

    Owner and collector may both have something to send. One of them must read, or both would wait for ever.

    Attributes:
        dropped: the order that was taken last is no longer wanted.
    """

    def __init__(self, pipe: Connection) -> None:
        """Begin to read."""
        self.dropped = False
        self._pipe = pipe
        self._waiting: deque[tuple[int, Order, Path]] = deque()
        self._ended = False
        self._changed = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def take(self) -> tuple[int, Order, Path]:
        """The oldest order that is not answered, with its number and the run's folder.

        Raises:
            EOFError: the owner has ended.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._ended)
            if self._ended:
                raise EOFError
            self.dropped = False
            return self._waiting.popleft()

    def _read(self) -> None:
        try:
            while True:
                message = receive_large(self._pipe)
                with self._changed:
                    if message[1].seed is not None:
                        self._waiting.clear()
                        self.dropped = True
                    self._waiting.append(message)
                    self._changed.notify()
        except (EOFError, OSError):
            pass
        finally:
            with self._changed:
                self._ended = self.dropped = True
                self._changed.notify()


def _serve(pipe: Connection, config: TrainConfig, beats: Any) -> None:
    """The collecting process: answers orders until the pipe ends."""
    for deaf_to in _SIGNALS:
        signal.signal(deaf_to, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

    def stopped() -> bool:
        """True if the present order is dropped."""
        beats.value += 1
        return orders.dropped

    orders = _Orders(pipe)
    number = 0
    with suppress(EOFError, OSError):
        try:
            with Collector(config) as collector:
                send_large(pipe, (number, None))
                while True:
                    number, order, folder = orders.take()
                    with suppress(StopRequested):
                        send_large(pipe, (number, collector.collect(order, folder, stopped)))
        except PokeenvError as error:
            send_large(pipe, (number, error))
        except (EOFError, BrokenPipeError, ConnectionResetError):
            raise
        except Exception:
            send_large(pipe, (number, traceback.format_exc()))
