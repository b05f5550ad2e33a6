"""Blocks of an observation: the columns of its fields, its Pokémon and their moves."""

from __future__ import annotations

import torch
from torch import Tensor

from pokeenv import DOUBLES, LAYOUT, Layout

NUM_POKEMON = (LAYOUT.size - LAYOUT.field_size) // LAYOUT.pokemon_size
"""Pokémon of both teams, the own team first."""
TEAM_SIZE = NUM_POKEMON // 2
MOVES_PER_POKEMON = (LAYOUT.pokemon_size - len(LAYOUT.pokemon_block)) // LAYOUT.move_size

TARGETS = tuple(dict.fromkeys(action.target for action in DOUBLES.actions if action.kind == "move"))
"""Targets of a move in doubles, in the order of its actions."""

Column = tuple[int, str | None]
"""Offset in a block, and the vocabulary if the field is an id."""


def move_columns(start: int = 0, layout: Layout = LAYOUT) -> list[Column]:
    """Columns of a move block that starts at `start`."""
    return [(start + field.offset, field.vocabulary) for field in layout.move_block]


def pokemon_starts(layout: Layout = LAYOUT) -> list[int]:
    """Offsets of the twelve Pokémon's blocks in an observation, own team first."""
    return [layout.field_size + pokemon * layout.pokemon_size for pokemon in range(NUM_POKEMON)]


def move_starts(layout: Layout = LAYOUT) -> list[int]:
    """Offsets of all moves' blocks in an observation, four for each Pokémon."""
    offsets = [layout.move_offset(move) for move in range(MOVES_PER_POKEMON)]
    return [start + offset for start in pokemon_starts(layout) for offset in offsets]


def pokemon_columns(*, moves: bool, layout: Layout = LAYOUT) -> list[Column]:
    """Columns of a Pokémon block, with or without those of its four moves."""
    columns: list[Column] = [(field.offset, field.vocabulary) for field in layout.pokemon_block]
    if moves:
        for move in range(MOVES_PER_POKEMON):
            columns += move_columns(layout.move_offset(move), layout)
    return columns


def shared_size(layout: Layout) -> int:
    """Number of an observation's fields that belong to no Pokémon."""
    return layout.field_size + len(layout.extra_block)


def extra_per_move(layout: Layout) -> int:
    """Number of fields of the extra block for each move of an own active Pokémon; 0 without the block."""
    own = [field for field in layout.extra_block if field.name.startswith("damage.own_")]
    return len(own) // (layout.actives * MOVES_PER_POKEMON)


def extra_of_moves(extra: Tensor, swapped: Tensor | None, per_move: int) -> Tensor:
    """Numbers (N, 4, `per_move`) of the moves of the own Pokémon that decides.

    Args:
        extra: (N, extra size); the own moves come first, in doubles those of the left Pokémon.
        swapped: (N,) see `Blocks`.
        per_move: see `extra_per_move`.
    """
    size = MOVES_PER_POKEMON * per_move
    own = extra[:, :size]
    if swapped is not None:
        own = torch.where(swapped[:, None], extra[:, size : 2 * size], own)
    return own.reshape(len(extra), MOVES_PER_POKEMON, per_move)


class Blocks:
    """Views of a batch of observations, block by block.

    Args:
        obs: (N, D), of `layout` or of a richer kind.
        layout: layout of the blocks to read.

    Attributes:
        shared: (N, `shared_size`), fields that belong to no Pokémon: the field block and any extra block.
        pokemon: (N, 12, Pokémon size), own team first.
        extra: (N, extra size).
        swapped: (N,) True where the right own Pokémon decides, in doubles; None in singles.
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
        self.swapped: Tensor | None = None
        if layout.actives > 1:
            start = layout.pokemon_offset("own", 0)
            self._places = [layout.offsets[f"own.0.{place}"] - start for place in ("left", "right")]
            self.swapped = obs[:, layout.offsets["field.deciding_right"]] > 0.5
        if layout.extra_block:
            self.shared = torch.cat([self.shared, self.extra], dim=1)

    def active_slots(self) -> tuple[Tensor, Tensor]:
        """Slots of the Pokémon on the field, per side.

        Returns:
            slots (N, 2) in the own and in the opposing team, and presence (N, 2): 1.0 where a Pokémon is on
            the field. Where the presence is 0.0 the slot is 0, and the result must be multiplied by it.
            In doubles both are (N, 4): the deciding own Pokémon, the other own one, then the opposing left
            and right ones.
        """
        if self.swapped is not None:
            places = self.pokemon[:, :, self._places].view(-1, 2, TEAM_SIZE, 2)
            present, slots = places.max(dim=2)  # (N, 2, 2)
            return self._in_turn(slots).flatten(1), self._in_turn(present).flatten(1)
        active = self.pokemon[:, :, self.ACTIVE].reshape(-1, 2, TEAM_SIZE)  # (N, 2, 6)
        present, slots = active.max(dim=2)
        return slots, present

    def _in_turn(self, sides: Tensor) -> Tensor:
        """Both sides' left and right (N, 2, 2), the own ones exchanged where the right one decides."""
        assert self.swapped is not None
        own = torch.where(self.swapped[:, None], sides[:, 0].flip(1), sides[:, 0])
        return torch.stack([own, sides[:, 1]], dim=1)


def opposing_moves(per_active: Tensor, swapped: Tensor | None) -> Tensor:
    """Tokens (N, 4, E) of the moves of the opposing active Pokémon, in doubles of the one in the same place.

    Args:
        per_active: (N, P, 4E) of the active Pokémon, as `take_active` orders them.
        swapped: (N,) see `Blocks`.
    """
    moves = per_active[:, per_active.shape[1] // 2]
    if swapped is not None:
        moves = torch.where(swapped[:, None], per_active[:, -1], moves)
    return moves.view(len(moves), MOVES_PER_POKEMON, -1)


def take_active(per_pokemon: Tensor, slots: Tensor, present: Tensor) -> Tensor:
    """Rows of the active Pokémon, own first; zeros where nobody is on the field.

    Args:
        per_pokemon: (N, 12, E).
        slots: (N, P) from `Blocks.active_slots`.
        present: (N, P).

    Returns:
        (N, P, E).
    """
    size = per_pokemon.shape[2]
    teams = per_pokemon.reshape(-1, 2, TEAM_SIZE, size)
    actives = slots.shape[1] // 2
    index = slots.reshape(-1, 2, actives, 1).expand(-1, -1, -1, size)
    taken = teams.gather(2, index).flatten(1, 2)
    active: Tensor = taken * present.unsqueeze(2)
    return active
