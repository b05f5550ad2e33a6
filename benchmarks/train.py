"""Speed of training, end to end, and the parts of its time.

    python -m benchmarks.train [--config FILE] [--set KEY=VALUE] [--seconds S] [--compare TURNS] [--save]

Runs the training loop of a configuration without files and evaluation. Shares are shares of this process's
wall time; waiting for the simulator is the simulator's share. `wall_to_parts` is the wall time divided by the
sum of the parts: the CPU time of the simulator processes, acting, updates, and the rest.

`--compare` measures two learners instead, one with `collection.source` inline and one with process. They
take turns of a few updates, so that a change of the machine's speed affects both; the first update of a turn
does not count. The speedup is the median of the turns' ratios. `speedup_bound` is the speedup without
any pause: the wall time of inline divided by the CPU time of process, which is that of the learner or, if it
is more, that of all processes spread over the cores.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import torch

from agents.config import TrainConfig, load_config
from agents.episodes.source import collect
from agents.runs.battles import open_battles, usable_cores
from agents.runs.build import make_agent, make_envs, make_pool, seed_of
from agents.runs.remote_source import RemoteSource
from agents.selfplay.rollout import Rollout
from benchmarks.env import cpu_seconds
from benchmarks.family import family_cpu_s
from benchmarks.results import add_save_option, report
from pokeenv import PokeenvError

PARTS = ("simulator_wait", "acting", "update", "rest")
UPDATES_PER_TURN = 6


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


class Turn(NamedTuple):
    """The time of one decision that is learnt from, in seconds.

    Attributes:
        wall: wall time.
        cpu: CPU time of all processes.
        own_cpu: CPU time of the learner's process.
    """

    wall: float
    cpu: float
    own_cpu: float


class Contestant:
    """A learner with its opponents and its source of episodes."""

    def __init__(self, config: TrainConfig, source: str, stack: ExitStack) -> None:
        """Start the battles; the stack ends them."""
        collection = config.collection.model_copy(update={"source": source})
        config = config.model_copy(update={"collection": collection})
        self._config = config
        battles = stack.enter_context(closing(open_battles(config)))
        folder = Path(stack.enter_context(TemporaryDirectory()))
        self._agent = make_agent(config)
        self._pool = make_pool(config, self._agent, folder)
        seed = seed_of(config, 0)
        self._source = battles.begin(self._agent, self._pool, folder, seed=seed, version=0)

    def turn(self, updates: int) -> Turn:
        """Learn for some updates."""
        self._update()
        started, cpu_s, own_s = time.perf_counter(), family_cpu_s(), time.process_time()
        decisions = sum(self._update() for _ in range(updates))
        seconds, cpu_s = time.perf_counter() - started, family_cpu_s() - cpu_s
        own_s = time.process_time() - own_s
        if isinstance(self._source, RemoteSource):  # nothing may work during the other's turn
            while not self._source.num_finished:
                self._source.advance()
        return Turn(seconds / decisions, cpu_s / decisions, own_s / decisions)

    def _update(self) -> int:
        torch.set_num_threads(1)
        size = self._config.episodes_per_update
        self._source.collect_ahead(size, size)
        batch = collect(self._source, size)
        torch.set_num_threads(self._config.torch_threads)
        self._agent.update(batch)
        self._source.version += 1
        self._pool.refresh(self._agent, self._source.version)
        return batch.num_decisions


def compare(config: TrainConfig, turns: int) -> dict[str, float]:
    """Learners that collect in their own process and in another one, by turns."""
    with ExitStack() as stack:
        contestants = [Contestant(config, source, stack) for source in ("inline", "process")]
        pairs = [[each.turn(UPDATES_PER_TURN) for each in contestants] for _ in range(turns + 1)][1:]
    inline, process = zip(*pairs, strict=True)
    ratios = [here.wall / there.wall for here, there in pairs]
    bounds = [here.wall / max(there.cpu / usable_cores(), there.own_cpu) for here, there in pairs]
    return {
        "inline_decisions_per_s": round(1 / statistics.median(turn.wall for turn in inline), 1),
        "process_decisions_per_s": round(1 / statistics.median(turn.wall for turn in process), 1),
        "inline_cpu_ms_per_decision": round(1000 * statistics.median(turn.cpu for turn in inline), 4),
        "process_cpu_ms_per_decision": round(1000 * statistics.median(turn.cpu for turn in process), 4),
        "learner_cpu_ms_per_decision": round(1000 * statistics.median(turn.own_cpu for turn in process), 4),
        "speedup": round(statistics.median(ratios), 3),
        "speedup_least": round(min(ratios), 3),
        "speedup_greatest": round(max(ratios), 3),
        "speedup_bound": round(statistics.median(bounds), 3),
        "turns": turns,
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
    parser.add_argument("--compare", type=int, metavar="TURNS", help="compare inline with process")
    add_save_option(parser)
    args = parser.parse_args(argv)
    try:
        config = load_config(args.config, args.set)
        result = compare(config, args.compare) if args.compare else measure(config, args.seconds)
    except PokeenvError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    settings = {"config": args.config, "set": args.set, "battle_format": config.battle_format}
    label = f"{Path(args.config).stem} {config.battle_format}"
    if args.compare:
        report("train", f"{label} sources", settings, result, save=args.save)
        return 0
    setting = f"{config.parallel} battles, {config.num_workers} simulators, {os.cpu_count()} cores"
    print(f"{config.battle_format}, {setting}")
    print(f"training: {result['train_decisions_per_s']:,.0f} decisions/s learnt from")
    print(f"  wall time divided by the sum of the parts: {result['wall_to_parts']:.2f}")
    for name in PARTS:
        print(f"  {name:<15}{result[f'share_{name}']:7.1%}")
    report("train", label, settings, result, save=args.save)
    return 0


if __name__ == "__main__":
    sys.exit(main())
