"""A long run in one process: does memory grow, does speed fall, is anything left behind?

    python -m benchmarks.soak [--battles 20000] [--battle-format F] [--num-battles N] [--workers K] [--save]

Random play of both seats. The run is measured 100 times: resident memory of this process and of the workers,
CPU time, open descriptors. A straight line is fitted to the memory after a warm-up of a fifth of the run; its
slope gives the growth. The run fails (exit status 1) if memory has grown by more than `GROWTH_LIMIT`, if the
last tenth reached less than `SPEED_LIMIT` of the speed of the second tenth, or if a descriptor, a file or a
process is left. The speed of a shared machine varies, so speeds are ratios to the stock simulator's loop,
which is measured each time as well. Linux only, because the figures come from `/proc`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from benchmarks.env import RandomPlay, StockLoop, cpu_seconds
from benchmarks.results import add_save_option, report
from pokeenv import DEFAULT_FORMAT, SelfPlayVectorEnv

GROWTH_LIMIT = 0.05  # of the memory at the end of the warm-up
SPEED_LIMIT = 0.95
WARM_UP = 0.2  # part of the run
PARTS = 100
STOCK_S, STOCK_WARM_UP_S = 1.0, 30.0  # CPU seconds of the stock loop


@dataclass(frozen=True)
class Sample:
    """Measurement after `battles` battles."""

    battles: int
    decisions: int
    cpu_s: float
    stock_rate: float  # decisions per CPU second of the stock loop at the same time
    parent_mib: float
    workers_mib: float
    descriptors: int


def resident_mib(pid: int) -> float:
    """Resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def files_in(folder: str) -> set[str]:
    """Files in a folder where an engine could leave some."""
    # Shared memory holds other programs' files too; Python's temporary files begin with "tmp".
    return {str(path) for path in Path(folder).iterdir() if path.name.startswith(("tmp", "pokeenv"))}


def soak(env: SelfPlayVectorEnv, stock: StockLoop, battles: int) -> list[Sample]:
    """Play `battles` battles and measure `PARTS` times."""
    stock.play(STOCK_WARM_UP_S)
    play = RandomPlay(env)
    ended = decisions = 0
    samples: list[Sample] = []
    with tqdm(total=battles, unit="battle", disable=None) as bar:
        while ended < battles:
            decisions += play.act(0)
            _, _, terminated, truncated, _ = env.step_wait()
            done = int((terminated | truncated)[::2].sum())
            ended += done
            bar.update(done)
            if ended >= (len(samples) + 1) * battles / PARTS:
                samples.append(
                    Sample(
                        ended,
                        decisions,
                        cpu_seconds(play.pids),
                        stock.play(STOCK_S).per_cpu_s,
                        resident_mib(os.getpid()),
                        sum(map(resident_mib, play.pids)),
                        len(os.listdir("/proc/self/fd")),
                    )
                )
    return samples


def slope(samples: list[Sample], name: str) -> tuple[float, float]:
    """Least-squares line through a memory figure after the warm-up.

    Returns:
        Growth in MiB per 1,000 battles, and growth from the line's start to its end as a share of its start.
    """
    rest = samples[int(WARM_UP * len(samples)) :]
    battles = np.array([sample.battles for sample in rest], dtype=np.float64)
    memory = np.array([getattr(sample, name) for sample in rest])
    per_battle, start = np.polyfit(battles - battles[0], memory, 1)
    return 1000 * float(per_battle), float(per_battle * (battles[-1] - battles[0]) / start)


def tenth_speed(samples: list[Sample], tenth: int) -> float:
    """Speed in one tenth (0-9) of the run, as a ratio to the stock loop in that tenth."""
    size = len(samples) // 10
    part = samples[max(0, tenth * size - 1) : (tenth + 1) * size]
    first, last = part[0], part[-1]
    rate = (last.decisions - first.decisions) / (last.cpu_s - first.cpu_s)
    return rate / statistics.mean(sample.stock_rate for sample in part[1:])


def main() -> None:
    """Run, report, and fail if a limit is broken."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__.split("\n")[0])
    parser.add_argument("--battle-format", default=DEFAULT_FORMAT)
    parser.add_argument("--battles", type=int, default=20_000)
    parser.add_argument("--num-battles", type=int, default=64, help="battles at once")
    parser.add_argument("--workers", type=int, default=2)
    add_save_option(parser)
    args = parser.parse_args()
    shared_before = files_in("/dev/shm")
    tempfile.tempdir = tempfile.mkdtemp(prefix="pokeenv-soak-")
    with (
        SelfPlayVectorEnv(args.battle_format, args.num_battles, num_workers=args.workers) as env,
        closing(StockLoop(args.battle_format)) as stock,
    ):
        pids = env.engine.worker_pids
        samples = soak(env, stock, args.battles)
    parent_slope, parent_growth = slope(samples, "parent_mib")
    workers_slope, workers_growth = slope(samples, "workers_mib")
    speed = tenth_speed(samples, 9) / tenth_speed(samples, 1)
    left = [f"process {pid}" for pid in pids if Path(f"/proc/{pid}").exists()]
    left += sorted((files_in("/dev/shm") - shared_before) | files_in(tempfile.tempdir))
    shutil.rmtree(tempfile.tempdir)
    figures: dict[str, object] = {
        "battles": samples[-1].battles,
        "decisions": samples[-1].decisions,
        "decisions_per_cpu_s": round(samples[-1].decisions / samples[-1].cpu_s),
        "parent_mib": round(samples[-1].parent_mib, 1),
        "parent_mib_per_1000_battles": round(parent_slope, 3),
        "parent_growth": round(parent_growth, 4),
        "workers_mib": round(samples[-1].workers_mib, 1),
        "workers_mib_per_1000_battles": round(workers_slope, 3),
        "workers_growth": round(workers_growth, 4),
        "speed_last_to_second_tenth": round(speed, 3),
        "descriptors_first": samples[0].descriptors,
        "descriptors_last": samples[-1].descriptors,
        "left_behind": left,
    }
    figures["passed"] = (
        max(parent_growth, workers_growth) <= GROWTH_LIMIT
        and speed >= SPEED_LIMIT
        and samples[0].descriptors == samples[-1].descriptors
        and not left
    )
    settings = {
        "battle_format": args.battle_format,
        "num_battles": args.num_battles,
        "workers": args.workers,
    }
    report("soak", args.battle_format, settings, figures, save=args.save)
    sys.exit(0 if figures["passed"] else 1)


if __name__ == "__main__":
    main()
