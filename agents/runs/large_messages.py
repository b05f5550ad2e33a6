"""Messages between processes whose arrays travel in shared memory instead of the pipe.

A pipe holds little, and the sender of more waits for the receiver. The memory has no name, so nothing is left
behind, however either side ends; it is freed when the receiver has dropped the last of the arrays.
"""

from __future__ import annotations

import mmap
import os
import pickle
from multiprocessing import reduction
from multiprocessing.connection import Connection
from typing import Any

HAS_SHARED_MEMORY = hasattr(os, "memfd_create")
"""False outside Linux, where messages go through the pipe whole."""

_SMALLEST = 4096  # bytes of an array that is worth a place of its own
_ALIGNMENT = 64


def send_large(pipe: Connection, content: object) -> None:
    """Send an object through one end of a duplex pipe, for `receive_large` at the other.

    Raises:
        OSError: the other end is closed, or there is not enough memory.
    """
    buffers: list[memoryview] = []

    def stays_in_message(buffer: pickle.PickleBuffer) -> bool:
        raw = buffer.raw()
        if not HAS_SHARED_MEMORY or raw.nbytes < _SMALLEST:
            return True
        buffers.append(raw)
        return False

    message = pickle.dumps(content, protocol=5, buffer_callback=stays_in_message)
    if not buffers:
        pipe.send_bytes(pickle.dumps(message))
        return
    parts = [memoryview(message), *buffers]
    with open(os.memfd_create("pokeenv-arrays"), "wb") as file:
        for part in parts:
            file.write(part)
            file.write(bytes(_padding(part.nbytes)))
        file.flush()
        pipe.send_bytes(pickle.dumps([part.nbytes for part in parts]))
        reduction.send_handle(pipe, file.fileno(), os.getppid())  # the id counts on Windows only


def receive_large(pipe: Connection) -> Any:
    """Receive what `send_large` has sent; large arrays are read-only.

    Raises:
        EOFError: the other end is closed.
        OSError: the connection has failed.
    """
    head = pickle.loads(pipe.recv_bytes())
    if isinstance(head, bytes):
        return pickle.loads(head)
    with open(reduction.recv_handle(pipe), "rb") as file:
        memory = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    parts = []
    start = 0
    for size in head:
        parts.append(memory[start : start + size])
        start += size + _padding(size)
    return pickle.loads(parts[0], buffers=parts[1:])


def _padding(size: int) -> int:
    """Unused bytes behind an array, so that the next one is aligned."""
    return -size % _ALIGNMENT
