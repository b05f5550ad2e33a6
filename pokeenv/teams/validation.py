"""Validation of teams by an engine, before their battles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from pokeenv.engine import Engine, EngineFactory, open_engine
from pokeenv.engine.registry import DEFAULT_ENGINE
from pokeenv.engine.valid_teams import VALID_TEAMS
from pokeenv.errors import InvalidTeamError
from pokeenv.formats import BattleFormat
from pokeenv.teams.sources import FileTeams, TeamSource, counts_in, find_teams


def check_teams(
    battle_format: BattleFormat, source: TeamSource | None, *, engine: str | EngineFactory = DEFAULT_ENGINE
) -> None:
    """Validate all teams of files, only once per process.

    Unless all teams are known to be valid, this opens an engine for the validation, which takes about a
    second.

    Args:
        battle_format: format of the teams.
        source: source of the teams; teams that are not from files are validated when they are drawn.
        engine: engine that validates, by name or as a factory.

    Raises:
        InvalidTeamError: the validator refuses teams; the message names them and quotes the validator.
        InstallError: the simulator cannot be installed.
        CapabilityError: the engine has no capability "teams".
    """
    if isinstance(source, FileTeams) and not VALID_TEAMS.has_all(battle_format.id, source.teams):
        with closing(open_engine(engine, battle_format, 1)) as validator:
            validator.add_teams(source.teams, source.labels)


class Verdict(NamedTuple):
    """The validator's verdict on a team.

    Attributes:
        label: name of the team.
        problem: reason why the team is refused, or "".
        counts: False for a team of another format, which is not played and not validated.
    """

    label: str
    problem: str = ""
    counts: bool = True


def judge_teams(battle_format: BattleFormat, paths: Sequence[str | Path]) -> list[Verdict]:
    """The verdict on each team of files and folders.

    Raises:
        InvalidTeamError: there is no such file or folder, or a folder has no team file.
        InstallError: the simulator cannot be installed.
    """
    read = find_teams(paths)
    counts = [counts_in(battle_format.base_id, team, read) for team in read]
    texts = [team.text for team, played in zip(read, counts, strict=True) if played and not team.problem]
    refused: Mapping[str, str] = {}
    if texts:
        with closing(open_engine(DEFAULT_ENGINE, battle_format, 1)) as validator:
            try:
                validator.add_teams(texts)
            except InvalidTeamError as error:
                refused = error.refused
    return [
        Verdict(team.label, team.problem or refused.get(team.text, ""), played)
        for team, played in zip(read, counts, strict=True)
    ]


def pack_teams(battle_format: BattleFormat, path: str | Path) -> list[str]:
    """Validated teams of files in Showdown's packed form: one line each, as servers expect.

    Args:
        battle_format: format of the teams.
        path: a file or a folder; see `FileTeams`.

    Raises:
        InvalidTeamError: there is no team, or the validator refuses one.
        InstallError: the simulator cannot be installed.
    """
    source = FileTeams(path, battle_format.base_id)
    check_teams(battle_format, source)
    return VALID_TEAMS.packed(battle_format.id, source.teams)


def hold_teams(engine: Engine, source: TeamSource | None) -> None:
    """Have an engine validate and hold all teams of files; the engine is closed if it refuses.

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
