"""What one gradient step learns from, and towards what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from agents.networks import Hidden, SequencePlan, plan_sequences


@dataclass(frozen=True)
class Targets:
    """What one update learns towards, made once before its first epoch.

    Attributes:
        advantages: (N,) weight of each decision in the policy loss.
        returns: (N,) targets of the value network.
        opponent_weights: (N,) weight of each decision in the auxiliary loss: 0 where the opponent's action is
            not known, elsewhere alike, 1 on average.
    """

    advantages: Tensor
    returns: Tensor
    opponent_weights: Tensor


@dataclass(frozen=True)
class Minibatch:
    """Decisions of a batch for one gradient step, or part of them.

    Attributes:
        index: (M,) flat indices of its decisions; None: all, in order.
        size: decisions of the whole gradient step; the loss is a mean over these.
        lengths: (S,) decisions per sequence, one sequence after another; None: each decision stands alone.
        states: per trunk, the hidden state (1, S, ...) before each sequence; None: zeros.
    """

    index: Tensor | None
    size: int
    lengths: NDArray[np.int64] | None = None
    states: tuple[Hidden | None, ...] | None = None

    def take(self, tensor: Tensor) -> Tensor:
        """The minibatch's rows of a tensor (N, ...)."""
        return tensor if self.index is None else tensor.index_select(0, self.index)

    def plan(self, device: torch.device) -> SequencePlan | None:
        """How the decisions form sequences, with indices on a device."""
        if self.lengths is None:
            return None
        return plan_sequences(np.cumsum(self.lengths) - self.lengths, self.lengths, device)
