"""Time to start an environment, and memory of its worker.

    python -m benchmarks.start [--battle-format F] [--repeats 9] [--without learnsets] [--save]

Measures from the constructor to the first decisions of one battle, alternately with all accelerations and
without those in `--without`. Figures are medians, and the median ratio of neighbouring measurements. Linux
only, because memory is read from `/proc`.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from pathlib import Path

import numpy as np

from benchmarks.accelerate import Loop
from benchmarks.results import add_save_option, report
from pokeenv import DEFAULT_FORMAT
from pokeenv.engine.showdown.engine import EmbeddedShowdown
from pokeenv.envs.seeding import seed_words

FIGURES = ("wall_s", "cpu_s", "worker_mib")


def start_once(battle_format: str, accelerated: bool | list[str]) -> dict[str, float]:
    """Start a worker, begin a battle, end it."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    engine = EmbeddedShowdown(battle_format, 1, accelerated=accelerated)
    engine.step_async(np.zeros(2, dtype=np.int64), {0: seed_words(0)})
    engine.step_wait()
    wall = time.perf_counter() - began
    status = Path(f"/proc/{engine.worker_pids[0]}/status").read_text(encoding="ascii")
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    engine.close()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall_s": wall, "cpu_s": cpu, "worker_mib": int(peak.split()[1]) / 1024}


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start", description=__doc__.split("\n")[0])
    parser.add_argument("--battle-format", default=DEFAULT_FORMAT)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--without", nargs="+", default=["learnsets"], metavar="ACCELERATION")
    add_save_option(parser)
    args = parser.parse_args()
    with Loop(args.battle_format, "none") as loop:
        known = loop.accelerations
    if unknown := set(args.without) - set(known):
        parser.error(f"no acceleration {', '.join(unknown)}; there are {', '.join(known)}")
    settings: dict[str, bool | list[str]] = {
        "all": True,
        "without": [name for name in known if name not in args.without],
    }
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in settings}
    for _ in range(args.repeats):
        for name, accelerated in settings.items():
            runs[name].append(start_once(args.battle_format, accelerated))
    figures = {}
    for figure in FIGURES:
        every = {name: [run[figure] for run in runs[name]] for name in settings}
        ratio = statistics.median(a / b for a, b in zip(every["all"], every["without"], strict=True))
        medians = {name: round(statistics.median(values), 3) for name, values in every.items()}
        figures |= {figure: medians["all"], f"{figure}_without": medians["without"]}
        figures[f"{figure}_ratio"] = round(ratio, 3)
        print(f"{figure:10} {medians}  ratio {ratio:.3f}")
    options = {"battle_format": args.battle_format, "repeats": args.repeats, "without": args.without}
    report("start", args.battle_format, options, figures, save=args.save)


if __name__ == "__main__":
    main()
