"""Losses and divergences as pure functions: one number per decision, (M,) in and (M,) out."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def ppo_policy_loss(log_ratio: Tensor, advantages: Tensor, clip_range: float) -> Tensor:
    """PPO's clipped objective, negated (arXiv:1707.06347, eq. 7).

    Args:
        log_ratio: (M,) log-probabilities of the actions minus those when they were taken.
        advantages: (M,).
        clip_range: epsilon.
    """
    ratio = log_ratio.exp()
    clipped = ratio.clamp(1.0 - clip_range, 1.0 + clip_range)
    return -torch.minimum(ratio * advantages, clipped * advantages)


def reinforce_policy_loss(log_probs: Tensor, advantages: Tensor) -> Tensor:
    """`-log pi(a|s) * advantage` (Williams 1992)."""
    return -(log_probs * advantages)


def value_loss(
    values: Tensor, returns: Tensor, old_values: Tensor | None = None, clip_range: float | None = None
) -> Tensor:
    """Half the squared error.

    Args:
        values: (M,) estimates.
        returns: (M,) their targets.
        old_values: (M,) estimates when the decisions were made; needed for clipping.
        clip_range: distance from `old_values` beyond which a value gains nothing; None: no clipping.
    """
    losses = 0.5 * (values - returns).square()
    if clip_range is None or old_values is None:
        return losses
    near = old_values + (values - old_values).clamp(-clip_range, clip_range)
    return torch.maximum(losses, 0.5 * (near - returns).square())


def auxiliary_loss(opponent_logits: Tensor, opponent_choices: Tensor, weights: Tensor) -> Tensor:
    """Weighted cross entropy of the opponent's choices.

    Args:
        opponent_logits: (M, C).
        opponent_choices: (M,) int64; -1 where the choice is unknown.
        weights: (M,) 0 where the choice is unknown.
    """
    choices = opponent_choices.clamp_min(0)
    return functional.cross_entropy(opponent_logits, choices, reduction="none") * weights


def imitation_loss(log_probs: Tensor, actions: Tensor) -> Tensor:
    """Cross entropy of a teacher's actions, 0 where they are unknown.

    Args:
        log_probs: (M, A) of the policy, -inf for illegal actions.
        actions: (M,) int64; -1 where the action is unknown.
    """
    chosen = log_probs.gather(1, actions.clamp_min(0).unsqueeze(1)).squeeze(1)
    return -torch.where(actions >= 0, chosen, torch.zeros_like(chosen))


def strategy_loss(log_probs: Tensor, strategies: Tensor, weights: Tensor) -> Tensor:
    """Weighted cross entropy of the policy to mixed strategies.

    Args:
        log_probs: (M, A) of the policy, -inf for illegal actions.
        strategies: (M, A) probabilities of the actions, 0 for illegal ones; all 0 where there is no strategy.
        weights: (M,).
    """
    played = log_probs.masked_fill(strategies == 0, 0.0)  # an illegal action would give 0 times -inf
    return -(strategies * played).sum(1) * weights


def approx_kl(log_ratio: Tensor) -> Tensor:
    """Estimate of KL(old policy || new policy) from samples of the old one.

    See http://joschu.net/blog/kl-approx.html, k3.
    """
    return log_ratio.exp() - 1 - log_ratio


def clipped(log_ratio: Tensor, clip_range: float) -> Tensor:
    """1.0 where a ratio is outside the clipping range, else 0.0."""
    return ((log_ratio.exp() - 1.0).abs() > clip_range).float()
