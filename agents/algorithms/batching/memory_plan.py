"""Dynamic BPTT: how one gradient step is cut so that its graphs fit into a given amount of memory.

In this order: whole episodes in groups, whose gradients add up (exact); for episodes too long for that,
segments whose graphs are made again on the way back (exact); at last segments that gradients do not cross.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from agents.algorithms.magnet import Models
from agents.networks import AttentionMemory, plan_sequences
from agents.networks.encoders.block_linear import BlockLinear

MEGABYTE = 2**20
# What an update takes beside the tensors that its graph keeps, as a share of these: gradients on their way,
# intermediate results, padding. Measured (docs/log/2026-11.md), rounded up.
WORKING_SHARE = 1.0
SHORTEST_PROBE = 128
MOST_ROWS, SHORTEST_SEGMENT = 16, 16
WAYS = (
    "every minibatch fits as it is",
    "gradients add up over groups of whole episodes (exact)",
    "the longest episodes are run in segments, whose graphs are made again on the way back (exact)",
    "gradients are TRUNCATED at the seams of segments: a larger limit makes them exact again",
)


@dataclass(frozen=True)
class Part:
    """Sequences whose gradients are made together.

    Attributes:
        sequences: (k,) which ones of the minibatch, the longest first.
        segment_length: decisions per segment; 0: whole sequences.
        truncated: gradients do not cross from segment to segment.
    """

    sequences: NDArray[np.int64]
    segment_length: int = 0
    truncated: bool = False


@dataclass(frozen=True)
class Need:
    """What learning takes, in bytes.

    Attributes:
        decision: of one decision while its graph is kept, beside its observation.
        state: of the hidden states of one sequence at one time, for all trunks.
        fixed: of whatever does not depend on the number of decisions.
    """

    decision: float
    state: float
    fixed: float


class MemoryPlan:
    """Cuts minibatches so that an update grows by no more than a limit.

    Args:
        limit_mb: MiB beyond parameters, their gradients, the optimizer's state and the batch.

    Attributes:
        need: what one probe has found; None before the first update.
        way: index into `WAYS` of the strictest way so far.
        metrics: of the last minibatch.
    """

    def __init__(self, limit_mb: float) -> None:
        """Nothing is known before the first minibatch."""
        self.limit_mb = limit_mb
        self.need: Need | None = None
        self.way = 0
        self.metrics: dict[str, float] = {}

    def words(self) -> str:
        """What was found and chosen."""
        if self.need is None:
            return ""
        kilobytes = self.need.decision / 1024
        return f"memory limit {self.limit_mb:g} MiB, {kilobytes:.0f} KiB a decision: {WAYS[self.way]}"

    def prepare(self, models: Models, observations: Tensor) -> None:
        """Probe what these models take, once."""
        if self.need is None:
            self.need = probe(models, observations)

    def capacity(self, kept_bytes: float = 0.0) -> float:
        """Decisions whose graphs fit beside other things that are kept."""
        assert self.need is not None
        return (self.limit_mb * MEGABYTE - self.need.fixed - kept_bytes) / self.need.decision

    def parts(self, lengths: NDArray[np.int64], kept_bytes: float = 0.0) -> list[Part]:
        """Cut a minibatch.

        Args:
            lengths: (S,) decisions per sequence.
            kept_bytes: taken by hidden states that are kept for all of them.
        """
        assert self.need is not None
        parts = cut(lengths, self.capacity(kept_bytes), self.need.state / self.need.decision)
        segmented = [part.segment_length for part in parts if part.segment_length]
        truncated = any(part.truncated for part in parts)
        self.way = max(self.way, 3 if truncated else 2 if segmented else min(1, len(parts) - 1))
        self.metrics = {
            "memory/bytes_per_decision": self.need.decision,
            "memory/parts": float(len(parts)),
            "memory/segment_length": float(min(segmented, default=0)),
            "memory/truncated": float(truncated),
        }
        return parts


def cut(lengths: NDArray[np.int64], capacity: float, state_cost: float) -> list[Part]:
    """Cut sequences into parts of which each fits.

    Args:
        lengths: (S,) decisions per sequence.
        capacity: decisions that fit.
        state_cost: what the hidden states of one sequence cost at one time, in decisions.
    """
    order = np.argsort(-lengths, kind="stable")
    if int(lengths.sum()) <= capacity:
        return [Part(order)]
    long = order[lengths[order] > capacity]
    parts = []
    while long.size:
        rows, segment_length, truncated = _segments(lengths[long], capacity, state_cost)
        parts.append(Part(long[:rows], segment_length, truncated))
        long = long[rows:]
    short = order[lengths[order] <= capacity]
    total = 0.0
    first = 0
    for place, length in enumerate(lengths[short].tolist()):
        if total + length > capacity:
            parts.append(Part(short[first:place]))
            first, total = place, 0.0
        total += length
    if first < len(short):
        parts.append(Part(short[first:]))
    return parts


def _segments(lengths: NDArray[np.int64], capacity: float, state_cost: float) -> tuple[int, int, bool]:
    """For sequences of falling length: how many to run side by side, in segments of what length, truncated?

    `rows * (L + T / L * state_cost)` is what segments of length L take. Many rows make a step of the memory
    cheap; few leave room for long segments.
    """
    rows = min(MOST_ROWS, len(lengths))
    while True:
        # One more state is alive at each end of the segment at work.
        room = capacity / rows - 2 * state_cost
        square = room**2 - 4 * float(lengths[0]) * state_cost
        length = int((room + math.sqrt(square)) / 2) if room > 0 and square >= 0 else 0
        if length >= (SHORTEST_SEGMENT if rows > 1 else 1):
            return rows, length, False
        if rows == 1:
            return 1, max(1, int(room)), True
        rows = (rows + 1) // 2


def probe(models: Models, observations: Tensor) -> Need:
    """Run some decisions forward and count what their graph keeps.

    Two runs of different lengths tell what grows with the decisions from what does not. The lengths, and so
    the result, do not depend on the batch: a resumed run must cut its minibatches alike.
    """
    contexts = [t.memory.context_length for t in models.trunks if isinstance(t.memory, AttentionMemory)]
    modules = {module for trunk in models.trunks for module in trunk.modules()}
    kinks = {module.most_by_id for module in modules if isinstance(module, BlockLinear)}
    first, second = probe_lengths(max(contexts, default=1), kinks)
    less, more = (_kept_bytes(models, observations, count) for count in (first, second))
    growth, fixed = line_through((first, less), (second, more))
    for kink in kinks:
        if SHORTEST_PROBE <= kink < first:  # fewer decisions may take more each; very few fit anyway
            before, after = (_kept_bytes(models, observations, count) for count in (kink, kink + 1))
            growth += max(0, before - after) / kink
    observation = observations.shape[1] * observations.element_size()
    states = [part for trunk in models.trunks for part in trunk.initial_state(1)]
    parameters = [p for group in models.parameter_groups.values() for p in group]
    # A gradient that is added to another one exists twice for a moment.
    return Need(
        decision=(1.0 + WORKING_SHARE) * growth + observation,
        state=size_of(states),
        fixed=fixed + size_of(parameters),
    )


def probe_lengths(context_length: int, kinks: Collection[int]) -> tuple[int, int]:
    """Two numbers of decisions between which what is kept grows evenly.

    Both are multiples of the context, since attention runs in blocks of it.

    Args:
        context_length: decisions that a memory sees; 1: whatever fits.
        kinks: numbers of decisions above which something is computed in another way.
    """
    step = context_length * math.ceil(SHORTEST_PROBE / context_length)
    first = step
    while any(first <= kink < first + step for kink in kinks):
        first += step
    return first, first + step


def line_through(less: tuple[int, int], more: tuple[int, int]) -> tuple[float, float]:
    """Growth per decision, always above 0, and what does not grow, of two counts (decisions, bytes)."""
    growth = (more[1] - less[1]) / (more[0] - less[0])
    if growth <= 0:  # two ways of computing were compared: take what costs more, and all of it to grow
        return max(less[1] / less[0], more[1] / more[0]), 0.0
    return growth, max(0.0, less[1] - growth * less[0])


def size_of(tensors: Iterable[Tensor]) -> int:
    """Bytes of the tensors' elements."""
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def _kept_bytes(models: Models, observations: Tensor, count: int) -> int:
    """Bytes that the graph of one sequence of `count` decisions keeps for the way back."""
    kept: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    rows = torch.arange(count, device=observations.device) % len(observations)
    plan = plan_sequences(np.zeros(1, dtype=np.int64), np.array([count]), observations.device)
    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        outputs = models.evaluate(observations.index_select(0, rows), plan)
    for group in models.parameter_groups.values():
        for parameter in group:
            kept.pop(parameter.untyped_storage().data_ptr(), None)
    del outputs
    return sum(kept.values())
