"""The `entity` encoder: pooled tokens as features, and tokens of the choices for the pointer head."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn

from agents.config import NetworkSettings
from agents.networks.encoders.blocks import MOVES_PER_POKEMON, TEAM_SIZE, shared_size, take_active
from agents.networks.encoders.tokens import PokemonTokens, TokenInputs, token_size_of
from agents.networks.layers import linear
from agents.networks.network import Encoder, Encoding


class EntityEncoder(Encoder):
    """Pooled tokens of Pokémon and moves; the tokens of possible choices also go to the pointer head.

    A value network makes no pointer tokens. With observations of kind "damage", the effects of a move
    are part of its token.

    Attributes:
        feature_size: width of the features.
    """

    def __init__(self, settings: NetworkSettings, *, policy: bool) -> None:
        """Make the layers; see `Encoder`."""
        super().__init__(settings, policy=policy)
        self.token_size = token_size_of(settings.hidden_size, 1)
        self.tokens = PokemonTokens(self.token_size, settings.embedding_size)
        pooled = shared_size(self.layout) + 4 * self.token_size  # both actives, mean of both teams
        widths = [pooled] + [settings.hidden_size] * settings.num_layers
        self.layers = nn.ModuleList(linear(a, b) for a, b in itertools.pairwise(widths))
        self.pointer_size = self.token_size if policy else None
        self.outlook = None
        if policy and self.layout.extra_block:
            numbers_per_move = len(self.layout.extra_block) // (2 * MOVES_PER_POKEMON)
            self.outlook = linear(numbers_per_move, self.token_size, 1.0)
        self.feature_size = settings.hidden_size

    def read(self, obs: Tensor) -> TokenInputs:
        """See `Encoder.read`."""
        return self.tokens.read(obs, self.layout)

    def encode(self, inputs: TokenInputs) -> Encoding:
        """Features (N, F) and, with pointers, tokens (N, 10, E): own slots, then own active's moves."""
        pokemon, moves = self.tokens(inputs)
        teams = (
            (pokemon * inputs.known.unsqueeze(2)).view(-1, 2, TEAM_SIZE, self.token_size).mean(2)
        )  # (N, 2, E)
        active = take_active(pokemon, inputs.slots, inputs.present)  # (N, 2, E)
        features = torch.cat([inputs.shared, active.flatten(1), teams.flatten(1)], dim=1)
        for layer in self.layers:
            features = torch.relu(layer(features))
        if self.pointer_size is None:
            return Encoding(features)
        own_moves = take_active(moves.flatten(2), inputs.slots, inputs.present)[:, 0]  # (N, 4E)
        own_moves = own_moves.view(-1, MOVES_PER_POKEMON, self.token_size)
        if self.outlook is not None:
            outlook = inputs.extra[:, : inputs.extra.shape[1] // 2]  # the own moves come first
            own_moves = own_moves + self.outlook(outlook.reshape(len(outlook), MOVES_PER_POKEMON, -1))
        tokens = torch.cat([pokemon[:, :TEAM_SIZE], own_moves], dim=1)
        return Encoding(features, tokens)
