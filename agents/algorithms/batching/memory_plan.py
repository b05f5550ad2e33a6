"""Dynamic BPTT: one gradient step is cut so that its graphs fit into a given amount of memory.

The strategies, in this order: groups of whole episodes, whose gradients add up (exact); for longer episodes,
segments whose graphs are recomputed in the backward pass (exact); last, segments that gradients do not cross.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from agents.networks import ActorCritic, plan_sequences
from agents.networks.encoders.block_linear import BlockLinear

MEGABYTE = 2**20
# Memory of an update besides the tensors that its graph keeps, relative to these: gradients in flight,
# intermediate results, padding. Measured (docs/log/2026-11.md) and rounded up.
WORKING_SHARE = 1.0
SHORTEST_PROBE = 128
MOST_ROWS, SHORTEST_SEGMENT = 16, 16
STRATEGIES = (
    "every minibatch fits as it is",
    "gradients add up over groups of whole episodes (exact)",
    "long episodes run in segments whose graphs are recomputed in the backward pass (exact)",
    "gradients are TRUNCATED at the ends of segments: a larger limit makes them exact again",
)


@dataclass(frozen=True)
class Chunk:
    """Sequences of one forward and backward pass.

    Attributes:
        sequences: (k,) indices of sequences of the minibatch, the longest first.
        segment_length: decisions per segment; 0: whole sequences.
        truncated: True if gradients do not cross from segment to segment.
    """

    sequences: NDArray[np.int64]
    segment_length: int = 0
    truncated: bool = False


@dataclass(frozen=True)
class MemoryCost:
    """Memory that learning takes, in bytes.

    Attributes:
        decision: one decision while its graph is kept, its observation included.
        state: hidden states of one sequence at one time, for all trunks.
        fixed: everything that does not depend on the number of decisions.
    """

    decision: float
    state: float
    fixed: float


class MemoryPlan:
    """Cuts minibatches so that an update grows by no more than a limit.

    Args:
        limit_mb: MiB beyond parameters, their gradients, the optimizer's state and the batch.

    Attributes:
        cost: result of the probe; None before the first update.
        strategy: index into `STRATEGIES` of the strictest strategy so far.
        metrics: figures of the last minibatch.
    """

    def __init__(self, limit_mb: float) -> None:
        """Start without a measured cost; `prepare` measures it."""
        self.limit_mb = limit_mb
        self.cost: MemoryCost | None = None
        self.strategy = 0
        self.metrics: dict[str, float] = {}

    def describe(self) -> str:
        """Describe the limit, the cost of a decision and the strategy."""
        if self.cost is None:
            return ""
        kilobytes = self.cost.decision / 1024
        strategy = STRATEGIES[self.strategy]
        return f"memory limit {self.limit_mb:g} MiB, {kilobytes:.0f} KiB a decision: {strategy}"

    def prepare(self, networks: ActorCritic, observations: Tensor) -> None:
        """Probe the cost of these networks, once."""
        if self.cost is None:
            self.cost = probe(networks, observations)

    def capacity(self, kept_bytes: float = 0.0) -> float:
        """Number of decisions whose graphs fit beside `kept_bytes` of other data."""
        assert self.cost is not None
        return (self.limit_mb * MEGABYTE - self.cost.fixed - kept_bytes) / self.cost.decision

    def chunks(self, lengths: NDArray[np.int64], kept_bytes: float = 0.0) -> list[Chunk]:
        """Cut a minibatch.

        Args:
            lengths: (S,) decisions per sequence.
            kept_bytes: bytes of the hidden states that are kept for all sequences.
        """
        assert self.cost is not None
        chunks = cut(lengths, self.capacity(kept_bytes), self.cost.state / self.cost.decision)
        segmented = [chunk.segment_length for chunk in chunks if chunk.segment_length]
        truncated = any(chunk.truncated for chunk in chunks)
        self.strategy = max(self.strategy, 3 if truncated else 2 if segmented else min(1, len(chunks) - 1))
        self.metrics = {
            "memory/bytes_per_decision": self.cost.decision,
            "memory/parts": float(len(chunks)),
            "memory/segment_length": float(min(segmented, default=0)),
            "memory/truncated": float(truncated),
        }
        return chunks


def cut(lengths: NDArray[np.int64], capacity: float, state_cost: float) -> list[Chunk]:
    """Cut sequences into chunks that fit, one at a time.

    Args:
        lengths: (S,) decisions per sequence.
        capacity: decisions that fit.
        state_cost: cost of the hidden states of one sequence at one time, in decisions.
    """
    order = np.argsort(-lengths, kind="stable")
    if int(lengths.sum()) <= capacity:
        return [Chunk(order)]
    long = order[lengths[order] > capacity]
    chunks = []
    while long.size:
        rows, segment_length, truncated = _segments(lengths[long], capacity, state_cost)
        chunks.append(Chunk(long[:rows], segment_length, truncated))
        long = long[rows:]
    short = order[lengths[order] <= capacity]
    total = 0.0
    first = 0
    for place, length in enumerate(lengths[short].tolist()):
        if total + length > capacity:
            chunks.append(Chunk(short[first:place]))
            first, total = place, 0.0
        total += length
    if first < len(short):
        chunks.append(Chunk(short[first:]))
    return chunks


def _segments(lengths: NDArray[np.int64], capacity: float, state_cost: float) -> tuple[int, int, bool]:
    """For sequences of falling length: number of rows side by side, segment length, and True if truncated.

    Segments of length L cost `rows * (L + T / L * state_cost)`. Many rows make a step of the memory cheap;
    few leave room for long segments.
    """
    rows = min(MOST_ROWS, len(lengths))
    while True:
        # The current segment needs one more state at each of its ends.
        room = capacity / rows - 2 * state_cost
        square = room**2 - 4 * float(lengths[0]) * state_cost
        length = int((room + math.sqrt(square)) / 2) if room > 0 and square >= 0 else 0
        if length >= (SHORTEST_SEGMENT if rows > 1 else 1):
            return rows, length, False
        if rows == 1:
            return 1, max(1, int(room)), True
        rows = (rows + 1) // 2


def probe(networks: ActorCritic, observations: Tensor) -> MemoryCost:
    """Run some decisions forward and count the bytes that their graph keeps.

    Two runs of different lengths separate the part that grows with the decisions from the fixed part. The
    lengths, and so the result, do not depend on the batch: a resumed run must cut its minibatches in the same
    way.
    """
    blocks = [trunk.memory.block_length for trunk in networks.trunks if trunk.memory is not None]
    modules = {module for trunk in networks.trunks for module in trunk.modules()}
    switch_points = {module.switch_point for module in modules if isinstance(module, BlockLinear)}
    first, second = probe_lengths(max(blocks, default=1), switch_points)
    less, more = (_kept_bytes(networks, observations, count) for count in (first, second))
    growth, fixed = line_through((first, less), (second, more))
    for point in switch_points:
        if SHORTEST_PROBE <= point < first:  # a decision may cost more below the point
            before, after = (_kept_bytes(networks, observations, count) for count in (point, point + 1))
            growth += max(0, before - after) / point
    observation = observations.shape[1] * observations.element_size()
    states = [part for trunk in networks.trunks for part in trunk.initial_state(1)]
    parameters = [p for group in networks.parameter_groups().values() for p in group]
    # While a gradient is added to another one, both exist.
    return MemoryCost(
        decision=(1.0 + WORKING_SHARE) * growth + observation,
        state=size_of(states),
        fixed=fixed + size_of(parameters),
    )


def probe_lengths(block_length: int, switch_points: Collection[int]) -> tuple[int, int]:
    """Two numbers of decisions between which the memory of a graph grows evenly.

    Args:
        block_length: both are multiples of this; see `Memory.block_length`.
        switch_points: numbers of decisions above which a layer uses another method of computation.
    """
    step = block_length * math.ceil(SHORTEST_PROBE / block_length)
    first = step
    while any(first <= point < first + step for point in switch_points):
        first += step
    return first, first + step


def line_through(less: tuple[int, int], more: tuple[int, int]) -> tuple[float, float]:
    """Growth per decision, always above 0, and the fixed part, from two counts (decisions, bytes)."""
    growth = (more[1] - less[1]) / (more[0] - less[0])
    if growth <= 0:  # the methods differ: assume the costlier one, without a fixed part
        return max(less[1] / less[0], more[1] / more[0]), 0.0
    return growth, max(0.0, less[1] - growth * less[0])


def size_of(tensors: Iterable[Tensor]) -> int:
    """Bytes of the tensors' elements."""
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def _kept_bytes(networks: ActorCritic, observations: Tensor, count: int) -> int:
    """Bytes that the graph of one sequence of `count` decisions keeps for the backward pass."""
    kept: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    rows = torch.arange(count, device=observations.device) % len(observations)
    plan = plan_sequences(np.zeros(1, dtype=np.int64), np.array([count]), observations.device)
    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        outputs = networks.evaluate(observations.index_select(0, rows), plan)
    for group in networks.parameter_groups().values():
        for parameter in group:
            kept.pop(parameter.untyped_storage().data_ptr(), None)
    del outputs
    return sum(kept.values())
