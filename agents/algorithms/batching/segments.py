"""Sequences run segment by segment: hidden states kept at the seams, gradients carried back over them.

All sequences walk side by side: round k holds the k-th segment of every sequence that is long enough. What
is kept between rounds are hidden states alone, so that memory follows the length of a segment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from agents.algorithms.batching.minibatch import Minibatch, ranges
from agents.algorithms.magnet import Models, Outputs
from agents.networks import Encoding, Hidden, Trunk


@dataclass(frozen=True)
class Round:
    """The k-th segments of B sequences, the longest sequences first.

    Attributes:
        decisions: (M,) places of their decisions in the sequences' decisions, segment after segment.
        gather: (T, B) places among the M decisions; padding repeats a segment's last decision.
        inverse: (M,) place of each decision in the flattened block (T * B,).
    """

    decisions: Tensor
    gather: Tensor
    inverse: Tensor

    @property
    def rows(self) -> int:
        """B, how many sequences take part."""
        return int(self.gather.shape[1])

    def first(self, rows: int) -> Round:
        """The first sequences alone, all of whose segments must be whole."""
        length = len(self.gather)
        inverse = torch.arange(length * rows, device=self.gather.device).view(length, rows).t().flatten()
        return Round(self.decisions[: length * rows], self.gather[:, :rows], inverse)


def rounds_of(lengths: NDArray[np.int64], segment_length: int, device: torch.device) -> list[Round]:
    """Cut sequences of falling length into rounds of segments.

    Args:
        lengths: (S,) decisions per sequence, falling; their decisions stand one sequence after another.
        segment_length: decisions per segment; a sequence's last one may be shorter.
        device: where the indices go.
    """
    starts = np.cumsum(lengths) - lengths
    rounds = []
    for first in range(0, int(lengths[0]), segment_length):
        rows = int((lengths > first).sum())
        size = np.minimum(segment_length, lengths[:rows] - first)  # (B,)
        time = np.arange(size[0])[:, None]
        gather = np.cumsum(size) - size + np.minimum(time, size - 1)
        inverse = ranges(np.zeros_like(size), size) * rows + np.repeat(np.arange(rows), size)
        parts = (ranges(starts[:rows] + first, size), gather, inverse)
        rounds.append(Round(*(torch.from_numpy(part).to(device) for part in parts)))
    return rounds


def run_round(trunk: Trunk, inputs: Tensor, part: Round, hidden: Hidden) -> tuple[Encoding, Hidden]:
    """Run a trunk over one round.

    Args:
        trunk: with memory or without.
        inputs: (M, D) observations, or what the trunk's encoder has read of them.
        part: the round.
        hidden: state (1, B, ...) before it.

    Returns:
        The encoding of its M decisions, and the state after it, right for sequences that go on.
    """
    features, tokens = trunk.encode(inputs)
    if not trunk.recurrent:
        return Encoding(features, tokens), ()
    padded = features.index_select(0, part.gather.flatten()).view(*part.gather.shape, -1)
    outputs, after = trunk.remember(padded, hidden)
    return Encoding(outputs.flatten(0, 1).index_select(0, part.inverse), tokens), after


def backward_by_segments(
    models: Models,
    observations: Callable[[Tensor], Tensor],
    loss_of: Callable[[Outputs, Tensor], Tensor],
    minibatch: Minibatch,
    segment_length: int,
    truncate: bool,
) -> None:
    """Add up the gradients of sequences with the graph of one round of segments in memory at a time.

    Without truncation the gradients are those of the whole sequences: a first pass without a graph keeps
    the hidden states between rounds; then the rounds are run once more, the last one first, and each hands
    the gradient of its first state to the one before. With truncation one pass is enough.

    Args:
        models: what learns.
        observations: gives the rows (M, D) of some decisions of the minibatch, by their places (M,).
        loss_of: the share of the loss () of these decisions, from the models' outputs.
        minibatch: sequences of falling length.
        segment_length: decisions per segment.
        truncate: gradients do not cross from segment to segment.
    """
    assert minibatch.lengths is not None
    trunks = models.trunks
    frozen = None if models.magnet is None else models.magnet.trunk
    rounds = rounds_of(minibatch.lengths, segment_length, minibatch.device)

    def run(part: Round, states: Sequence[Hidden]) -> tuple[Outputs, list[Hidden]]:
        with models.autocast(minibatch.device):
            inputs = models.read(observations(part.decisions))
            pairs = [
                run_round(trunk, inputs, part, state) for trunk, state in zip(trunks, states, strict=True)
            ]
            return models.decode([encoding for encoding, _ in pairs]), [after for _, after in pairs]

    states = [_first_states(models, minibatch)]
    if not truncate:
        with torch.no_grad():
            for part, following in pairwise(rounds):
                states.append(run(part.first(following.rows), _rows(states[-1], following.rows))[1])
    gradients: list[Tensor | None] = []
    for k in range(len(rounds)) if truncate else reversed(range(len(rounds))):
        before = [
            tuple(part.detach().requires_grad_(not truncate and trunk is not frozen) for part in state)
            for trunk, state in zip(trunks, states.pop(), strict=True)
        ]
        outputs, after = run(rounds[k], before)
        loss = loss_of(outputs, rounds[k].decisions)
        if truncate and k + 1 < len(rounds):
            states.append(_rows(after, rounds[k + 1].rows))
        ends = [part for state in _rows(after, _rows_with(gradients)) for part in state]
        reached = [(end, grad) for end, grad in zip(ends, gradients, strict=False) if grad is not None]
        torch.autograd.backward([loss, *(end for end, _ in reached)], [None, *(grad for _, grad in reached)])
        gradients = [part.grad for state in before for part in state]


def _first_states(models: Models, minibatch: Minibatch) -> list[Hidden]:
    assert minibatch.lengths is not None
    given = minibatch.states or (None,) * len(models.trunks)
    pairs = zip(models.trunks, given, strict=True)
    return [trunk.initial_state(len(minibatch.lengths)) if state is None else state for trunk, state in pairs]


def _rows(states: Sequence[Hidden], count: int) -> list[Hidden]:
    """The first rows of each state."""
    return [tuple(part[:, :count] for part in state) for state in states]


def _rows_with(gradients: Sequence[Tensor | None]) -> int:
    """How many sequences have gradients to go on with."""
    return max((int(grad.shape[1]) for grad in gradients if grad is not None), default=0)


@torch.no_grad()
def segment_states(
    trunk: Trunk,
    observations: Tensor,
    lengths: NDArray[np.int64],
    bptt_length: int,
    most_decisions: int = 0,
) -> Hidden | None:
    """Hidden states before each segment under the trunk's present weights, without gradient.

    Args:
        trunk: of the policy or the value network, or of both.
        observations: (N, D) of whole episodes.
        lengths: (E,) decisions per episode.
        bptt_length: decisions per segment.
        most_decisions: bound of the decisions that are run at once; 0: none.

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
    together = max(1, most_decisions // bptt_length) if most_decisions else len(order)
    for episodes in np.split(order, np.arange(together, len(order), together)):
        flat = torch.from_numpy(ranges(starts[episodes], lengths[episodes])).to(device)
        rounds = rounds_of(lengths[episodes], bptt_length, device)
        after = trunk.initial_state(len(episodes))
        for k, (part, following) in enumerate(pairwise(rounds)):
            part = part.first(following.rows)
            inputs = observations.index_select(0, flat.index_select(0, part.decisions))
            after = run_round(trunk, inputs, part, _rows([after], part.rows)[0])[1]
            places = torch.from_numpy(first_segments[episodes[: part.rows]] + k + 1).to(device)
            for state, new in zip(states, after, strict=True):
                state.index_copy_(1, places, new)
    return states
