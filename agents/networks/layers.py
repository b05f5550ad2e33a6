"""Layers with the initialisation that policy gradients like, and the two kinds of heads."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from agents.networks.sizes import NUM_MOVE_VARIANTS, TEAM_SIZE

RELU_GAIN = math.sqrt(2.0)
POLICY_GAIN = 0.01  # nearly uniform first policy
VALUE_GAIN = 1.0


def linear(in_size: int, out_size: int, gain: float = RELU_GAIN) -> nn.Linear:
    """A linear layer with orthogonal weights and zero bias."""
    layer = nn.Linear(in_size, out_size)
    nn.init.orthogonal_(layer.weight, gain)
    nn.init.zeros_(layer.bias)
    return layer


def init_recurrent(layer: nn.LSTM | nn.GRU) -> None:
    """Orthogonal weights per gate; gates that keep the past start open so that gradients reach far back."""
    size = layer.hidden_size
    for name, parameter in layer.named_parameters():
        if "weight" in name:
            for gate in parameter.chunk(parameter.shape[0] // size):
                nn.init.orthogonal_(gate)
            continue
        nn.init.zeros_(parameter)
        if "_ih" in name:
            with torch.no_grad():
                parameter[size : 2 * size] = 1.0  # of an LSTM the forget gate, of a GRU the update gate


class PointerHead(nn.Module):
    """Logits of moves and switches as products of queries and the tokens of what they would choose.

    Args:
        feature_size: width of the features that ask.
        token_size: width of a token.
    """

    NUM_QUERIES = 1 + NUM_MOVE_VARIANTS  # switch; move plain and with each of the four gimmicks

    def __init__(self, feature_size: int, token_size: int) -> None:
        """Make the layers."""
        super().__init__()
        self.queries = linear(feature_size, self.NUM_QUERIES * token_size, POLICY_GAIN)
        self.keys = linear(token_size, token_size, 1.0)
        self.token_size = token_size

    def forward(self, features: Tensor, tokens: Tensor) -> Tensor:
        """Logits.

        Args:
            features: (N, F).
            tokens: (N, 10, E): six own team slots, then the own active Pokémon's four moves.

        Returns:
            (N, 26) in the order of the actions.
        """
        queries = self.queries(features).view(-1, self.NUM_QUERIES, self.token_size)  # (N, 6, E)
        products = queries @ self.keys(tokens).transpose(1, 2) / math.sqrt(self.token_size)  # (N, 6, 10)
        switches = products[:, 0, :TEAM_SIZE]
        moves = products[:, 1:, TEAM_SIZE:].flatten(1)  # (N, 20), gimmick by gimmick
        return torch.cat([switches, moves], dim=1)
