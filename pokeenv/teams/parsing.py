"""Team files: where they are and which texts they hold. The simulator interprets the texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pokeenv.errors import InvalidTeamError

SUFFIXES = (".txt", ".team", ".packed")
"""Suffixes of the team files in a folder."""

_HEADING = re.compile(r"^===\s*(\[[^\]]*\])?\s*(?P<name>.*?)\s*===\s*$")


class _Team(NamedTuple):
    """A team's text, and its name in the heading or ""."""

    text: str
    name: str


def team_files(path: Path) -> list[Path]:
    """The file itself, or all team files below a folder in the order of their paths.

    Raises:
        InvalidTeamError: there is no such file or folder, or the folder has no team file.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise InvalidTeamError(f"no team file or folder '{path}'")
    files = sorted(file for file in path.rglob("*") if file.suffix in SUFFIXES and file.is_file())
    if not files:
        raise InvalidTeamError(f"folder '{path}' holds no team: looked for {', '.join(SUFFIXES)} files")
    return files


def read_teams(file: Path) -> list[tuple[str, str]]:
    """Labels and texts of a file's teams.

    Raises:
        InvalidTeamError: the file cannot be read, is empty, or has a team without moves.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidTeamError(f"cannot read team file '{file}': {error}") from error
    teams = list(_split_teams(text))
    if not teams:
        raise InvalidTeamError(f"team file '{file}' is empty")
    labelled = []
    for number, team in enumerate(teams, start=1):
        name = f" '{team.name}'" if team.name else ""
        label = f"team {number}{name} of '{file}'"
        if not _has_moves(team.text):
            raise InvalidTeamError(
                f"{label} has no Pokémon with moves; expected Showdown's export text"
                " (moves on lines that start with '- ') or packed teams, one a line"
            )
        labelled.append((label, team.text))
    return labelled


def _split_teams(text: str) -> Iterator[_Team]:
    """Teams of a text: a heading starts a team, a packed line is one, other lines belong together."""
    lines: list[str] = []
    name = ""
    for line in [*text.splitlines(), "=== end ==="]:
        packed = _is_packed(line)
        heading = _HEADING.match(line)
        if not packed and not heading:
            lines.append(line.rstrip())
            continue
        export = "\n".join(lines).strip()
        lines = []
        if export:
            yield _Team(export, name)
        if packed:
            yield _packed_team(line.strip())
        name = heading["name"] if heading else ""


def _is_packed(line: str) -> bool:
    # nickname|species|item|ability|moves|nature|evs|gender|ivs|shiny|level|rest (sim/TEAMS.md)
    return line.count("|") >= 11


def _packed_team(line: str) -> _Team:
    """A packed line without the `gen9ou]name|` that a team builder's backup puts before it."""
    title, _, team = line.partition("|")
    return _Team(team, title.partition("]")[2]) if "]" in title else _Team(line, "")


def _has_moves(team: str) -> bool:
    if _is_packed(team):
        return any(len(member.split("|")) > 4 and member.split("|")[4] for member in team.split("]"))
    return re.search(r"^\s*- ?\S", team, flags=re.MULTILINE) is not None
