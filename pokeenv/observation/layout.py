"""The layout of the observation: the offset of every number."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from gymnasium import spaces

from pokeenv.actions.space import ActionSpace
from pokeenv.errors import did_you_mean
from pokeenv.observation.fields import Field, field_block, move_block, pokemon_block
from pokeenv.observation.names import (
    BOOSTS,
    DOUBLES_VOLATILES,
    EXTENDED_SCREENS,
    GIMMICKS,
    GMAX_DAMAGE,
    HAZARDS,
    MOVES_PER_POKEMON,
    ROOMS,
    SCREENS,
    STATS,
    STATUSES,
    TEAM_SIZE,
    TERRAINS,
    TIMED_VOLATILES,
    TURN_GUARDS,
    VOCABULARY,
    VOLATILES,
    WEATHERS,
)

SIDES = ("own_", "opposing_")
"""Prefixes of the names of a side's fields in the field block."""


@dataclass(frozen=True)
class Columns:
    """The numbers of an observation that share one field, at equal distances.

    Attributes:
        field: the field, with the offset of the first number.
        counts: numbers along each axis; empty for a single number.
        steps: distance between neighbours along each axis.
    """

    field: Field
    counts: tuple[int, ...]
    steps: tuple[int, ...]


@dataclass(frozen=True)
class Layout:
    """The order of the fields and the offset of every number.

    Attributes:
        field_block: template of the field block; it starts at offset 0.
        pokemon_block: template of one Pokémon, without its moves.
        move_block: template of one move.
        extra_block: further fields behind the twelve Pokémon blocks, by full names.
        actives: active Pokémon of a side, 1 or 2.
    """

    field_block: tuple[Field, ...]
    pokemon_block: tuple[Field, ...]
    move_block: tuple[Field, ...]
    extra_block: tuple[Field, ...] = ()
    actives: int = 1

    @property
    def field_size(self) -> int:
        """Numbers in the field block."""
        return len(self.field_block)

    @property
    def pokemon_size(self) -> int:
        """Numbers in one Pokémon block, its four move blocks included."""
        return len(self.pokemon_block) + MOVES_PER_POKEMON * len(self.move_block)

    @property
    def move_size(self) -> int:
        """Numbers in one move block."""
        return len(self.move_block)

    @property
    def extra_offset(self) -> int:
        """Offset of the extra block."""
        return self.field_size + 2 * TEAM_SIZE * self.pokemon_size

    @property
    def size(self) -> int:
        """Numbers in one observation."""
        return self.extra_offset + len(self.extra_block)

    def pokemon_offset(self, side: Literal["own", "opposing"], slot: int) -> int:
        """Offset of the block of `slot` (0-5) of a side."""
        index = slot if side == "own" else TEAM_SIZE + slot
        return self.field_size + index * self.pokemon_size

    def move_offset(self, move: int) -> int:
        """Offset of move `move` (0-3), counted from the start of its Pokémon's block."""
        return len(self.pokemon_block) + move * self.move_size

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """All fields with absolute offsets and full names such as `own.0.move.2.power`."""
        return tuple(self._expand())

    def _expand(self) -> Iterator[Field]:
        yield from (_moved(field, "field", 0) for field in self.field_block)
        for side in ("own", "opposing"):
            for slot in range(TEAM_SIZE):
                start = self.pokemon_offset(side, slot)
                name = f"{side}.{slot}"
                yield from (_moved(field, name, start) for field in self.pokemon_block)
                for move in range(MOVES_PER_POKEMON):
                    offset = start + self.move_offset(move)
                    yield from (_moved(f, f"{name}.move.{move}", offset) for f in self.move_block)
        yield from (replace(field, offset=self.extra_offset + field.offset) for field in self.extra_block)

    @cached_property
    def offsets(self) -> dict[str, int]:
        """Full field name to absolute offset."""
        return {field.name: field.offset for field in self.fields}

    def columns(self, name: str) -> Columns:
        """The numbers that a field name selects.

        Args:
            name: full name of a field. A part `*` selects every side, slot or move and makes an axis:
                `own.0.level` is one number, `own.*.level` six, `*.*.move.*.power` are `(2, 6, 4)`.

        Raises:
            ValueError: the layout has no such field, or the name selects different fields.
        """
        found = self._columns.get(name)
        if found is None:
            found = self._columns[name] = self._find_columns(name)
        return found

    @cached_property
    def _columns(self) -> dict[str, Columns]:
        return {}

    def _find_columns(self, name: str) -> Columns:
        pattern = re.compile(re.escape(name).replace(r"\*", "([^.]+)"))
        matches = [(match, field) for field in self.fields if (match := pattern.fullmatch(field.name))]
        if not matches:
            raise ValueError(f"the layout has no field {name!r}{did_you_mean(name, self.offsets)}")
        first = matches[0][1]
        groups = zip(*(match.groups() for match, _ in matches), strict=True)
        values = [list(dict.fromkeys(part)) for part in groups]
        counts = tuple(map(len, values))
        last_part = name.rpartition(".")[2]
        if "*" in last_part or math.prod(counts) != len(matches):
            raise ValueError(f"{name!r} selects different fields; `*` may replace a side, a slot or a move")
        steps = []
        for axis, count in enumerate(counts):
            neighbour = len(matches) // math.prod(counts[: axis + 1]) if count > 1 else 0
            steps.append(matches[neighbour][1].offset - first.offset)
        return Columns(first, counts, tuple(steps))

    @cached_property
    def hash(self) -> str:
        """Digest of names, order, ranges and vocabularies: equal hashes mean equal meaning."""
        content = [asdict(field) for field in self.fields]
        text = json.dumps([content, VOCABULARY], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def space(self, action_space: ActionSpace) -> spaces.Dict:
        """The Gymnasium space of one seat: `observation` and `action_mask`."""
        low = np.array([field.low for field in self.fields], dtype=np.float32)
        high = np.array([field.high for field in self.fields], dtype=np.float32)
        return spaces.Dict(
            {
                "observation": spaces.Box(low, high, dtype=np.float32),
                "action_mask": spaces.Box(0, 1, (action_space.num_actions,), dtype=np.int8),
            }
        )

    def to_json(self) -> dict[str, Any]:
        """The table for the worker's encoder: offset, scale and range of each field, sizes, lists of ids."""
        return {
            "size": self.size,
            "actives": self.actives,
            "fieldSize": self.field_size,
            "pokemonSize": self.pokemon_size,
            "moveSize": self.move_size,
            "movesStart": len(self.pokemon_block),
            "extraStart": self.extra_offset,
            "field": _places(field for field in self.field_block if not field.name.startswith(SIDES)),
            "own": _places(self.field_block, prefix="own_"),
            "opposing": _places(self.field_block, prefix="opposing_"),
            "pokemon": _places(self.pokemon_block),
            "move": _places(self.move_block),
            "extra": _places(self.extra_block),
            "statuses": STATUSES,
            "stats": STATS,
            "boosts": BOOSTS,
            "gimmicks": GIMMICKS,
            "weathers": WEATHERS,
            "terrains": TERRAINS,
            "rooms": ROOMS,
            "screens": SCREENS,
            "extendedScreens": EXTENDED_SCREENS,
            "gmaxDamage": GMAX_DAMAGE,
            "hazards": tuple(HAZARDS),
            "guards": TURN_GUARDS if self.actives > 1 else (),
            "volatiles": tuple(VOLATILES) if self.actives == 1 else tuple(VOLATILES | DOUBLES_VOLATILES),
            "timedVolatiles": TIMED_VOLATILES,
        }


def _places(block: Iterable[Field], *, prefix: str = "") -> dict[str, dict[str, float]]:
    """The fields whose names have a prefix, by the rest of their names."""
    return {
        field.name.removeprefix(prefix): {
            "offset": field.offset,
            "scale": field.scale,
            "low": field.low,
            "high": field.high,
        }
        for field in block
        if field.name.startswith(prefix)
    }


def _moved(field: Field, prefix: str, start: int) -> Field:
    return replace(field, name=f"{prefix}.{field.name}", offset=start + field.offset)


LAYOUT = Layout(field_block(), pokemon_block(), move_block())
"""The layout of singles."""
DOUBLES_LAYOUT = Layout(field_block(2), pokemon_block(2), move_block(2), actives=2)
"""The layout of doubles: two places a side for what an active Pokémon has."""
OBS_SIZE = LAYOUT.size
