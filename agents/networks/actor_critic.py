"""A policy network and its value network together: a trunk that both share runs once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from agents.networks.memories.recurrent import Hidden
from agents.networks.network import Encoder, Network, Trunk


def trunks_of(policy_net: Network, value_net: Network | None) -> tuple[Trunk, ...]:
    """The trunks, each once: the policy's, then the value network's if it is another.

    Hidden states of a pair are held in this order, one per trunk.
    """
    if value_net is None or value_net.trunk is policy_net.trunk:
        return (policy_net.trunk,)
    return policy_net.trunk, value_net.trunk


def parameters_of(policy_net: Network, value_net: Network | None) -> list[nn.Parameter]:
    """All parameters of both networks, each once: what an optimizer is made over."""
    networks = [policy_net] if value_net is None else [policy_net, value_net]
    # ModuleList gives shared parameters once.
    return list(nn.ModuleList(networks).parameters())


def step_both(
    policy_net: Network, value_net: Network | None, obs: Tensor, states: Sequence[Hidden]
) -> tuple[Tensor, Tensor | None, tuple[Hidden, ...]]:
    """One decision of each of B sequences by both networks, for acting.

    Args:
        policy_net: gives logits.
        value_net: gives values; None: there are none.
        obs: (B, D).
        states: per trunk of `trunks_of`, the hidden state before the decision.

    Returns:
        logits (B, A), values (B,) or None, and per trunk the state after the decision.
    """
    trunks = trunks_of(policy_net, value_net)
    inputs = read_once(trunks, obs)
    steps = [trunk.step(inputs, state) for trunk, state in zip(trunks, states, strict=True)]
    values = None if value_net is None else value_net.decode(steps[-1][0])
    return policy_net.decode(steps[0][0]), values, tuple(after for _, after in steps)


def read_once(trunks: Sequence[Trunk], obs: Tensor) -> Any:
    """What the encoders have in common to read of observations (N, D); the observations if they differ."""
    first = trunks[0].encoder
    kind = trunks[0].observation_kind
    alike = all(type(trunk.encoder) is type(first) and trunk.observation_kind == kind for trunk in trunks)
    return first.read(obs) if isinstance(first, Encoder) and alike else obs
