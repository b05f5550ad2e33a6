"""The categorical distribution over legal actions, for acting and for updates."""

from __future__ import annotations

import torch
from torch import Tensor

# Finite, so that 0 * log(0) stays 0 in the entropy and its gradient.
ILLEGAL_LOGIT = -1e9


def masked_log_probs(logits: Tensor, action_masks: Tensor) -> Tensor:
    """Log-probabilities over legal actions; illegal ones get probability 0 exactly and no gradient.

    Args:
        logits: (..., A).
        action_masks: (..., A) bool, True where legal; at least one per row.
    """
    return torch.log_softmax(logits.masked_fill(~action_masks, ILLEGAL_LOGIT), dim=-1)


def entropy_of(log_probs: Tensor) -> Tensor:
    """Entropy in nats (...,) of masked log-probabilities (..., A)."""
    return -(log_probs.exp() * log_probs).sum(-1)


def kl_of(log_probs: Tensor, other_log_probs: Tensor) -> Tensor:
    """KL(p || q) in nats (...,) of masked log-probabilities (..., A) over the same legal actions."""
    return (log_probs.exp() * (log_probs - other_log_probs)).sum(-1)


def sample(log_probs: Tensor, generator: torch.Generator) -> Tensor:
    """Draw one action per row by the exponential race; illegal actions can never win.

    Args:
        log_probs: (B, A) masked log-probabilities.
        generator: random generator on the same device.

    Returns:
        (B,) int64.
    """
    return winners(log_probs, torch.empty_like(log_probs).exponential_(generator=generator))


def winners(log_probs: Tensor, races: Tensor) -> Tensor:
    """The actions (B,) that win the exponential race, given draws (B, A) from Exp(1)."""
    return (log_probs - races.log()).argmax(-1)
