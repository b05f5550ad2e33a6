"""`BattleFormat`: what a Showdown format id means for the environment.

Only singles are played. The table below names the formats of the pinned simulator that this
package knows; whoever asks for another one is told which way is open.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from pokeenv.errors import UnknownFormatError, UnsupportedFormatError, did_you_mean

GENERATIONS = range(1, 10)
DEFAULT_FORMAT = "gen9randombattle"

# Formats whose teams the player brings, by generation.
_TEAM_TIERS: dict[int, str] = {
    1: "ou ubers uu nu pu zu lc 1v1 customgame",
    2: "ou ubers uu nu pu zu 1v1 customgame",
    3: "ou ubers uu ru nu pu zu lc 1v1 customgame",
    4: "ou ubers uu nu pu zu lc 1v1 anythinggoes customgame",
    5: "ou ubers uu ru nu pu zu lc 1v1 monotype customgame",
    6: "ou ubers uu ru nu pu zu lc 1v1 monotype anythinggoes customgame",
    7: "ou ubers uu ru nu pu zu lc 1v1 monotype anythinggoes customgame",
    8: "ou ubers uu ru nu pu zu lc 1v1 monotype anythinggoes nationaldex customgame",
    9: "ou ubers uu ru nu pu zu lc 1v1 monotype anythinggoes nationaldex customgame",
}

# Formats with generated teams whose rules or dex differ from the plain random battle.
_OTHER_GENERATED: dict[int, str] = {
    1: "challengecup hackmonscup",
    6: "battlefactory",
    7: "battlefactory bssfactory hackmonscup letsgorandombattle",
    8: "battlefactory bdsprandombattle bssfactory hackmonscup",
    9: "babyrandombattle battlefactory brokencup bssfactory challengecup1v1 challengecup6v6 draftfactory"
    " hackmonscup monotyperandombattle randombattleblitz randombattlemayhem randomroulette"
    " unratedrandombattle",
}

_MANY_ON_THE_FIELD = re.compile(r"doubles|triples|vgc|2v2|multi|freeforall|12switch|partnersincrime")
_FORMAT_ID = re.compile(r"gen([1-9])([a-z0-9]+)")


@dataclass(frozen=True)
class BattleFormat:
    """One battle format.

    Attributes:
        id: Showdown's format id, such as `"gen9randombattle"`.
        generation: 1 to 9.
        game_type: Pokémon on the field per side; only `"singles"`.
        team_source: `"generated"` by Showdown from the battle's seed, or brought in `"files"`.
        team_preview: whether both sides see the teams and order theirs before the first turn.
    """

    id: str
    generation: int
    game_type: Literal["singles"] = "singles"
    team_source: Literal["generated", "files"] = "generated"
    team_preview: bool = False


def _known_formats() -> dict[str, BattleFormat]:
    formats = [BattleFormat(f"gen{generation}randombattle", generation) for generation in GENERATIONS]
    for generation, tiers in _TEAM_TIERS.items():
        for tier in tiers.split():
            # Team Preview came with generation 5; Showdown plays these two with it in every generation.
            preview = generation >= 5 or tier in ("1v1", "customgame")
            formats.append(
                BattleFormat(f"gen{generation}{tier}", generation, team_source="files", team_preview=preview)
            )
    return {battle_format.id: battle_format for battle_format in formats}


_KNOWN = _known_formats()
_UNSUPPORTED_GENERATED = frozenset(
    f"gen{generation}{name}" for generation, names in _OTHER_GENERATED.items() for name in names.split()
)

REGISTERED_FORMATS: tuple[str, ...] = tuple(
    battle_format.id for battle_format in _KNOWN.values() if battle_format.team_source == "generated"
)
"""Formats that need nothing but their id; each has a Gymnasium id of its own."""


def parse_format(format_id: str, *, has_teams: bool | None = False) -> BattleFormat:
    """Read a battle format id as Showdown does: case, spaces and punctuation do not count.

    Args:
        format_id: such as `"gen9randombattle"` or `"[Gen 9] Random Battle"`.
        has_teams: whether the caller brings teams; the formats without generated ones need them. None
            if the battles are played elsewhere.

    Raises:
        UnsupportedFormatError: the format exists but is no singles format, has rules of its own
            that are not supported, or needs teams and has none (or has its own and was given some).
        UnknownFormatError: there is no such format.
    """
    if "@@@" in format_id:
        raise UnsupportedFormatError(
            f"battle format '{format_id}' carries custom rules (@@@), which are not supported;"
            f" use '{format_id.split('@@@')[0].strip()}'"
        )
    name = re.sub(r"[^a-z0-9]", "", format_id.lower())
    battle_format = _KNOWN.get(name)
    if battle_format is None:
        raise _refusal(format_id, name)
    if battle_format.team_source == "files" and has_teams is False:
        raise UnsupportedFormatError(
            f"battle format '{name}' is played with teams you bring and none were given;"
            f" give teams, or use 'gen{battle_format.generation}randombattle', whose teams are generated"
        )
    if battle_format.team_source == "generated" and has_teams:
        raise UnsupportedFormatError(
            f"battle format '{name}' generates its own teams and teams were given;"
            f" leave them out, or use 'gen{battle_format.generation}customgame'"
        )
    return battle_format


def _refusal(format_id: str, name: str) -> UnknownFormatError | UnsupportedFormatError:
    """Why `name` is not in the table: not singles, other rules, or nothing Showdown knows."""
    match = _FORMAT_ID.fullmatch(name)
    if match is None:
        hint = did_you_mean(name, _KNOWN) or f"; an id starts with its generation, as in '{DEFAULT_FORMAT}'"
        return UnknownFormatError(f"unknown battle format '{format_id}'{hint}")
    generation, rest = match.groups()
    if _MANY_ON_THE_FIELD.search(rest):
        return UnsupportedFormatError(
            f"battle format '{format_id}' is not singles, and only singles are supported;"
            f" use 'gen{generation}randombattle'"
        )
    if name in _UNSUPPORTED_GENERATED:
        return UnsupportedFormatError(
            f"battle format '{format_id}' generates its teams by rules that are not supported;"
            f" use 'gen{generation}randombattle'"
        )
    hint = did_you_mean(name, _KNOWN) or f"; known are, for example, {', '.join(REGISTERED_FORMATS[-3:])}"
    return UnknownFormatError(f"unknown battle format '{format_id}'{hint}")
