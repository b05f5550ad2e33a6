"""The decisions of a gradient step, their targets, and the interface of batching."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from agents.episodes.episode_batch import EpisodeBatch
from agents.networks import ActorCritic, Hidden, Outputs, SequencePlan, plan_sequences

States = tuple[Hidden | None, ...] | None
"""Per trunk, hidden states (1, S, ...) of S sequences; None: zeros."""


@dataclass(frozen=True)
class Targets:
    """Targets of one update, made once before its first epoch.

    Attributes:
        advantages: (N,) weight of each decision in the policy loss.
        returns: (N,) targets of the value network.
        opponent_weights: (N,) weight of each decision in the auxiliary loss: 0 where the opponent's choice is
            unknown, equal elsewhere, 1 on average.
        search_weights: (N,) the same for the searched decisions; (0,) without searches.
    """

    advantages: Tensor
    returns: Tensor
    opponent_weights: Tensor
    search_weights: Tensor


@dataclass(frozen=True)
class Minibatch:
    """Decisions of a batch for one gradient step, or part of them.

    Attributes:
        index: (M,) flat indices of its decisions; None: all, in order.
        size: decisions of the whole gradient step; the loss is a mean over these.
        device: device of the indices.
        lengths: (S,) decisions per sequence, one sequence after another; None: single decisions.
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
        """The sequences that the decisions form; None for single decisions."""
        if self.lengths is None:
            return None
        return plan_sequences(np.cumsum(self.lengths) - self.lengths, self.lengths, self.device)

    def of_sequences(self, sequences: NDArray[np.int64]) -> Minibatch:
        """The given sequences in that order, as a part of the same gradient step."""
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


@dataclass(frozen=True)
class ForwardPass:
    """Decisions with their outputs, ready for a loss and its backward pass.

    Attributes:
        minibatch: the decisions, all or part of a gradient step.
        outputs: outputs of the networks, with their graph.
        carry: () term to add to the loss; its gradient is the one that the following segment has passed back
            through the hidden states. None: no such gradient.
    """

    minibatch: Minibatch
    outputs: Outputs
    carry: Tensor | None = None


class Batching(ABC):
    """Turns a batch into gradient steps.

    Class attributes:
        sequence: True if decisions are evaluated in time order with hidden states.

    Attributes:
        metrics: figures of the last update.
    """

    sequence: bool

    def __init__(self) -> None:
        """Start without figures."""
        self.metrics: dict[str, float] = {}

    @property
    def memory_plan(self) -> str:
        """Description of the plan that keeps updates within a memory limit; empty without a limit."""
        return ""

    @abstractmethod
    def minibatches(
        self, networks: ActorCritic, batch: EpisodeBatch, batch_size: int, rng: np.random.Generator
    ) -> Iterator[Minibatch]:
        """Gradient steps of one epoch.

        Args:
            networks: the networks to train.
            batch: whole episodes.
            batch_size: decisions per gradient step; 0: the whole batch.
            rng: random generator for the order.
        """

    def forward(
        self, networks: ActorCritic, batch: EpisodeBatch, minibatch: Minibatch
    ) -> Iterator[ForwardPass]:
        """Forward passes over the parts of a gradient step; their gradients add up.

        The caller runs the backward pass of each one before it asks for the next.
        """
        yield forward_pass(networks, batch.observations, minibatch)


def forward_pass(networks: ActorCritic, observations: Tensor, minibatch: Minibatch) -> ForwardPass:
    """One pass over all decisions of a minibatch, of observations (N, D) of the whole batch."""
    obs = minibatch.take(observations)
    return ForwardPass(minibatch, networks.evaluate(obs, minibatch.plan, minibatch.states))


def ranges(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """`start, start + 1, ...` for each pair, concatenated."""
    within = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return np.repeat(starts, lengths) + within
