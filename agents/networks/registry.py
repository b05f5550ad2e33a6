"""Policy and value networks, made from their settings."""

from __future__ import annotations

import torch

from agents.config import NetworkSettings
from agents.errors import ConfigError
from agents.networks.heads import auxiliary_head, policy_head, value_head
from agents.networks.memories.base import Memory
from agents.networks.network import Encoder, Network, Trunk
from agents.registry import ENCODERS, MEMORIES, load
from pokeenv import ActionSpace


def build_networks(
    settings: NetworkSettings, action_space: ActionSpace, *, seed: int, auxiliary: bool = False
) -> tuple[Network, Network]:
    """A policy network and a value network of the same shape, with their own weights or on one trunk.

    Args:
        settings: shape of the networks.
        action_space: actions of the policy.
        seed: seed of the weights; the global random state is left alone.
        auxiliary: give the policy network an auxiliary head.

    Returns:
        policy network with logits (T, B, A), value network with values (T, B).

    Raises:
        ConfigError: the actions are not those of singles.
        ValueError: the width of the memory does not fit its heads.
    """
    if action_space.actives > 1:
        raise ConfigError("the networks read singles: train in a battle format of singles")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        trunk = _trunk(settings, policy=True)
        policy_net = Network(trunk, policy_head(trunk, action_space))
        value_trunk = trunk if settings.shared else _trunk(settings, policy=False)
        value_net = Network(value_trunk, value_head(value_trunk.size), scalar_output=True)
    if auxiliary:
        policy_net.auxiliary_head = auxiliary_head(trunk.size, action_space, seed)
    return policy_net, value_net


def _trunk(settings: NetworkSettings, *, policy: bool) -> Trunk:
    encoder: Encoder = load(ENCODERS[settings.type])(settings, policy=policy)
    memory: Memory | None = None
    if settings.recurrent:
        memory = load(MEMORIES[settings.memory])(encoder.feature_size, settings)
    return Trunk(encoder, memory)
