"""`Forecast`: the end of a run and its memory, estimated from its first updates."""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from agents.checkpoints.checkpoint import Progress

_UPDATES = 3  # the first one also warms up, so that the others are measured


class Forecast:
    """Measures the first updates of a process."""

    def __init__(self) -> None:
        """Count no update yet."""
        self._count = 0
        self._started = 0.0
        self._episodes = 0

    def after_update(self, progress: Progress, episodes: int, say: Callable[[str], object]) -> None:
        """Say when the run will end, after the third update.

        Args:
            progress: counters of the run.
            episodes: number of episodes at which the run ends.
            say: called with a sentence.
        """
        self._count += 1
        if self._count == 1:
            self._started, self._episodes = time.perf_counter(), progress.episodes
        if self._count != _UPDATES or progress.episodes >= episodes:
            return
        seconds = time.perf_counter() - self._started
        left = seconds * (episodes - progress.episodes) / max(1, progress.episodes - self._episodes)
        end = datetime.now() + timedelta(seconds=left)
        say(
            f"at this speed, the run ends in {_duration(left)} ({end:%d %B, %H:%M}); "
            f"it takes {memory_bytes() / 1e9:.1f} GB of memory"
        )


def memory_bytes() -> int:
    """Resident memory of this process and its descendants; outside Linux, the peak of this process alone."""
    if not Path("/proc/self/statm").exists():
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else 1024 * peak
    return resource.getpagesize() * sum(map(_resident_pages, _tree(os.getpid())))


def _tree(process: int) -> list[int]:
    """A process and its descendants."""
    try:
        tasks = list(Path(f"/proc/{process}/task").iterdir())
        children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:  # it has just ended
        return []
    return [process, *(found for child in children for found in _tree(child))]


def _resident_pages(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 48:
        return f"{hours / 24:.1f} days"
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min"
