"""Speed of the environment beside the stock simulator's bare loop, in one run.

    python -m benchmarks.env [--battle-format F] [--battles N] [--workers K] [--scaling] [--cores]

The environment gives full observations and masks for both seats and plays random legal actions; its
CPU time is that of this process and all workers. The stock loop (``stock.mjs``) is the unpatched
simulator, random legal choices, no observations, one core. All that is compared takes turns, so that a
machine that changes its speed changes all of it; the figures are medians over the turns, a ratio's those
of the turns' ratios. Start-up and warm-up are not counted.

- ``halves``: the battles in two environments that step by turns, so that the policy acts on one while the
  workers step the other. `python_cpu_share` is this process's part of all CPU time, acting included.
- ``--scaling`` compares 8 and 256 battles in one worker, per CPU second.
- ``--cores`` compares two workers with one, by the clock; it needs two free cores.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pokeenv import DEFAULT_FORMAT, NO_ACTION, SelfPlayVectorEnv
from pokeenv.engine.install import node_executable, simulator_path
from pokeenv.engine.process import NODE_FLAGS

STOCK_LOOP = Path(__file__).parent / "stock.mjs"
FEW_BATTLES, MANY_BATTLES = 8, 256


@dataclass(frozen=True)
class Sample:
    """One turn of play."""

    decisions: int
    cpu_s: float  # of this process and of all workers
    python_s: float  # of this process
    wall_s: float

    @property
    def per_cpu_s(self) -> float:
        """Decisions per CPU second."""
        return self.decisions / self.cpu_s

    @property
    def per_s(self) -> float:
        """Decisions per second by the clock."""
        return self.decisions / self.wall_s


def cpu_seconds(pids: list[int]) -> float:
    """CPU time of this process and of the processes `pids`, from ``/proc`` (Linux)."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return time.process_time() + ticks / 100.0


class RandomPlay:
    """Random legal play in all rows of one or more environments that step by turns."""

    def __init__(self, *envs: SelfPlayVectorEnv) -> None:
        """Start the battles."""
        self.envs = envs
        self.rng = np.random.default_rng(0)
        self.masks = [env.reset(seed=seed)[0]["action_mask"] for seed, env in enumerate(envs)]
        self.pids = [pid for env in envs for pid in env.engine.worker_pids]

    def act(self, index: int) -> int:
        """Begin a step of an environment; returns how many decisions it takes."""
        env, mask = self.envs[index], self.masks[index]
        acting = env.acting
        scores = self.rng.random(mask.shape, dtype=np.float32)
        env.step_async(np.where(acting, (scores * mask).argmax(axis=1), NO_ACTION))
        return int(np.count_nonzero(acting))

    def play(self, seconds: float) -> Sample:
        """Play for some CPU seconds."""
        decisions = 0
        wall, start, python = time.perf_counter(), cpu_seconds(self.pids), time.process_time()
        while cpu_seconds(self.pids) - start < seconds:
            decisions += sum(self.act(index) for index in range(len(self.envs)))
            for _ in range(10):
                for index, env in enumerate(self.envs):
                    env.step_wait()
                    decisions += self.act(index)
            for env in self.envs:
                env.step_wait()
        return Sample(
            decisions,
            cpu_seconds(self.pids) - start,
            time.process_time() - python,
            time.perf_counter() - wall,
        )


def stock_rate(battle_format: str, seconds: float) -> float:
    """Decisions per CPU second of the stock simulator."""
    command = [node_executable(), *NODE_FLAGS, STOCK_LOOP, simulator_path(), battle_format, str(seconds)]
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True, timeout=600)
    counted = json.loads(result.stdout)
    return float(counted["decisions"] / counted["cpu_s"])


def median_ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """Median of the ratios of two series that were measured by turns."""
    return round(statistics.median(a / b for a, b in zip(above, below, strict=True)), 3)


def contestants(args: argparse.Namespace, stack: ExitStack) -> dict[str, RandomPlay]:
    """Everything that is to be compared with the stock loop, by name."""

    def open_env(battles: int, workers: int) -> SelfPlayVectorEnv:
        return stack.enter_context(SelfPlayVectorEnv(args.battle_format, battles, num_workers=workers))

    half = max(args.workers, args.battles // 2)
    plays = {
        "env": RandomPlay(open_env(args.battles, args.workers)),
        "halves": RandomPlay(open_env(half, args.workers), open_env(half, args.workers)),
    }
    if args.scaling:
        plays["few"] = RandomPlay(open_env(FEW_BATTLES, 1))
        plays["many"] = RandomPlay(open_env(MANY_BATTLES, 1))
    if args.cores:
        plays["one_worker"] = RandomPlay(open_env(args.battles, 1))
        plays["two_workers"] = RandomPlay(open_env(2 * args.battles, 2))
    return plays


def report(
    args: argparse.Namespace, samples: dict[str, list[Sample]], stock: list[float]
) -> dict[str, object]:
    """The figures, medians over the turns."""
    env, halves = samples["env"], samples["halves"]
    found: dict[str, object] = {
        "battle_format": args.battle_format,
        "battles": args.battles,
        "workers": args.workers,
        "env_decisions_per_cpu_s": round(statistics.median(sample.per_cpu_s for sample in env)),
        "env_decisions_per_s": round(statistics.median(sample.per_s for sample in env)),
        "stock_decisions_per_cpu_s": round(statistics.median(stock)),
        "ratio": median_ratio([sample.per_cpu_s for sample in env], stock),
        "python_cpu_share": round(statistics.median(sample.python_s / sample.cpu_s for sample in env), 4),
        "halves_ratio": median_ratio([sample.per_cpu_s for sample in halves], stock),
        "halves_python_cpu_share": round(
            statistics.median(sample.python_s / sample.cpu_s for sample in halves), 4
        ),
    }
    if args.scaling:
        few, many = ([sample.per_cpu_s for sample in samples[name]] for name in ("few", "many"))
        found[f"{MANY_BATTLES}_battles_beside_{FEW_BATTLES}"] = median_ratio(many, few)
    if args.cores:
        two, one = ([sample.per_s for sample in samples[name]] for name in ("two_workers", "one_worker"))
        found["two_workers_beside_one"] = median_ratio(two, one)
    return found


def main() -> None:
    """Measure and print; the last line is JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.env", description=__doc__.split("\n")[0])
    parser.add_argument("--battle-format", default=DEFAULT_FORMAT)
    parser.add_argument("--battles", type=int, default=64)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=10.0, help="CPU seconds of each measurement")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--scaling", action="store_true", help="also 8 and 256 battles in one worker")
    parser.add_argument("--cores", action="store_true", help="also one and two workers, by the clock")
    args = parser.parse_args()

    samples: dict[str, list[Sample]] = {}
    stock: list[float] = []
    with ExitStack() as stack:
        plays = contestants(args, stack)
        for play in plays.values():
            play.play(args.seconds)  # warm-up
        for _ in range(args.repeats):
            for name, play in plays.items():
                samples.setdefault(name, []).append(play.play(args.seconds))
            stock.append(stock_rate(args.battle_format, args.seconds))
            rates = "   ".join(f"{name} {found[-1].per_cpu_s:.0f}" for name, found in samples.items())
            print(f"decisions per CPU second: {rates}   stock {stock[-1]:.0f}", flush=True)
    print(json.dumps(report(args, samples, stock)))


if __name__ == "__main__":
    main()
