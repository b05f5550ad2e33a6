"""Measure agents against each other: `python -m agents.evaluate A B [C ...]`.

Agents are names of baselines, players of poke-env (`poke-env:SimpleHeuristicsPlayer`), paths of checkpoints,
or folders of runs. Every pair of agents plays a match. Each seed is played twice, with the seats swapped, and
a tie counts half. The same seed gives the same battles, whatever `--parallel` is. Options that are not given
have the values by which the run of the first checkpoint evaluates its agent. With `--json`, an interrupted
evaluation continues where it stopped.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from agents.config import TrainConfig
from agents.devices import pick_device
from agents.evaluate.entrants import Entrant, read_entrants, unique_labels
from agents.evaluate.match_result import SHOWN_SETTINGS, MatchResult, format_settings, format_table
from agents.evaluate.matches import Matches
from agents.evaluate.ratings import bradley_terry, format_ratings
from agents.evaluate.ray_matches import play_on_cluster
from agents.evaluate.results_file import Results, read_results, write_results
from agents.registry import SCRIPTED
from pokeenv import EngineError, PokeenvError, largest_kind

DEFAULT_BATTLES = 200


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
    with tqdm(
        total=len(pairs) * args.battles,
        initial=(len(pairs) - len(missing)) * args.battles,
        unit="battle",
        disable=args.quiet,
    ) as bar:
        play = play_here if args.ray is None else play_elsewhere
        for (first, second), result in play(entrants, missing, args, bar):
            results[labels[first], labels[second]] = result
            if args.json is not None:
                write_results(args.json, settings, results)
    return {pair: results[pair] for a, b in pairs if (pair := (labels[a], labels[b]))}


def play_here(
    entrants: Sequence[Entrant], pairs: Sequence[tuple[int, int]], args: argparse.Namespace, bar: tqdm[Any]
) -> Iterator[tuple[tuple[int, int], MatchResult]]:
    """Play the matches of pairs of entrants in this process, one after another."""
    labels = unique_labels([entrant.name for entrant in entrants])
    with Matches(**match_settings(entrants, pairs, args)) as matches:
        for first, second in pairs:
            name = f"{labels[first]} vs {labels[second]}"
            bar.set_description(name)
            yield (
                (first, second),
                matches.play(
                    entrants[first].player(),
                    entrants[second].player(),
                    args.battles,
                    seed=args.seed,
                    greedy=args.greedy,
                    replays=None if args.replays is None else args.replays / _file_name(name),
                    num_replays=args.num_replays,
                    progress=bar.update,
                ),
            )


def play_elsewhere(
    entrants: Sequence[Entrant], pairs: Sequence[tuple[int, int]], args: argparse.Namespace, bar: tqdm[Any]
) -> Iterator[tuple[tuple[int, int], MatchResult]]:
    """Play the matches of pairs of entrants in Ray actors."""
    bar.set_description(f"{args.actors} actors")
    for pair, result in play_on_cluster(
        [((first, second), entrants[first].player(), entrants[second].player()) for first, second in pairs],
        match_settings(entrants, pairs, args),
        {"num_battles": args.battles, "seed": args.seed, "greedy": args.greedy},
        address=args.ray or None,
        actors=args.actors,
    ):
        bar.update(args.battles)
        yield pair, result


def match_settings(
    entrants: Sequence[Entrant], pairs: Sequence[tuple[int, int]], args: argparse.Namespace
) -> dict[str, Any]:
    """Arguments of `Matches` for these pairs."""
    numbers = sorted(set(itertools.chain(*pairs)))
    return {
        "battle_format": args.battle_format,
        "parallel": min(args.parallel, args.battles),
        "turn_limit": args.turn_limit,
        "teams": args.teams,
        "observation": largest_kind(entrants[number].agent for number in numbers),
    }


def _file_name(text: str) -> str:
    return "".join(letter if letter.isalnum() or letter in " -_.()" else "-" for letter in text).strip()


def describe(args: argparse.Namespace, entrants: Sequence[Entrant]) -> dict[str, Any]:
    """All settings that the results depend on, with the checksums of checkpoints."""
    labels = unique_labels(args.agents)
    return {
        "battle_format": args.battle_format,
        "teams": args.teams,
        "turn_limit": args.turn_limit,
        "battles": args.battles,
        "seed": args.seed,
        "greedy": args.greedy,
        "parallel": args.parallel,
        "agents": [{"name": label, **one.facts} for label, one in zip(labels, entrants, strict=True)],
    }


def complete(args: argparse.Namespace, entrants: Sequence[Entrant]) -> None:
    """Fill in the options that were not given, from the run of the first checkpoint."""
    config = next((entrant.config for entrant in entrants if entrant.config is not None), TrainConfig())
    evaluation, options = config.evaluation, vars(args)
    if args.teams is None and args.battle_format in (None, config.battle_format):
        args.teams = config.teams_dir
    defaults = {
        "battle_format": config.battle_format,
        "turn_limit": config.turn_limit,
        "battles": evaluation.battles or DEFAULT_BATTLES,
        "seed": config.seed,
        "greedy": evaluation.greedy,
        "parallel": evaluation.parallel,
    }
    options.update({name: value for name, value in defaults.items() if options[name] is None})


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
        help=f"{', '.join(SCRIPTED)}, pretrained:NAME, poke-env:NAME, checkpoints, run folders",
    )
    parser.add_argument("--battles", type=int, help=f"battles per pair, even (default {DEFAULT_BATTLES})")
    parser.add_argument("--battle-format", help="Showdown format id (default gen9randombattle)")
    parser.add_argument("--turn-limit", type=int, help="turns after which a battle is a tie (default 1000)")
    parser.add_argument("--teams", help="file or folder of teams, for formats without generated teams")
    parser.add_argument("--seed", type=int, help="seed of battles and sampling (default 0)")
    parser.add_argument(
        "--greedy",
        action=argparse.BooleanOptionalAction,
        help="agents take their most probable actions (default)",
    )
    parser.add_argument("--parallel", type=int, help="battles at the same time (default 32)")
    parser.add_argument(
        "--device", default="cpu", help="device of the networks: auto, cpu, cuda:N, mps (default cpu)"
    )
    parser.add_argument("--json", type=Path, help="file for the results; continue from it if it exists")
    parser.add_argument("--replays", type=Path, metavar="DIR", help="folder for the replays of each pair")
    parser.add_argument("--num-replays", type=int, default=10, help="replays per pair (default 10)")
    parser.add_argument(
        "--ray",
        nargs="?",
        const="",
        metavar="ADDRESS",
        help="play in Ray actors: of the cluster at host:port; without ADDRESS, of one on this machine",
    )
    parser.add_argument(
        "--actors", type=int, default=os.cpu_count() or 1, help="with --ray: actors (default: one per core)"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    args = parser.parse_args(argv)
    if len(args.agents) < 2:
        parser.error("name at least two agents; an agent may be named twice")
    if args.battles is not None and (args.battles < 2 or args.battles % 2):
        parser.error(f"--battles must be a positive even number (battles are mirrored), not {args.battles}")
    for name, low, high in (("seed", 0, 2**31 - 1), ("turn_limit", 1, 1000), ("parallel", 2, 4096)):
        value, option = getattr(args, name), name.replace("_", "-")
        if value is not None and not low <= value <= high:
            parser.error(f"--{option} must be from {low} to {high}, not {value}")
    if args.num_replays < 0:
        parser.error(f"--num-replays must not be negative, not {args.num_replays}")
    if args.actors < 1:
        parser.error(f"--actors must be positive, not {args.actors}")
    if args.ray is not None and (args.replays is not None or args.device != "cpu"):
        parser.error("--ray plays on other machines, on their CPUs: leave out --replays and --device")
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
        complete(args, entrants)
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
    print(format_settings(**{name: getattr(args, name) for name in SHOWN_SETTINGS}))
    print(format_table(results))
    print()
    print(format_ratings(bradley_terry(results, args.seed)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
