"""The `entity` encoder: pooled tokens as features, and tokens of the choices for the pointer head."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn

from agents.config import NetworkSettings
from agents.networks.encoders.blocks import (
    MOVES_PER_POKEMON,
    TEAM_SIZE,
    extra_of_moves,
    extra_per_move,
    opposing_moves,
    shared_size,
    take_active,
)
from agents.networks.encoders.targets import TargetTokens
from agents.networks.encoders.tokens import PokemonTokens, TokenInputs, token_size_of
from agents.networks.layers import linear
from agents.networks.network import Encoder, Encoding


class EntityEncoder(Encoder):
    """Pooled tokens of Pokémon and moves; the tokens of possible choices also go to the pointer head.

    A value network makes no pointer tokens. With observations of kind "damage", the effects of a move
    are part of its token. In doubles the token of a move is made once for each of its targets, from its own
    token and the target's.

    Attributes:
        feature_size: width of the features.
    """

    doubles = True

    def __init__(self, settings: NetworkSettings, *, policy: bool, actives: int = 1) -> None:
        """Make the layers; see `Encoder`."""
        super().__init__(settings, policy=policy, actives=actives)
        self.token_size = token_size_of(settings.hidden_size, 1)
        self.tokens = PokemonTokens(self.token_size, settings.embedding_size, self.layout)
        pooled = shared_size(self.layout) + (2 * actives + 2) * self.token_size  # actives, mean of both teams
        widths = [pooled] + [settings.hidden_size] * settings.num_layers
        self.layers = nn.ModuleList(linear(a, b) for a, b in itertools.pairwise(widths))
        self.pointer_size = self.opposing_size = self.token_size if policy else None
        self.outlook = None
        if policy and self.layout.extra_block:
            self.outlook = linear(extra_per_move(self.layout), self.token_size, 1.0)
        self.aims = TargetTokens(self.token_size) if policy and actives > 1 else None
        self.feature_size = settings.hidden_size

    def read(self, obs: Tensor) -> TokenInputs:
        """See `Encoder.read`."""
        return self.tokens.read(obs, self.layout)

    def encode(self, inputs: TokenInputs) -> Encoding:
        """Features (N, F) and, with pointers, tokens: own slots, then the deciding Pokémon's moves.

        They are (N, 10, E); in doubles (N, 27, E): each move once for each target, and the pass at the end.
        """
        pokemon, moves = self.tokens(inputs)
        teams = (
            (pokemon * inputs.known.unsqueeze(2)).view(-1, 2, TEAM_SIZE, self.token_size).mean(2)
        )  # (N, 2, E)
        active = take_active(pokemon, inputs.slots, inputs.present)  # (N, P, E)
        features = torch.cat([inputs.shared, active.flatten(1), teams.flatten(1)], dim=1)
        for layer in self.layers:
            features = torch.relu(layer(features))
        if self.pointer_size is None:
            return Encoding(features)
        per_active = take_active(moves.flatten(2), inputs.slots, inputs.present)  # (N, P, 4E)
        opposing = opposing_moves(per_active, inputs.swapped)
        own_moves = per_active[:, 0].view(-1, MOVES_PER_POKEMON, self.token_size)
        if self.outlook is not None:
            numbers = extra_of_moves(inputs.extra, inputs.swapped, self.outlook.in_features)
            own_moves = own_moves + self.outlook(numbers)
        if self.aims is not None:
            assert inputs.swapped is not None
            own_moves = self.aims(own_moves, active, inputs.swapped)
        tokens = torch.cat([pokemon[:, :TEAM_SIZE], own_moves], dim=1)
        return Encoding(features, tokens, opposing)
