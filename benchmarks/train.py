"""Speed of training, end to end, and the parts of its time.

    python -m benchmarks.train [--config FILE] [--set KEY=VALUE] [--seconds S] [--save]

Runs the training loop of a configuration without files and evaluation. Shares are shares of this process's
wall time; waiting for the simulator is the simulator's share. `wall_to_parts` is the wall time divided by the
sum of the parts: the CPU time of the simulator processes, acting, updates, and the rest.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from agents.config import TrainConfig, load_config
from agents.episodes.source import collect
from agents.runs.build import make_agent, make_envs, make_pool, seed_of
from agents.selfplay.rollout import Rollout
from benchmarks.env import cpu_seconds
from benchmarks.results import add_save_option, report
from pokeenv import PokeenvError

PARTS = ("simulator_wait", "acting", "update", "rest")


def measure(config: TrainConfig, seconds: float) -> dict[str, float]:
    """Train for about `seconds`, after one update that does not count."""
    torch.set_num_threads(1)
    agent = make_agent(config)
    with ExitStack() as stack:
        pool = make_pool(config, agent, Path(stack.enter_context(TemporaryDirectory())))
        envs = [stack.enter_context(env) for env in make_envs(config)]
        rollout = Rollout(
            envs, agent, pool, gamma=config.gamma, gae_lambda=config.gae_lambda, seed=seed_of(config, 0)
        )
        agent.update(collect(rollout, config.episodes_per_update))
        pids = [pid for env in envs for pid in env.engine.worker_pids]
        simulated = worker_seconds(pids)
        waited, acted = rollout.timings.simulator_wait, rollout.timings.acting
        played = rollout.timings.learner_decisions + rollout.timings.opponent_decisions
        decisions = updates = episodes = 0
        update_s = 0.0
        started = time.perf_counter()
        while updates < 2 or time.perf_counter() - started < seconds:
            torch.set_num_threads(1)
            batch = collect(rollout, config.episodes_per_update)
            torch.set_num_threads(config.torch_threads)
            collected = time.perf_counter()
            agent.update(batch)
            update_s += time.perf_counter() - collected
            decisions += batch.num_decisions
            episodes += batch.num_episodes
            updates += 1
        wall = time.perf_counter() - started
        simulated = worker_seconds(pids) - simulated
        timings = rollout.timings
        parts = [timings.simulator_wait - waited, timings.acting - acted, update_s]
        parts.append(wall - sum(parts))
        played = timings.learner_decisions + timings.opponent_decisions - played
    return {
        "train_decisions_per_s": round(decisions / wall, 1),
        "played_decisions_per_s": round(played / wall, 1),
        "update_decisions_per_s": round(decisions / update_s, 1),
        "episodes_per_s": round(episodes / wall, 2),
        "updates": updates,
        "wall_s": round(wall, 2),
        "simulator_cpu_s": round(simulated, 2),
        "wall_to_parts": round(wall / (simulated + sum(parts[1:])), 3),
        **{f"share_{name}": round(part / wall, 3) for name, part in zip(PARTS, parts, strict=True)},
    }


def worker_seconds(pids: list[int]) -> float:
    """CPU time of the simulator processes."""
    return cpu_seconds(pids) - cpu_seconds([])


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.train", description=__doc__.split("\n")[0])
    parser.add_argument("--config", default="config/train_config.yml", help="training configuration")
    parser.add_argument("--seconds", type=float, default=60.0, help="minimum time to measure (default 60)")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="set a key")
    add_save_option(parser)
    args = parser.parse_args(argv)
    try:
        config = load_config(args.config, args.set)
        result = measure(config, args.seconds)
    except PokeenvError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    setting = f"{config.parallel} battles, {config.num_workers} simulators, {os.cpu_count()} cores"
    print(f"{config.battle_format}, {setting}")
    print(f"training: {result['train_decisions_per_s']:,.0f} decisions/s learnt from")
    print(f"  wall time divided by the sum of the parts: {result['wall_to_parts']:.2f}")
    for name in PARTS:
        print(f"  {name:<15}{result[f'share_{name}']:7.1%}")
    settings = {"config": args.config, "set": args.set, "battle_format": config.battle_format}
    report("train", f"{Path(args.config).stem} {config.battle_format}", settings, result, save=args.save)
    return 0


if __name__ == "__main__":
    sys.exit(main())
