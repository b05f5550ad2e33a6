"""Sources of teams: Showdown's own generator, files, or your own `TeamSource`.

Teams of files are validated before the first battle, teams of your own source when they are drawn.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np

from pokeenv.errors import InvalidTeamError
from pokeenv.teams.parsing import read_teams, team_files


class TeamSource(Protocol):
    """Gives a seat its team at the start of a battle."""

    def draw(self, rng: np.random.Generator) -> str | None:
        """Team of the next battle as Showdown export text or as one packed line.

        None leaves the team to the simulator, which generates it from the battle's seed.
        """
        ...


class GeneratedTeams:
    """Teams made by Showdown's generator of the battle format, from the battle's seed."""

    def draw(self, rng: np.random.Generator) -> None:
        """None: the simulator generates the team. `rng` does not advance."""
        return None


class FileTeams:
    """Teams read once from a file, or from all team files below a folder in the order of their paths.

    A file holds one team as Showdown exports it, several under `=== [gen9ou] name ===` headings
    (a backup of the team builder), or packed teams, one a line.

    Args:
        path: a file, or a folder whose files end in one of `SUFFIXES`.

    Attributes:
        teams: the texts.
        labels: names of the teams in errors: number in the file, own name, and file.

    Raises:
        InvalidTeamError: no file, no team in it, or a team without a Pokémon that has moves.
    """

    def __init__(self, path: str | Path) -> None:
        """Read every team."""
        read = [labelled for file in team_files(Path(path)) for labelled in read_teams(file)]
        self.teams: tuple[str, ...] = tuple(text for _, text in read)
        self.labels: tuple[str, ...] = tuple(label for label, _ in read)

    def __len__(self) -> int:
        """Number of teams."""
        return len(self.teams)

    def draw(self, rng: np.random.Generator) -> str:
        """A team, uniformly at random."""
        return self.teams[int(rng.integers(len(self.teams)))]


def brings_teams(teams: TeamSource | str | Path | None) -> bool:
    """True if an environment's argument `teams` is something other than Showdown's generator."""
    return teams is not None and not isinstance(teams, GeneratedTeams)


def draw_teams(source: TeamSource | None, rng: np.random.Generator) -> tuple[str, str] | None:
    """Teams of p1 and p2 for a battle, drawn in this order; None if Showdown generates them.

    Raises:
        InvalidTeamError: the source gives a team to one seat alone, or something other than text.
    """
    if source is None:
        return None
    first, second = source.draw(rng), source.draw(rng)
    if first is None and second is None:
        return None
    for team in (first, second):
        if not isinstance(team, str):
            raise InvalidTeamError(f"{type(source).__name__}.draw() gave {team!r}; expected a team as text")
    assert first is not None and second is not None
    return first, second
