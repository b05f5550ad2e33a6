"""Observations of doubles as observations of singles: one own and one opposing active Pokémon at a time.

All estimates of singles can be made for each such pair.
"""

from __future__ import annotations

import re

import numpy as np

from agents.estimates.battle_view import TEAM_SIZE, BattleView, Bools, Floats, Ints
from agents.estimates.type_chart import TYPE_CHART
from pokeenv import DOUBLES_LAYOUT, LAYOUT, natural

PLACES = ("left", "right")

SPREAD = 0.75
"""Factor on the damage of a move that hits several Pokémon at once."""

_FACING = {"own": "opposing", "opposing": "own"}


def _column(name: str, places: dict[str, str]) -> int:
    """Offset in doubles of a field of singles, for one place of each side."""
    offsets = DOUBLES_LAYOUT.offsets
    if match := re.fullmatch(r"field\.(own|opposing)_(.*)", name):
        side, rest = match.groups()
        return offsets.get(f"field.{side}_{places[side]}_{rest}", offsets.get(name, -1))
    side = name.partition(".")[0]
    if name.endswith(".active"):
        return offsets[f"{name.removesuffix('active')}{places[side]}"]
    if name.endswith(".effectiveness"):
        return offsets[f"{name}_{places[_FACING[side]]}"]
    return offsets[name]


_COLUMNS = np.array(
    [
        [
            [_column(field.name, {"own": own, "opposing": opposing}) for field in LAYOUT.fields]
            for opposing in PLACES
        ]
        for own in PLACES
    ]
)  # (own place, opposing place, numbers of singles)
_POKEMON_SIZE = LAYOUT.pokemon_size
_OWN, _OPPOSING = LAYOUT.pokemon_offset("own", 0), LAYOUT.pokemon_offset("opposing", 0)
_ACTIVE = LAYOUT.offsets["own.0.active"] - _OWN
_OWN_FIELDS = [offset for name, offset in LAYOUT.offsets.items() if name.startswith("field.own_")]
_OPPOSING_FIELDS = [
    LAYOUT.offsets[name.replace("own_", "opposing_", 1)]
    for name in LAYOUT.offsets
    if name.startswith("field.own_")
]
_EFFECTIVENESS = np.array(
    [
        [LAYOUT.offsets[f"own.{slot}.move.{move}.effectiveness"] for move in range(4)]
        for slot in range(TEAM_SIZE)
    ]
)


def pair(observations: Floats, own: Ints, opposing: int) -> Floats:
    """Observations of singles `(B, LAYOUT.size)`.

    Args:
        observations: `(B, D)` of doubles.
        own: `(B,)` place of the own active Pokémon, 0 left and 1 right.
        opposing: place of the opposing one.
    """
    columns = _COLUMNS[own, opposing]
    paired: Floats = np.take_along_axis(observations, columns, axis=1)
    return paired


def pair_with_ally(observations: Floats, own: Ints) -> Floats:
    """Observations of singles in which the ally of the own active Pokémon is the opponent.

    Args:
        observations: `(B, D)` of doubles.
        own: `(B,)` place of the own active Pokémon.
    """
    rows = np.arange(len(observations))
    paired = pair(observations, own, 0)
    ally = pair(observations, 1 - own, 0)
    blocks = ally[:, _OWN:_OPPOSING].reshape(len(rows), 6, _POKEMON_SIZE)
    active = blocks[:, :, _ACTIVE].argmax(axis=1)
    block = blocks[rows, active]
    present = block[:, _ACTIVE] > 0.5
    paired[:, _OPPOSING : _OPPOSING + 6 * _POKEMON_SIZE] = 0.0
    paired[present, _OPPOSING : _OPPOSING + _POKEMON_SIZE] = block[present]
    paired[:, _OPPOSING_FIELDS] = ally[:, _OWN_FIELDS]
    view = BattleView.read(paired)
    types = natural(paired, "own.*.move.*.type")
    generation = view.generation[:, None, None]
    factor = np.ones(types.shape, dtype=np.float32)
    first = natural(paired, "opposing.0.type_1")[:, None, None]
    second = natural(paired, "opposing.0.type_2")[:, None, None]
    for defending in (first, np.where(second == first, 0, second)):
        factor = factor * TYPE_CHART[generation, types, defending]
    status = natural(paired, "own.*.move.*.status")
    paired[:, _EFFECTIVENESS] = np.where(status, 0.0, factor / 4)
    return paired


def deciding(observations: Floats) -> Ints:
    """`(B,)` place of the Pokémon whose decision is due; 0 in a Team Preview."""
    right: Bools = natural(observations, "field.deciding_right", DOUBLES_LAYOUT)
    return right.astype(np.intp)


def aims(observations: Floats, own: Ints) -> dict[str, Bools]:
    """`(B, 4)` flags `aimed`, `aims_at_ally` and `spread` of the moves of the Pokémon in a place."""
    here = np.stack([natural(observations, f"own.*.{place}", DOUBLES_LAYOUT) for place in PLACES])
    rows = np.arange(len(observations))
    slots = here[own, rows].argmax(axis=1)
    return {
        name: natural(observations, f"own.*.move.*.{name}", DOUBLES_LAYOUT)[rows, slots]
        for name in ("aimed", "aims_at_ally", "spread")
    }
