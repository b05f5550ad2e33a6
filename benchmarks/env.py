"""Speed of the environment compared with the bare loop of the stock simulator, in one run.

    python -m benchmarks.env [--battle-format F] [--battles N] [--workers K] [--scaling] [--cores] [--save]

The environment produces observations and masks of both seats and plays random legal actions. Its CPU time is
that of this process and all workers. The stock loop (`stock.mjs`) is the unpatched simulator with random
legal choices, without observations, on one core. The contestants take turns, so that a change of the
machine's speed affects all of them. Figures are medians over the turns; a ratio is the median of the turns'
ratios. Start-up and a long warm-up do not count, because V8 compiles the simulator's functions on other
threads for half a minute.

- `halves`: the battles are split over two environments that step alternately, so that the policy acts on one
  while the workers step the other. `python_cpu_share` is this process's share of the CPU time, acting
  included.
- `--scaling` compares 8 and 256 battles in one worker, per CPU second.
- `--cores` compares two workers with one, per second; it needs two free cores. Two stock loops compared with
  one show the value of the machine's second core.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.results import add_save_option, report
from pokeenv import DEFAULT_FORMAT, NO_ACTION, SelfPlayVectorEnv
from pokeenv.engine.showdown.install import node_executable, simulator_path
from pokeenv.engine.showdown.process import NODE_FLAGS

STOCK_LOOP = Path(__file__).parent / "stock.mjs"
FEW_BATTLES, MANY_BATTLES = 8, 256


@dataclass(frozen=True)
class Sample:
    """One measurement."""

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
    """CPU time of this process and of the processes `pids`, from `/proc` (Linux)."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return time.process_time() + ticks / 100.0


class RandomPlay:
    """Random legal play in all rows of one or more environments that step alternately."""

    def __init__(self, *envs: SelfPlayVectorEnv) -> None:
        """Start the battles."""
        self.envs = envs
        self.rng = np.random.default_rng(0)
        self.masks = [env.reset(seed=seed)[0]["action_mask"] for seed, env in enumerate(envs)]
        self.pids = [pid for env in envs for pid in env.engine.worker_pids]
        self.workers = len(self.pids)

    def act(self, index: int) -> int:
        """Begin a step of an environment; return the number of decisions in it."""
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


class StockLoop:
    """The bare loop of the stock simulator, in one or more processes."""

    def __init__(self, battle_format: str, processes: int = 1) -> None:
        """Start the processes; `close` ends them."""
        self.workers = processes
        command = [node_executable(), *NODE_FLAGS, STOCK_LOOP, simulator_path(), battle_format]
        self._processes = [
            subprocess.Popen(
                list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
            )
            for _ in range(processes)
        ]

    def play(self, seconds: float) -> Sample:
        """Play for some CPU seconds in all processes together."""
        for process in self._processes:
            assert process.stdin is not None
            print(seconds / self.workers, file=process.stdin, flush=True)
        answers = []
        for process in self._processes:
            assert process.stdout is not None
            answers.append(json.loads(process.stdout.readline()))
        decisions, cpu_s = (sum(answer[name] for answer in answers) for name in ("decisions", "cpu_s"))
        return Sample(decisions, cpu_s, 0.0, max(answer["wall_s"] for answer in answers))

    def close(self) -> None:
        """End the processes."""
        for process in self._processes:
            process.kill()
            process.communicate()


def median_ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """Median ratio of two series that were measured alternately."""
    return round(statistics.median(a / b for a, b in zip(above, below, strict=True)), 3)


def contestants(args: argparse.Namespace, stack: ExitStack) -> dict[str, RandomPlay | StockLoop]:
    """The contestants by name."""

    def open_env(battles: int, workers: int) -> SelfPlayVectorEnv:
        return stack.enter_context(SelfPlayVectorEnv(args.battle_format, battles, num_workers=workers))

    def open_stock(processes: int = 1) -> StockLoop:
        return stack.enter_context(closing(StockLoop(args.battle_format, processes)))

    half = max(args.workers, args.battles // 2)
    plays: dict[str, RandomPlay | StockLoop] = {
        "stock": open_stock(),
        "env": RandomPlay(open_env(args.battles, args.workers)),
        "halves": RandomPlay(open_env(half, args.workers), open_env(half, args.workers)),
    }
    if args.scaling:
        plays["few"] = RandomPlay(open_env(FEW_BATTLES, 1))
        plays["many"] = RandomPlay(open_env(MANY_BATTLES, 1))
    if args.cores:
        plays["one_worker"] = RandomPlay(open_env(args.battles, 1))
        plays["two_workers"] = RandomPlay(open_env(2 * args.battles, 2))
        plays["two_stock"] = open_stock(2)
    return plays


def figures(args: argparse.Namespace, samples: dict[str, list[Sample]]) -> dict[str, object]:
    """Medians over the turns."""
    per_cpu_s = {name: [sample.per_cpu_s for sample in found] for name, found in samples.items()}
    per_s = {name: [sample.per_s for sample in found] for name, found in samples.items()}

    def python_share(name: str) -> float:
        return round(statistics.median(sample.python_s / sample.cpu_s for sample in samples[name]), 4)

    found: dict[str, object] = {
        "env_decisions_per_cpu_s": round(statistics.median(per_cpu_s["env"])),
        "env_decisions_per_s": round(statistics.median(per_s["env"])),
        "stock_decisions_per_cpu_s": round(statistics.median(per_cpu_s["stock"])),
        "ratio": median_ratio(per_cpu_s["env"], per_cpu_s["stock"]),
        "python_cpu_share": python_share("env"),
        "halves_ratio": median_ratio(per_cpu_s["halves"], per_cpu_s["stock"]),
        "halves_python_cpu_share": python_share("halves"),
    }
    if args.scaling:
        found[f"{MANY_BATTLES}_battles_beside_{FEW_BATTLES}"] = median_ratio(
            per_cpu_s["many"], per_cpu_s["few"]
        )
    if args.cores:
        found["two_workers_beside_one"] = median_ratio(per_s["two_workers"], per_s["one_worker"])
        found["two_stock_loops_beside_one"] = median_ratio(per_s["two_stock"], per_s["stock"])
    return found


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.env", description=__doc__.split("\n")[0])
    parser.add_argument("--battle-format", default=DEFAULT_FORMAT)
    parser.add_argument("--battles", type=int, default=64)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5.0, help="CPU seconds of each measurement")
    parser.add_argument("--warm-up", type=float, default=30.0, help="CPU seconds of warm-up of each worker")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--scaling", action="store_true", help="also 8 and 256 battles in one worker")
    parser.add_argument("--cores", action="store_true", help="also one and two workers, per second")
    add_save_option(parser)
    args = parser.parse_args()

    samples: dict[str, list[Sample]] = {}
    with ExitStack() as stack:
        plays = contestants(args, stack)
        for play in plays.values():
            play.play(args.warm_up * play.workers)
        for _ in range(args.repeats):
            for name, play in plays.items():
                samples.setdefault(name, []).append(play.play(args.seconds))
            rates = "   ".join(f"{name} {found[-1].per_cpu_s:.0f}" for name, found in samples.items())
            print(f"decisions per CPU second: {rates}", flush=True)
    settings = {
        name: getattr(args, name)
        for name in ("battle_format", "battles", "workers", "seconds", "warm_up", "repeats")
    }
    label = args.battle_format + (" cores" if args.cores else "")
    report("env", label, settings, figures(args, samples), save=args.save)


if __name__ == "__main__":
    main()
