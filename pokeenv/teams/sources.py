"""Sources of teams: Showdown's own generator, files and texts, or your own `TeamSource`.

Teams of files and texts are validated before the first battle, teams of your own source when they are drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from pokeenv.errors import InvalidTeamError
from pokeenv.teams.parsing import Team, is_team_text, parse_teams, read_teams, team_files

_EXPECTED = "a file, a folder, the text of teams, a list of these, or a TeamSource, which has draw(rng)"
_PROBLEMS_NAMED = 12  # teams that cannot be read, in an error


class TeamSource(Protocol):
    """Gives a seat its team at the start of a battle."""

    def draw(self, rng: np.random.Generator) -> str | None:
        """Team of the next battle as Showdown export text, as JSON, or as one packed line.

        None is for `GeneratedTeams` alone: formats without generated teams need a text.
        """
        ...


class GeneratedTeams:
    """Teams made by Showdown's generator of the battle format, from the battle's seed."""

    def draw(self, rng: np.random.Generator) -> None:
        """None: the simulator generates the team. `rng` does not advance."""
        return None


class FileTeams:
    """Teams read once, from files, from folders (all team files in the order of their paths) or from texts.

    A file or text holds one team as Showdown exports it, several under `=== [gen9ou] name ===` headings
    (a backup of the team builder), packed teams, one a line, or JSON: an array of sets, or an array of these.

    Args:
        teams: a path, the text of teams, or a list of these; see `team_files` for the files of a folder.
        battle_format: id of the format that is played, without custom rules. If headings name it, the teams
            of other formats are left out; otherwise all teams count.

    Attributes:
        teams: the texts.
        labels: names of the teams in errors: number in the file, name, and file.

    Raises:
        InvalidTeamError: `teams` is something else, there is no team, or a team has no Pokémon with moves;
            the message names all such teams.
    """

    def __init__(self, teams: str | Path | Sequence[str | Path], battle_format: str = "") -> None:
        """Read every team."""
        read = find_teams(teams)
        if problems := [f"{team.label} {team.problem}" for team in read if team.problem]:
            more = len(problems) - _PROBLEMS_NAMED
            raise InvalidTeamError(
                "\n  ".join(problems[:_PROBLEMS_NAMED] + ([f"and {more} more"] if more > 0 else []))
            )
        kept = [team for team in read if counts_in(battle_format, team, read)]
        self.teams: tuple[str, ...] = tuple(team.text for team in kept)
        self.labels: tuple[str, ...] = tuple(team.label for team in kept)

    def __len__(self) -> int:
        """Number of teams."""
        return len(self.teams)

    def draw(self, rng: np.random.Generator) -> str:
        """A team, uniformly at random."""
        return self.teams[int(rng.integers(len(self.teams)))]


def find_teams(teams: str | Path | Sequence[str | Path]) -> list[Team]:
    """Everything in files, folders or texts that is a team, or has the problem that it is none.

    Raises:
        InvalidTeamError: the argument is of another type or empty, or there is no such file or folder.
    """
    items = [teams] if isinstance(teams, str | Path) else list(teams)
    found: list[Team] = []
    for number, item in enumerate(items, start=1):
        if isinstance(item, str) and is_team_text(item):
            found += parse_teams(item, "the text" if len(items) == 1 else f"text {number}")
        elif isinstance(item, str | Path) and str(item).strip():
            found += [team for file in team_files(Path(item)) for team in read_teams(file)]
        else:
            raise InvalidTeamError(f"teams holds {item!r:.80}; expected {_EXPECTED}")
    if not found:
        raise InvalidTeamError(f"teams is empty; expected {_EXPECTED}")
    return found


def counts_in(battle_format: str, team: Team, teams: Sequence[Team]) -> bool:
    """False for a team of another format if headings of other teams name this format (its id, or "")."""
    if not battle_format or team.battle_format in ("", battle_format):
        return True
    return all(other.battle_format != battle_format for other in teams)


def make_source(teams: Any, battle_format: str) -> TeamSource | None:
    """The source of an environment's argument `teams`; None if Showdown generates the teams.

    Raises:
        InvalidTeamError: it is something other than `BattleOptions.teams`, or see `FileTeams`.
    """
    if teams is None:
        return None
    if isinstance(teams, str | Path | list | tuple):
        return FileTeams(teams, battle_format)
    if isinstance(teams, type) or not callable(getattr(teams, "draw", None)):
        raise InvalidTeamError(f"teams is a {type(teams).__name__}; expected {_EXPECTED}")
    source: TeamSource = teams
    return source


def brings_teams(teams: object) -> bool:
    """True if an environment's argument `teams` is not Showdown's generator."""
    return teams is not None and not isinstance(teams, GeneratedTeams)


def draw_teams(source: TeamSource | None, rng: np.random.Generator) -> tuple[str, str] | None:
    """Teams of p1 and p2 for a battle, drawn in this order; None if Showdown generates them.

    Raises:
        InvalidTeamError: the source gives something other than text.
    """
    if not brings_teams(source):
        return None
    assert source is not None
    first, second = source.draw(rng), source.draw(rng)
    for team in (first, second):
        if not isinstance(team, str):
            raise InvalidTeamError(
                f"{type(source).__name__}.draw() gave {team!r:.80}; expected a team as text"
            )
    assert first is not None and second is not None
    return first, second
