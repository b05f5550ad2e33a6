"""Figures of an update: sums over the parts of a gradient step, means over all steps, and their check."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping

import torch
from torch import Tensor

from agents.errors import DivergedError

LARGEST = "max_abs_log_ratio"
"""The one figure that is a maximum; all others add up."""


def add_shares(totals: defaultdict[str, float], shares: Mapping[str, Tensor]) -> None:
    """Add the figures () of one part of a gradient step to those of the parts before."""
    numbers = dict(zip(shares, torch.stack(list(shares.values())).tolist(), strict=True))  # fetched at once
    largest = max(totals[LARGEST], numbers.pop(LARGEST))
    for name, number in numbers.items():
        totals[name] += number
    totals[LARGEST] = largest


class Means:
    """Means of figures over gradient steps, weighted by their decisions."""

    def __init__(self) -> None:
        """Start without steps."""
        self._totals: defaultdict[str, float] = defaultdict(float)
        self._decisions = 0

    def add(self, figures: Mapping[str, float], decisions: int) -> None:
        """Count one gradient step."""
        for name, figure in figures.items():
            self._totals[name] += decisions * figure
        self._decisions += decisions

    def result(self) -> dict[str, float]:
        """The means; empty without a step."""
        return {name: total / self._decisions for name, total in self._totals.items()}


def require_finite(figures: Mapping[str, float]) -> None:
    """Check the loss and the norms of the gradients before a step.

    Raises:
        DivergedError: names the figures that are not finite, and the settings that may be the cause.
    """
    checked = {name: figure for name, figure in figures.items() if name == "loss" or "grad_norm" in name}
    if not all(map(math.isfinite, checked.values())):
        found = ", ".join(f"{name} {figure:g}" for name, figure in checked.items())
        raise DivergedError(
            f"the update has diverged: {found}; continue from an earlier checkpoint, or start again, with a "
            f"smaller lr or clip_range, or with precision: fp32"
        )


def explained_variance(values: Tensor, returns: Tensor) -> float:
    """Share of the returns' variance that the values explain: 1 is perfect, 0 or less is useless."""
    variance = returns.var(correction=0)
    if float(variance) == 0.0:
        return 0.0
    return float(1.0 - (returns - values).var(correction=0) / variance)
