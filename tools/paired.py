"""Speed of two versions of the code, measured in turns: `python tools/paired.py ROOT_A ROOT_B`.

    python tools/paired.py ROOT_A ROOT_B [--bench env,update,act,train] [--repeats N] [--longer F]

Runs each benchmark of the project (`python -m benchmarks.NAME`, short settings) in both folders, each in its
own environment, in the order A B, B A, A B, ..., so that a change of the machine's speed affects both. Every
pair gives a ratio B/A of each figure of speed; above 1, B is faster. The output has the median, smallest and
largest ratio, and the ratio of both sides' best figures, because other programs can only slow a run down.
Figures of CPU time count towards `worst`. Figures by the clock (marked `clock`) depend on the other programs
of the machine and are only shown. So is the stock simulator, which is the same on both sides: its ratio is
pure noise. The last line is JSON.

`train` does the same work in each run, independently of the speed: `whole_run_per_cpu_s` is the number of
decisions per CPU second of the process and its simulators, including start-up.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

REQUIRED = 0.97

Figures = dict[str, float]


def settings(name: str, longer: float) -> list[str]:
    """Options of a benchmark; `longer` prolongs the measurement."""
    if name == "env":
        return ["--seconds", f"{1.5 * longer}", "--warm-up", f"{5 * longer}", "--repeats", "3"]
    if name == "update":
        repeats = max(1, round(4 * longer))
        return ["--without", "stepwise", "sb3_full", "sb3_128", "--repeats", f"{repeats}"]
    if name == "act":
        return ["--seconds", f"{0.4 * longer}", "--repeats", "5"]
    # Two measured updates after one that is not measured: a fixed amount of work.
    episodes = round(320 * longer)
    return ["--seconds", "0", "--set", f"episodes_per_update={episodes}"]


def python_of(root: Path) -> Path:
    """The Python of a folder's own environment, or else the running one."""
    own = root / ".venv/bin/python"
    return own if own.exists() else Path(sys.executable)


def run(root: Path, name: str, options: list[str]) -> Figures:
    """Run a benchmark; its figures of speed by name."""
    command = [str(python_of(root)), "-m", f"benchmarks.{name}", *options]
    environment = os.environ | {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    before = children_cpu_s()
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    cpu_s = children_cpu_s() - before
    if done.returncode:
        sys.exit(f"error: {root}: {' '.join(command)}: exit status {done.returncode}\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    figures = {key: float(value) for key, value in found.items() if is_speed(key)}
    if name == "env":
        figures["halves_decisions_per_cpu_s"] = found["halves_ratio"] * found["stock_decisions_per_cpu_s"]
    if name == "train":
        decisions = found["train_decisions_per_s"] * found["wall_s"]  # of the two measured updates
        figures["simulator_decisions_per_cpu_s"] = decisions / found["simulator_cpu_s"]
        figures["whole_run_per_cpu_s"] = decisions / cpu_s
    return figures


def children_cpu_s() -> float:
    """CPU time of all processes that have ended below this one."""
    times = os.times()
    return times.children_user + times.children_system


def is_speed(key: str) -> bool:
    """True if a number in a benchmark's JSON is a speed, for which more is better."""
    return key.endswith(("_per_cpu_s", "_per_s")) or key in ("ratio", "halves_ratio")


def counts(key: str) -> bool:
    """True if a figure is based on CPU time and measures this project's code."""
    return not key.startswith("stock") and (key.endswith("_per_cpu_s") or key.endswith("ratio"))


def compare(roots: tuple[Path, Path], name: str, args: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Run the pairs of one benchmark; print and return the ratios of every figure."""
    options = settings(name, args.longer)
    ratios: dict[str, list[float]] = {}
    values: dict[str, list[tuple[float, float]]] = {}
    started = time.perf_counter()
    for repeat in range(args.repeats):
        found: dict[int, Figures] = {}
        for side in (0, 1) if repeat % 2 == 0 else (1, 0):
            found[side] = run(roots[side], name, options)
        if found[0].keys() != found[1].keys():
            differing = ", ".join(sorted(found[0].keys() ^ found[1].keys()))
            print(f"warning: {name}: figures that only one side gives: {differing}", file=sys.stderr)
        for key in found[0].keys() & found[1].keys():
            ratios.setdefault(key, []).append(found[1][key] / found[0][key])
            values.setdefault(key, []).append((found[0][key], found[1][key]))
    print(f"benchmarks.{name}: {args.repeats} pairs, {time.perf_counter() - started:.0f} s")
    result: dict[str, dict[str, float]] = {}
    for key in sorted(ratios, key=lambda key: (not counts(key), key)):
        median, least, most = statistics.median(ratios[key]), min(ratios[key]), max(ratios[key])
        note = "" if counts(key) else "  stock simulator" if key.startswith("stock") else "  clock"
        speed = statistics.median(a for a, _ in values[key])
        best = max(b for _, b in values[key]) / max(a for a, _ in values[key])
        span = f"({least:.3f} to {most:.3f}), of the best {best:.3f}"
        print(f"  {key:40} A {speed:10.2f}  B/A {median:.3f} {span}{note}", flush=True)
        result[key] = {"a": round(speed, 3), "ratio": round(median, 4), "min": round(least, 4)}
        result[key] |= {"max": round(most, 4), "of_best": round(best, 4)}
    return result


def main() -> int:
    """Measure and print; return 1 if the median ratio of a CPU time figure is below `REQUIRED`."""
    names = ("env", "update", "act", "train")
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("root_a", type=Path, help="folder of the old code")
    parser.add_argument("root_b", type=Path, help="folder of the new code")
    parser.add_argument("--bench", default=",".join(names), help=f"default {','.join(names)}")
    parser.add_argument("--repeats", type=int, default=5, help="pairs (default 5)")
    parser.add_argument("--longer", type=float, default=1.0, metavar="F", help="measure F times as long")
    args = parser.parse_args()
    chosen = args.bench.split(",")
    if unknown := set(chosen) - set(names):
        parser.error(f"--bench {','.join(sorted(unknown))}: unknown; there are {', '.join(names)}")
    if args.repeats < 1 or args.longer <= 0:
        parser.error("--repeats must be at least 1 and --longer above 0")
    roots = (args.root_a.resolve(), args.root_b.resolve())
    result = {name: compare(roots, name, args) for name in chosen}
    medians = {
        f"{name}.{key}": found["ratio"]
        for name, figures in result.items()
        for key, found in figures.items()
        if counts(key)
    }
    worst = min(medians, key=lambda key: medians[key])
    print(f"worst median of CPU time: {worst} {medians[worst]:.3f}, required {REQUIRED}")
    roots_said = {"a": str(roots[0]), "b": str(roots[1])}
    ok = medians[worst] >= REQUIRED
    print(json.dumps({**roots_said, "repeats": args.repeats, "worst": medians[worst], "ok": ok, **result}))
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
