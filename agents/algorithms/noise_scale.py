"""Gradient noise scale: the batch at which noise and signal of a gradient are equal (arXiv:1812.06162)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import torch
from torch import Tensor

from agents.algorithms.batching.episodes import Episodes
from agents.algorithms.batching.minibatch import Batching, ForwardPass
from agents.episodes.episode_batch import EpisodeBatch
from agents.networks import ActorCritic

GROUPS = 8
"""Groups of whole episodes whose gradients are compared with their mean."""


def noise_scale(square_norms: Sequence[float], mean_square_norm: float, sizes: Sequence[int]) -> float:
    """Estimate from the gradients of disjoint groups and of all of them (appendix A.1, eqs. A.2 and A.3).

    Args:
        square_norms: squared norm of each group's mean gradient.
        mean_square_norm: squared norm of the mean gradient of all groups.
        sizes: decisions of each group.

    Returns:
        The simple noise scale, in decisions; infinite where the noise hides the signal.
    """
    big = float(sum(sizes))
    # The harmonic mean, because variances go by 1 / size.
    small = len(sizes) / sum(1 / size for size in sizes)
    weighted = float(np.average(square_norms))
    signal = (big * mean_square_norm - small * weighted) / (big - small)
    noise = (weighted - mean_square_norm) / (1 / small - 1 / big)
    return noise / signal if signal > 0 else math.inf


def measure_noise_scale(
    actor_critic: ActorCritic,
    batch: EpisodeBatch,
    batching: Batching,
    loss_of: Callable[[ForwardPass], Tensor],
) -> float:
    """The noise scale of a loss at the current weights, which stay as they are; gradients are lost.

    Decisions of one episode share its luck, so the groups are whole episodes, also for networks without
    memory, whose minibatches mix decisions of all episodes.

    Args:
        actor_critic: the networks.
        batch: whole episodes.
        batching: batching of the updates.
        loss_of: share of a forward pass in the mean loss of its group.
    """
    whole = batching if batching.sequence else Episodes()
    parameters = actor_critic.parameters()
    norms, sizes = [], []
    total = [torch.zeros_like(parameter) for parameter in parameters]
    # A generator of its own, so that the minibatches of the update do not depend on the measurement.
    size = -(-batch.num_decisions // GROUPS)
    for group in whole.minibatches(actor_critic, batch, size, np.random.default_rng(0)):
        for parameter in parameters:
            parameter.grad = None
        for part in whole.forward(actor_critic, batch, group):
            loss_of(part).backward()  # type: ignore[no-untyped-call]
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
        norms.append(_square_norm(gradients))
        sizes.append(group.size)
        for mean, gradient in zip(total, gradients, strict=True):
            mean.add_(gradient, alpha=group.size / batch.num_decisions)
    for parameter in parameters:
        parameter.grad = None
    return noise_scale(norms, _square_norm(total), sizes) if len(sizes) > 1 else math.inf


def _square_norm(tensors: Iterable[Tensor]) -> float:
    return float(torch.stack([tensor.double().square().sum() for tensor in tensors]).sum())
