"""Policy and value networks from a configuration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import nn

from agents.networks.flat import FlatEncoder
from agents.networks.layers import POLICY_GAIN, VALUE_GAIN, PointerHead, linear
from agents.networks.network import Network
from agents.networks.tokens import AttentionEncoder, EntityEncoder
from pokeenv import NUM_ACTIONS


class NetworkShape(Protocol):
    """What :func:`build_networks` reads; ``agents.config.NetworkConfig`` is one."""

    @property
    def type(self) -> str:
        """``basic``, ``lstm``, ``attention`` or ``entity``."""

    @property
    def hidden_size(self) -> int:
        """Width of hidden layers and features."""

    @property
    def lstm_hidden_size(self) -> int:
        """Width of the LSTM."""

    @property
    def use_lstm(self) -> bool:
        """An LSTM after the encoder of ``attention`` and ``entity`` (lstm: always, basic: never)."""

    @property
    def num_layers(self) -> int:
        """Hidden layers, or attention blocks."""

    @property
    def embedding_size(self) -> int:
        """Width of the embeddings of ids."""

    @property
    def num_heads(self) -> int:
        """Attention heads."""


@dataclass(frozen=True)
class NetworkSpec:
    """A plain :class:`NetworkShape` for use without the training configuration."""

    type: str = "lstm"
    hidden_size: int = 256
    lstm_hidden_size: int = 256
    use_lstm: bool = False
    num_layers: int = 1
    embedding_size: int = 16
    num_heads: int = 4


Encoder = FlatEncoder | AttentionEncoder | EntityEncoder


def _flat(shape: NetworkShape, policy: bool) -> Encoder:
    return FlatEncoder(shape.hidden_size, shape.num_layers, shape.embedding_size)


def _attention(shape: NetworkShape, policy: bool) -> Encoder:
    return AttentionEncoder(shape.hidden_size, shape.num_layers, shape.embedding_size, shape.num_heads)


def _entity(shape: NetworkShape, policy: bool) -> Encoder:
    return EntityEncoder(shape.hidden_size, shape.num_layers, shape.embedding_size, pointers=policy)


@dataclass(frozen=True)
class _Kind:
    """How a type of network is made, and whether it is recurrent (None: as ``use_lstm`` says)."""

    encoder: Callable[[NetworkShape, bool], Encoder]
    recurrent: bool | None = None


NETWORK_TYPES: dict[str, _Kind] = {
    "basic": _Kind(_flat, recurrent=False),
    "lstm": _Kind(_flat, recurrent=True),
    "attention": _Kind(_attention),
    "entity": _Kind(_entity),
}


def build_networks(config: NetworkShape, *, seed: int) -> tuple[Network, Network]:
    """A policy network and a value network of the same shape, with their own weights.

    Args:
        config: the shape.
        seed: seed of the weights; the global random state is left alone.

    Returns:
        policy network with logits (T, B, 26), value network with values (T, B).

    Raises:
        ValueError: the type is not one of ``NETWORK_TYPES``.
    """
    if config.type not in NETWORK_TYPES:
        raise ValueError(f"network type {config.type!r} is unknown; there are {', '.join(NETWORK_TYPES)}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _build(config, policy=True), _build(config, policy=False)


def _build(config: NetworkShape, policy: bool) -> Network:
    kind = NETWORK_TYPES[config.type]
    recurrent = config.use_lstm if kind.recurrent is None else kind.recurrent
    encoder = kind.encoder(config, policy)
    width = config.lstm_hidden_size if recurrent else encoder.feature_size
    head: nn.Module
    if not policy:
        head = linear(width, 1, VALUE_GAIN)
    elif isinstance(encoder, EntityEncoder):
        head = PointerHead(width, encoder.token_size)
    else:
        head = linear(width, NUM_ACTIONS, POLICY_GAIN)
    return Network(
        encoder,
        head,
        feature_size=encoder.feature_size,
        lstm_hidden_size=config.lstm_hidden_size if recurrent else 0,
        scalar_output=not policy,
    )
