"""Command line of the package: `python -m pokeenv COMMAND`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from pokeenv.engine.showdown.format_table import simulator_formats
from pokeenv.engine.showdown.install import install, simulator_path
from pokeenv.errors import PokeenvError, RecordError
from pokeenv.formats import FORMATS, parse_format
from pokeenv.observation import DOUBLES_LAYOUT, LAYOUT, layout_markdown
from pokeenv.replays.resimulate import resimulate_all
from pokeenv.teams.validation import judge_teams
from pokeenv.version import __version__


class Command(NamedTuple):
    """One subcommand: its help line, its options, and its function."""

    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int | None]  # exit status, None for 0


def _install_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--force", action="store_true", help="install again even if an install exists")


def _install(arguments: argparse.Namespace) -> None:
    print(install(force=True) if arguments.force else simulator_path())


def _layout_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--doubles", action="store_true", help="of doubles, docs/observation-doubles.md")


def _layout(arguments: argparse.Namespace) -> None:
    print(layout_markdown(DOUBLES_LAYOUT if arguments.doubles else LAYOUT), end="")


def _replay_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="a record (.json), or the page next to it")


def _replay(arguments: argparse.Namespace) -> None:
    for file, record in zip(arguments.files, resimulate_all(arguments.files), strict=True):
        print(f"{file}: {record.battle_format}, {record.outcome}: all {len(record.log)} lines are the same")


def _teams_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("format", help="Showdown format id, such as gen9ou")
    parser.add_argument("paths", nargs="+", metavar="PATH", help="team file, or folder of team files")


def _teams(arguments: argparse.Namespace) -> int:
    battle_format = parse_format(arguments.format, has_teams=True)
    verdicts = judge_teams(battle_format, [Path(path) for path in arguments.paths])
    for verdict in verdicts:
        word = "refused" if verdict.problem else "valid" if verdict.counts else "other"
        print(f"{word:<8} {verdict.label}{': ' if verdict.problem else ''}{verdict.problem}")
    others = sum(not verdict.counts for verdict in verdicts)
    refused = sum(bool(verdict.problem) for verdict in verdicts)
    more = f"; {others} of other formats left out" if others else ""
    total = len(verdicts) - others
    print(f"{total - refused} of {total} teams are valid in {battle_format.id}{more}")
    return int(refused > 0)


def _formats_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--from-simulator", metavar="FILE", type=Path, help="write the simulator's own table to FILE instead"
    )


def _formats(arguments: argparse.Namespace) -> None:
    if arguments.from_simulator is not None:
        arguments.from_simulator.write_text(simulator_formats(), encoding="utf-8")
        return
    line = "{:<40} {:<10} {:<9} {:<7} {}".format
    print(line("format", "generation", "teams", "preview", "picks"))
    for battle_format in FORMATS.values():
        if battle_format.playable:
            preview = "yes" if battle_format.team_preview else "no"
            picks = str(battle_format.picked_team_size or "all")
            print(line(battle_format.id, battle_format.generation, battle_format.team_source, preview, picks))


COMMANDS: dict[str, Command] = {
    "install": Command(
        "install the simulator ahead of its first use and print its folder", _install_arguments, _install
    ),
    "layout": Command("print the table of the observation, docs/observation.md", _layout_arguments, _layout),
    "replay": Command(
        "play recorded battles again and report the first line that differs",
        _replay_arguments,
        _replay,
    ),
    "formats": Command("list the supported battle formats", _formats_arguments, _formats),
    "teams": Command(
        "check teams with the simulator's own validator, one line each", _teams_arguments, _teams
    ),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand.

    Args:
        argv: arguments without the program's name; None: those of the process.

    Returns:
        Exit status: 0; 1 if the command failed or `teams` refused a team; 2 if a file is not what the
        command reads.
    """
    parser = argparse.ArgumentParser(prog="python -m pokeenv", description="Tools of the pokeenv package.")
    parser.add_argument("--version", action="version", version=f"pokeenv {__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        command.add_arguments(subparsers.add_parser(name, help=command.help, description=command.help))
    arguments = parser.parse_args(argv)
    try:
        return COMMANDS[arguments.command].run(arguments) or 0
    except PokeenvError as error:
        print(f"pokeenv: {error}", file=sys.stderr)
        return 2 if isinstance(error, RecordError) else 1


if __name__ == "__main__":
    sys.exit(main())
