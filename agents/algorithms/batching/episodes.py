"""Batching by whole episodes: decisions in time order, hidden states recomputed.

A minibatch is a set of whole episodes. With `bptt_length` 0 gradients flow through each episode from its
end to its start. Otherwise episodes are cut into segments: hidden states are carried from segment to segment,
gradients are not. The states at the starts of the segments are computed once per epoch, without gradients and
with the current weights. After that the segments are independent and run side by side.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from agents.algorithms.batching.memory_plan import MemoryPlan, size_of
from agents.algorithms.batching.minibatch import (
    Batching,
    ForwardPass,
    Minibatch,
    States,
    forward_pass,
    ranges,
)
from agents.algorithms.batching.segments import segment_passes, segment_states
from agents.config import SequenceSettings
from agents.episodes.episode_batch import EpisodeBatch
from agents.networks import ActorCritic, split_segments

DEFAULTS = SequenceSettings()


class Episodes(Batching):
    """Minibatches of whole episodes, shuffled.

    Args:
        bptt_length: decisions per segment of truncated backpropagation; 0: whole episodes.
        memory_limit_mb: MiB by which an update may grow beyond parameters, their gradients, the optimizer's
            state and the batch; 0: no limit. See `agents.algorithms.batching.memory_plan`.

    Attributes:
        memory: plan for the memory limit; None without one.

    Raises:
        ConfigError: an argument is out of range.
    """

    sequence = True

    def __init__(
        self,
        bptt_length: int = DEFAULTS.bptt_length,
        memory_limit_mb: float = DEFAULTS.memory_limit_mb,
    ) -> None:
        """Check the arguments."""
        super().__init__()
        settings = SequenceSettings.of(bptt_length=bptt_length, memory_limit_mb=memory_limit_mb)
        self.bptt_length = settings.bptt_length
        self.memory = MemoryPlan(settings.memory_limit_mb) if settings.memory_limit_mb else None

    @property
    def memory_plan(self) -> str:
        """See `Batching`."""
        return "" if self.memory is None else self.memory.describe()

    def minibatches(
        self, networks: ActorCritic, batch: EpisodeBatch, batch_size: int, rng: np.random.Generator
    ) -> Iterator[Minibatch]:
        """See `Batching.minibatches`."""
        lengths = batch.episode_lengths.cpu().numpy()
        groups = episode_groups(lengths, batch_size, rng)
        max_decisions = 0
        if self.memory is not None:
            self.memory.prepare(networks, batch.observations)
            max_decisions = max(1, int(self.memory.capacity()))
        states: States = None
        if self.bptt_length > 0:
            states = tuple(
                segment_states(trunk, batch.observations, lengths, self.bptt_length, max_decisions)
                for trunk in networks.trunks
            )
        _, parts, counts = split_segments(lengths, self.bptt_length)  # (S,), (E,)
        whole = Minibatch(None, batch.num_decisions, batch.actions.device, parts, states)
        if len(groups) == 1:
            yield whole
            return
        first_segments = np.cumsum(counts) - counts
        for episodes in groups:
            segments = ranges(first_segments[episodes], counts[episodes])
            yield replace(whole.of_sequences(segments), size=int(lengths[episodes].sum()))

    def forward(
        self, networks: ActorCritic, batch: EpisodeBatch, minibatch: Minibatch
    ) -> Iterator[ForwardPass]:
        """See `Batching.forward`: one pass without a memory limit, else as many as the limit requires."""
        if self.memory is None:
            yield forward_pass(networks, batch.observations, minibatch)
            return
        assert minibatch.lengths is not None
        kept_bytes = size_of(part for state in minibatch.states or () if state for part in state)
        chunks = self.memory.chunks(minibatch.lengths, kept_bytes)
        self.metrics = self.memory.metrics
        for chunk in chunks:
            some = minibatch.of_sequences(chunk.sequences)
            if chunk.segment_length == 0:
                yield forward_pass(networks, batch.observations, some)
            else:
                yield from segment_passes(
                    networks, batch.observations, some, chunk.segment_length, chunk.truncated
                )


def episode_groups(
    lengths: NDArray[np.int64], batch_size: int, rng: np.random.Generator
) -> list[NDArray[np.int64]]:
    """Episodes in random order, cut into groups of about `batch_size` decisions.

    Args:
        lengths: (E,) decisions per episode.
        batch_size: 0: one group of all episodes, in order.
        rng: random generator for the order.
    """
    total = int(lengths.sum())
    if batch_size == 0 or batch_size >= total:
        return [np.arange(len(lengths))]
    order = rng.permutation(len(lengths))
    # An episode belongs to the group that contains its middle, which makes the groups nearly equal in size.
    middles = np.cumsum(lengths[order]) - lengths[order] / 2
    count = max(1, round(total / batch_size))
    group = np.minimum((middles * count / total).astype(np.int64), count - 1)
    return [part for part in np.split(order, np.flatnonzero(np.diff(group)) + 1) if part.size]
