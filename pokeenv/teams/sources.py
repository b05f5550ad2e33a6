"""Where teams come from: Showdown's own generator, or files.

Team texts are read and chosen here, but not understood: the simulator imports, packs and validates them.
Teams of files are validated before anything is played; those of a source of yours as they are drawn.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from pokeenv.engine import EmbeddedShowdown
from pokeenv.engine.contract import Engine
from pokeenv.engine.showdown.team_registry import TeamBook
from pokeenv.errors import InvalidTeamError
from pokeenv.formats import BattleFormat

SUFFIXES = (".txt", ".team", ".packed")
"""Files of a folder that are read as teams."""

_HEADING = re.compile(r"^===\s*(\[[^\]]*\])?\s*(?P<name>.*?)\s*===\s*$")


class _Team(NamedTuple):
    """A team's text, and the name that its heading gives it, or ""."""

    text: str
    name: str


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

    Attributes:
        teams: the texts.
        labels: what errors call each team: its place in its file, its name, and the file.

    Raises:
        InvalidTeamError: no file, no team in it, or a team without a Pokémon that has moves.
    """

    def __init__(self, path: str | Path) -> None:
        """Read every team."""
        read = [labelled for file in _team_files(Path(path)) for labelled in _read_teams(file)]
        self.teams: tuple[str, ...] = tuple(text for _, text in read)
        self.labels: tuple[str, ...] = tuple(label for label, _ in read)

    def __len__(self) -> int:
        """Number of teams."""
        return len(self.teams)

    def draw(self, rng: np.random.Generator) -> str:
        """One of the teams, each as likely as any other."""
        return self.teams[int(rng.integers(len(self.teams)))]


def brings_teams(teams: TeamSource | str | Path | None) -> bool:
    """Whether an environment's argument `teams` is something other than Showdown's own generator."""
    return teams is not None and not isinstance(teams, GeneratedTeams)


def check_teams(battle_format: BattleFormat, source: TeamSource | None) -> None:
    """Have Showdown validate all teams of files, once in a process.

    It starts a simulator for as long as this takes, about a second, unless all teams are known to be valid.

    Args:
        battle_format: format that the teams are for.
        source: teams of another source than files are validated as they are drawn.

    Raises:
        InvalidTeamError: the validator refuses teams; the message names them, with the validator's words.
        InstallError: the simulator cannot be installed.
    """
    if isinstance(source, FileTeams) and not TeamBook.knows(battle_format.id, source.teams):
        with closing(EmbeddedShowdown(battle_format.id, 1)) as engine:
            engine.add_teams(source.teams, source.labels)


def pack_teams(battle_format: BattleFormat, path: str | Path) -> list[str]:
    """Teams of files, validated, as Showdown packs them: one line each, which servers understand.

    Args:
        battle_format: format that the teams are for.
        path: a file or a folder; see `FileTeams`.

    Raises:
        InvalidTeamError: there is no team, or the validator refuses one.
        InstallError: the simulator cannot be installed.
    """
    source = FileTeams(path)
    check_teams(battle_format, source)
    return TeamBook.packed(battle_format.id, source.teams)


def hold_teams(engine: Engine, source: TeamSource | None) -> None:
    """Have an engine validate all teams of files and hold them for its battles; it is closed if it refuses.

    Args:
        engine: engine of the teams' format.
        source: as for `check_teams`.

    Raises:
        InvalidTeamError: as for `check_teams`.
    """
    if not isinstance(source, FileTeams):
        return
    try:
        engine.add_teams(source.teams, source.labels)
    except BaseException:
        engine.close()
        raise


def draw_teams(source: TeamSource | None, rng: np.random.Generator) -> tuple[str, str] | None:
    """Teams of p1 and p2 for a battle, drawn one after the other; None: Showdown generates them.

    Raises:
        InvalidTeamError: the source gives a team to one seat alone, or something that is no text.
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


def _team_files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise InvalidTeamError(f"no team file or folder '{path}'")
    files = sorted(file for file in path.rglob("*") if file.suffix in SUFFIXES and file.is_file())
    if not files:
        raise InvalidTeamError(f"folder '{path}' holds no team: looked for {', '.join(SUFFIXES)} files")
    return files


def _read_teams(file: Path) -> list[tuple[str, str]]:
    """Labels and texts of a file's teams."""
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
    """Teams of a text: a heading starts one, a packed line is one, other lines belong together."""
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
