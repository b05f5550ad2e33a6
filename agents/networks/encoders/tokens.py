"""Tokens: one per Pokémon and one per move, made by shared layers."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from agents.networks.encoders.block_linear import BlockLinear, SplitInputs
from agents.networks.encoders.blocks import (
    MOVES_PER_POKEMON,
    NUM_POKEMON,
    TEAM_SIZE,
    Blocks,
    move_columns,
    move_starts,
    pokemon_columns,
    pokemon_starts,
)
from pokeenv import LAYOUT, Layout


class TokenInputs(NamedTuple):
    """N observations, split for encoders of tokens.

    Attributes:
        shared: (N, _) fields that belong to no Pokémon; see `Blocks`.
        extra: (N, _) fields that the kind of observation adds to the base.
        known: (N, 12) 1.0 for Pokémon that have been revealed.
        slots: (N, P) slots of the active Pokémon; see `Blocks.active_slots`.
        present: (N, P) 1.0 where a Pokémon is on the field.
        swapped: (N,) see `Blocks`; None in singles.
        pokemon: blocks of 12N Pokémon.
        moves: blocks of 48N moves.
    """

    shared: Tensor
    extra: Tensor
    known: Tensor
    slots: Tensor
    present: Tensor
    pokemon: SplitInputs
    moves: SplitInputs
    swapped: Tensor | None


class PokemonTokens(nn.Module):
    """A token for each Pokémon and each of its moves: one shared layer per kind.

    Args:
        token_size: width of the tokens.
        embedding_size: width of an id's embedding.
        layout: layout of the observations.
    """

    def __init__(self, token_size: int, embedding_size: int, layout: Layout = LAYOUT) -> None:
        """Make the layers."""
        super().__init__()
        starts = pokemon_starts(layout)
        self.move = BlockLinear(move_columns(layout=layout), move_starts(layout), embedding_size, token_size)
        columns = pokemon_columns(moves=False, layout=layout)
        self.pokemon = BlockLinear(columns, starts, embedding_size, token_size, token_size)
        # A Pokémon's block does not contain its side.
        self.side = nn.Parameter(0.1 * torch.randn(2, token_size))

    def read(self, obs: Tensor, layout: Layout) -> TokenInputs:
        """Split observations (N, D)."""
        blocks = Blocks(obs, layout)
        known = blocks.pokemon[:, :, Blocks.KNOWN]
        slots, present = blocks.active_slots()
        pokemon, moves = self.pokemon.read(obs), self.move.read(obs)
        return TokenInputs(blocks.shared, blocks.extra, known, slots, present, pokemon, moves, blocks.swapped)

    def forward(self, inputs: TokenInputs) -> tuple[Tensor, Tensor]:
        """Tokens.

        Returns:
            Pokémon (N, 12, E), own team first, and the moves of each (N, 12, 4, E).
        """
        moves = torch.relu(self.move(inputs.moves))
        moves = moves.view(-1, NUM_POKEMON, MOVES_PER_POKEMON, moves.shape[1])
        sides = self.side.repeat_interleave(TEAM_SIZE, 0)  # (12, E)
        outputs = self.pokemon(inputs.pokemon, moves.sum(2).flatten(0, 1)).view(-1, *sides.shape) + sides
        return torch.relu(outputs), moves


def token_size_of(hidden_size: int, num_heads: int) -> int:
    """A quarter of the hidden width, at least 16, rounded up to a multiple of the heads."""
    size = max(16, hidden_size // 4)
    return -(-size // num_heads) * num_heads
