"""From raw observations to dense features: where things stand in the vector, and embeddings of ids."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from agents.networks.sizes import MOVES_PER_POKEMON, NUM_POKEMON, TEAM_SIZE
from pokeenv import LAYOUT, VOCABULARY

Column = tuple[int, str | None]
"""Offset in a block, and the vocabulary if an id stands there."""

EMBEDDING_STD = 0.1


class BlockEmbedding(nn.Module):
    """Dense features of one kind of block: its numbers as they are, its ids through embedding tables.

    All vocabularies that the block uses lie in one table, one after another, so that a single look-up
    serves all its ids.

    Args:
        columns: what to read from a block.
        embedding_size: width of an id's embedding.
    """

    def __init__(self, columns: Sequence[Column], embedding_size: int) -> None:
        """Make the layers."""
        super().__init__()
        ids = [(offset, vocabulary) for offset, vocabulary in columns if vocabulary is not None]
        starts: dict[str, int] = {}
        table_size = 0
        for _, vocabulary in ids:
            if vocabulary not in starts:
                starts[vocabulary] = table_size
                table_size += len(VOCABULARY[vocabulary])
        self.numbers: Tensor  # (K,) columns of flags and scalars
        self.ids: Tensor  # (I,) columns of ids
        self.id_starts: Tensor  # (I,) where each id's vocabulary starts in the table
        self._constant("numbers", [offset for offset, vocabulary in columns if vocabulary is None])
        self._constant("ids", [offset for offset, _ in ids])
        self._constant("id_starts", [starts[vocabulary] for _, vocabulary in ids])
        self.table = nn.Embedding(table_size, embedding_size)
        nn.init.normal_(self.table.weight, std=EMBEDDING_STD)
        self.size = len(self.numbers) + len(ids) * embedding_size

    def _constant(self, name: str, content: list[int]) -> None:
        # Not persistent: it follows from LAYOUT, which a checkpoint names by its hash.
        self.register_buffer(name, torch.tensor(content, dtype=torch.long), persistent=False)

    def forward(self, raw: Tensor) -> Tensor:
        """Features of raw blocks.

        Args:
            raw: (M, block size).

        Returns:
            (M, ``size``): numbers, then the embedding of each id.
        """
        places = raw.index_select(1, self.ids).long() + self.id_starts  # (M, I)
        return torch.cat([raw.index_select(1, self.numbers), self.table(places).flatten(1)], dim=1)


def move_columns(start: int = 0) -> list[Column]:
    """Columns of a move block that starts at ``start``."""
    return [(start + field.offset, field.vocabulary) for field in LAYOUT.move_block]


def pokemon_columns(*, moves: bool) -> list[Column]:
    """Columns of a Pokémon block, with or without those of its four moves."""
    columns: list[Column] = [(field.offset, field.vocabulary) for field in LAYOUT.pokemon_block]
    if moves:
        for move in range(MOVES_PER_POKEMON):
            columns += move_columns(LAYOUT.move_offset(move))
    return columns


class Blocks:
    """Views of a batch of observations, block by block.

    Args:
        obs: (N, D).

    Attributes:
        field: (N, field size).
        pokemon: (N, 12, Pokémon size), own team first.
    """

    ACTIVE = next(field.offset for field in LAYOUT.pokemon_block if field.name == "active")
    KNOWN = next(field.offset for field in LAYOUT.pokemon_block if field.name == "known")

    def __init__(self, obs: Tensor) -> None:
        """Make the views."""
        self.field = obs[:, : LAYOUT.field_size]
        self.pokemon = obs[:, LAYOUT.field_size :].reshape(-1, NUM_POKEMON, LAYOUT.pokemon_size)

    def active_slots(self) -> tuple[Tensor, Tensor]:
        """Which Pokémon is on the field, per side.

        Returns:
            places (N, 2) among the 12, and whether there is one (N, 2) as float; with none the place
            is the team's first and must be multiplied away.
        """
        active = self.pokemon[:, :, self.ACTIVE].reshape(-1, 2, TEAM_SIZE)  # (N, 2, 6)
        present, slot = active.max(dim=2)
        return slot + slot.new_tensor([0, TEAM_SIZE]), present


def take_active(per_pokemon: Tensor, places: Tensor, present: Tensor) -> Tensor:
    """The two active Pokémon's rows, own first; zeros where a side has none on the field.

    Args:
        per_pokemon: (12N, E), the twelve of each decision together.
        places: (N, 2) from :meth:`Blocks.active_slots`.
        present: (N, 2).

    Returns:
        (N, 2, E).
    """
    rows = torch.arange(len(places), device=places.device).unsqueeze(1) * NUM_POKEMON + places
    taken = per_pokemon.index_select(0, rows.flatten()).view(*places.shape, -1)
    active: Tensor = taken * present.unsqueeze(2)
    return active
