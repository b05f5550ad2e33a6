"""Encoders that see Pokémon as things: one token per Pokémon, made by shared layers."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from agents.networks.encoders.block_linear import (
    BlockLinear,
    Blocks,
    Reading,
    move_columns,
    move_starts,
    pokemon_columns,
    pokemon_starts,
    shared_size,
    take_active,
)
from agents.networks.layers import AttentionBlock, linear
from agents.networks.network import Encoder, Encoding
from agents.networks.sizes import MOVES_PER_POKEMON, NUM_POKEMON, TEAM_SIZE
from pokeenv import Layout, ObservationKind


class TokenReading(NamedTuple):
    """What encoders of tokens read of N observations.

    Attributes:
        shared: (N, _) what is no Pokémon's; see `Blocks`.
        extra: (N, _) what the kind of observation adds to the base.
        known: (N, 12) as float, which Pokémon have been seen.
        slots: (N, 2), and present: (N, 2); see `Blocks.active_slots`.
        pokemon: of 12N Pokémon.
        moves: of 48N moves.
    """

    shared: Tensor
    extra: Tensor
    known: Tensor
    slots: Tensor
    present: Tensor
    pokemon: Reading
    moves: Reading


class PokemonTokens(nn.Module):
    """A token for each Pokémon and each of its moves: one shared layer per kind.

    Args:
        token_size: width of the tokens.
        embedding_size: width of an id's embedding.
    """

    def __init__(self, token_size: int, embedding_size: int) -> None:
        """Make the layers."""
        super().__init__()
        self.move = BlockLinear(move_columns(), move_starts(), embedding_size, token_size)
        columns = pokemon_columns(moves=False)
        self.pokemon = BlockLinear(columns, pokemon_starts(), embedding_size, token_size, token_size)
        # The side is not in a Pokémon's block.
        self.side = nn.Parameter(0.1 * torch.randn(2, token_size))

    def read(self, obs: Tensor, layout: Layout) -> TokenReading:
        """What to make tokens of."""
        blocks = Blocks(obs, layout)
        known = blocks.pokemon[:, :, Blocks.KNOWN]
        slots, present = blocks.active_slots()
        pokemon, moves = self.pokemon.read(obs), self.move.read(obs)
        return TokenReading(blocks.shared, blocks.extra, known, slots, present, pokemon, moves)

    def forward(self, reading: TokenReading) -> tuple[Tensor, Tensor]:
        """Tokens.

        Returns:
            Pokémon (N, 12, E), own team first, and the moves of each (N, 12, 4, E).
        """
        moves = torch.relu(self.move(reading.moves))
        moves = moves.view(-1, NUM_POKEMON, MOVES_PER_POKEMON, moves.shape[1])
        sides = self.side.repeat_interleave(TEAM_SIZE, 0)  # (12, E)
        outputs = self.pokemon(reading.pokemon, moves.sum(2).flatten(0, 1)).view(-1, *sides.shape) + sides
        return torch.relu(outputs), moves


class AttentionEncoder(Encoder):
    """Attention over the twelve Pokémon tokens and a field token (not over time).

    Args:
        hidden_size: width of the features.
        num_layers: attention blocks.
        embedding_size: width of an id's embedding.
        num_heads: attention heads.
        observation: kind of observation that is read.
    """

    def __init__(
        self,
        hidden_size: int,
        num_layers: int,
        embedding_size: int,
        num_heads: int,
        observation: ObservationKind = "base",
    ) -> None:
        """Make the layers."""
        super().__init__(observation)
        token_size = _token_size(hidden_size, num_heads)
        self.tokens = PokemonTokens(token_size, embedding_size)
        self.field = linear(shared_size(self.layout), token_size)
        self.blocks = nn.ModuleList(AttentionBlock(token_size, num_heads) for _ in range(num_layers))
        self.norm = nn.LayerNorm(token_size)
        # Both active Pokémon once more at fixed places; all others stay at their slots' places.
        self.readout = linear((NUM_POKEMON + 3) * token_size, hidden_size)
        self.feature_size = hidden_size

    def read(self, obs: Tensor) -> TokenReading:
        """See `Encoder.read`."""
        return self.tokens.read(obs, self.layout)

    def encode(self, reading: TokenReading) -> Tensor:
        """Features (N, `feature_size`)."""
        pokemon, _ = self.tokens(reading)
        field = torch.relu(self.field(reading.shared)).unsqueeze(1)
        tokens = torch.cat([pokemon, field], dim=1)  # (N, 13, E)
        visible = functional.pad(reading.known > 0.5, (0, 1), value=True)  # the field token always is
        for block in self.blocks:
            tokens = block(tokens, visible)
        tokens = self.norm(tokens)
        active = take_active(tokens[:, :NUM_POKEMON], reading.slots, reading.present)
        return torch.relu(self.readout(torch.cat([tokens.flatten(1), active.flatten(1)], dim=1)))


class EntityEncoder(Encoder):
    """Shared blocks for Pokémon and moves; tokens of what can be chosen go on to pointer logits.

    Args:
        hidden_size: width of the features.
        num_layers: hidden layers after the tokens are pooled.
        embedding_size: width of an id's embedding.
        pointers: whether tokens are handed on (policy) or not (value).
        observation: kind of observation that is read; of "damage", what a move does goes into its token.
    """

    def __init__(
        self,
        hidden_size: int,
        num_layers: int,
        embedding_size: int,
        *,
        pointers: bool,
        observation: ObservationKind = "base",
    ) -> None:
        """Make the layers."""
        super().__init__(observation)
        self.token_size = _token_size(hidden_size, 1)
        self.tokens = PokemonTokens(self.token_size, embedding_size)
        pooled = shared_size(self.layout) + 4 * self.token_size  # both actives, mean of both teams
        widths = [pooled] + [hidden_size] * num_layers
        self.layers = nn.ModuleList(linear(a, b) for a, b in itertools.pairwise(widths))
        self.pointers = pointers
        self.outlook = None
        if pointers and self.layout.extra_block:
            numbers_per_move = len(self.layout.extra_block) // (2 * MOVES_PER_POKEMON)
            self.outlook = linear(numbers_per_move, self.token_size, 1.0)
        self.feature_size = hidden_size

    def read(self, obs: Tensor) -> TokenReading:
        """See `Encoder.read`."""
        return self.tokens.read(obs, self.layout)

    def encode(self, reading: TokenReading) -> Encoding:
        """Features (N, F) and, with pointers, tokens (N, 10, E): own slots, then own active's moves."""
        pokemon, moves = self.tokens(reading)
        teams = (
            (pokemon * reading.known.unsqueeze(2)).view(-1, 2, TEAM_SIZE, self.token_size).mean(2)
        )  # (N, 2, E)
        active = take_active(pokemon, reading.slots, reading.present)  # (N, 2, E)
        features = torch.cat([reading.shared, active.flatten(1), teams.flatten(1)], dim=1)
        for layer in self.layers:
            features = torch.relu(layer(features))
        if not self.pointers:
            return Encoding(features)
        own_moves = take_active(moves.flatten(2), reading.slots, reading.present)[:, 0]  # (N, 4E)
        own_moves = own_moves.view(-1, MOVES_PER_POKEMON, self.token_size)
        if self.outlook is not None:
            outlook = reading.extra[:, : reading.extra.shape[1] // 2]  # the own moves come first
            own_moves = own_moves + self.outlook(outlook.reshape(len(outlook), MOVES_PER_POKEMON, -1))
        tokens = torch.cat([pokemon[:, :TEAM_SIZE], own_moves], dim=1)
        return Encoding(features, tokens)


def _token_size(hidden_size: int, num_heads: int) -> int:
    """A quarter of the hidden width, at least 16, rounded up to a multiple of the heads."""
    size = max(16, hidden_size // 4)
    return -(-size // num_heads) * num_heads
