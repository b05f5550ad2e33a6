"""Proximal policy optimisation over single decisions (arXiv:1707.06347)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from agents.algorithms.base import BaseAlgorithm, Targets

if TYPE_CHECKING:
    from agents.episode_batch import EpisodeBatch


class PPOAlgorithm(BaseAlgorithm):
    """PPO with a clipped ratio and a value network.

    Args:
        clip_range: epsilon of the clipped objective (eq. 7).
        epochs: passes over a batch.
        batch_size: decisions per minibatch; 0: the whole batch.
        value_coef: weight of the value loss.
        entropy_coef: weight of the entropy bonus.
        grad_clip_norm: greatest gradient norm of each network; 0: no clipping.
        normalize_advantages: shift and scale a batch's advantages to mean 0 and deviation 1.
        target_kl: stop before a step once the approximate KL exceeds 1.5 times this; None: never.
        seed: seed of the order of minibatches.
    """

    def __init__(
        self,
        *,
        clip_range: float = 0.2,
        epochs: int = 4,
        batch_size: int = 0,
        value_coef: float = 0.5,
        entropy_coef: float = 0.01,
        grad_clip_norm: float = 0.5,
        normalize_advantages: bool = True,
        target_kl: float | None = None,
        seed: int = 0,
    ) -> None:
        """Keep the settings."""
        super().__init__(
            epochs=epochs,
            batch_size=batch_size,
            value_coef=value_coef,
            entropy_coef=entropy_coef,
            grad_clip_norm=grad_clip_norm,
            normalize_advantages=normalize_advantages,
            target_kl=target_kl,
            seed=seed,
            needs_value_net=True,
        )
        self.clip_range = clip_range

    def _targets(self, batch: EpisodeBatch) -> Targets:
        return Targets(batch.advantages, batch.returns)

    def _policy_loss(self, log_probs: Tensor, old_log_probs: Tensor, advantages: Tensor) -> Tensor:
        ratio = (log_probs - old_log_probs).exp()
        clipped = ratio.clamp(1.0 - self.clip_range, 1.0 + self.clip_range)
        return -torch.minimum(ratio * advantages, clipped * advantages).mean()

    def _clipped(self, log_ratio: Tensor) -> Tensor:
        return (log_ratio.exp() - 1.0).abs() > self.clip_range
