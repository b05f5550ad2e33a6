"""Proximal policy optimisation (arXiv:1707.06347)."""

from __future__ import annotations

from torch import Tensor

from agents.algorithms import losses
from agents.algorithms.base import BaseAlgorithm
from agents.config import PPOSettings
from agents.episodes.episode_batch import EpisodeBatch


class PPOAlgorithm(BaseAlgorithm):
    """PPO: a clipped probability ratio and, if set, clipped values."""

    settings_class = PPOSettings
    settings: PPOSettings

    @property
    def clip_range(self) -> float:
        """Epsilon of the clipped objective."""
        return self.settings.clip_range

    def targets(self, batch: EpisodeBatch) -> tuple[Tensor, Tensor]:
        """See `BaseAlgorithm.targets`."""
        return batch.advantages, batch.returns

    def policy_loss(self, log_probs: Tensor, log_ratio: Tensor, advantages: Tensor) -> Tensor:
        """See `BaseAlgorithm.policy_loss`."""
        return losses.ppo_policy_loss(log_ratio, advantages, self.clip_range)

    def value_loss(self, values: Tensor, returns: Tensor, old_values: Tensor) -> Tensor:
        """See `BaseAlgorithm.value_loss`."""
        return losses.value_loss(values, returns, old_values, self.settings.value_clip_range)
