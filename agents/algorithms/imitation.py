"""Imitation of a teacher on the learner's own states, with values of the outcome."""

from __future__ import annotations

import torch
from torch import Tensor

from agents.algorithms.ppo import PPOAlgorithm


class ImitationAlgorithm(PPOAlgorithm):
    """The teacher's loss and the value loss; the learner's own actions do not count."""

    def teacher_weights(self, progress: float) -> tuple[float, float]:
        """See `BaseAlgorithm.teacher_weights`: the teacher's weight is constant."""
        return self.settings.teacher_coef, 0.0

    def policy_loss(self, log_probs: Tensor, log_ratio: Tensor, advantages: Tensor) -> Tensor:
        """See `BaseAlgorithm.policy_loss`."""
        return torch.zeros_like(log_probs)
