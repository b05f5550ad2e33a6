"""Play on a Showdown server: `python -m agents.live --model M --server localhost:8000`.

The agent, a checkpoint or a baseline, waits for challenges (`--accept`, the default), challenges a user, or
looks for opponents on the ladder. pokeenv gives it the same observations as in training, and poke-env talks
to the server (`pip install 'pokeenv[live]'`).

Exit codes: 0: all battles were played to the end; 1: a fault of the program or the simulator; 2: a wrong
command line or file, such as a checkpoint that cannot be used or a format that differs; 3: the server cannot
be reached or has closed the connection; 4: the server rejects the name or the password; 5: a battle did not
start or was abandoned, because nobody answered, accepted or moved in time, or because the server refused the
challenge, the format or the team; 130: Ctrl-C.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from agents.checkpoints.files import write_atomically
from agents.errors import CheckpointError, LiveError, NoAnswerError
from agents.evaluate.match_result import wilson_interval
from agents.live.seats import LiveResult, LiveSeats
from agents.players.loading import format_to_play, load_agent
from agents.registry import SCRIPTED
from pokeenv import (
    POKE_ENV,
    PokeenvError,
    StreamHost,
    UnsupportedFormatError,
    observation_kind_of,
    pack_teams,
    parse_format,
)

PASSWORD_VARIABLE = "POKEENV_PASSWORD"


def describe(result: LiveResult) -> str:
    """A battle in one line."""
    against = f"against {result.opponent}" if result.opponent else ""
    turns = f"{result.turns} turns, {result.decisions} decisions, {result.seconds:.1f} s"
    refused = f", {result.refused} refused" if result.refused else ""
    reason = f": {result.reason}" if result.reason else ""
    return f"{result.room}  {result.outcome:<10}  {against}  ({turns}{refused}){reason}"


def count(results: Sequence[LiveResult]) -> dict[str, Any]:
    """Summary of all battles; a tie counts half, abandoned battles do not count."""
    outcomes = [result.outcome for result in results]
    numbers: dict[str, Any] = {name: outcomes.count(name) for name in ("won", "lost", "tied", "unfinished")}
    ended = len(results) - numbers["unfinished"]
    wins = numbers["won"] + numbers["tied"] / 2
    interval = [round(bound, 4) for bound in wilson_interval(wins, ended)]
    return numbers | {"win_rate": round(wins / ended, 4) if ended else None, "interval": interval}


def summarise(numbers: dict[str, Any]) -> str:
    """The summary in one line."""
    line = "{won} won, {lost} lost, {tied} tied, {unfinished} unfinished".format(**numbers)
    if numbers["win_rate"] is None:
        return line
    low, high = numbers["interval"]
    return f"{line}; win rate {numbers['win_rate']:.3f} [{low:.3f}, {high:.3f}]"


def play(args: argparse.Namespace, results: list[LiveResult]) -> None:
    """Play all battles of a command line, adding to `results`.

    Raises:
        PokeenvError: play cannot begin or continue.
        ImportError: poke-env is not installed.
    """
    try:
        from poke_env import AccountConfiguration

        from agents.live.connection import server_configuration
        from agents.live.session import LiveSession, LiveSettings
    except ImportError as error:
        raise ImportError(f"poke-env is not installed: pip install 'pokeenv[live]' ({error})") from error
    if args.model.startswith(POKE_ENV):
        raise UnsupportedFormatError("poke-env's players play on a server without pokeenv")
    battle_format = parse_format(
        format_to_play(args.model, args.battle_format, any_format=args.any_format),
        has_teams=args.team is not None,
    )
    if args.ladder and battle_format.id != battle_format.base_id:
        raise UnsupportedFormatError("ladders know no custom rules: use --accept or --challenge")
    settings = LiveSettings(
        server=server_configuration(args.server),
        account=AccountConfiguration(args.username, args.password),
        battle_format=battle_format.id,
        mode="ladder" if args.ladder else "challenge" if args.challenge else "accept",
        opponent=args.challenge or "",
        battles=args.battles,
        concurrent=min(args.concurrent, args.battles),
        timeout_s=args.timeout,
        timer=args.timer,
        teams=() if args.team is None else pack_teams(battle_format, args.team),
    )
    agent = load_agent(args.model)

    def report(result: LiveResult) -> None:
        results.append(result)
        print(describe(result), flush=True)

    def notice(words: str) -> None:
        print(words, file=sys.stderr, flush=True)

    async def session() -> None:
        await LiveSession(settings, seats, report, notice).play()

    with StreamHost(observation=observation_kind_of(agent)) as host:
        seats = LiveSeats(agent, battle_format.id, host, concurrent=settings.concurrent, greedy=args.greedy)
        asyncio.run(session())


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m agents.live",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--model",
        required=True,
        help=f"a checkpoint, a folder of runs, pretrained:NAME, or {', '.join(SCRIPTED)}",
    )
    add(
        "--server",
        default="localhost:8000",
        help="HOST:PORT, ws://..., wss://..., or 'showdown' for the official one (default localhost:8000)",
    )
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--accept", action="store_true", help="accept challenges (the default)")
    mode.add_argument("--challenge", metavar="NAME", help="challenge this user")
    mode.add_argument("--ladder", metavar="N", type=int, help="play N battles on the ladder")
    add("--battles", metavar="N", type=int, help="battles to play, then stop (default 1)")
    add("--battle-format", metavar="F", help="Showdown format id (default: the model's own)")
    add("--any-format", action="store_true", help="play a format that the model was not trained on")
    add("--team", metavar="FILE", help="file or folder of teams, for formats without generated teams")
    add(
        "--greedy",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="take the most probable actions instead of sampling",
    )
    add("--username", help="name on the server (default: a random guest name)")
    add("--password", help=f"password of the name; safer: set {PASSWORD_VARIABLE}")
    add("--concurrent", metavar="N", type=int, default=1, help="battles at the same time (default 1)")
    add(
        "--timeout",
        metavar="S",
        type=float,
        default=300.0,
        help="seconds to wait for the server, a challenge or a move; 'inf' waits forever (default 300)",
    )
    add("--timer", action="store_true", help="turn the battles' timers on")
    add("--json", type=Path, metavar="FILE", help="file for the results")
    args = parser.parse_args(argv)
    if args.ladder is not None and args.battles is not None:
        parser.error("--ladder N already sets the number of battles: leave out --battles")
    for name in ("battles", "ladder", "concurrent", "timeout"):
        number = getattr(args, name)
        if number is not None and not number > 0:
            parser.error(f"--{name} must be positive, not {number}")
    args.battles = args.battles or args.ladder or 1
    args.password = args.password or os.environ.get(PASSWORD_VARIABLE)
    args.username = args.username or f"pokeenv {random.randrange(10**6)}"
    return args


def main(argv: Sequence[str] | None = None) -> int:
    """Play, print each battle and the summary, write the JSON; for exit codes see the module."""
    args = parse_args(argv)
    torch.set_num_threads(1)
    results: list[LiveResult] = []
    try:
        play(args, results)
        unfinished = any(result.outcome == "unfinished" for result in results)
        code = NoAnswerError.exit_code if unfinished else 0
    except (PokeenvError, ImportError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        is_input = isinstance(error, CheckpointError | ValueError)
        code = error.exit_code if isinstance(error, LiveError) else 2 if is_input else 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        code = 130
    numbers = count(results)
    if results:
        print(summarise(numbers))
    if args.json is not None:
        content = {"model": args.model, "server": args.server, "username": args.username, "exit_code": code}
        content |= numbers | {"battles": [vars(result) for result in results]}
        args.json.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(args.json, (json.dumps(content, indent=2) + "\n").encode())
    return code


if __name__ == "__main__":
    sys.exit(main())
