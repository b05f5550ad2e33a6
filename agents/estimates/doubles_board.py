"""`DoublesBoard`: the observations of B rows of doubles by name, with the stats and places of the Pokémon."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.estimates.battle_view import (
    Bools,
    Floats,
    Ints,
    cut_blocks,
    estimated_stat,
    scales_of,
    stage_factor,
)
from pokeenv import DOUBLES_LAYOUT

FIELD = {field.name: field.offset for field in DOUBLES_LAYOUT.field_block}
POKEMON = {field.name: field.offset for field in DOUBLES_LAYOUT.pokemon_block}
MOVE = {field.name: field.offset for field in DOUBLES_LAYOUT.move_block}
SIDES = ("own", "opposing")
PLACES = ("left", "right")

_SCALES = scales_of(DOUBLES_LAYOUT)


@dataclass(frozen=True)
class DoublesBoard:
    """The blocks of B observations (views, not copies), and the stats of their Pokémon.

    Attributes:
        field: `(B, F)` field block.
        team: `(B, 2, 6, P)` Pokémon blocks; side 0 is the own one.
        moves: `(B, 2, 6, 4, M)` move blocks.
    """

    field: Floats
    team: Floats
    moves: Floats

    @classmethod
    def read(cls, observations: Floats) -> DoublesBoard:
        """Cut `(B, D)` observations into their blocks."""
        return cls(*cut_blocks(observations, DOUBLES_LAYOUT))

    def __len__(self) -> int:
        """Number of rows, B."""
        return len(self.field)

    def flag(self, name: str) -> Bools:
        """`(B,)` flag of the field block; a counter is true above 0."""
        up: Bools = self.field[:, FIELD[name]] > 0
        return up

    def number(self, name: str) -> Floats:
        """`(B,)` number of the field block in its natural unit."""
        values: Floats = self.field[:, FIELD[name]] * _SCALES[f"field.{name}"]
        return values

    def volatile(self, side: int, name: str) -> Bools:
        """`(B, 2)` flags of the left and the right active Pokémon of a side, such as `volatile_taunt`."""
        return np.stack([self.flag(f"{SIDES[side]}_{place}_{name}") for place in PLACES], axis=1)

    def of_pokemon(self, name: str) -> Floats:
        """`(B, 2, 6)` value of a field for every Pokémon, in its natural unit."""
        values: Floats = self.team[..., POKEMON[name]] * np.float32(_SCALES[f"pokemon.{name}"])
        return values

    def ids(self, name: str) -> Ints:
        """`(B, 2, 6)` id of every Pokémon, such as `ability`."""
        return self.team[..., POKEMON[name]].astype(np.intp)

    def of_move(self, name: str) -> Floats:
        """`(B, 2, 6, 4)` value of a field for every move, in its natural unit."""
        values: Floats = self.moves[..., MOVE[name]] * np.float32(_SCALES[f"move.{name}"])
        return values

    @cached_property
    def move_ids(self) -> Ints:
        """`(B, 2, 6, 4)` ids of the moves."""
        return self.moves[..., MOVE["id"]].astype(np.intp)

    @cached_property
    def slots(self) -> Ints:
        """`(B, 2, 2)` slot of the Pokémon in each place, by side and place (0 if there is none)."""
        flags = self.team[..., [POKEMON[place] for place in PLACES]]
        slots: Ints = flags.argmax(axis=2)
        return slots

    @cached_property
    def present(self) -> Bools:
        """`(B, 2, 2)` true where a Pokémon that has not fainted is in the place."""
        flags = self.team[..., [POKEMON[place] for place in PLACES]] > 0.5
        alive = (self.of_pokemon("hp") > 0) & (self.of_pokemon("fainted") < 0.5)
        present: Bools = np.any(flags & alive[..., None], axis=2)
        return present

    def at_places(self, side: int, values: NDArray[Any]) -> NDArray[Any]:
        """Pick the values of a side's two active Pokémon `(B, 2, ...)` from its team's `(B, 6, ...)`."""
        result: NDArray[Any] = values[np.arange(len(self))[:, None], self.slots[:, side]]
        return result

    @cached_property
    def generation(self) -> Ints:
        """`(B,)` generation."""
        return np.rint(self.number("generation")).astype(np.intp)

    @cached_property
    def stats(self) -> dict[str, Floats]:
        """Stat name to `(B, 2, 6)` stats, boosts of the active Pokémon included; see `estimated_stat`."""
        level = self.of_pokemon("level")
        stats: dict[str, Floats] = {}
        rows = np.arange(len(self))
        for name in ("hp", "atk", "def", "spa", "spd", "spe"):
            estimate = estimated_stat(name, self.of_pokemon(f"base_{name}"), level, self.generation)
            known = self.of_pokemon(f"stat_{name}")
            stats[name] = np.where(known > 0, known, estimate).astype(np.float32)
            if name == "hp":
                continue
            for side, owner in enumerate(SIDES):
                for place, place_name in enumerate(PLACES):
                    stage = self.number(f"{owner}_{place_name}_boost_{name}")
                    here = self.team[rows, side, self.slots[:, side, place], POKEMON[place_name]] > 0.5
                    factor = np.where(here, stage_factor(stage), 1.0)
                    stats[name][rows, side, self.slots[:, side, place]] *= factor
        return stats
