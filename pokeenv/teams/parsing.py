"""Finds team files and reads the texts of their teams. The simulator interprets the texts.

Single teams are split from texts as the simulator reads them (`Teams.import`). Beyond the simulator, a text
may hold several teams: below `===` headings (with format and folder), packed or JSON teams one a line, JSON
arrays of teams; packed teams may have the team builder's title; a carriage return alone ends a line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from pokeenv.errors import InvalidTeamError

SUFFIXES = (".txt", ".team", ".packed", ".showdown", ".json")
"""Suffixes of a folder's team files, besides `.gen9ou_team` and none."""

_SUFFIX_WITH_FORMAT = re.compile(r"\.gen[1-9]\w*_team")
# Whitespace as the simulator trims it (String.prototype.trim), which is not what Python strips.
_SPACE = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(
    map(chr, range(0x2000, 0x200B))
)
# The simulator splits at \n and trims; \r alone ends the lines of some old files.
_LINE_END = re.compile("\r\n|\r|\n")
# The team builder's headings are [FORMAT] NAME, its titles of packed teams FORMAT]NAME or NUMBER[FORMAT]NAME;
# FORMAT-box is the format of a box.
_TITLE = re.compile(r"(?:\d*\[)?(?P<format>gen[1-9][a-z0-9]+)(?:-box)?\](?P<name>.*)", re.DOTALL)
_JSON = re.compile(rf"(\[[{_SPACE}]*)*\{{[{_SPACE}]*[\"}}]")
# nickname|species|item|ability|moves|nature|evs|gender|ivs|shiny|level|rest (sim/TEAMS.md)
_PIPES = 11
_MOVES = 4
_NO_MOVES = (
    "has no Pokémon with moves; expected Showdown's export text (moves on lines that start with '- '),"
    " packed teams, one a line, or JSON"
)


class Team(NamedTuple):
    """One team of a text.

    Attributes:
        text: export text, packed, or a JSON array of sets, as the simulator reads them.
        name: name in the heading, or "".
        battle_format: format id in the heading, or "".
        label: name of the team in errors.
        problem: reason why this is no team, or "".
    """

    text: str = ""
    name: str = ""
    battle_format: str = ""
    label: str = ""
    problem: str = ""


def team_files(path: Path) -> list[Path]:
    """The file itself, or all team files below a folder in the order of their paths.

    Hidden files, whose names begin with a dot, are left out.

    Raises:
        InvalidTeamError: there is no such file or folder, or the folder has no team file.
    """
    try:
        if path.is_file():
            return [path]
        if not path.is_dir():
            raise InvalidTeamError(f"no team file or folder '{path}'")
        files = sorted(file for file in path.rglob("*") if _is_team_file(file, path))
    except OSError as error:
        raise InvalidTeamError(f"no team file or folder '{str(path)[:80]}': {error.strerror}") from error
    if not files:
        expected = f"{', '.join(SUFFIXES)}, .gen9ou_team, or without a suffix"
        raise InvalidTeamError(f"folder '{path}' holds no team: looked for files that end in {expected}")
    return files


def read_teams(file: Path) -> list[Team]:
    """The teams of a file; a file that cannot be read gives one with that problem."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        return [Team(label=f"team file '{file}'", problem=f"cannot be read: {error.strerror}")]
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        problem = f"line {line} is not UTF-8 text: save the file with the encoding UTF-8"
        return [Team(label=f"team file '{file}'", problem=problem)]
    return parse_teams(text, f"'{file}'")


def parse_teams(text: str, source: str) -> list[Team]:
    """The teams of a text, at least one; a text without teams gives one with that problem.

    Args:
        text: exported teams, packed teams one a line, JSON, or a backup of the team builder.
        source: place of the text, for labels.
    """
    teams: list[Team] = []
    for number, team in enumerate(_split_teams(text), start=1):
        name = f" '{team.name}'" if team.name else ""
        teams.append(team._replace(label=f"team {number}{name} of {source}"))
    return teams or [Team(label=source, problem="is empty: it holds no team")]


def is_team_text(text: str) -> bool:
    """True for the text of teams, False for a path, which is one line without packed fields or JSON."""
    return bool(_LINE_END.search(text)) or _is_packed(text) or bool(_JSON.match(text.strip(_SPACE)))


def _split_teams(text: str) -> Iterator[Team]:
    """Teams of a text. A heading starts a team, a packed or JSON line is one, other lines belong together."""
    block: list[str] = []
    heading = Team()
    for line in [*_LINE_END.split(text), "==="]:
        stripped = line.strip(_SPACE)
        if stripped.startswith("==="):
            for team in _teams_of_block(block):
                own = team.name or team.battle_format
                yield team if own else heading._replace(text=team.text, problem=team.problem)
            block, heading = [], _title(stripped.strip("="))
        else:
            block.append(line if _is_packed(line) else stripped)


def _teams_of_block(block: list[str]) -> Iterator[Team]:
    """Teams between two headings."""
    text = "\n".join(block).strip("\n")
    if text.startswith("["):
        try:
            yield from _json_teams(text)
            return
        except (ValueError, RecursionError):
            pass  # as in the simulator: a nickname may begin with a bracket
    for packed, lines in groupby(block, key=_is_packed):
        if packed:
            yield from map(_packed_team, lines)
        elif export := "\n".join(lines).strip("\n"):
            yield Team(export, problem=_export_problem(export))


def _json_teams(text: str) -> list[Team]:
    """Teams of a JSON array of sets, of an array of such arrays, or of several of these, one a line.

    Raises:
        ValueError: this is no JSON, or holds something else.
        RecursionError: it is nested too deeply.
    """
    try:
        values = [json.loads(text)]
    except json.JSONDecodeError as whole:
        try:
            values = [json.loads(line) for line in text.split("\n") if line]
        except json.JSONDecodeError:
            raise whole from None
    found = []
    for value in values:
        many = isinstance(value, list) and all(isinstance(item, list) for item in value)
        for team in value if many else [value]:
            if not isinstance(team, list) or not all(isinstance(member, dict) for member in team):
                raise ValueError("a team is an array of sets, each with species and moves")
            problem = "" if any(member.get("moves") for member in team) else _NO_MOVES
            found.append(Team(json.dumps(team, allow_nan=False), problem=problem))
    return found


def _export_problem(text: str) -> str:
    lines = (line for line in text.split("\n") if line != "---")
    if any(re.match(r"[-~] ?\S", line) for line in lines):
        return ""
    if _JSON.match(text):
        try:
            _json_teams(text)
        except (ValueError, RecursionError) as error:
            return f"cannot be read as JSON: {error}"
    return _NO_MOVES


def _title(title: str) -> Team:
    """Name and format of a heading or of a packed team's title."""
    found = _TITLE.fullmatch(title.strip(_SPACE))
    if not found:
        return Team(name=title.strip(_SPACE))
    return Team(name=found["name"].strip(_SPACE), battle_format=found["format"])


def _packed_team(line: str) -> Team:
    """A packed line without the prefix `gen9ou]name|` of a team builder's backup."""
    line = line.rstrip(_SPACE)
    team = Team(line)
    if line.count("|") % _PIPES == 1:
        title, _, packed = line.partition("|")
        team = _title(title)._replace(text=packed)
    return team if any(team.text.split("|")[_MOVES::_PIPES]) else team._replace(problem=_NO_MOVES)


def _is_packed(line: str) -> bool:
    return line.count("|") >= _PIPES


def _is_team_file(file: Path, folder: Path) -> bool:
    if any(part.startswith(".") for part in file.relative_to(folder).parts) or not file.is_file():
        return False
    suffix = file.suffix.lower()
    return not suffix or suffix in SUFFIXES or _SUFFIX_WITH_FORMAT.fullmatch(suffix) is not None
