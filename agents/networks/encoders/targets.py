"""Targets of moves in doubles: their tokens, and tokens of moves with each of them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from agents.networks.encoders.blocks import TARGETS
from agents.networks.layers import linear


def targets_of(active: Tensor, swapped: Tensor) -> Tensor:
    """Tokens (N, 5, E) of the Pokémon at the targets -2, -1, 0, 1, 2; zeros for 0.

    Args:
        active: (N, 4, E) of the active Pokémon, the deciding one first.
        swapped: (N,) True where the right one decides.
    """
    own = torch.where(swapped[:, None, None], active[:, :2].flip(1), active[:, :2])  # left, right
    return torch.cat([own.flip(1), torch.zeros_like(own[:, :1]), active[:, 2:]], dim=1)


class TargetTokens(nn.Module):
    """Tokens of moves with their targets, and of the pass.

    Args:
        token_size: width of the tokens.
    """

    def __init__(self, token_size: int) -> None:
        """Make the layers."""
        super().__init__()
        self.move = linear(token_size, token_size)
        self.target = linear(token_size, token_size)
        self.place = nn.Parameter(0.1 * torch.randn(len(TARGETS), token_size))
        self.passes = nn.Parameter(0.1 * torch.randn(token_size))

    def forward(self, moves: Tensor, active: Tensor, swapped: Tensor) -> Tensor:
        """Tokens (N, 21, E): four moves, each with the targets -2, -1, 0, 1, 2; then the pass.

        Args:
            moves: (N, 4, E) of the deciding Pokémon.
            active: (N, 4, E) of the active Pokémon, the deciding one first.
            swapped: (N,) True where the right one decides.
        """
        targets = targets_of(active, swapped)
        aimed = self.move(moves).unsqueeze(2) + (self.target(targets) + self.place).unsqueeze(1)
        pairs = torch.relu(aimed).flatten(1, 2)  # (N, 20, E)
        return torch.cat([pairs, self.passes.expand(len(pairs), 1, -1)], dim=1)
