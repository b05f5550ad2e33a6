"""PPO and REINFORCE over whole episodes: decisions in time order, hidden states recomputed.

A minibatch is a set of whole episodes. With ``bptt_length`` 0 gradients flow through each episode from its
end to its start. Otherwise episodes are cut into segments: the hidden state goes on from segment to segment,
the gradient does not. The states at the segments' starts are computed once per epoch, without gradient and
under the weights of that moment; then all segments, of whatever episode and place, are learnt from together.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from agents.algorithms.base import BaseAlgorithm, Minibatch
from agents.algorithms.ppo import PPOAlgorithm
from agents.algorithms.reinforce import ReinforceAlgorithm
from agents.networks import Hidden, Network, Trunk, plan_sequences, split_segments, trunks_of

if TYPE_CHECKING:
    from agents.episode_batch import EpisodeBatch


class SequenceMixin(BaseAlgorithm):
    """Turns an algorithm over single decisions into one over sequences."""

    sequence = True
    bptt_length: int

    def _minibatches(
        self, policy_net: Network, value_net: Network | None, batch: EpisodeBatch
    ) -> Iterator[Minibatch]:
        """Minibatches of one epoch: whole episodes, shuffled."""
        lengths = batch.episode_lengths.cpu().numpy()
        groups = self._episode_groups(lengths)
        trunks = trunks_of(policy_net, value_net)
        states: tuple[Hidden | None, ...] = (None,) * len(trunks)
        if self.bptt_length > 0:
            states = tuple(segment_states(trunk, batch, self.bptt_length) for trunk in trunks)
        segments = split_segments(lengths, self.bptt_length)[2]  # (E,)
        starts, first_segments = np.cumsum(lengths) - lengths, np.cumsum(segments) - segments
        device = batch.actions.device
        for episodes in groups:
            plan = plan_sequences(*split_segments(lengths[episodes], self.bptt_length)[:2], device=device)
            if len(groups) == 1:
                yield Minibatch(None, plan, states)
                continue
            index = _ranges(starts[episodes], lengths[episodes])
            places = torch.from_numpy(_ranges(first_segments[episodes], segments[episodes])).to(device)
            taken = tuple(s and tuple(part.index_select(1, places) for part in s) for s in states)
            yield Minibatch(torch.from_numpy(index).to(device), plan, taken)

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


class SequencePPOAlgorithm(SequenceMixin, PPOAlgorithm):
    """PPO over sequences.

    Args:
        bptt_length: decisions per segment of truncated backpropagation; 0: whole episodes.
        grad_clip_norm: greatest gradient norm of each network; 0: no clipping.
        **kwargs: settings of :class:`PPOAlgorithm`; ``batch_size`` counts decisions, in whole episodes.
    """

    def __init__(self, bptt_length: int = 0, grad_clip_norm: float = 5.0, **kwargs: Any) -> None:
        """Keep the settings."""
        super().__init__(grad_clip_norm=grad_clip_norm, **kwargs)
        self.bptt_length = _checked(bptt_length)


class SequenceReinforceAlgorithm(SequenceMixin, ReinforceAlgorithm):
    """REINFORCE over sequences.

    Args:
        bptt_length: decisions per segment of truncated backpropagation; 0: whole episodes.
        grad_clip_norm: greatest gradient norm of each network; 0: no clipping.
        **kwargs: settings of :class:`ReinforceAlgorithm`; ``batch_size`` counts decisions, in whole episodes.
    """

    def __init__(self, bptt_length: int = 0, grad_clip_norm: float = 5.0, **kwargs: Any) -> None:
        """Keep the settings."""
        super().__init__(grad_clip_norm=grad_clip_norm, **kwargs)
        self.bptt_length = _checked(bptt_length)


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


def _checked(bptt_length: int) -> int:
    if bptt_length < 0:
        raise ValueError(f"bptt_length must be 0 (whole episodes) or positive, not {bptt_length}")
    return bptt_length
