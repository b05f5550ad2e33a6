"""Policy and value networks from a configuration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import nn

from agents.networks.encoders.flat import FlatEncoder
from agents.networks.encoders.tokens import AttentionEncoder, EntityEncoder
from agents.networks.layers import POLICY_GAIN, VALUE_GAIN, PointerHead, linear
from agents.networks.memories.recurrent import AttentionMemory, GRUMemory, LSTMMemory, Memory
from agents.networks.network import Network, Trunk
from pokeenv import SINGLES, ObservationKind


class NetworkShape(Protocol):
    """What `build_networks` reads; `agents.config.NetworkConfig` is one."""

    @property
    def type(self) -> str:
        """`basic`, `lstm`, `attention` or `entity`."""

    @property
    def hidden_size(self) -> int:
        """Width of hidden layers and features."""

    @property
    def lstm_hidden_size(self) -> int:
        """Width of the memory."""

    @property
    def use_lstm(self) -> bool:
        """Memory after the encoder of `attention` and `entity` (lstm: always, basic: never)."""

    @property
    def memory(self) -> str:
        """`lstm`, `gru` or `attention` (over the episode's decisions)."""

    @property
    def context_length(self) -> int:
        """Decisions that the attention over the episode sees, the present one included."""

    @property
    def num_layers(self) -> int:
        """Hidden layers, or attention blocks."""

    @property
    def embedding_size(self) -> int:
        """Width of the embeddings of ids."""

    @property
    def num_heads(self) -> int:
        """Attention heads."""

    @property
    def shared(self) -> bool:
        """One trunk with two heads instead of two networks."""

    @property
    def observation(self) -> ObservationKind:
        """Kind of observation that is read."""


@dataclass(frozen=True)
class NetworkSpec:
    """A plain `NetworkShape` for use without the training configuration."""

    type: str = "lstm"
    hidden_size: int = 256
    lstm_hidden_size: int = 256
    use_lstm: bool = False
    memory: str = "lstm"
    context_length: int = 64
    num_layers: int = 1
    embedding_size: int = 16
    num_heads: int = 4
    shared: bool = False
    observation: ObservationKind = "base"


AnyEncoder = FlatEncoder | AttentionEncoder | EntityEncoder


def _flat(shape: NetworkShape, policy: bool) -> AnyEncoder:
    return FlatEncoder(shape.hidden_size, shape.num_layers, shape.embedding_size, shape.observation)


def _attention(shape: NetworkShape, policy: bool) -> AnyEncoder:
    return AttentionEncoder(
        shape.hidden_size, shape.num_layers, shape.embedding_size, shape.num_heads, shape.observation
    )


def _entity(shape: NetworkShape, policy: bool) -> AnyEncoder:
    return EntityEncoder(
        shape.hidden_size,
        shape.num_layers,
        shape.embedding_size,
        pointers=policy,
        observation=shape.observation,
    )


@dataclass(frozen=True)
class _Kind:
    """How a type of network is made, and whether it is recurrent (None: as `use_lstm` says)."""

    encoder: Callable[[NetworkShape, bool], AnyEncoder]
    recurrent: bool | None = None


NETWORK_TYPES: dict[str, _Kind] = {
    "basic": _Kind(_flat, recurrent=False),
    "lstm": _Kind(_flat, recurrent=True),
    "attention": _Kind(_attention),
    "entity": _Kind(_entity),
}


MEMORIES: dict[str, Callable[[int, NetworkShape], Memory]] = {
    "lstm": lambda size, shape: LSTMMemory(size, shape.lstm_hidden_size),
    "gru": lambda size, shape: GRUMemory(size, shape.lstm_hidden_size),
    "attention": lambda size, shape: AttentionMemory(
        size, shape.lstm_hidden_size, shape.num_heads, shape.context_length
    ),
}
"""Memory by name, from the width of the features that come in and the shape."""


def build_networks(config: NetworkShape, *, seed: int) -> tuple[Network, Network]:
    """A policy network and a value network of the same shape, with their own weights or on one trunk.

    Args:
        config: the shape.
        seed: seed of the weights; the global random state is left alone.

    Returns:
        policy network with logits (T, B, 26), value network with values (T, B).

    Raises:
        ValueError: the type is not one of `NETWORK_TYPES`, the memory not one of `MEMORIES`, or its
            width does not fit its heads.
    """
    if config.type not in NETWORK_TYPES:
        raise ValueError(f"network type {config.type!r} is unknown; there are {', '.join(NETWORK_TYPES)}")
    if config.memory not in MEMORIES:
        raise ValueError(f"memory {config.memory!r} is unknown; there are {', '.join(MEMORIES)}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        trunk, width = _trunk(config, policy=True)
        policy_net = Network(trunk, _policy_head(trunk, width))
        value_trunk = trunk if config.shared else _trunk(config, policy=False)[0]
        return policy_net, Network(value_trunk, linear(width, 1, VALUE_GAIN), scalar_output=True)


def _trunk(config: NetworkShape, policy: bool) -> tuple[Trunk, int]:
    """A trunk and the width of its features."""
    kind = NETWORK_TYPES[config.type]
    encoder = kind.encoder(config, policy)
    if not (config.use_lstm if kind.recurrent is None else kind.recurrent):
        return Trunk(encoder), encoder.feature_size
    memory = MEMORIES[config.memory](encoder.feature_size, config)
    return Trunk(encoder, memory), memory.size


def _policy_head(trunk: Trunk, width: int) -> nn.Module:
    if isinstance(trunk.encoder, EntityEncoder):
        return PointerHead(width, trunk.encoder.token_size)
    return linear(width, SINGLES.num_actions, POLICY_GAIN)
