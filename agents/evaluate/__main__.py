"""Measure agents against each other: `python -m agents.evaluate A B [C ...]`.

Agents are names of baselines, players of poke-env (`poke-env:SimpleHeuristicsPlayer`), paths of checkpoints,
or folders of runs. Every pair of agents plays a match. Each seed is played twice, with the seats swapped, and
a tie counts half. The same seed gives the same table. With `--json`, an interrupted evaluation continues
where it stopped.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from agents.devices import pick_device
from agents.evaluate.entrants import Entrant, read_entrants, unique_labels
from agents.evaluate.match_result import format_table
from agents.evaluate.matches import Matches
from agents.evaluate.ratings import bradley_terry, format_ratings
from agents.evaluate.results_file import Results, read_results, write_results
from agents.registry import BASELINES
from pokeenv import EngineError, PokeenvError, largest_kind


def evaluate_pairs(
    entrants: Sequence[Entrant], args: argparse.Namespace, settings: Mapping[str, Any]
) -> Results:
    """Play all pairs that the file `args.json` does not contain yet; return the results pair by pair."""
    labels = unique_labels([entrant.name for entrant in entrants])
    results = {} if args.json is None else read_results(args.json, settings)
    pairs = list(itertools.combinations(range(len(entrants)), 2))
    missing = [pair for pair in pairs if (labels[pair[0]], labels[pair[1]]) not in results]
    if not missing:
        return results
    observation = largest_kind(entrants[number].agent for number in sorted(set(itertools.chain(*missing))))
    with (
        tqdm(
            total=len(pairs) * args.battles,
            initial=(len(pairs) - len(missing)) * args.battles,
            unit="battle",
            disable=args.quiet,
        ) as bar,
        Matches(
            args.battle_format,
            parallel=min(args.parallel, args.battles),
            teams=args.teams,
            observation=observation,
        ) as matches,
    ):
        for first, second in missing:
            pair = labels[first], labels[second]
            bar.set_description(f"{pair[0]} vs {pair[1]}")
            results[pair] = matches.play(
                entrants[first].player(),
                entrants[second].player(),
                args.battles,
                seed=args.seed,
                greedy=args.greedy,
                replays=None if args.replays is None else args.replays / _file_name(" vs ".join(pair)),
                num_replays=args.num_replays,
                progress=bar.update,
            )
            if args.json is not None:
                write_results(args.json, settings, results)
    return {pair: results[pair] for a, b in pairs if (pair := (labels[a], labels[b]))}


def _file_name(text: str) -> str:
    return "".join(letter if letter.isalnum() or letter in " -_.()" else "-" for letter in text).strip()


def describe(args: argparse.Namespace, entrants: Sequence[Entrant]) -> dict[str, Any]:
    """All settings that the results depend on, with the checksums of checkpoints."""
    labels = unique_labels(args.agents)
    return {
        "battle_format": args.battle_format,
        "teams": args.teams,
        "battles": args.battles,
        "seed": args.seed,
        "greedy": args.greedy,
        "parallel": args.parallel,
        "agents": [{"name": label, **one.facts} for label, one in zip(labels, entrants, strict=True)],
    }


def require_writable(folder: Path) -> None:
    """Check that a folder exists or can be made, and is writable; nothing is left behind.

    Raises:
        OSError: no file can be written there.
    """
    above = next(path for path in (folder, *folder.parents) if path.exists())
    with tempfile.TemporaryFile(dir=above):
        pass


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m agents.evaluate", description=__doc__)
    parser.add_argument(
        "agents",
        nargs="+",
        help=f"baselines ({', '.join(BASELINES)}), poke-env:NAME, checkpoints, run folders",
    )
    parser.add_argument(
        "--battles", type=int, default=200, help="battles per pair, an even number (default 200)"
    )
    parser.add_argument("--battle-format", default="gen9randombattle", help="Showdown format id")
    parser.add_argument("--teams", help="file or folder of teams, for formats without generated teams")
    parser.add_argument("--seed", type=int, default=0, help="seed of battles and sampling (default 0)")
    parser.add_argument(
        "--greedy",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="agents take their most probable actions (default)",
    )
    parser.add_argument("--parallel", type=int, default=64, help="battles at the same time (default 64)")
    parser.add_argument(
        "--device", default="cpu", help="device of the networks: auto, cpu, cuda:N, mps (default cpu)"
    )
    parser.add_argument("--json", type=Path, help="file for the results; continue from it if it exists")
    parser.add_argument("--replays", type=Path, metavar="DIR", help="folder for the replays of each pair")
    parser.add_argument("--num-replays", type=int, default=10, help="replays per pair (default 10)")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    args = parser.parse_args(argv)
    if len(args.agents) < 2:
        parser.error("name at least two agents; an agent may be named twice")
    if args.battles < 2 or args.battles % 2:
        parser.error(f"--battles must be a positive even number (battles are mirrored), not {args.battles}")
    if args.seed < 0:
        parser.error(f"--seed must not be negative, not {args.seed}")
    if args.json is not None and args.json.is_dir():
        parser.error(f"--json {args.json} is a folder; name a file")
    for option, folder in (
        ("--json", args.json and args.json.absolute().parent),
        ("--replays", args.replays),
    ):
        try:
            if folder is not None:
                require_writable(folder.absolute())
        except OSError as error:
            parser.error(f"{option}: {folder} cannot be written: {error.strerror}")
    return args


def main(argv: Sequence[str] | None = None) -> int:
    """Play, print the tables, write the JSON."""
    args = parse_args(argv)
    torch.set_num_threads(1)  # the simulator needs the other cores
    try:
        args.device = str(pick_device(args.device))
        entrants = read_entrants(args.agents, args.device)
        settings = describe(args, entrants)
        results = evaluate_pairs(entrants, args, settings)
    except (PokeenvError, ImportError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1 if isinstance(error, EngineError) else 2
    except KeyboardInterrupt:
        kept = (
            ""
            if args.json is None
            else f"; finished pairs are in {args.json}: repeat the command to continue"
        )
        print(f"stopped{kept}", file=sys.stderr)
        return 130
    print(f"{args.battle_format}, {args.battles} battles per pair, seed {args.seed}, seats mirrored")
    print(format_table(results))
    print()
    print(format_ratings(bradley_terry(results, args.seed)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
