"""An algorithm with all options on, and the networks and batch for its update."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from agents.agent import RLAgent
from agents.algorithms import BaseAlgorithm
from agents.episodes.episode_batch import EpisodeBatch
from agents.networks import Network
from tests.support.reference import LENGTHS, build, parameters_of, play, scale_heads

ALL_OPTIONS: dict[str, Any] = {
    "value_clip_range": 0.05,
    "entropy_coef": 0.03,
    "magnet": "ema",
    "magnet_coef": 0.2,
    "aux_coef": 0.3,
}


def setting(
    kind: str, algorithm: BaseAlgorithm, lr: float = 0.0
) -> tuple[tuple[Network, Network], torch.optim.Optimizer, EpisodeBatch]:
    """Small networks, gradient descent over all their parameters, and episodes of a slightly older policy."""
    policy_net, value_net = build(kind, auxiliary=algorithm.settings.aux_coef > 0)
    scale_heads(policy_net)
    agent = RLAgent(policy_net, value_net, None, None)
    batch = EpisodeBatch.from_episodes(play(agent, LENGTHS, np.random.default_rng(0)), 0.98, 0.9)
    generator = torch.Generator().manual_seed(0)

    def noise(size: float) -> torch.Tensor:
        return size * torch.randn(batch.num_decisions, generator=generator)

    batch = replace(batch, old_log_probs=batch.old_log_probs + noise(0.5), values=batch.values + noise(0.1))
    return (policy_net, value_net), torch.optim.SGD(parameters_of(policy_net, value_net), lr=lr), batch


def lagging(algorithm: BaseAlgorithm, policy_net: Network) -> Network:
    """The algorithm's moving average, moved away from the policy."""
    assert algorithm._average is not None
    magnet = algorithm._average.network(policy_net)
    generator = torch.Generator().manual_seed(1)
    for parameter in magnet.parameters():
        parameter += 0.1 * torch.randn(parameter.shape, generator=generator)
    return magnet
