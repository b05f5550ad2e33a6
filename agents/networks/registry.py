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
        ConfigError: the encoder does not read battles with as many Pokémon on the field.
        ValueError: the width of the memory does not fit its heads.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        trunk = _trunk(settings, policy=True, actives=action_space.actives)
        policy_net = Network(trunk, policy_head(trunk, action_space))
        value_trunk = trunk
        if not settings.shared:
            value_trunk = _trunk(settings, policy=False, actives=action_space.actives)
        value_net = Network(value_trunk, value_head(value_trunk.size), scalar_output=True)
    if auxiliary:
        policy_net.auxiliary_head = auxiliary_head(trunk, seed)
    return policy_net, value_net


def _trunk(settings: NetworkSettings, *, policy: bool, actives: int) -> Trunk:
    encoder_class: type[Encoder] = load(ENCODERS[settings.type])
    if actives > 1 and not encoder_class.doubles:
        able = [name for name, entry in ENCODERS.items() if load(entry).doubles]
        raise ConfigError(
            f"network.type {settings.type!r} reads singles only; for doubles use {', '.join(able)}"
        )
    doubles = {"actives": actives} if actives > 1 else {}  # encoders of singles need not take it
    encoder = encoder_class(settings, policy=policy, **doubles)
    memory: Memory | None = None
    if settings.recurrent:
        memory = load(MEMORIES[settings.memory])(encoder.feature_size, settings)
    return Trunk(encoder, memory)
