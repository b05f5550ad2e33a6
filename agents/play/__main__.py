"""Play against an agent in the browser: `python -m agents.play`.

The page is served on this machine alone, at an address with a secret token, and needs neither a Showdown
server nor a network. Every tab plays a battle of its own. Ctrl-C ends the program.

Exit codes: 0: ended by Ctrl-C; 1: a fault of the simulator or a port in use; 2: a wrong command line or file,
such as a checkpoint that cannot be used or teams that are refused.
"""

from __future__ import annotations

import argparse
import signal
import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path

import torch

from agents.devices import pick_device
from agents.errors import CheckpointError
from agents.play.game import Game, PlaySettings
from agents.play.server import PlayServer
from agents.players.loading import format_to_play, load_agent
from agents.registry import SCRIPTED
from pokeenv import PokeenvError


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m agents.play",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--opponent",
        default="rule",
        metavar="AGENT",
        help=f"{', '.join(SCRIPTED)}, pretrained:NAME, poke-env:NAME, a checkpoint or a folder of runs"
        " (default rule)",
    )
    add("--battle-format", metavar="F", help="Showdown format id (default: what the agent was trained on)")
    add("--any-format", action="store_true", help="play a format that the agent was not trained on")
    add("--team", metavar="FILE", help="file or folder of your teams, for formats without generated teams")
    add("--opponent-team", metavar="FILE", help="file or folder of the agent's teams (default: as --team)")
    add("--seed", type=int, help="seed of a tab's first battle (default: drawn)")
    add(
        "--greedy",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="the agent takes its most probable actions instead of drawn ones",
    )
    add(
        "--device", default="cpu", help="device of the agent's networks: auto, cpu, cuda:N, mps (default cpu)"
    )
    add("--port", type=int, default=0, help="port of the page (default: a free one)")
    add("--no-browser", dest="browser", action="store_false", help="only print the address")
    add(
        "--replays",
        type=Path,
        default=PlaySettings.replays,
        metavar="DIR",
        help=f"folder for the replays (default {PlaySettings.replays})",
    )
    args = parser.parse_args(argv)
    if args.seed is not None and args.seed < 0:
        parser.error(f"--seed must not be negative, not {args.seed}")
    if not 0 <= args.port < 65536:
        parser.error(f"--port must be in [0, 65535], not {args.port}")
    if args.opponent_team and not args.team:
        parser.error("--opponent-team needs --team")
    return args


def read_settings(args: argparse.Namespace) -> PlaySettings:
    """Check everything that a game needs.

    Raises:
        PokeenvError: the agent, the format or the teams cannot be used.
        ImportError: the agent needs a package that is not installed.
    """
    device = str(pick_device(args.device))
    load_agent(args.opponent, device=device)
    battle_format = format_to_play(args.opponent, args.battle_format, any_format=args.any_format)
    teams = PlaySettings.read_teams(battle_format, args.team, args.opponent_team)
    return PlaySettings(
        args.opponent, battle_format, teams, args.seed, args.greedy, device, args.replays.absolute()
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C; see the module for exit codes."""
    args = parse_args(argv)
    torch.set_num_threads(1)  # single decisions are small work
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell's background jobs begin with SIGINT ignored
        signal.signal(number, signal.default_int_handler)
    try:
        settings = read_settings(args)
        server = PlayServer(lambda: Game(settings), port=args.port)
    except (PokeenvError, ImportError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2 if isinstance(error, CheckpointError | ValueError) else 1
    except OSError as error:
        print(f"error: port {args.port} cannot be used: {error.strerror}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    try:
        print(f"Play against {settings.opponent} in {settings.battle_format}:\n  {server.address}")
        print("Ctrl-C ends the program.", flush=True)
        if args.browser and not webbrowser.open(server.address):
            print("No browser was found: open the address in one on this machine.", flush=True)
        server.serve()
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
    finally:
        server.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
