"""One worker process: started, woken, waited for with a limit, and ended."""

from __future__ import annotations

import json
import os
import select
import signal
import struct
import subprocess
import tempfile
import time
import weakref
from functools import cache
from pathlib import Path
from typing import IO, Any

from pokeenv.engine.showdown.install import node_executable
from pokeenv.errors import EngineError, EngineTerminatedError, EngineTimeoutError

WORKER_SCRIPT = Path(__file__).parent / "worker" / "main.mjs"
STREAM_SCRIPT = WORKER_SCRIPT.with_name("stream_main.mjs")
STDERR_TAIL = 4000  # characters of a worker's stderr that an error quotes
# Many live battles outgrow V8's default young generation; 64 MiB keeps them out of the old one.
NODE_FLAGS: tuple[str, ...] = ("--max-semi-space-size=64",)
LONGEST_POLL_MS = 2**31 - 1
END_TIMEOUT_S = 1.0  # a worker that still runs this long after its pipe has ended is killed

_STEP = b"S"
_MESSAGE = b"J"
_DONE = b"D"
_ERROR = b"E"


_running: weakref.WeakSet[WorkerProcess] = weakref.WeakSet()


def _close_in_fork() -> None:
    """Close a fork's copies of the pipes: a worker must end with its owner, however long the fork lives."""
    for worker in list(_running):
        worker.close()


@cache
def _register_fork_handler() -> None:
    os.register_at_fork(after_in_child=_close_in_fork)


def _end(
    process: subprocess.Popen[bytes],
    to_worker: int,
    from_worker: int,
    stderr: IO[bytes],
    owner_pid: int,
    *,
    patience_s: float,
) -> None:
    """Close the pipes, at whose end a worker ends, and kill it if it has not ended `patience_s` later."""
    os.close(to_worker)
    if os.getpid() == owner_pid:
        try:
            process.wait(timeout=patience_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    os.close(from_worker)
    stderr.close()


def temporary_file() -> IO[bytes]:
    """An unnamed file in the temporary folder.

    Raises:
        EngineError: no temporary folder can be written.
    """
    try:
        return tempfile.TemporaryFile()
    except OSError as error:
        raise EngineError(f"{error}: set TMPDIR to a folder that can be written") from error


class WorkerProcess:
    """A Node process: it hosts battles (`worker/main.mjs`) or observes them (`stream_main.mjs`)."""

    def __init__(
        self,
        start: dict[str, Any],
        *,
        timeout_s: float,
        shared_fd: int | None = None,
        script: Path = WORKER_SCRIPT,
    ) -> None:
        """Start the process and send it its first message; `wait_ready` returns when it can be used."""
        self._timeout_s = timeout_s
        self._owner_pid = os.getpid()
        self._stderr = temporary_file()
        to_worker_read, self._to_worker = os.pipe()
        self._from_worker, from_worker_write = os.pipe()
        descriptors = [to_worker_read, from_worker_write]
        if shared_fd is not None:
            descriptors.append(shared_fd)
        try:
            self._process = subprocess.Popen(
                [str(node_executable()), *NODE_FLAGS, str(script), *map(str, descriptors)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._stderr,
                pass_fds=descriptors,
                # The parent handles Ctrl-C; the worker ends with its pipe.
                start_new_session=True,
            )
        except BaseException:
            os.close(self._to_worker)
            os.close(self._from_worker)
            self._stderr.close()
            raise
        finally:
            os.close(to_worker_read)
            os.close(from_worker_write)
        # A dropped worker is ended by its finalizer; at the interpreter's end the pipes close by themselves.
        parts = (self._process, self._to_worker, self._from_worker, self._stderr, self._owner_pid)
        self._finalizer = weakref.finalize(self, _end, *parts, patience_s=0.0)
        self._finalizer.atexit = False
        _register_fork_handler()
        _running.add(self)
        # Never block forever on a worker that has stopped reading.
        os.set_blocking(self._to_worker, False)
        self._room = select.poll()
        self._room.register(self._to_worker, select.POLLOUT)
        self._answer = select.poll()
        self._answer.register(self._from_worker, select.POLLIN)
        try:
            self._send(self._pack(start))
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """Process id of the worker."""
        return self._process.pid

    def wait_ready(self) -> dict[str, Any]:
        """Wait until the worker has loaded the simulator.

        Returns:
            Its process id and Node version.
        """
        return self._receive_message()

    def step_async(self) -> None:
        """Wake the worker to step its battles."""
        self._send(_STEP)

    def step_wait(self) -> None:
        """Wait for the step that `step_async` began.

        Raises:
            EngineTimeoutError: no answer within the time limit.
            EngineTerminatedError: the worker has ended.
            EngineError: a battle failed; the message names it and its seeds.
        """
        kind = self._read(1, time.monotonic() + self._timeout_s)
        if kind != _DONE:
            self._raise_reported(kind)

    def request(self, message: dict[str, Any]) -> dict[str, Any]:
        """Send a message and wait for its answer."""
        self._send(_MESSAGE + self._pack(message))
        return self._receive_message()

    def close(self) -> None:
        """End the process; calling it again has no effect. A worker that is dropped unclosed is killed.

        In a fork of the process that started the worker, only this copy of the descriptors is closed.
        """
        if ending := self._finalizer.detach():
            _, end, parts, _ = ending
            end(*parts, patience_s=END_TIMEOUT_S)

    @staticmethod
    def _pack(message: dict[str, Any]) -> bytes:
        body = json.dumps(message).encode()
        return struct.pack("<I", len(body)) + body

    def _send(self, data: bytes) -> None:
        deadline = time.monotonic() + self._timeout_s
        while data:
            try:
                data = data[os.write(self._to_worker, data) :]
            except BlockingIOError:
                self._await(self._room, deadline, "read its messages")
            except BrokenPipeError:
                raise self._terminated() from None

    def _receive_message(self) -> dict[str, Any]:
        kind = self._read(1, time.monotonic() + self._timeout_s)
        if kind != _MESSAGE:
            self._raise_reported(kind)
        return self._read_body()

    def _read_body(self) -> dict[str, Any]:
        deadline = time.monotonic() + self._timeout_s
        (length,) = struct.unpack("<I", self._read(4, deadline))
        body: dict[str, Any] = json.loads(self._read(length, deadline))
        return body

    def _raise_reported(self, kind: bytes) -> None:
        if kind != _ERROR:
            raise EngineError(f"worker {self.pid} answered {kind!r}, which its protocol does not have")
        raise EngineError(f"worker {self.pid} failed: {self._read_body()['message']}")

    def _read(self, count: int, deadline: float) -> bytes:
        data = b""
        while len(data) < count:
            self._await(self._answer, deadline, "answer")
            chunk = os.read(self._from_worker, count - len(data))
            if not chunk:
                raise self._terminated()
            data += chunk
        return data

    def _await(self, pipe: select.poll, deadline: float, what: str) -> None:
        left_ms = max(0.0, deadline - time.monotonic()) * 1000
        if not pipe.poll(min(left_ms, LONGEST_POLL_MS)):
            raise EngineTimeoutError(
                f"worker {self.pid} did not {what} within {self._timeout_s:g} s", stderr=self._stderr_tail()
            )

    def _terminated(self) -> EngineTerminatedError:
        try:
            code = self._process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            return EngineTerminatedError(f"worker {self.pid} closed its pipe", stderr=self._stderr_tail())
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else "ended"
        return EngineTerminatedError(f"worker {self.pid} {how}", exit_code=code, stderr=self._stderr_tail())

    def _stderr_tail(self) -> str:
        self._stderr.seek(0)
        return self._stderr.read().decode(errors="replace")[-STDERR_TAIL:]
