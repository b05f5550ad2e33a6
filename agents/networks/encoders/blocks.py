"""Blocks of an observation: the columns of its fields, its Pokémon and their moves."""

from __future__ import annotations

import torch
from torch import Tensor

from pokeenv import LAYOUT, Layout

NUM_POKEMON = (LAYOUT.size - LAYOUT.field_size) // LAYOUT.pokemon_size
"""Pokémon of both teams, the own team first."""
TEAM_SIZE = NUM_POKEMON // 2
MOVES_PER_POKEMON = (LAYOUT.pokemon_size - len(LAYOUT.pokemon_block)) // LAYOUT.move_size

Column = tuple[int, str | None]
"""Offset in a block, and the vocabulary if the field is an id."""


def move_columns(start: int = 0) -> list[Column]:
    """Columns of a move block that starts at `start`."""
    return [(start + field.offset, field.vocabulary) for field in LAYOUT.move_block]


def pokemon_starts() -> list[int]:
    """Offsets of the twelve Pokémon's blocks in an observation, own team first."""
    return [LAYOUT.field_size + pokemon * LAYOUT.pokemon_size for pokemon in range(NUM_POKEMON)]


def move_starts() -> list[int]:
    """Offsets of all moves' blocks in an observation, four for each Pokémon."""
    offsets = [LAYOUT.move_offset(move) for move in range(MOVES_PER_POKEMON)]
    return [start + offset for start in pokemon_starts() for offset in offsets]


def pokemon_columns(*, moves: bool) -> list[Column]:
    """Columns of a Pokémon block, with or without those of its four moves."""
    columns: list[Column] = [(field.offset, field.vocabulary) for field in LAYOUT.pokemon_block]
    if moves:
        for move in range(MOVES_PER_POKEMON):
            columns += move_columns(LAYOUT.move_offset(move))
    return columns


def shared_size(layout: Layout) -> int:
    """Number of an observation's fields that belong to no Pokémon."""
    return layout.field_size + len(layout.extra_block)


class Blocks:
    """Views of a batch of observations, block by block.

    Args:
        obs: (N, D), of `layout` or of a richer kind.
        layout: layout of the blocks to read.

    Attributes:
        shared: (N, `shared_size`), fields that belong to no Pokémon: the field block and any extra block.
        pokemon: (N, 12, Pokémon size), own team first.
        extra: (N, extra size).
    """

    ACTIVE = next(field.offset for field in LAYOUT.pokemon_block if field.name == "active")
    KNOWN = next(field.offset for field in LAYOUT.pokemon_block if field.name == "known")

    def __init__(self, obs: Tensor, layout: Layout = LAYOUT) -> None:
        """Make the views."""
        self.shared = obs[:, : layout.field_size]
        self.pokemon = obs[:, layout.field_size : layout.extra_offset].reshape(
            -1, NUM_POKEMON, layout.pokemon_size
        )
        self.extra = obs[:, layout.extra_offset : layout.size]
        if layout.extra_block:
            self.shared = torch.cat([self.shared, self.extra], dim=1)

    def active_slots(self) -> tuple[Tensor, Tensor]:
        """Slots of the Pokémon on the field, per side.

        Returns:
            slots (N, 2) in the own and in the opposing team, and presence (N, 2): 1.0 where a Pokémon is on
            the field. Where the presence is 0.0 the slot is 0, and the result must be multiplied by it.
        """
        active = self.pokemon[:, :, self.ACTIVE].reshape(-1, 2, TEAM_SIZE)  # (N, 2, 6)
        present, slots = active.max(dim=2)
        return slots, present


def take_active(per_pokemon: Tensor, slots: Tensor, present: Tensor) -> Tensor:
    """Rows of the two active Pokémon, own first; zeros where a side has none on the field.

    Args:
        per_pokemon: (N, 12, E).
        slots: (N, 2) from `Blocks.active_slots`.
        present: (N, 2).

    Returns:
        (N, 2, E).
    """
    size = per_pokemon.shape[2]
    teams = per_pokemon.reshape(-1, 2, TEAM_SIZE, size)
    taken = teams.gather(2, slots[:, :, None, None].expand(-1, -1, 1, size)).squeeze(2)
    active: Tensor = taken * present.unsqueeze(2)
    return active
