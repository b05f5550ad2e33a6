"""Proximal policy optimisation over single decisions (arXiv:1707.06347)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from agents.algorithms.base import BaseAlgorithm

if TYPE_CHECKING:
    from agents.episodes.episode_batch import EpisodeBatch


@dataclass(kw_only=True, eq=False)
class PPOAlgorithm(BaseAlgorithm):
    """PPO with a clipped ratio and a value network; all other settings are those of `BaseAlgorithm`.

    Args:
        clip_range: epsilon of the clipped objective (eq. 7).
        value_clip_range: how far a value may move from the one when the decision was made before moving
            further no longer pays; None: as far as it likes.
    """

    clip_range: float = 0.2
    value_clip_range: float | None = None

    def _targets(self, batch: EpisodeBatch) -> tuple[Tensor, Tensor]:
        return batch.advantages, batch.returns

    def _policy_losses(self, log_probs: Tensor, log_ratio: Tensor, advantages: Tensor) -> Tensor:
        ratio = log_ratio.exp()
        clipped = ratio.clamp(1.0 - self.clip_range, 1.0 + self.clip_range)
        return -torch.minimum(ratio * advantages, clipped * advantages)

    def _value_losses(self, values: Tensor, old_values: Tensor, returns: Tensor) -> Tensor:
        losses = super()._value_losses(values, old_values, returns)
        if self.value_clip_range is None:
            return losses
        near = old_values + (values - old_values).clamp(-self.value_clip_range, self.value_clip_range)
        return torch.maximum(losses, super()._value_losses(near, old_values, returns))

    def _clipped(self, log_ratio: Tensor) -> Tensor:
        return (log_ratio.exp() - 1.0).abs() > self.clip_range
