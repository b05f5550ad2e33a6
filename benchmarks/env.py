"""Speed of the environment beside the stock simulator's bare loop, in one run.

    python -m benchmarks.env [--battle-format F] [--battles N] [--workers K] [--seconds S]

The environment gives full observations and masks for both seats and plays random legal actions; its
CPU time is that of this process and all workers. The stock loop (``stock.mjs``) is the unpatched
simulator, random legal choices, no observations, one core. The two take turns, so that a machine
that changes its speed changes both; the figures are medians over the turns. Start-up and warm-up
are not counted.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import time
from pathlib import Path

import numpy as np

from pokeenv import DEFAULT_FORMAT, NO_ACTION, SelfPlayVectorEnv
from pokeenv.engine.install import node_executable, simulator_path
from pokeenv.engine.process import NODE_FLAGS

STOCK_LOOP = Path(__file__).parent / "stock.mjs"


def cpu_seconds(pids: list[int]) -> float:
    """CPU time of this process and of the processes `pids`, from ``/proc`` (Linux)."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return time.process_time() + ticks / 100.0


class RandomPlay:
    """Random legal play in all rows of an environment."""

    def __init__(self, env: SelfPlayVectorEnv) -> None:
        """Start the battles."""
        self.env = env
        self.rng = np.random.default_rng(0)
        self.obs, _ = env.reset(seed=0)

    def play(self, seconds: float) -> tuple[int, float, float]:
        """Play for some CPU seconds.

        Returns:
            Decisions, CPU seconds, wall seconds.
        """
        pids = self.env.engine.worker_pids
        decisions = 0
        wall, start = time.perf_counter(), cpu_seconds(pids)
        while (spent := cpu_seconds(pids) - start) < seconds:
            for _ in range(10):
                acting = self.env.acting
                decisions += int(acting.sum())
                scores = self.rng.random(self.obs["action_mask"].shape, dtype=np.float32)
                actions = (scores * self.obs["action_mask"]).argmax(axis=1)
                self.obs, *_ = self.env.step(np.where(acting, actions, NO_ACTION))
        return decisions, spent, time.perf_counter() - wall


def stock_rate(battle_format: str, seconds: float) -> float:
    """Decisions per CPU second of the stock simulator."""
    command = [node_executable(), *NODE_FLAGS, STOCK_LOOP, simulator_path(), battle_format, str(seconds)]
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True, timeout=600)
    counted = json.loads(result.stdout)
    return float(counted["decisions"] / counted["cpu_s"])


def main() -> None:
    """Measure and print; the last line is JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.env", description=__doc__.split("\n")[0])
    parser.add_argument("--battle-format", default=DEFAULT_FORMAT)
    parser.add_argument("--battles", type=int, default=32)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=10.0, help="CPU seconds of each measurement")
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()

    env_rates, wall_rates, stock_rates = [], [], []
    with SelfPlayVectorEnv(args.battle_format, args.battles, num_workers=args.workers) as env:
        play = RandomPlay(env)
        play.play(args.seconds)  # warm-up
        for _ in range(args.repeats):
            decisions, cpu_s, wall_s = play.play(args.seconds)
            env_rates.append(decisions / cpu_s)
            wall_rates.append(decisions / wall_s)
            stock_rates.append(stock_rate(args.battle_format, args.seconds))
            print(f"environment {env_rates[-1]:8.0f}/CPU s   stock {stock_rates[-1]:8.0f}/CPU s", flush=True)
    ratios = [ours / stock for ours, stock in zip(env_rates, stock_rates, strict=True)]
    report = {
        "battle_format": args.battle_format,
        "battles": args.battles,
        "workers": args.workers,
        "env_decisions_per_cpu_s": round(statistics.median(env_rates)),
        "env_decisions_per_s": round(statistics.median(wall_rates)),
        "stock_decisions_per_cpu_s": round(statistics.median(stock_rates)),
        "ratio": round(statistics.median(ratios), 3),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
