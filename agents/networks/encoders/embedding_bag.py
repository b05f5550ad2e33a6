"""Sums over many bags of rows of a table; the gradient is a sum over bags, too."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


class EmbeddingBags:
    """The rows of a table that make up each of M sums.

    Args:
        rows: (M, I) int32, rows of a table.
        num_rows: R, rows of the table.
    """

    def __init__(self, rows: Tensor, num_rows: int) -> None:
        """Keep the rows."""
        self.rows = rows
        self.num_rows = num_rows

    @cached_property
    def uses(self) -> tuple[Tensor, Tensor]:
        """The inverse: the bags of each row (M * I,), row after row, and each row's offset in these (R,).

        Computed when a gradient first needs it, once for all tables that use the same bags.
        """
        rows = self.rows.flatten()
        # Sorting 16-bit numbers takes half the time of 32-bit ones.
        order = torch.sort(rows.short() if self.num_rows < 2**15 else rows, stable=True).indices
        counts = torch.bincount(rows, minlength=self.num_rows)
        return (order // self.rows.shape[1]).int(), (counts.cumsum(0) - counts).int()


class _SumBags(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, table: Tensor, bags: EmbeddingBags) -> Tensor:
        ctx.bags = bags
        count, size = bags.rows.shape
        starts = torch.arange(0, count * size, size, dtype=torch.int32, device=table.device)
        return _sums(table, bags.rows.flatten(), starts)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return _sums(grad.contiguous(), *ctx.bags.uses), None


def _sums(table: Tensor, rows: Tensor, starts: Tensor) -> Tensor:
    return torch.embedding_bag(table, rows, starts)[0]  # the mode is "sum"


def sum_bags(table: Tensor, bags: EmbeddingBags) -> Tensor:
    """Sums (M, E) of the rows in each bag, of a table (R, E)."""
    sums: Tensor = _SumBags.apply(table, bags)  # type: ignore[no-untyped-call]
    return sums
