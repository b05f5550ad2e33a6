"""Runs sequences segment by segment: keeps the hidden states at the boundaries, passes gradients across.

All sequences run side by side: column k holds the k-th segment of every sequence that is long enough. Only
hidden states are kept between columns, so that memory depends on the length of a segment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from agents.algorithms.batching.minibatch import ForwardPass, Minibatch, ranges
from agents.networks import ActorCritic, Encoding, Hidden, Outputs, Trunk


@dataclass(frozen=True)
class SegmentColumn:
    """The k-th segments of B sequences, the longest sequences first.

    Attributes:
        decisions: (M,) indices of their decisions among those of all sequences, segment after segment.
        gather: (T, B) indices among the M decisions; padding repeats a segment's last decision.
        inverse: (M,) place of each decision in the flattened block (T * B,).
    """

    decisions: Tensor
    gather: Tensor
    inverse: Tensor

    @property
    def rows(self) -> int:
        """B, the number of sequences."""
        return int(self.gather.shape[1])

    def first(self, rows: int) -> SegmentColumn:
        """The first sequences alone; their segments must all be of full length."""
        length = len(self.gather)
        inverse = torch.arange(length * rows, device=self.gather.device).view(length, rows).t().flatten()
        return SegmentColumn(self.decisions[: length * rows], self.gather[:, :rows], inverse)


def segment_columns(
    lengths: NDArray[np.int64], segment_length: int, device: torch.device
) -> list[SegmentColumn]:
    """Cut sequences of falling length into columns of segments.

    Args:
        lengths: (S,) decisions per sequence, falling; decisions are ordered sequence after sequence.
        segment_length: decisions per segment; a sequence's last one may be shorter.
        device: device of the indices.
    """
    starts = np.cumsum(lengths) - lengths
    columns = []
    for first in range(0, int(lengths[0]), segment_length):
        rows = int((lengths > first).sum())
        size = np.minimum(segment_length, lengths[:rows] - first)  # (B,)
        time = np.arange(size[0])[:, None]
        gather = np.cumsum(size) - size + np.minimum(time, size - 1)
        inverse = ranges(np.zeros_like(size), size) * rows + np.repeat(np.arange(rows), size)
        parts = (ranges(starts[:rows] + first, size), gather, inverse)
        columns.append(SegmentColumn(*(torch.from_numpy(part).to(device) for part in parts)))
    return columns


def run_column(
    trunk: Trunk, inputs: Tensor, column: SegmentColumn, hidden: Hidden
) -> tuple[Encoding, Hidden]:
    """Run a trunk over one column.

    Args:
        trunk: with memory or without.
        inputs: (M, D) observations, or the inputs that the trunk's encoder has made from them.
        column: the column.
        hidden: state (1, B, ...) before it.

    Returns:
        The encoding of its M decisions, and the state after it, valid for sequences that continue.
    """
    encoding = trunk.encode(inputs)
    if not trunk.recurrent:
        return encoding, ()
    padded = encoding.features.index_select(0, column.gather.flatten()).view(*column.gather.shape, -1)
    outputs, after = trunk.remember(padded, hidden)
    return encoding._replace(features=outputs.flatten(0, 1).index_select(0, column.inverse)), after


def segment_passes(
    networks: ActorCritic,
    observations: Tensor,
    minibatch: Minibatch,
    segment_length: int,
    truncate: bool,
) -> Iterator[ForwardPass]:
    """Forward passes over sequences with the graph of one column of segments in memory at a time.

    Without truncation the gradients are those of the whole sequences: a first pass without a graph keeps
    the hidden states between columns; then the columns run again in reverse order, and each passes the
    gradient of its first state to the one before. With truncation one pass is enough.

    Args:
        networks: the networks to train.
        observations: (N, D) of the whole batch.
        minibatch: sequences of falling length.
        segment_length: decisions per segment.
        truncate: True if gradients do not cross from segment to segment.
    """
    assert minibatch.lengths is not None
    frozen = None if networks.reference is None else networks.reference.trunk
    columns = segment_columns(minibatch.lengths, segment_length, minibatch.device)

    def decisions_of(column: SegmentColumn) -> Minibatch:
        assert minibatch.index is not None
        index = minibatch.index.index_select(0, column.decisions)
        return Minibatch(index, minibatch.size, minibatch.device)

    def run(column: SegmentColumn, states: Sequence[Hidden]) -> tuple[Outputs, list[Hidden]]:
        with networks.autocast(minibatch.device):
            inputs = networks.read(decisions_of(column).take(observations))
            pairs = [
                run_column(trunk, inputs, column, state)
                for trunk, state in zip(networks.trunks, states, strict=True)
            ]
            return networks.decode([encoding for encoding, _ in pairs]), [after for _, after in pairs]

    states = [_first_states(networks, minibatch)]
    if not truncate:
        with torch.no_grad():
            for column, following in pairwise(columns):
                states.append(run(column.first(following.rows), _rows(states[-1], following.rows))[1])
    gradients: list[Tensor | None] = []
    for k in range(len(columns)) if truncate else reversed(range(len(columns))):
        before = [
            tuple(part.detach().requires_grad_(not truncate and trunk is not frozen) for part in state)
            for trunk, state in zip(networks.trunks, states.pop(), strict=True)
        ]
        outputs, after = run(columns[k], before)
        if truncate and k + 1 < len(columns):
            states.append(_rows(after, columns[k + 1].rows))
        yield ForwardPass(decisions_of(columns[k]), outputs, _carry(after, gradients))
        del outputs, after
        gradients = [part.grad for state in before for part in state]


def _carry(after: Sequence[Hidden], gradients: Sequence[Tensor | None]) -> Tensor | None:
    """A number () whose gradients with respect to the last states are the given ones.

    Args:
        after: per trunk, states after a column.
        gradients: gradients of the first sequences' states, from the following column; empty: none.
    """
    ends = [part for state in _rows(after, _rows_with(gradients)) for part in state]
    pairs = zip(ends, gradients, strict=False)
    carried = [(end * grad).sum().float() for end, grad in pairs if grad is not None]
    return torch.stack(carried).sum() if carried else None


def _first_states(networks: ActorCritic, minibatch: Minibatch) -> list[Hidden]:
    assert minibatch.lengths is not None
    given = minibatch.states or (None,) * len(networks.trunks)
    pairs = zip(networks.trunks, given, strict=True)
    return [trunk.initial_state(len(minibatch.lengths)) if state is None else state for trunk, state in pairs]


def _rows(states: Sequence[Hidden], count: int) -> list[Hidden]:
    """The first rows of each state."""
    return [tuple(part[:, :count] for part in state) for state in states]


def _rows_with(gradients: Sequence[Tensor | None]) -> int:
    """Number of sequences that have gradients."""
    return max((int(grad.shape[1]) for grad in gradients if grad is not None), default=0)


@torch.no_grad()
def segment_states(
    trunk: Trunk,
    observations: Tensor,
    lengths: NDArray[np.int64],
    bptt_length: int,
    max_decisions: int = 0,
) -> Hidden | None:
    """Hidden states before each segment with the trunk's current weights, without gradients.

    Args:
        trunk: trunk of one network or of both.
        observations: (N, D) of whole episodes.
        lengths: (E,) decisions per episode.
        bptt_length: decisions per segment.
        max_decisions: maximum number of decisions that run at the same time; 0: no maximum.

    Returns:
        Tensors (1, S, ...), the segments of each episode one after another; None for a trunk without memory.
    """
    if not trunk.recurrent:
        return None
    device = observations.device
    counts = -(-lengths // bptt_length)  # (E,)
    states = tuple(part.clone() for part in trunk.initial_state(int(counts.sum())))
    starts, first_segments = np.cumsum(lengths) - lengths, np.cumsum(counts) - counts
    order = np.argsort(-lengths, kind="stable")
    together = max(1, max_decisions // bptt_length) if max_decisions else len(order)
    for episodes in np.split(order, np.arange(together, len(order), together)):
        flat = torch.from_numpy(ranges(starts[episodes], lengths[episodes])).to(device)
        columns = segment_columns(lengths[episodes], bptt_length, device)
        after = trunk.initial_state(len(episodes))
        for k, (column, following) in enumerate(pairwise(columns)):
            column = column.first(following.rows)
            inputs = observations.index_select(0, flat.index_select(0, column.decisions))
            after = run_column(trunk, inputs, column, _rows([after], column.rows)[0])[1]
            places = torch.from_numpy(first_segments[episodes[: column.rows]] + k + 1).to(device)
            for state, new in zip(states, after, strict=True):
                state.index_copy_(1, places, new)
    return states
