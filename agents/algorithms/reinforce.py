"""REINFORCE over single decisions (Williams 1992), with the return-to-go and a learned baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from agents.algorithms.base import BaseAlgorithm
from agents.episodes.gae import returns_to_go

if TYPE_CHECKING:
    from agents.episodes.episode_batch import EpisodeBatch


@dataclass(kw_only=True, eq=False)
class ReinforceAlgorithm(BaseAlgorithm):
    """REINFORCE: `-log pi(a|s) * (G_t - b(s))`, where `G_t` counts rewards from t on.

    All other settings are those of `BaseAlgorithm`; more than one epoch leaves the policy that acted.

    Args:
        baseline: subtract the value network's estimate and train it; sets `needs_value_net`.
    """

    baseline: bool = True
    epochs: int = 1
    normalize_advantages: bool = False

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        self.needs_value_net = self.baseline

    def _targets(self, batch: EpisodeBatch) -> tuple[Tensor, Tensor]:
        returns = torch.from_numpy(
            returns_to_go(
                batch.rewards.cpu().numpy(),
                batch.episode_lengths.cpu().numpy(),
                batch.terminated.cpu().numpy(),
                batch.final_values.cpu().numpy(),
                float(batch.gamma),
            )
        ).to(batch.rewards.device)
        # The estimates from when the decisions were made: they do not depend on the actions taken.
        return returns - batch.values if self.baseline else returns, returns

    def _policy_losses(self, log_probs: Tensor, log_ratio: Tensor, advantages: Tensor) -> Tensor:
        return -(log_probs * advantages)
