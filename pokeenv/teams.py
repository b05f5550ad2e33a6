"""Where teams come from: Showdown's own generator, or files.

Team texts are read and chosen here, but not understood: the simulator imports, packs and validates them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np

from pokeenv.errors import InvalidTeamError

SUFFIXES = (".txt", ".team", ".packed")
"""Files of a folder that are read as teams."""

_HEADING = re.compile(r"^===\s*(.*?)\s*===\s*$")


class TeamSource(Protocol):
    """What gives a seat its team at the start of a battle."""

    def draw(self, rng: np.random.Generator) -> str | None:
        """Team of the next battle as Showdown export text or as one packed line.

        `None` leaves it to the simulator to generate one from the battle's seed.
        """
        ...


class GeneratedTeams:
    """Teams made by Showdown's generator of the battle format, from the battle's seed."""

    def draw(self, rng: np.random.Generator) -> None:
        """Nothing: the simulator generates the team. `rng` is left as it is."""
        return None


class FileTeams:
    """Teams read once from a file, or from all team files below a folder in the order of their paths.

    A file holds one team as Showdown exports it, several under `=== [gen9ou] name ===` headings
    (a backup of the team builder), or packed teams, one a line.

    Args:
        path: a file, or a folder whose files end in one of `SUFFIXES`.

    Raises:
        InvalidTeamError: no file, no team in it, or a team without a Pokémon that has moves.
    """

    def __init__(self, path: str | Path) -> None:
        """Read every team."""
        self.teams: tuple[str, ...] = tuple(
            team for file in _team_files(Path(path)) for team in _read_teams(file)
        )

    def __len__(self) -> int:
        """Number of teams."""
        return len(self.teams)

    def draw(self, rng: np.random.Generator) -> str:
        """One of the teams, each as likely as any other."""
        return self.teams[int(rng.integers(len(self.teams)))]


def _team_files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise InvalidTeamError(f"no team file or folder '{path}'")
    files = sorted(file for file in path.rglob("*") if file.suffix in SUFFIXES and file.is_file())
    if not files:
        raise InvalidTeamError(f"folder '{path}' holds no team: looked for {', '.join(SUFFIXES)} files")
    return files


def _read_teams(file: Path) -> list[str]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidTeamError(f"cannot read team file '{file}': {error}") from error
    teams = list(_split_teams(text))
    if not teams:
        raise InvalidTeamError(f"team file '{file}' is empty")
    for number, team in enumerate(teams, start=1):
        if not _has_moves(team):
            raise InvalidTeamError(
                f"team {number} of '{file}' has no Pokémon with moves; expected Showdown's export text"
                " (moves on lines that start with '- ') or packed teams, one a line"
            )
    return teams


def _split_teams(text: str) -> Iterator[str]:
    """Teams of a text: a heading starts one, a packed line is one, other lines belong together."""
    lines: list[str] = []
    for line in [*text.splitlines(), "=== end ==="]:
        packed = _is_packed(line)
        if not packed and not _HEADING.match(line):
            lines.append(line.rstrip())
            continue
        export = "\n".join(lines).strip()
        lines = []
        if export:
            yield export
        if packed:
            yield _without_title(line.strip())


def _is_packed(line: str) -> bool:
    # nickname|species|item|ability|moves|nature|evs|gender|ivs|shiny|level|rest (sim/TEAMS.md)
    return line.count("|") >= 11


def _without_title(line: str) -> str:
    """Drop the `gen9ou]name|` that a team builder's backup puts before a packed team."""
    title, _, team = line.partition("|")
    return team if "]" in title else line


def _has_moves(team: str) -> bool:
    if _is_packed(team):
        return any(len(member.split("|")) > 4 and member.split("|")[4] for member in team.split("]"))
    return re.search(r"^\s*- ?\S", team, flags=re.MULTILINE) is not None
