"""`BattleFormat`: a Showdown battle format and its properties.

The table of formats is the pinned simulator's own: `python -m pokeenv formats --from-simulator
pokeenv/formats.json` writes it. Every singles and doubles format is supported unless the observation cannot
represent it; the table gives the reason. The simulator itself describes a format with custom rules.
"""

from __future__ import annotations

import json
import pkgutil
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal

from pokeenv.actions import DOUBLES, SINGLES, ActionSpace
from pokeenv.errors import UnknownFormatError, UnsupportedFormatError, did_you_mean

GENERATIONS = range(1, 10)
DEFAULT_FORMAT = "gen9randombattle"

RULES_MARK = "@@@"
"""Precedes custom rules in a format's id, as in `"gen9ou@@@Max Level = 50,-Pikachu"`."""

_DESCRIBE = "pokeenv.engine.showdown.format_table:describe_format"
"""Asks the simulator for a format with custom rules; imported at the first one."""

GameType = Literal["singles", "doubles", "triples", "multi", "freeforall"]
ACTION_SPACES: Mapping[str, ActionSpace] = MappingProxyType({"singles": SINGLES, "doubles": DOUBLES})
"""The actions of a decision by type of game; the types that are not here are not supported."""


@dataclass(frozen=True)
class BattleFormat:
    """One battle format.

    Attributes:
        id: Showdown's format id, such as `"gen9randombattle"`, with custom rules `"gen9ou@@@RULE,RULE"`.
        generation: 1 to 9.
        game_type: number of Pokémon on the field per side, and of players; `"singles"` and `"doubles"` are
            supported.
        team_source: `"generated"` by Showdown from the battle's seed, or brought in `"files"`.
        team_preview: True if both sides see the teams and order their own before the first turn.
        picked_team_size: members that a Team Preview picks for the battle, 0 if all of them battle.
        unsupported_reason: reason why a singles or doubles format is not supported, empty if it is.
        unimagined_reason: reason why battles of a supported format cannot be imagined, empty if they can.
        action_space: the actions of a decision.
    """

    id: str
    generation: int
    game_type: GameType = "singles"
    team_source: Literal["generated", "files"] = "generated"
    team_preview: bool = False
    picked_team_size: int = 0
    unsupported_reason: str = ""
    unimagined_reason: str = ""
    action_space: ActionSpace = field(default=SINGLES, repr=False)

    @property
    def base_id(self) -> str:
        """The id without custom rules, by which team files and the rooms of servers know the format."""
        return self.id.partition(RULES_MARK)[0]

    @property
    def playable(self) -> bool:
        """True if the environments support it."""
        return self.game_type in ACTION_SPACES and not self.unsupported_reason

    def check_imagined(self) -> None:
        """Refuse a format whose battles cannot be imagined, and so not be searched.

        Raises:
            UnsupportedFormatError: it is one.
        """
        if self.unimagined_reason:
            raise UnsupportedFormatError(
                f"battles of {self.id} cannot be imagined: {self.unimagined_reason}; those of "
                f"{DEFAULT_FORMAT} can, and those of singles whose players bring their teams, such as gen9ou"
            )


def _read_table() -> dict[str, BattleFormat]:
    text = resources.files("pokeenv").joinpath("formats.json").read_text(encoding="utf-8")
    return {entry["id"]: _from_entry(entry) for entry in json.loads(text)}


def _from_entry(entry: Mapping[str, Any]) -> BattleFormat:
    return BattleFormat(**entry, action_space=ACTION_SPACES.get(entry["game_type"], SINGLES))


FORMATS: Mapping[str, BattleFormat] = MappingProxyType(_read_table())
"""Every format of the pinned simulator by its id, unsupported ones included, without custom rules."""

REGISTERED_FORMATS: tuple[str, ...] = tuple(f"gen{generation}randombattle" for generation in GENERATIONS)
"""Formats that have their own Gymnasium id; the argument `battle_format` selects any other."""


def parse_format(format_id: str | BattleFormat, *, has_teams: bool | None = False) -> BattleFormat:
    """Read a battle format id as Showdown does: case, spaces and punctuation do not count.

    Custom rules follow `@@@`, separated by commas. The simulator is started to check them, once per process.

    Args:
        format_id: id such as `"gen9randombattle"`, `"[Gen 9] Random Battle"` or `"gen9ou@@@Max Level = 50"`;
            of a `BattleFormat`, only the need for teams is checked.
        has_teams: True if the caller brings teams, as formats without generated teams require; None if the
            battles are played elsewhere.

    Raises:
        UnsupportedFormatError: the format exists but is not supported, or needs teams and has none, or
            generates its own teams and was given some.
        UnknownFormatError: there is no such format, or its custom rules are not well-formed or refused by the
            simulator.
        InstallError: the format has custom rules, and the simulator cannot be installed.
        EngineError: the format has custom rules, and the simulator does not answer.
    """
    if not isinstance(format_id, str | BattleFormat):
        raise UnknownFormatError(
            f"battle_format is an id such as '{DEFAULT_FORMAT}', or a BattleFormat; got {format_id!r:.80}"
        )
    battle_format = format_id if isinstance(format_id, BattleFormat) else _find(format_id)
    name, random_battle = battle_format.id, _random_battle(battle_format)
    if battle_format.team_source == "files" and has_teams is False:
        raise UnsupportedFormatError(
            f"battle format '{name}' needs teams and none were given;"
            f" give teams, or use '{random_battle}', whose teams are generated"
        )
    if battle_format.team_source == "generated" and has_teams:
        raise UnsupportedFormatError(
            f"battle format '{name}' generates its own teams and teams were given;"
            f" leave them out, or use '{_custom_game(battle_format)}'"
        )
    return battle_format


def _find(format_id: str) -> BattleFormat:
    plain, _, rules = format_id.partition(RULES_MARK)
    name = re.sub(r"[^a-z0-9]", "", plain.lower())
    battle_format = FORMATS.get(name)
    if battle_format is None:
        raise UnknownFormatError(f"unknown battle format '{format_id}'{_hint(name)}")
    if RULES_MARK in rules:  # Showdown would leave out what follows
        raise UnknownFormatError(
            f"battle format '{format_id}' has '{RULES_MARK}' more than once; separate rules by commas"
        )
    nearest = _random_battle(battle_format)
    if battle_format.game_type not in ACTION_SPACES:
        raise UnsupportedFormatError(
            f"battle format '{name}' is neither singles nor doubles ({battle_format.game_type}), and only"
            f" these are supported; use '{nearest}'"
        )
    if rules.strip():
        nearest = name if battle_format.playable else nearest
        # As Showdown writes the id, so that spaces around commas do not make another format.
        battle_format = _with_rules(f"{name}{RULES_MARK}{','.join(map(str.strip, rules.split(',')))}")
    if battle_format.unsupported_reason:
        raise UnsupportedFormatError(
            f"battle format '{battle_format.id}' is not supported: {battle_format.unsupported_reason};"
            f" use '{nearest}'"
        )
    return battle_format


@cache
def _with_rules(format_id: str) -> BattleFormat:
    return _from_entry(pkgutil.resolve_name(_DESCRIBE)(format_id))


def _random_battle(battle_format: BattleFormat) -> str:
    """The nearest format that generates its teams."""
    doubles = f"gen{battle_format.generation}randomdoublesbattle"
    if battle_format.game_type == "doubles" and doubles in FORMATS:
        return doubles
    return f"gen{battle_format.generation}randombattle"


def _custom_game(battle_format: BattleFormat) -> str:
    doubles = "doubles" if battle_format.game_type == "doubles" else ""
    return f"gen{battle_format.generation}{doubles}customgame"


def _hint(name: str) -> str:
    """The nearest id, or the form of an id."""
    if hint := did_you_mean(name, FORMATS):
        return hint
    if re.match(r"gen[1-9]", name):
        return "; 'python -m pokeenv formats' lists the supported ones"
    return f"; an id starts with its generation, as in '{DEFAULT_FORMAT}'"
