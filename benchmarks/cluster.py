"""Ray beside the learner's own process: overhead per decision, bytes, and a simulated cluster.

    python -m benchmarks.cluster [--config FILE] [--set KEY=VALUE] [--actors 1 2 4] [--share]
        [--decisions N] [--rounds R] [--save]
    python -m benchmarks.cluster --simulate ACTORS [--rate R] [--updates U] [--save]

The first form collects episodes without learning and compares CPU seconds per decision of all processes:
those of Ray and of the simulators too. CPU time, since the actors of one machine share its cores. N actors
take turns with N inline collectors in processes of their own, which have as many battles and simulators, so
that both decide for as many rows at a time, and both load the cores alike; each round gives a ratio, the
overhead is their median. With `--share`, the actors share the battles of one inline collector.
`bytes_per_decision` is the size of a batch of episodes as it travels.

The second form is a cluster as the learner sees it: processes replay recorded episodes of the configuration
at `--rate` decisions per second for each of ACTORS actors, asynchronously, and the real learner learns from
them. `learner_busy` is the share of time in updates.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import pickle
import statistics
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from agents import cluster
from agents.config import TrainConfig, load_config
from agents.episodes.episode_batch import Episode
from agents.episodes.source import collect, collect_episodes
from agents.runs.battles import open_battles
from agents.runs.build import make_agent, make_pool, seed_of
from agents.runs.collector import Delivery, Order
from agents.runs.ray_battles import RayBattles
from agents.selfplay.training_source import TrainingSource
from benchmarks.family import family_cpu_s
from benchmarks.results import add_save_option, report
from pokeenv import PokeenvError

PROCESSES = 6  # that replay episodes in the place of all actors
RECORDED = 64  # episodes in each
LIMIT_S = 600.0  # for one turn


def with_collection(config: TrainConfig, **changes: object) -> TrainConfig:
    """The configuration with other settings of its section `collection`."""
    return config.model_copy(update={"collection": config.collection.model_copy(update=changes)})


class Collector:
    """An inline collector in a process of its own.

    Args:
        config: its configuration.
        stack: ends the process.
    """

    _here: tuple[TrainingSource, TrainConfig, ExitStack] | None = None  # in that process

    def __init__(self, config: TrainConfig, stack: ExitStack) -> None:
        """Start the process, and play until the running battles are of all ages."""
        context = multiprocessing.get_context("spawn")
        self._process = stack.enter_context(ProcessPoolExecutor(1, mp_context=context))
        stack.callback(self._process.submit, Collector._end)
        self._start = self._process.submit(Collector._begin, config)

    def ready(self) -> None:
        """Wait until it has warmed up."""
        self._start.result(LIMIT_S)

    def collect(self, decisions: int) -> Future[tuple[float, int]]:
        """Collect at least so many decisions: CPU seconds of its processes, and decisions."""
        return self._process.submit(Collector._collect, decisions)

    @staticmethod
    def _begin(config: TrainConfig) -> None:
        stack = ExitStack()
        source = begin(config, stack.enter_context(closing(open_battles(config))), stack)
        play(source, config, warm_up(config))
        Collector._here = (source, config, stack)

    @staticmethod
    def _collect(decisions: int) -> tuple[float, int]:
        assert Collector._here is not None
        source, config, _ = Collector._here
        before = family_cpu_s()
        done, _ = play(source, config, decisions)
        return family_cpu_s() - before, done

    @staticmethod
    def _end() -> None:
        if Collector._here is not None:
            Collector._here[2].close()


def warm_up(config: TrainConfig) -> int:
    """Decisions until the running battles are of all ages: work before that must not count."""
    return 60 * 2 * config.parallel


def measure(inline: TrainConfig, ray: TrainConfig, count: int, decisions: int, rounds: int) -> dict[str, Any]:
    """CPU milliseconds per decision of `count` inline collectors and of the actors of `ray`, by turns."""
    ratios, by_inline, by_ray, rates = [], [], [], []
    with ExitStack() as stack:
        collectors = [Collector(inline, stack) for _ in range(count)]
        for collector in collectors:
            collector.ready()
        source = begin(ray, stack.enter_context(closing(open_battles(ray))), stack)
        play(source, ray, warm_up(ray))
        for _ in range(rounds):
            parts = [collector.collect(-(-decisions // count)) for collector in collectors]
            parts_done = [part.result(LIMIT_S) for part in parts]
            by_inline.append(1000 * sum(cpu for cpu, _ in parts_done) / sum(done for _, done in parts_done))
            # The collectors, which wait, use no time.
            cpu_s, started = family_cpu_s(), time.perf_counter()
            done, last = play(source, ray, decisions)
            rates.append(done / (time.perf_counter() - started))
            by_ray.append(1000 * (family_cpu_s() - cpu_s) / done)
            ratios.append(by_ray[-1] / by_inline[-1] - 1)
    return {
        "inline_cpu_ms_per_decision": round(statistics.median(by_inline), 4),
        "cpu_ms_per_decision": round(statistics.median(by_ray), 4),
        "decisions_per_s": round(statistics.median(rates), 1),
        "bytes_per_decision": round(len(pickle.dumps(last, protocol=5)) / sum(map(len, last))),
        "overhead": round(statistics.median(ratios), 3),
        "overhead_range": [round(min(ratios), 3), round(max(ratios), 3)],
    }


def play(source: TrainingSource, config: TrainConfig, decisions: int) -> tuple[int, Sequence[Episode]]:
    """Collect batches; return the number of their decisions, and the last one."""
    done = 0
    while True:
        episodes = collect_episodes(source, config.episodes_per_update, lambda: False)
        done += sum(map(len, episodes))
        if done >= decisions:
            return done, episodes


def begin(config: TrainConfig, battles: Any, stack: ExitStack) -> TrainingSource:
    """A learner's source of episodes, in a folder that the stack removes."""
    torch.set_num_threads(1)
    agent = make_agent(config)
    folder = Path(stack.enter_context(TemporaryDirectory()))
    pool = make_pool(config, agent, folder)
    source: TrainingSource = battles.begin(agent, pool, folder, seed=seed_of(config, 0), version=0)
    return source


class ReplayingActor:
    """Replaces a part of the actors: delivers the same episodes again and again, at a rate."""

    def __init__(self, config: Mapping[str, Any], facts: Mapping[str, str]) -> None:
        """Read the recording's place and the rate from the environment of the driver."""
        self._data = config

    def start(self) -> str:
        """Load the recording."""
        path, rate = Path(os.environ["POKEENV_RECORDING"]), os.environ["POKEENV_RATE"]
        self._episodes = pickle.loads(path.read_bytes())
        self._rate = float(rate)
        self._due = time.monotonic()
        return cluster.node_name()

    def beat(self) -> int:
        """Show that the process lives."""
        return 0

    def clean_up(self) -> None:
        """Do nothing: there are no files."""

    def collect(
        self, order: Order, num_episodes: int, seed: int | None, main: bool, members: Any
    ) -> Delivery:
        """Wait as long as the actors would have played, and deliver."""
        chosen = [self._episodes[number % len(self._episodes)] for number in range(num_episodes)]
        for episode in chosen:
            object.__setattr__(episode, "version", order.version)
        seconds = sum(map(len, chosen)) / self._rate
        self._due = max(self._due, time.monotonic() - seconds) + seconds
        time.sleep(max(0.0, self._due - time.monotonic()))
        draws = np.random.default_rng(0).bit_generator.state
        return Delivery(chosen, [], {}, draws, seconds)


def simulate(config: TrainConfig, actors: int, rate: float, updates: int) -> dict[str, Any]:
    """A learner fed by as many actors as asked for."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        inline = with_collection(config, source="inline")
        battles = open_battles(inline)
        episodes = collect_episodes(begin(inline, battles, stack), RECORDED, lambda: False)
        battles.close()
        recording = folder / "episodes"
        recording.write_bytes(pickle.dumps(episodes[:RECORDED], protocol=5))
        os.environ |= {
            "POKEENV_RECORDING": str(recording),
            "POKEENV_RATE": str(rate * actors / PROCESSES),
        }
        config = with_collection(config, source="ray", actors=PROCESSES, deterministic=False)
        ray_battles = stack.enter_context(closing(RayBattles(config, ReplayingActor)))
        agent = make_agent(config)
        pool = make_pool(config, agent, folder)
        source = ray_battles.begin(agent, pool, folder, seed=0, version=0)
        ages: list[float] = []
        learnt = busy = 0.0
        for update in range(updates + 2):
            if update == 2:  # the first ones fill the queues
                started, learnt, busy, ages = time.perf_counter(), 0.0, 0.0, []
            source.collect_ahead(config.episodes_per_update, config.episodes_per_update)
            batch = collect(source, config.episodes_per_update)
            before = time.perf_counter()
            agent.update(batch)
            busy += time.perf_counter() - before
            ages += (source.version - batch.versions).tolist()
            learnt += batch.num_decisions
            source.version += 1
        wall = time.perf_counter() - started
        size = len(pickle.dumps(episodes, protocol=5)) / sum(map(len, episodes))
    return {
        "actors": actors,
        "rate_per_actor": rate,
        "learnt_decisions_per_s": round(learnt / wall, 1),
        "learner_busy": round(busy / wall, 3),
        "mb_per_s": round(learnt / wall * size / 1e6, 2),
        "staleness_mean": round(statistics.fmean(ages), 2),
        "staleness_median": statistics.median(ages),
        "staleness_greatest": max(ages),
        "staleness_share": {
            str(int(age)): round(n / len(ages), 3) for age, n in sorted(Counter(ages).items())
        },
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster", description=__doc__.split("\n")[0])
    parser.add_argument("--config", default="config/train_config.yml", help="training configuration")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="set a key")
    parser.add_argument("--actors", type=int, nargs="+", default=[1, 2, 4], help="numbers of actors")
    parser.add_argument("--share", action="store_true", help="let actors share the battles of inline")
    parser.add_argument("--decisions", type=int, default=5000, help="minimum of a turn (default 5000)")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each (default 5)")
    parser.add_argument("--simulate", type=int, metavar="ACTORS", help="simulate a cluster of so many actors")
    parser.add_argument("--rate", type=float, default=500.0, help="decisions per second of an actor")
    parser.add_argument("--updates", type=int, default=6, help="updates of the simulation")
    add_save_option(parser)
    args = parser.parse_args(argv)
    try:
        config = load_config(args.config, args.set)
        figures: dict[str, Any] = {}
        if args.simulate:
            figures = simulate(config, args.simulate, args.rate, args.updates)
        else:
            inline = with_collection(config, source="inline")
            for count in args.actors:
                ray = with_collection(config, source="ray", actors=count, staleness=0)
                if not args.share:
                    more = {"parallel": count * config.parallel, "num_workers": count * config.num_workers}
                    ray = ray.model_copy(update=more)
                collectors = 1 if args.share else count
                found = measure(inline, ray, collectors, args.decisions, args.rounds)
                print(f"{count} actors: {found}", file=sys.stderr, flush=True)
                figures |= {f"ray_{count}_{name}": value for name, value in found.items()}
    except PokeenvError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    kind = "simulated" if args.simulate else "sharing" if args.share else "actors"
    label = f"{Path(args.config).stem} {kind}"
    settings = {"config": args.config, "set": args.set, "battle_format": config.battle_format}
    report("cluster", label, settings, figures, save=args.save)
    return 0


if __name__ == "__main__":
    sys.exit(main())
