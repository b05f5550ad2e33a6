"""`BattleView`: the observations of B rows by name, with the stats of the Pokémon.

The observation has no opposing stats; the view estimates them from base stats and level.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pokeenv import LAYOUT, Layout

Floats = NDArray[np.float32]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]

FIELD = {field.name: field.offset for field in LAYOUT.field_block}
POKEMON = {field.name: field.offset for field in LAYOUT.pokemon_block}
MOVE = {field.name: field.offset for field in LAYOUT.move_block}
TEAM_SIZE = 6


def scales_of(layout: Layout) -> dict[str, float]:
    """Scale of each field of the blocks, by names such as `"move.power"`."""
    blocks = {"field": layout.field_block, "pokemon": layout.pokemon_block, "move": layout.move_block}
    return {f"{block}.{field.name}": field.scale for block, fields in blocks.items() for field in fields}


def cut_blocks(observations: Floats, layout: Layout) -> tuple[Floats, Floats, Floats]:
    """Field `(B, F)`, Pokémon `(B, 2, 6, P)` and move blocks `(B, 2, 6, 4, M)` of observations, as views."""
    # Richer kinds have more columns behind these.
    pokemon = observations[:, layout.field_size : layout.extra_offset]
    team = pokemon.reshape(len(observations), 2, TEAM_SIZE, layout.pokemon_size)
    moves = team[..., len(layout.pokemon_block) :]
    moves = moves.reshape(len(observations), 2, TEAM_SIZE, -1, layout.move_size)
    return observations[:, : layout.field_size], team, moves


_SCALES = scales_of(LAYOUT)


def natural(name: str, numbers: Floats) -> Floats:
    """Numbers of a field, such as `"move.power"`, in the field's natural unit: times its scale."""
    values: Floats = numbers * _SCALES[name]
    return values


def stage_factor(stage: NDArray[np.floating]) -> NDArray[np.floating]:
    """Factor of a stat at a stage from -6 to 6."""
    factor: NDArray[np.floating] = (2 + np.maximum(stage, 0)) / (2 + np.maximum(-stage, 0))
    return factor


def estimated_stat(name: str, base: Floats, level: Floats, generation: Ints) -> NDArray[np.floating]:
    """Estimate a stat of Pokémon `(B, 2, 6)` from base stat and level.

    It assumes 31 IVs and 84 EVs, as in random battles; in the first two generations the maximum of 252 EVs.

    Args:
        name: the stat.
        base: `(B, 2, 6)` base stats.
        level: `(B, 2, 6)` levels.
        generation: `(B,)` generations.
    """
    extra = np.where(generation <= 2, 93.0, 52.0)[:, None, None]
    estimate: NDArray[np.floating] = (2 * base + extra) * level / 100 + (level + 10 if name == "hp" else 5)
    return estimate


@dataclass(frozen=True)
class BattleView:
    """The blocks of B observations (views, not copies), and the stats of their Pokémon.

    Attributes:
        field: `(B, F)` field block.
        team: `(B, 2, 6, P)` Pokémon blocks; side 0 is the own one.
        moves: `(B, 2, 6, 4, M)` move blocks.
        active: `(B, 2)` slot of the Pokémon on the field (0 if there is none).
    """

    field: Floats
    team: Floats
    moves: Floats
    active: Ints

    @classmethod
    def read(cls, observations: Floats) -> BattleView:
        """Cut `(B, D)` observations into their blocks."""
        field, team, moves = cut_blocks(observations, LAYOUT)
        return cls(field, team, moves, team[..., POKEMON["active"]].argmax(axis=2))

    def flag(self, name: str) -> Bools:
        """`(B,)` flag of the field block."""
        up: Bools = self.field[:, FIELD[name]] > 0.5
        return up

    def of_active(self, side: int, name: str) -> Floats:
        """`(B,)` value of a field for the active Pokémon of a side."""
        numbers: Floats = self.team[self.rows, side, self.active[:, side], POKEMON[name]]
        return numbers

    def active_moves(self) -> Floats:
        """`(B, 4, M)` move blocks of the own active."""
        moves: Floats = self.moves[self.rows, 0, self.active[:, 0]]
        return moves

    def active_move_ids(self) -> Ints:
        """`(B, 4)` ids of the own active's moves."""
        return self.active_moves()[..., MOVE["id"]].astype(np.intp)

    @cached_property
    def rows(self) -> Ints:
        """`(B,)` row numbers, to pick an entry of every row."""
        return np.arange(len(self.field))

    @cached_property
    def generation(self) -> Ints:
        """`(B,)` generation."""
        return np.rint(natural("field.generation", self.field[:, FIELD["generation"]])).astype(np.intp)

    @cached_property
    def unboosted(self) -> dict[str, Floats]:
        """Stat name to `(B, 2, 6)` stats without boosts.

        Own stats are exact, opposing ones estimated; see `estimated_stat`.
        """
        level = natural("pokemon.level", self.team[..., POKEMON["level"]])
        stats: dict[str, Floats] = {}
        for name in ("hp", "atk", "def", "spa", "spd", "spe"):
            base = natural(f"pokemon.base_{name}", self.team[..., POKEMON[f"base_{name}"]])
            estimate = estimated_stat(name, base, level, self.generation)
            known = natural(f"pokemon.stat_{name}", self.team[..., POKEMON[f"stat_{name}"]])
            stats[name] = np.where(known > 0, known, estimate).astype(np.float32)
        return stats

    @cached_property
    def stats(self) -> dict[str, Floats]:
        """Stat name to `(B, 2, 6)` stats, boosts of the two actives included; see `unboosted`."""
        stats = {name: values.copy() for name, values in self.unboosted.items()}
        for name in stats.keys() - {"hp"}:
            for side, owner in enumerate(("own", "opposing")):
                boost = f"{owner}_boost_{name}"
                stage = natural(f"field.{boost}", self.field[:, FIELD[boost]])
                stats[name][self.rows, side, self.active[:, side]] *= stage_factor(stage)
        return stats
