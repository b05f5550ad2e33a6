"""REINFORCE over single decisions (Williams 1992), with the return-to-go and a learned baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from agents.algorithms.base import BaseAlgorithm, Targets
from agents.algorithms.gae import returns_to_go

if TYPE_CHECKING:
    from agents.episode_batch import EpisodeBatch


class ReinforceAlgorithm(BaseAlgorithm):
    """REINFORCE: ``-log pi(a|s) * (G_t - b(s))``, where ``G_t`` counts rewards from t on.

    Args:
        baseline: subtract the value network's estimate and train it; sets ``needs_value_net``.
        epochs: passes over a batch; more than one leaves the policy that acted.
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
        baseline: bool = True,
        epochs: int = 1,
        batch_size: int = 0,
        value_coef: float = 0.5,
        entropy_coef: float = 0.01,
        grad_clip_norm: float = 0.5,
        normalize_advantages: bool = False,
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
            needs_value_net=baseline,
        )

    def _targets(self, batch: EpisodeBatch) -> Targets:
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
        return Targets(returns - batch.values if self.needs_value_net else returns, returns)

    def _policy_loss(self, log_probs: Tensor, old_log_probs: Tensor, advantages: Tensor) -> Tensor:
        return -(log_probs * advantages).mean()
