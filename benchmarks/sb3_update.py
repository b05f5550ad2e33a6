"""The update of sb3-contrib's `RecurrentPPO` on given episodes, for `benchmarks.update`."""

from __future__ import annotations

from collections.abc import Callable

import gymnasium as gym
import numpy as np
import torch
from gymnasium import spaces
from sb3_contrib import RecurrentPPO
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor, nn

from agents.episodes.episode_batch import EpisodeBatch


class LinearExtractor(BaseFeaturesExtractor):
    """One hidden layer over the flat observation, so that all LSTMs read features of the same width."""

    def __init__(self, observation_space: spaces.Box, features_dim: int) -> None:
        """Make the layer."""
        super().__init__(observation_space, features_dim)
        self.layer = nn.Linear(int(np.prod(observation_space.shape)), features_dim)

    def forward(self, observations: Tensor) -> Tensor:
        """Features (N, F) of observations (N, D)."""
        return torch.relu(self.layer(observations))


class _Spaces(gym.Env[np.ndarray, np.int64]):
    """Spaces without an environment, because the episodes are given."""

    def __init__(self, observation_size: int, num_actions: int) -> None:
        self.observation_space = spaces.Box(-np.inf, np.inf, (observation_size,), np.float32)
        self.action_space = spaces.Discrete(num_actions)  # type: ignore[assignment]


def recurrent_ppo_update(batch: EpisodeBatch, hidden_size: int, minibatch: int) -> Callable[[], float]:
    """An epoch of `RecurrentPPO.train()` over a batch.

    Actor and critic have an LSTM and a feature layer each, like the two networks here. `RecurrentPPO` has
    no action masks and reads ids as numbers, all scaled to [-1, 1].

    Args:
        batch: episodes that fill the rollout buffer, with their starts, actions, advantages and returns.
        hidden_size: width of features and LSTMs.
        minibatch: decisions per gradient step.
    """
    count = batch.num_decisions
    model = RecurrentPPO(
        "MlpLstmPolicy",
        _Spaces(batch.observations.shape[1], batch.action_masks.shape[1]),
        n_steps=count,
        batch_size=minibatch,
        n_epochs=1,
        learning_rate=0.0,
        device="cpu",
        policy_kwargs={
            "lstm_hidden_size": hidden_size,
            "enable_critic_lstm": True,
            "share_features_extractor": False,
            "features_extractor_class": LinearExtractor,
            "features_extractor_kwargs": {"features_dim": hidden_size},
            "net_arch": [],
        },
    )
    model.set_logger(Logger(None, []))
    buffer = model.rollout_buffer
    starts = np.zeros((count, 1), dtype=np.float32)
    starts[(batch.episode_lengths.cumsum(0) - batch.episode_lengths).numpy()] = 1.0
    # Large ids would saturate the LSTM and make its gradients denormal numbers, which are slow.
    scaled = batch.observations / batch.observations.abs().amax(0).clamp_min(1.0)
    buffer.observations = scaled.numpy()[:, None]
    buffer.actions = batch.actions.numpy().reshape(count, 1, 1).astype(np.float32)
    for name, tensor in (
        ("values", batch.values),
        ("log_probs", batch.old_log_probs),
        ("advantages", batch.advantages),
        ("returns", batch.returns),
    ):
        setattr(buffer, name, tensor.numpy()[:, None].copy())
    buffer.episode_starts = starts
    buffer.full = True

    def run() -> float:
        model.train()
        return float("nan")

    return run
