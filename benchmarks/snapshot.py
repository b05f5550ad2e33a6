"""Cost of a snapshot, a copy and an imagined battle: CPU milliseconds of worker and parent, medians.

python -m benchmarks.snapshot [--battle-format FORMAT] [--snapshots N] [--save]
"""

from __future__ import annotations

import argparse
import time
from contextlib import closing
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.results import add_save_option, report
from pokeenv import parse_format
from pokeenv.engine import RUNNING, SEED_WORDS, open_engine
from pokeenv.engine.rows import SEATS

CLOCK_TICKS_PER_S = 100  # of /proc/PID/stat
MIDDLE = (10, 25)  # turns in which a battle's snapshots are taken
REPEATS = 20  # repetitions of each snapshot, because the clock's resolution is 10 ms
COPIES = 16  # slots that one call copies a battle into
WARM_UP = 5  # snapshots before the first that is measured


def cpu_ms(pid: int) -> float:
    """CPU time that a process has used, in milliseconds."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / CLOCK_TICKS_PER_S


class Clock:
    """CPU milliseconds of the parent and its one worker per repeated call."""

    def __init__(self, pid: int) -> None:
        """Prepare to measure this process and the worker `pid`."""
        self.pid = pid
        self.samples: list[float] = []

    def __enter__(self) -> None:
        """Start."""
        self.before = time.process_time() * 1000 + cpu_ms(self.pid)

    def __exit__(self, *exception: object) -> None:
        """Store the time of one call."""
        used = time.process_time() * 1000 + cpu_ms(self.pid) - self.before
        self.samples.append(used / REPEATS)


def measure(battle_format: str, snapshots: int) -> dict[str, object]:
    """Play random battles; in the middle, take snapshots, restore them, make copies, and imagine battles."""
    rng = np.random.default_rng(0)
    sizes: list[int] = []
    engine = open_engine("showdown", parse_format(battle_format), 1 + COPIES)
    with closing(engine):
        copies = range(1, 1 + COPIES)
        take, restore, copy, imagine = (Clock(engine.worker_pids[0]) for _ in range(4))
        while len(sizes) < snapshots + WARM_UP:
            resets = {}
            if engine.statuses[0] != RUNNING or engine.turns[0] == 0:
                resets[0] = rng.integers(2**16, size=SEED_WORDS, dtype=np.uint16)
            actions = [
                int(rng.choice(np.flatnonzero(mask))) if mask.any() else -1 for mask in engine.action_masks
            ]
            engine.step_async(np.array(actions), resets, idle=copies)
            engine.step_wait()
            if engine.statuses[0] != RUNNING or not MIDDLE[0] <= engine.turns[0] <= MIDDLE[1]:
                continue
            with take:
                for _ in range(REPEATS):
                    snapshot = engine.snapshot(0)
            with restore:
                for _ in range(REPEATS):
                    engine.restore(1, snapshot)
            with copy:
                for _ in range(REPEATS):
                    engine.copy(0, copies)
            row = int(np.flatnonzero(engine.acting[:SEATS])[0])
            with imagine:
                for _ in range(REPEATS):
                    engine.imagine(row, rng.integers(2**63, size=COPIES).tolist(), copies)
            sizes.append(len(snapshot))
    return {
        "snapshot_cpu_ms": round(median(take.samples[WARM_UP:]), 2),
        "restore_cpu_ms": round(median(restore.samples[WARM_UP:]), 2),
        "copy_cpu_ms": round(median(copy.samples[WARM_UP:]) / COPIES, 2),
        "imagine_cpu_ms": round(median(imagine.samples[WARM_UP:]) / COPIES, 2),
        "kilobytes": round(median(sizes) / 1000, 1),
    }


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.snapshot", description=__doc__.split("\n")[0])
    parser.add_argument("--battle-format", default="gen9randombattle")
    parser.add_argument("--snapshots", type=int, default=20)
    add_save_option(parser)
    arguments = parser.parse_args()
    result = measure(arguments.battle_format, arguments.snapshots)
    print(
        f"{arguments.battle_format}, turns {MIDDLE[0]} to {MIDDLE[1]}, medians of {arguments.snapshots}: "
        f"snapshot {result['snapshot_cpu_ms']} ms, restore {result['restore_cpu_ms']} ms, "
        f"copy in the worker {result['copy_cpu_ms']} ms, "
        f"imagined battle {result['imagine_cpu_ms']} ms of CPU time, "
        f"{result['kilobytes']} kB"
    )
    settings = {"battle_format": arguments.battle_format, "snapshots": arguments.snapshots}
    report("snapshot", arguments.battle_format, settings, result, save=arguments.save)


if __name__ == "__main__":
    main()
