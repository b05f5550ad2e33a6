"""A linear layer over blocks of an observation: their numbers, and embeddings of their ids."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from agents.networks.encoders.blocks import Column
from agents.networks.encoders.embedding_bag import EmbeddingBags, sum_bags
from agents.networks.layers import linear
from pokeenv import VOCABULARY

EMBEDDING_STD = 0.1


class SplitInputs(NamedTuple):
    """Contents of M blocks, split into numbers and ids; independent of all weights.

    Attributes:
        numbers: (M, K) flags and scalars.
        ids: (M, I) rows of the embedding table, or bags of rows of the table times the weights.
    """

    numbers: Tensor
    ids: Tensor | EmbeddingBags


class BlockLinear(nn.Module):
    """A linear layer over the numbers of blocks and the embeddings of their ids.

    All vocabularies that the block uses share one table, one after another, so that a single look-up
    serves all its ids. Numbers and embeddings are multiplied separately: concatenating them first would
    copy both. An embedding is multiplied at each occurrence of its id or, if there are more blocks than
    ids, once for each column in which the id may occur.

    Args:
        columns: fields to read from a block.
        starts: offsets of the blocks of this kind in the vectors that are read.
        embedding_size: width of an id's embedding.
        out_size: width of the outputs.
        extra_size: width of further features per block.

    Attributes:
        switch_point: number of vectors up to which embeddings are multiplied at each occurrence of an id.
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
        self.id_starts: Tensor  # (S * I,) offset of each id's vocabulary in the table
        self.product_starts: Tensor  # (S * I,) offset of each id's column in the products
        self._constant("numbers", [start + offset for start in starts for offset in numbers])
        self._constant("ids", [start + offset for start in starts for offset, _ in ids])
        self._constant("id_starts", [span.start for _ in starts for span in self.spans])
        self._constant("product_starts", product_starts * len(starts))
        self.sizes = (len(numbers), len(ids) * embedding_size, extra_size)
        self.num_ids = len(ids)
        self.switch_point = self.num_products // len(starts)
        self.table = nn.Embedding(sum(len(VOCABULARY[name]) for name in names), embedding_size)
        nn.init.normal_(self.table.weight, std=EMBEDDING_STD)
        self.linear = linear(sum(self.sizes), out_size)

    def _constant(self, name: str, content: list[int]) -> None:
        # Not persistent, because it follows from LAYOUT, whose hash a checkpoint contains.
        self.register_buffer(name, torch.tensor(content, dtype=torch.long), persistent=False)

    def read(self, vectors: Tensor) -> SplitInputs:
        """Numbers and ids of the M = N * S blocks in vectors (N, D), vector by vector."""
        numbers = vectors.index_select(1, self.numbers).view(-1, self.sizes[0])
        ids = vectors.index_select(1, self.ids)
        if len(numbers) <= self.num_products:
            return SplitInputs(numbers, (ids.long() + self.id_starts).view(-1, self.num_ids))
        rows = (ids.long() + self.product_starts).int().view(-1, self.num_ids)
        return SplitInputs(numbers, EmbeddingBags(rows, self.num_products))

    def forward(self, inputs: SplitInputs, extra: Tensor | None = None) -> Tensor:
        """Outputs (M, `out_size`) of M blocks and further features (M, `extra_size`)."""
        numbers, ids, extras = self.linear.weight.split(self.sizes, dim=1)  # type: ignore[no-untyped-call]
        outputs = torch.addmm(self.linear.bias, inputs.numbers, numbers.t())
        if isinstance(inputs.ids, EmbeddingBags):
            outputs = outputs + sum_bags(self._products(ids), inputs.ids)
        else:
            # The gradient of index_select is faster than that of nn.Embedding.
            embeddings = self.table.weight.index_select(0, inputs.ids.flatten()).view(len(inputs.ids), -1)
            outputs = torch.addmm(outputs, embeddings, ids.t())
        return outputs if extra is None else torch.addmm(outputs, extra, extras.t())

    def _products(self, weights: Tensor) -> Tensor:
        """Embeddings times weights (`out_size`, I * E), column after column: (R, `out_size`)."""
        columns = weights.split(self.table.embedding_dim, dim=1)  # type: ignore[no-untyped-call]
        pairs = zip(self.spans, columns, strict=True)
        return torch.cat([self.table.weight[span] @ column.t() for span, column in pairs]).float()
