"""PPO and REINFORCE over whole episodes: decisions in time order, hidden states recomputed.

A minibatch is a set of whole episodes. With `bptt_length` 0 gradients flow through each episode from its
end to its start. Otherwise episodes are cut into segments: the hidden state goes on from segment to segment,
the gradient does not. The states at the segments' starts are computed once per epoch, without gradient and
under the weights of that moment; then all segments, of whatever episode and place, are learnt from together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from agents.algorithms.base import BaseAlgorithm, Networks, numbers
from agents.algorithms.batching.memory_plan import MemoryPlan, Part, size_of
from agents.algorithms.batching.minibatch import Minibatch, States, Targets, ranges
from agents.algorithms.batching.segments import backward_by_segments, segment_states
from agents.algorithms.magnet import Models, Outputs
from agents.algorithms.ppo import PPOAlgorithm
from agents.algorithms.reinforce import ReinforceAlgorithm
from agents.networks import split_segments

if TYPE_CHECKING:
    from agents.episodes.episode_batch import EpisodeBatch


@dataclass(kw_only=True, eq=False)
class SequenceMixin(BaseAlgorithm):
    """Turns an algorithm over single decisions into one over sequences.

    Args:
        bptt_length: decisions per segment of truncated backpropagation; 0: whole episodes.
        batch_size: decisions per minibatch, in whole episodes; 0: the whole batch.
        memory_limit_mb: MiB by which an update may grow beyond parameters, their gradients, the optimizer's
            state and the batch; 0: no limit. See `agents.algorithms.batching.memory_plan`.
    """

    sequence: ClassVar[bool] = True

    bptt_length: int = field(default=0, kw_only=False)
    grad_clip_norm: float = 5.0
    memory_limit_mb: float = 0.0

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        if self.bptt_length < 0:
            raise ValueError(f"bptt_length must be 0 (whole episodes) or positive, not {self.bptt_length}")
        if self.memory_limit_mb < 0:
            raise ValueError(f"memory_limit_mb must be 0 (no limit) or positive, not {self.memory_limit_mb}")
        self._memory = MemoryPlan(self.memory_limit_mb) if self.memory_limit_mb else None

    @property
    def memory_plan(self) -> str:
        """See `BaseAlgorithm`."""
        return "" if self._memory is None else self._memory.words()

    def update(
        self,
        networks: Networks,
        optimizer: torch.optim.Optimizer,
        batch: EpisodeBatch,
        *,
        progress: float = 0.0,
    ) -> float:
        """See `BaseAlgorithm.update`."""
        loss = super().update(networks, optimizer, batch, progress=progress)
        if self._memory is not None:
            self.metrics |= self._memory.metrics
        return loss

    def _minibatches(self, models: Models, batch: EpisodeBatch) -> Iterator[Minibatch]:
        """Minibatches of one epoch: whole episodes, shuffled."""
        lengths = batch.episode_lengths.cpu().numpy()
        groups = self._episode_groups(lengths)
        most_decisions = 0
        if self._memory is not None:
            self._memory.prepare(models, batch.observations)
            most_decisions = max(1, int(self._memory.capacity()))
        states: States = None
        if self.bptt_length > 0:
            states = tuple(
                segment_states(trunk, batch.observations, lengths, self.bptt_length, most_decisions)
                for trunk in models.trunks
            )
        _, parts, counts = split_segments(lengths, self.bptt_length)  # (S,), (E,)
        whole = Minibatch(None, batch.num_decisions, batch.actions.device, parts, states)
        if len(groups) == 1:
            yield whole
            return
        first_segments = np.cumsum(counts) - counts
        for episodes in groups:
            segments = ranges(first_segments[episodes], counts[episodes])
            yield replace(whole.part(segments), size=int(lengths[episodes].sum()))

    def _backward(
        self, models: Models, batch: EpisodeBatch, targets: Targets, minibatch: Minibatch
    ) -> dict[str, float]:
        """As without a limit, or part by part so that memory suffices."""
        if self._memory is None:
            return super()._backward(models, batch, targets, minibatch)
        assert minibatch.lengths is not None
        kept_bytes = size_of(part for state in minibatch.states or () if state for part in state)
        totals: defaultdict[str, float] = defaultdict(float)
        for part in self._memory.parts(minibatch.lengths, kept_bytes):
            some = minibatch.part(part.sequences)
            if part.segment_length == 0:
                shares = [super()._backward(models, batch, targets, some)]
            else:
                shares = self._backward_by_segments(models, batch, targets, some, part)
            for share in shares:
                largest = max(totals["max_abs_log_ratio"], share.pop("max_abs_log_ratio"))
                for name, figure in share.items():
                    totals[name] += figure
                totals["max_abs_log_ratio"] = largest
        return totals

    def _backward_by_segments(
        self, models: Models, batch: EpisodeBatch, targets: Targets, minibatch: Minibatch, part: Part
    ) -> list[dict[str, float]]:
        shares: list[dict[str, float]] = []

        def some(decisions: Tensor) -> Minibatch:
            assert minibatch.index is not None
            return Minibatch(minibatch.index.index_select(0, decisions), minibatch.size, minibatch.device)

        def loss_of(outputs: Outputs, decisions: Tensor) -> Tensor:
            loss, figures = self._loss(outputs, batch, targets, some(decisions))
            shares.append(numbers(figures))
            return loss

        def observations(decisions: Tensor) -> Tensor:
            return some(decisions).take(batch.observations)

        backward_by_segments(models, observations, loss_of, minibatch, part.segment_length, part.truncated)
        return shares

    def _episode_groups(self, lengths: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """Episodes in random order, cut into groups of about `batch_size` decisions; all in order if 0."""
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
    """PPO over sequences; settings of `SequenceMixin` and `PPOAlgorithm`."""


@dataclass(kw_only=True, eq=False)
class SequenceReinforceAlgorithm(SequenceMixin, ReinforceAlgorithm):
    """REINFORCE over sequences; settings of `SequenceMixin` and `ReinforceAlgorithm`."""

    # Both parents have the base's settings; these defaults are REINFORCE's.
    epochs: int = 1
    normalize_advantages: bool = False
