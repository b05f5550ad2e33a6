"""REINFORCE (Williams 1992) with the return-to-go and a learned baseline."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from agents.algorithms import losses
from agents.algorithms.base import BaseAlgorithm
from agents.config import AlgorithmSettings
from agents.config.learning import BatchSize, Epochs
from agents.episodes.episode_batch import EpisodeBatch
from agents.episodes.gae import returns_to_go


class ReinforceSettings(AlgorithmSettings):
    """One pass over the whole batch: after a step, the data no longer comes from the current policy."""

    fixed_in_runs: ClassVar[frozenset[str]] = frozenset(
        {"epochs", "batch_size", "batch_size_final", "target_kl"}
    )

    epochs: Epochs = 1
    batch_size: BatchSize = 0


class ReinforceAlgorithm(BaseAlgorithm):
    """REINFORCE: `-log pi(a|s) * (G_t - b(s))`, where `G_t` is the return from t.

    Args:
        settings: see `BaseAlgorithm`.
        baseline: subtract the value network's estimate and train it; sets `needs_value_net`.
        keywords: other arguments of `BaseAlgorithm`.
    """

    settings_class = ReinforceSettings
    normalize_advantages = False

    def __init__(
        self, settings: AlgorithmSettings | None = None, *, baseline: bool = True, **keywords: Any
    ) -> None:
        """Make the algorithm."""
        super().__init__(settings, **keywords)
        self.needs_value_net = baseline

    def targets(self, batch: EpisodeBatch) -> tuple[Tensor, Tensor]:
        """See `BaseAlgorithm.targets`."""
        returns = torch.from_numpy(
            returns_to_go(
                batch.rewards.cpu().numpy(),
                batch.episode_lengths.cpu().numpy(),
                batch.terminated.cpu().numpy(),
                batch.final_values.cpu().numpy(),
                float(batch.gamma),
            )
        ).to(batch.rewards.device)
        # The estimates made before the decisions: they do not depend on the actions taken.
        return returns - batch.values if self.needs_value_net else returns, returns

    def policy_loss(self, log_probs: Tensor, log_ratio: Tensor, advantages: Tensor) -> Tensor:
        """See `BaseAlgorithm.policy_loss`."""
        return losses.reinforce_policy_loss(log_probs, advantages)
