"""From raw observations to dense features: where things stand in the vector, and what is made of ids."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from agents.networks.encoders.embedding_bag import Bags, sum_bags
from agents.networks.layers import linear
from agents.networks.sizes import MOVES_PER_POKEMON, NUM_POKEMON, TEAM_SIZE
from pokeenv import LAYOUT, VOCABULARY, Layout

Column = tuple[int, str | None]
"""Offset in a block, and the vocabulary if an id stands there."""

EMBEDDING_STD = 0.1


class Reading(NamedTuple):
    """What M blocks hold, apart into numbers and ids; no weight has a part in it.

    Attributes:
        numbers: (M, K) flags and scalars.
        ids: (M, I) rows of the table of embeddings, or bags of rows of its products with the weights.
    """

    numbers: Tensor
    ids: Tensor | Bags


class BlockLinear(nn.Module):
    """A linear layer over blocks: over their numbers as they are and their ids' embeddings.

    All vocabularies that the block uses lie in one table, one after another, so that a single look-up
    serves all its ids. Numbers and embeddings are multiplied apart: putting them side by side first would
    copy both. An id's embedding is multiplied wherever the id stands, or, if there are more blocks than
    that, once for each column in which the id may stand.

    Args:
        columns: what to read from a block.
        starts: where blocks of this kind start in the vectors that are read.
        embedding_size: width of an id's embedding.
        out_size: width of the outputs.
        extra_size: width of further features per block.

    Attributes:
        most_by_id: vectors up to which embeddings are multiplied wherever an id stands.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        starts: Sequence[int],
        embedding_size: int,
        out_size: int,
        extra_size: int = 0,
    ) -> None:
        """Make the layers."""
        super().__init__()
        numbers = [offset for offset, vocabulary in columns if vocabulary is None]
        ids = [(offset, vocabulary) for offset, vocabulary in columns if vocabulary is not None]
        names = list(dict.fromkeys(vocabulary for _, vocabulary in ids))
        ends = itertools.accumulate(len(VOCABULARY[name]) for name in names)
        spans = {name: slice(end - len(VOCABULARY[name]), end) for name, end in zip(names, ends, strict=True)}
        self.spans = [spans[vocabulary] for _, vocabulary in ids]  # (I,) rows of the table for each column
        column_sizes = [span.stop - span.start for span in self.spans]
        self.num_products = sum(column_sizes)
        product_starts = [0, *itertools.accumulate(column_sizes[:-1])]
        self.numbers: Tensor  # (S * K,) columns of flags and scalars
        self.ids: Tensor  # (S * I,) columns of ids
        self.id_starts: Tensor  # (S * I,) where each id's vocabulary starts in the table
        self.product_starts: Tensor  # (S * I,) where each id's column starts in the products
        self._constant("numbers", [start + offset for start in starts for offset in numbers])
        self._constant("ids", [start + offset for start in starts for offset, _ in ids])
        self._constant("id_starts", [span.start for _ in starts for span in self.spans])
        self._constant("product_starts", product_starts * len(starts))
        self.sizes = (len(numbers), len(ids) * embedding_size, extra_size)
        self.num_ids = len(ids)
        self.most_by_id = self.num_products // len(starts)
        self.table = nn.Embedding(sum(len(VOCABULARY[name]) for name in names), embedding_size)
        nn.init.normal_(self.table.weight, std=EMBEDDING_STD)
        self.linear = linear(sum(self.sizes), out_size)

    def _constant(self, name: str, content: list[int]) -> None:
        # Not persistent: it follows from LAYOUT, which a checkpoint names by its hash.
        self.register_buffer(name, torch.tensor(content, dtype=torch.long), persistent=False)

    def read(self, vectors: Tensor) -> Reading:
        """Numbers and ids of the M = N * S blocks in vectors (N, D), vector by vector."""
        numbers = vectors.index_select(1, self.numbers).view(-1, self.sizes[0])
        ids = vectors.index_select(1, self.ids)
        if len(numbers) <= self.num_products:
            return Reading(numbers, (ids.long() + self.id_starts).view(-1, self.num_ids))
        rows = (ids.long() + self.product_starts).int().view(-1, self.num_ids)
        return Reading(numbers, Bags(rows, self.num_products))

    def forward(self, reading: Reading, extra: Tensor | None = None) -> Tensor:
        """Outputs (M, `out_size`) of M blocks and further features (M, `extra_size`)."""
        numbers, ids, extras = self.linear.weight.split(self.sizes, dim=1)  # type: ignore[no-untyped-call]
        outputs = torch.addmm(self.linear.bias, reading.numbers, numbers.t())
        if isinstance(reading.ids, Bags):
            outputs = outputs + sum_bags(self._products(ids), reading.ids)
        else:
            # The gradient of index_select is made faster than that of nn.Embedding.
            embeddings = self.table.weight.index_select(0, reading.ids.flatten()).view(len(reading.ids), -1)
            outputs = torch.addmm(outputs, embeddings, ids.t())
        return outputs if extra is None else torch.addmm(outputs, extra, extras.t())

    def _products(self, weights: Tensor) -> Tensor:
        """Embeddings times weights (`out_size`, I * E): column after column, all ids' (R, `out_size`)."""
        columns = weights.split(self.table.embedding_dim, dim=1)  # type: ignore[no-untyped-call]
        pairs = zip(self.spans, columns, strict=True)
        return torch.cat([self.table.weight[span] @ column.t() for span, column in pairs]).float()


def move_columns(start: int = 0) -> list[Column]:
    """Columns of a move block that starts at `start`."""
    return [(start + field.offset, field.vocabulary) for field in LAYOUT.move_block]


def pokemon_starts() -> list[int]:
    """Where the blocks of the twelve Pokémon start in an observation, own team first."""
    return [LAYOUT.field_size + pokemon * LAYOUT.pokemon_size for pokemon in range(NUM_POKEMON)]


def move_starts() -> list[int]:
    """Where the blocks of all moves start in an observation, four for each Pokémon."""
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
    """Numbers of an observation that belong to no Pokémon."""
    return layout.field_size + len(layout.extra_block)


class Blocks:
    """Views of a batch of observations, block by block.

    Args:
        obs: (N, D), maybe of a richer kind than `layout`.
        layout: what is read of them.

    Attributes:
        shared: (N, `shared_size`), what is no Pokémon's: the field block and the extra block, if any.
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
        """Which Pokémon is on the field, per side.

        Returns:
            slots (N, 2) in the own and in the opposing team, and whether there is one (N, 2) as float; with
            none the slot is the first and must be multiplied away.
        """
        active = self.pokemon[:, :, self.ACTIVE].reshape(-1, 2, TEAM_SIZE)  # (N, 2, 6)
        present, slots = active.max(dim=2)
        return slots, present


def take_active(per_pokemon: Tensor, slots: Tensor, present: Tensor) -> Tensor:
    """The two active Pokémon's rows, own first; zeros where a side has none on the field.

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
