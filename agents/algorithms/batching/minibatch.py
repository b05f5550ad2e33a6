"""What one gradient step learns from, and towards what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from agents.networks import Hidden, SequencePlan, plan_sequences

States = tuple[Hidden | None, ...] | None
"""Per trunk, hidden states (1, S, ...) of S sequences; None: zeros."""


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
        device: where indices go.
        lengths: (S,) decisions per sequence, one sequence after another; None: each decision stands alone.
        states: hidden states before each sequence.
    """

    index: Tensor | None
    size: int
    device: torch.device
    lengths: NDArray[np.int64] | None = None
    states: States = None

    def take(self, tensor: Tensor) -> Tensor:
        """The minibatch's rows of a tensor (N, ...)."""
        return tensor if self.index is None else tensor.index_select(0, self.index)

    @property
    def plan(self) -> SequencePlan | None:
        """How the decisions form sequences."""
        if self.lengths is None:
            return None
        return plan_sequences(np.cumsum(self.lengths) - self.lengths, self.lengths, self.device)

    def part(self, sequences: NDArray[np.int64]) -> Minibatch:
        """Some of its sequences, in the order given; still for the same gradient step."""
        assert self.lengths is not None
        lengths = self.lengths[sequences]
        starts = (np.cumsum(self.lengths) - self.lengths)[sequences]
        index = torch.from_numpy(ranges(starts, lengths)).to(self.device)
        index = index if self.index is None else self.index.index_select(0, index)
        return Minibatch(index, self.size, self.device, lengths, self._states_of(sequences))

    def _states_of(self, sequences: NDArray[np.int64]) -> States:
        if self.states is None:
            return None
        places = torch.from_numpy(sequences).to(self.device)
        return tuple(state and tuple(part.index_select(1, places) for part in state) for state in self.states)


def ranges(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """`start, start + 1, ...` for each pair, concatenated."""
    within = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return np.repeat(starts, lengths) + within
