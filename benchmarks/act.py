"""Decisions per second of `RLAgent.act` on one thread, masks and sampling included.

    python -m benchmarks.act [--type lstm] [--memory lstm] [--hidden-size 256] [--batch-sizes 1 16 128]
        [--seconds 0.5] [--repeats 5] [--profile] [--save]

Measures separate networks and one trunk with two heads, for each number of rows in `--batch-sizes`; all rows
act in every step. The settings take turns; figures are medians.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np
import torch
from torch.profiler import ProfilerActivity, profile

from agents.agent import RLAgent
from agents.config import NetworkSettings
from agents.networks import build_networks
from agents.registry import ENCODERS, MEMORIES
from benchmarks.results import add_save_option, report
from pokeenv import SINGLES
from tests.support.random_batches import make_episode

SITUATIONS = 8  # batches of observations, used in turn, so that none stays in the fastest cache
ROWS_OF_PROFILE = 25


class Setting:
    """An agent whose rows act repeatedly.

    Args:
        settings: shape of the networks.
        batch_size: rows.
    """

    def __init__(self, settings: NetworkSettings, batch_size: int) -> None:
        """Make the agent and the observations of its rows."""
        self.batch_size = batch_size
        self.shared = settings.shared
        self.agent = RLAgent(*build_networks(settings, SINGLES, seed=0), None, None)
        self.agent.begin(batch_size, seed=0)
        seen = make_episode(SITUATIONS * batch_size, np.random.default_rng(0))
        self.observations = seen.observations.reshape(SITUATIONS, batch_size, -1)
        self.masks = seen.action_masks.reshape(SITUATIONS, batch_size, -1).astype(np.int8)
        self.rows = np.arange(batch_size)
        self.cpu_rates: list[float] = []
        self.wall_rates: list[float] = []

    @property
    def name(self) -> str:
        """Name in the output."""
        return f"{'shared' if self.shared else 'separate'}_{self.batch_size}"

    def act(self, steps: int) -> None:
        """Make all rows decide `steps` times."""
        for step in range(steps):
            self.agent.act(self.observations[step % SITUATIONS], self.masks[step % SITUATIONS], self.rows)

    def measure(self, seconds: float) -> None:
        """Act for about `seconds`; store decisions per second of CPU time and of wall time."""
        steps = 0
        wall, cpu = time.perf_counter(), time.process_time()
        while time.perf_counter() < wall + seconds:
            self.act(SITUATIONS)
            steps += SITUATIONS
        self.cpu_rates.append(steps * self.batch_size / (time.process_time() - cpu))
        self.wall_rates.append(steps * self.batch_size / (time.perf_counter() - wall))


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description="decisions per second of acting")
    parser.add_argument("--type", default="lstm", choices=ENCODERS)
    parser.add_argument("--memory", default="lstm", choices=MEMORIES)
    parser.add_argument("--hidden-size", type=int, default=256, help="width of encoder and memory")
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[1, 16, 128], help="rows that act")
    parser.add_argument("--seconds", type=float, default=0.5, help="per setting and turn")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument(
        "--profile", action="store_true", help="also print the torch operations of each setting"
    )
    add_save_option(parser)
    args = parser.parse_args()
    torch.set_num_threads(1)
    settings = []
    for shared in (False, True):
        shape = NetworkSettings(
            type=args.type,
            hidden_size=args.hidden_size,
            lstm_hidden_size=args.hidden_size,
            use_lstm=True,
            num_layers=1,
            embedding_size=16,
            memory=args.memory,
            shared=shared,
        )
        settings += [Setting(shape, batch_size) for batch_size in args.batch_sizes]
    for setting in settings:
        setting.act(SITUATIONS)  # warm
        if args.profile:
            with profile(activities=[ProfilerActivity.CPU]) as profiler:
                setting.act(20 * SITUATIONS)
            print(setting.name)
            averages = profiler.key_averages()
            print(
                averages.table(
                    sort_by="self_cpu_time_total", row_limit=ROWS_OF_PROFILE, max_name_column_width=40
                )
            )
    for _ in range(args.repeats):
        for setting in settings:
            setting.measure(args.seconds)
    figures = {}
    for setting in settings:
        cpu, wall = statistics.median(setting.cpu_rates), statistics.median(setting.wall_rates)
        print(f"{setting.name:14} {cpu:8.0f} decisions/CPU s  {wall:8.0f} decisions/s")
        figures[f"{setting.name}_per_cpu_s"] = round(cpu, 1)
        figures[f"{setting.name}_per_s"] = round(wall, 1)
    options = {name: getattr(args, name) for name in ("type", "memory", "hidden_size", "seconds", "repeats")}
    report("act", f"{args.type} {args.memory} {args.hidden_size}", options, figures, save=args.save)


if __name__ == "__main__":
    main()
