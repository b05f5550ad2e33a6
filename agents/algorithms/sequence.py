"""PPO and REINFORCE over whole episodes: decisions in time order, hidden states recomputed.

A minibatch is a set of whole episodes. With ``bptt_length`` 0 gradients flow through each episode from its
end to its start. Otherwise episodes are cut into segments: the hidden state goes on from segment to segment,
the gradient does not. The states at the segments' starts are computed once per epoch, without gradient and
under the weights of that moment; then all segments, of whatever episode and place, are learnt from together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from agents.algorithms.base import BaseAlgorithm
from agents.algorithms.minibatch import Minibatch
from agents.algorithms.models import Models
from agents.algorithms.ppo import PPOAlgorithm
from agents.algorithms.reinforce import ReinforceAlgorithm
from agents.networks import Hidden, Trunk, split_segments

if TYPE_CHECKING:
    from agents.episode_batch import EpisodeBatch


@dataclass(kw_only=True, eq=False)
class SequenceMixin(BaseAlgorithm):
    """Turns an algorithm over single decisions into one over sequences.

    Args:
        bptt_length: decisions per segment of truncated backpropagation; 0: whole episodes.
        batch_size: decisions per minibatch, in whole episodes; 0: the whole batch.
    """

    sequence: ClassVar[bool] = True

    bptt_length: int = field(default=0, kw_only=False)
    grad_clip_norm: float = 5.0

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        if self.bptt_length < 0:
            raise ValueError(f"bptt_length must be 0 (whole episodes) or positive, not {self.bptt_length}")

    def _minibatches(self, models: Models, batch: EpisodeBatch) -> Iterator[Minibatch]:
        """Minibatches of one epoch: whole episodes, shuffled."""
        lengths = batch.episode_lengths.cpu().numpy()
        groups = self._episode_groups(lengths)
        states: tuple[Hidden | None, ...] | None = None
        if self.bptt_length > 0:
            states = tuple(segment_states(trunk, batch, self.bptt_length) for trunk in models.trunks)
        _, parts, counts = split_segments(lengths, self.bptt_length)  # (S,), (E,)
        starts, first_segments = np.cumsum(lengths) - lengths, np.cumsum(counts) - counts
        for episodes in groups:
            size = int(lengths[episodes].sum())
            if len(groups) == 1:
                yield Minibatch(None, size, parts, states)
                continue
            index = torch.from_numpy(_ranges(starts[episodes], lengths[episodes])).to(batch.actions.device)
            segments = _ranges(first_segments[episodes], counts[episodes])
            yield Minibatch(index, size, parts[segments], take_states(states, segments))

    def _episode_groups(self, lengths: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """Episodes in random order, cut into groups of about ``batch_size`` decisions; all in order if 0."""
        total = int(lengths.sum())
        if self.batch_size == 0 or self.batch_size >= total:
            return [np.arange(len(lengths))]
        order = self._rng.permutation(len(lengths))
        # An episode belongs to the group in which its middle falls, so that groups are of nearly equal size.
        middles = np.cumsum(lengths[order]) - lengths[order] / 2
        count = max(1, round(total / self.batch_size))
        group = np.minimum((middles * count / total).astype(np.int64), count - 1)
        return [part for part in np.split(order, np.flatnonzero(np.diff(group)) + 1) if part.size]


@dataclass(kw_only=True, eq=False)
class SequencePPOAlgorithm(SequenceMixin, PPOAlgorithm):
    """PPO over sequences; settings of :class:`SequenceMixin` and :class:`PPOAlgorithm`."""


@dataclass(kw_only=True, eq=False)
class SequenceReinforceAlgorithm(SequenceMixin, ReinforceAlgorithm):
    """REINFORCE over sequences; settings of :class:`SequenceMixin` and :class:`ReinforceAlgorithm`."""

    # Both parents have the base's settings; these defaults are REINFORCE's.
    epochs: int = 1
    normalize_advantages: bool = False


def take_states(
    states: tuple[Hidden | None, ...] | None, sequences: NDArray[np.int64]
) -> tuple[Hidden | None, ...] | None:
    """Hidden states (1, k, ...) of some sequences, per trunk."""
    if states is None:
        return None

    def taken(part: Tensor) -> Tensor:
        return part.index_select(1, torch.from_numpy(sequences).to(part.device))

    return tuple(state and tuple(taken(part) for part in state) for state in states)


@torch.no_grad()
def segment_states(trunk: Trunk, batch: EpisodeBatch, bptt_length: int) -> Hidden | None:
    """Hidden states before each segment under the trunk's present weights, without gradient.

    Args:
        trunk: of the policy or the value network, or of both.
        batch: whole episodes.
        bptt_length: decisions per segment.

    Returns:
        Tensors (1, S, ...), segments in the order of :func:`split_segments`; None for a trunk without memory.
    """
    if not trunk.recurrent:
        return None
    device = batch.actions.device
    lengths = batch.episode_lengths.cpu().numpy()
    counts = split_segments(lengths, bptt_length)[2]
    starts, first_segments = np.cumsum(lengths) - lengths, np.cumsum(counts) - counts
    features = trunk.encode(batch.observations).features
    states = tuple(part.clone() for part in trunk.initial_state(int(counts.sum())))
    # Round k runs the k-th segment of every episode that has a later one: all are full, none is padded.
    for k in range(int(counts.max()) - 1):
        longer = np.flatnonzero(counts > k + 1)
        time = np.arange(bptt_length)[:, None]
        gather = torch.from_numpy(starts[longer] + k * bptt_length + time).to(device)  # (L, B)
        here = torch.from_numpy(first_segments[longer] + k).to(device)
        padded = features.index_select(0, gather.flatten()).view(*gather.shape, -1)
        _, after = trunk.remember(padded, tuple(part.index_select(1, here) for part in states))
        for part, new in zip(states, after, strict=True):
            part.index_copy_(1, here + 1, new)
    return states


def _ranges(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """``start, start + 1, ...`` for each pair, concatenated."""
    within = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return np.repeat(starts, lengths) + within
