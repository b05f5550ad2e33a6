"""CPU time of a process and of everything that it has started."""

from __future__ import annotations

import os
from pathlib import Path


def family_cpu_s() -> float:
    """CPU seconds so far of this process and of all processes below it that run."""
    parents: dict[int, int] = {}
    seconds: dict[int, float] = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parts = (path / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(path.name)
        parents[pid] = int(parts[1])
        seconds[pid] = (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")
    total = 0.0
    for pid, used in seconds.items():
        above = pid
        while above not in (0, os.getpid()):
            above = parents.get(above, 0)
        total += used if above else 0.0
    return total
