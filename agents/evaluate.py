"""Measure agents against each other: ``python -m agents.evaluate A B [C ...]``.

Agents are names of baselines, paths of checkpoints, or folders of runs. All pairs play; seats are
mirrored; a tie counts half. The same seed gives the same table.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from tqdm import tqdm

from agents.baselines import BASELINES
from agents.checkpoint import load_agent, write_atomically
from agents.evaluation import Matches, MatchResult, format_table
from pokeenv import PokeenvError


def evaluate_pairs(names: Sequence[str], args: argparse.Namespace) -> dict[tuple[str, str], MatchResult]:
    """Play all pairs of ``names`` and return the results in their order."""
    for name in names:
        load_agent(name)  # a fault in the last name is told before the first battle
    labels = _unique_labels(names)
    results = {}
    pairs = list(itertools.combinations(range(len(names)), 2))
    with (
        tqdm(total=len(pairs) * args.battles, unit="battle", disable=args.quiet) as bar,
        Matches(args.battle_format, parallel=min(args.parallel, args.battles), teams=args.teams) as matches,
    ):
        for first, second in pairs:
            bar.set_description(f"{labels[first]} vs {labels[second]}")
            # Agents are made anew for each pair, so that a match does not depend on those before it.
            results[labels[first], labels[second]] = matches.play(
                load_agent(names[first], device=args.device),
                load_agent(names[second], device=args.device),
                args.battles,
                seed=args.seed,
                greedy=args.greedy,
                progress=bar.update,
            )
    return results


def _unique_labels(names: Sequence[str]) -> list[str]:
    """Number the repeated names: an agent may play a copy of itself."""
    labels: list[str] = []
    for name in names:
        count = sum(label == name or label.startswith(f"{name} (") for label in labels)
        labels.append(f"{name} ({count + 1})" if count else name)
    return labels


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m agents.evaluate", description=__doc__)
    parser.add_argument(
        "agents", nargs="+", help=f"baselines ({', '.join(BASELINES)}), checkpoints, run folders"
    )
    parser.add_argument(
        "--battles", type=int, default=200, help="battles per pair, an even number (default 200)"
    )
    parser.add_argument("--battle-format", default="gen9randombattle", help="Showdown format id")
    parser.add_argument("--teams", help="file or folder of teams, for formats that need teams brought")
    parser.add_argument("--seed", type=int, default=0, help="seed of battles and sampling (default 0)")
    parser.add_argument(
        "--greedy", action=argparse.BooleanOptionalAction, default=True, help="most probable actions"
    )
    parser.add_argument("--parallel", type=int, default=64, help="battles at the same time (default 64)")
    parser.add_argument("--device", default="cpu", help="where networks live (default cpu)")
    parser.add_argument("--json", type=Path, help="file for the results as JSON")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    args = parser.parse_args(argv)
    if len(args.agents) < 2:
        parser.error("at least two agents are needed; an agent may be named twice")
    if args.battles < 2 or args.battles % 2:
        parser.error(f"--battles must be a positive even number (battles are mirrored), not {args.battles}")
    return args


def main(argv: Sequence[str] | None = None) -> int:
    """Play, print the table, write the JSON."""
    args = parse_args(argv)
    torch.set_num_threads(1)  # the simulator needs the other cores
    try:
        results = evaluate_pairs(args.agents, args)
    except PokeenvError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{args.battle_format}, {args.battles} battles per pair, seed {args.seed}, seats mirrored")
    print(format_table(results))
    if args.json is not None:
        content = {
            "battle_format": args.battle_format,
            "battles": args.battles,
            "seed": args.seed,
            "greedy": args.greedy,
            "matches": [{"agent": a, "opponent": b} | result.to_json() for (a, b), result in results.items()],
        }
        write_atomically(args.json, (json.dumps(content, indent=2) + "\n").encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
