"""Processes and descriptors, for tests that nothing is left behind."""

from __future__ import annotations

import os
import time
from pathlib import Path


def running(pid: int) -> bool:
    """True if a process lives; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(pids: list[int], seconds: float = 10.0) -> list[int]:
    """The processes that are still alive after a while."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and any(map(running, pids)):
        time.sleep(0.05)
    return [pid for pid in pids if running(pid)]


def descriptors() -> int:
    """Number of open descriptors of this process."""
    return len(os.listdir("/proc/self/fd"))
