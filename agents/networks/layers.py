"""Layers with the initialisation that suits policy gradients."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

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
    """Make weights orthogonal per gate; open forget and update gates, so that gradients reach far back.

    A forget gate of sigmoid(3) = 0.95 keeps a third of a state over twenty decisions; one of sigmoid(1) =
    0.73 keeps a five-hundredth. With the latter, LSTMs did not learn to recall that far (`make learning`).
    """
    size = layer.hidden_size
    for name, parameter in layer.named_parameters():
        if "weight" in name:
            for gate in parameter.chunk(parameter.shape[0] // size):
                nn.init.orthogonal_(gate)
            continue
        nn.init.zeros_(parameter)
        if "_ih" in name:
            with torch.no_grad():
                # The forget gate, or the update gate.
                parameter[size : 2 * size] = 3.0 if isinstance(layer, nn.LSTM) else 1.0


class AttentionBlock(nn.Module):
    """Pre-norm attention over tokens, then a two-layer perceptron, both residual.

    Args:
        token_size: width of the tokens; a multiple of `num_heads`.
        num_heads: attention heads.
    """

    def __init__(self, token_size: int, num_heads: int) -> None:
        """Make the layers."""
        super().__init__()
        self.num_heads = num_heads
        self.norm_attention = nn.LayerNorm(token_size)
        self.query_key_value = linear(token_size, 3 * token_size, 1.0)
        self.mix = linear(token_size, token_size, 1.0)
        self.norm_mlp = nn.LayerNorm(token_size)
        self.widen = linear(token_size, 2 * token_size)
        self.narrow = linear(2 * token_size, token_size, 1.0)

    def project(self, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Query, key and value (N, heads, K, E / heads) of tokens (N, K, E)."""
        projected = self.query_key_value(self.norm_attention(tokens))
        heads = projected.view(*tokens.shape[:2], 3, self.num_heads, -1)  # (N, K, 3, heads, E / heads)
        query, key, value = heads.permute(2, 0, 3, 1, 4)
        return query, key, value

    def finish(self, tokens: Tensor, mixed: Tensor) -> Tensor:
        """New tokens (N, K, E) from the old ones and the mixed values (N, heads, K, E / heads)."""
        tokens = tokens + self.mix(mixed.transpose(1, 2).flatten(2))
        changed: Tensor = tokens + self.narrow(torch.relu(self.widen(self.norm_mlp(tokens))))
        return changed

    def forward(self, tokens: Tensor, visible: Tensor) -> Tensor:
        """New tokens.

        Args:
            tokens: (N, K, E).
            visible: (N, K) bool, tokens that may be attended to.
        """
        query, key, value = self.project(tokens)
        mixed = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=visible[:, None, None, :]
        )
        return self.finish(tokens, mixed)
