"""Strength of a search against its policy, by simulations, and the time that a decision takes.

    python -m benchmarks.search [--policy rule] [--sims 1 4 16 64] [--options worlds=4] [--battles N]
        [--battle-format F] [--seed S] [--opponent NAME] [--plot docs/search.svg] [--save]

Plays `search:POLICY?sims=N` against the policy itself, or another opponent, with mirrored seats. The time is
CPU time of the agent and of the worker of its imagined battles (Linux), so that other programs matter little.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.evaluate.match_result import wilson_interval
from agents.evaluate.matches import Matches
from agents.players.loading import load_agent, search_agent
from agents.players.search.player import SearchAgent
from benchmarks.env import cpu_seconds
from benchmarks.extras import need
from benchmarks.results import add_save_option, report
from pokeenv import DEFAULT_FORMAT, Decision, largest_kind


class Timed:
    """A search whose decisions are timed.

    Attributes:
        cpu_s: CPU seconds of all decisions.
        wall_s: seconds of all decisions.
        decisions: rows that were searched.
        sims: positions that were valued.
    """

    def __init__(self, agent: SearchAgent) -> None:
        """Begin with nothing."""
        self.agent = agent
        self.name = agent.name
        self.observation_kind = agent.observation_kind
        self.begin, self.reset_rows, self.start_streams = agent.begin, agent.reset_rows, agent.start_streams
        self.receive = agent.receive
        self.cpu_s = self.wall_s = 0.0
        self.decisions = self.sims = 0

    def act(
        self, observations: NDArray[Any], action_masks: NDArray[Any], rows: NDArray[Any], greedy: bool = False
    ) -> Decision:
        """As the search."""
        pids = self.agent.worker_pids
        wall, cpu = time.perf_counter(), cpu_seconds(pids)
        decision = self.agent.act(observations, action_masks, rows, greedy)
        self.wall_s += time.perf_counter() - wall
        self.cpu_s += cpu_seconds(pids) - cpu
        self.decisions += sum(sims > 0 for sims in self.agent.sims)
        self.sims += sum(self.agent.sims)
        return decision


def measure(args: argparse.Namespace, sims: int) -> dict[str, Any]:
    """One match."""
    name = f"search:{args.policy}?" + "&".join([f"sims={sims}", *args.options])
    agent, opponent = Timed(search_agent(name)), load_agent(args.opponent or args.policy)
    with Matches(
        args.battle_format, parallel=args.parallel, observation=largest_kind([agent, opponent])
    ) as matches:
        result = matches.play(agent, opponent, args.battles, seed=args.seed)
    agent.agent.close()
    low, high = wilson_interval(result.wins + result.ties / 2, args.battles)
    decisions = max(agent.decisions, 1)
    return {
        "win_rate": round(result.win_rate, 4),
        "low": round(low, 4),
        "high": round(high, 4),
        "cpu_ms": round(1000 * agent.cpu_s / decisions, 2),
        "wall_ms": round(1000 * agent.wall_s / decisions, 2),
        "sims": round(agent.sims / decisions, 2),
        "turns": round(result.turns, 1),
    }


def draw(points: dict[str, dict[str, Any]], title: str, out: Path) -> None:
    """Write the plot: win rate against CPU milliseconds."""
    need("bench", "matplotlib")
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(7, 3.2), layout="constrained")
    found = list(points.values())
    rates = np.array([[each[key] for key in ("win_rate", "low", "high")] for each in found])
    errors = np.abs(rates[:, 1:].T - rates[:, 0])
    axis.errorbar([each["cpu_ms"] for each in found], rates[:, 0], errors, marker="o", capsize=3)
    for name, each in points.items():
        axis.annotate(name.replace("_", " "), (each["cpu_ms"], each["high"]), ha="center", va="bottom")
    axis.axhline(0.5, color="grey", linewidth=0.8)
    axis.set(xscale="log", xlabel="CPU milliseconds a decision", ylabel="win rate", title=title)
    axis.grid(alpha=0.3)
    figure.savefig(out, metadata={"Date": None})


def main() -> None:
    """Play and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__.split("\n")[0])
    parser.add_argument("--policy", default="rule")
    parser.add_argument("--opponent", help="default: the policy")
    parser.add_argument("--sims", type=int, nargs="+", default=[4, 16, 64])
    parser.add_argument("--options", nargs="*", default=[], help="further settings, such as worlds=4")
    parser.add_argument("--battles", type=int, default=200)
    parser.add_argument("--battle-format", default=DEFAULT_FORMAT)
    parser.add_argument("--parallel", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--plot", type=Path, help="file of the plot")
    add_save_option(parser)
    args = parser.parse_args()
    points = {}
    for sims in args.sims:
        points[f"sims_{sims}"] = measure(args, sims)
        print(sims, points[f"sims_{sims}"], flush=True)
    label = f"{args.policy}, {args.battle_format}"
    keys = ("policy", "opponent", "options", "battles", "battle_format", "seed")
    settings = {key: getattr(args, key) for key in keys}
    if args.plot is not None:
        title = f"search:{args.policy} against {args.opponent or args.policy}, {args.battle_format}"
        draw(points, title, args.plot)
    report("search", label, settings, points, save=args.save)


if __name__ == "__main__":
    main()
