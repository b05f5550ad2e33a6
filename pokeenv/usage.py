"""Usage statistics: the parts of Smogon's chaos files from which imagined battles draw sets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pokeenv.errors import UnsupportedFormatError, UsageError
from pokeenv.formats import BattleFormat

_TABLES = ("Abilities", "Items", "Spreads", "Moves")
_LATER_TABLES = ("Tera Types", "Teammates")  # not in every file
_KEPT = 64  # most frequent entries of a table
_MOST = 1e15  # greatest number; the worker's messages cannot hold infinity, nor NaN


@dataclass(frozen=True)
class UsageStatistics:
    """Frequencies of the species of a format, and of the parts of their sets.

    Attributes:
        source: the file, for messages.
        metagame: id of the format, such as `"gen9ou"`.
        species: for each species its share of the teams (`usage`), and the weights of its `Abilities`,
            `Items`, `Spreads`, `Moves`, `TeraTypes` and `Teammates`; of the most frequent ones only.
    """

    source: str
    metagame: str
    species: Mapping[str, Mapping[str, Any]]

    def check_format(self, battle_format: BattleFormat) -> None:
        """Refuse statistics of another format; custom rules do not count.

        Raises:
            UsageError: they are of another format.
        """
        if self.metagame != battle_format.base_id:
            raise UsageError(
                f"usage statistics '{self.source}' are of {self.metagame}, not of {battle_format.base_id}"
            )


def check_beliefs(battle_format: BattleFormat, usage: UsageStatistics | None) -> None:
    """Refuse beliefs about the teams of a format.

    Raises:
        UnsupportedFormatError: the format generates its teams.
        UsageError: the statistics are of another format.
    """
    if battle_format.team_source == "generated":
        raise UnsupportedFormatError(
            f"{battle_format.id} generates its teams, and imagined ones come from its"
            " generator: leave out teams and usage"
        )
    if usage is not None:
        usage.check_format(battle_format)


def read_usage(path: str | Path) -> UsageStatistics:
    """Read a chaos file, such as `gen9ou-1695.json` of https://www.smogon.com/stats.

    Raises:
        UsageError: it cannot be read, or is not such a file.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"no usage statistics '{path}': {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"usage statistics '{path}' are not JSON: {error}") from None
    try:
        metagame, data = content["info"]["metagame"], content["data"]
        species = {name: _entry(name, entry) for name, entry in data.items()}
    except (AttributeError, KeyError, TypeError):
        raise UsageError(
            f"usage statistics '{path}' are none of Smogon's chaos files, which have info.metagame and data"
        ) from None
    except ValueError as error:
        raise UsageError(f"usage statistics '{path}': {error}") from None
    if not species or not isinstance(metagame, str):
        raise UsageError(f"usage statistics '{path}' name no species or no format")
    return UsageStatistics(str(path), metagame, species)


def _entry(name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a species' entry that are used.

    Raises:
        ValueError: a part is missing or is no table of numbers.
    """
    kept: dict[str, Any] = {"usage": _number(name, "usage", entry.get("usage"))}
    for table in (*_TABLES, *_LATER_TABLES):
        weights = entry.get(table, {} if table in _LATER_TABLES else None)
        if not isinstance(weights, dict):
            raise ValueError(f"{name} has no table of {table}")
        numbers = {key: _number(name, table, weight) for key, weight in weights.items()}
        if table != "Teammates":
            numbers = {key: weight for key, weight in numbers.items() if weight > 0}
        order = sorted(numbers, key=lambda key: -numbers[key])
        kept[table.replace(" ", "")] = {
            key: numbers[key] for key in (order if table == "Teammates" else order[:_KEPT])
        }
    return kept


def _number(name: str, table: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _MOST:
        raise ValueError(f"{name} has {value!r:.40} in {table}, which is no number")
    return float(value)
