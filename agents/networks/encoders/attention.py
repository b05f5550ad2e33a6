"""The `attention` encoder: self-attention over the tokens of the twelve Pokémon and of the field."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from agents.config import NetworkSettings
from agents.networks.encoders.blocks import NUM_POKEMON, shared_size, take_active
from agents.networks.encoders.tokens import PokemonTokens, TokenInputs, token_size_of
from agents.networks.layers import AttentionBlock, linear
from agents.networks.network import Encoder


class AttentionEncoder(Encoder):
    """Attention over the tokens of one observation (not over time).

    Attributes:
        feature_size: width of the features.
    """

    doubles = True

    def __init__(self, settings: NetworkSettings, *, policy: bool, actives: int = 1) -> None:
        """Make the layers; see `Encoder`."""
        super().__init__(settings, policy=policy, actives=actives)
        token_size = token_size_of(settings.hidden_size, settings.num_heads)
        self.tokens = PokemonTokens(token_size, settings.embedding_size, self.layout)
        self.field = linear(shared_size(self.layout), token_size)
        self.blocks = nn.ModuleList(
            AttentionBlock(token_size, settings.num_heads) for _ in range(settings.num_layers)
        )
        self.norm = nn.LayerNorm(token_size)
        # The active Pokémon appear again at fixed places; all others keep the places of their slots.
        self.readout = linear((NUM_POKEMON + 1 + 2 * actives) * token_size, settings.hidden_size)
        self.feature_size = settings.hidden_size

    def read(self, obs: Tensor) -> TokenInputs:
        """See `Encoder.read`."""
        return self.tokens.read(obs, self.layout)

    def encode(self, inputs: TokenInputs) -> Tensor:
        """Features (N, `feature_size`)."""
        pokemon, _ = self.tokens(inputs)
        field = torch.relu(self.field(inputs.shared)).unsqueeze(1)
        tokens = torch.cat([pokemon, field], dim=1)  # (N, 13, E)
        visible = functional.pad(inputs.known > 0.5, (0, 1), value=True)  # the field token is always visible
        for block in self.blocks:
            tokens = block(tokens, visible)
        tokens = self.norm(tokens)
        active = take_active(tokens[:, :NUM_POKEMON], inputs.slots, inputs.present)
        return torch.relu(self.readout(torch.cat([tokens.flatten(1), active.flatten(1)], dim=1)))
