"""How whole episodes become padded ``(T, B)`` blocks without much padding, and come back.

Decisions lie flat in time order, episode after episode. A plan sorts the sequences (episodes, or
segments of them) by length into buckets; each bucket is one padded block for one call of the LSTM.
Outputs of padding are never read, so padding takes no part in losses or gradients.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

# Cost of running a padded block, in units of one row for one time step (measured with LSTM 256, one thread):
# an LSTM call costs CALL_COST, each of its time steps STEP_COST, each row of a step 1.
CALL_COST = 40.0
STEP_COST = 2.0


@dataclass(frozen=True)
class Bucket:
    """One padded block.

    Attributes:
        gather: (T, B) flat index of the decision at each place; padding repeats a sequence's last decision.
        members: (B,) which sequences the block holds, as places in the plan's list of sequences.
    """

    gather: Tensor
    members: Tensor


@dataclass(frozen=True)
class Packing:
    """All sequences without padding: every one's first decision, then every one's second, and so on.

    Attributes:
        gather: (N,) flat index of the decision at each place.
        inverse: (N,) place of each decision.
        counts: (T,) how many sequences are that long.
        members: (S,) the sequences, longest first; a time step's decisions stand in this order.
    """

    gather: Tensor
    inverse: Tensor
    counts: tuple[int, ...]
    members: Tensor


@dataclass(frozen=True)
class SequencePlan:
    """Buckets that cover every decision of some sequences exactly once; the same without padding.

    Attributes:
        buckets: the padded blocks.
        packing: for memories that can do without padding.
        inverse: (N,) place of each decision in the buckets' flattened and concatenated outputs.
        num_sequences: S, the sequences in all buckets.
    """

    buckets: tuple[Bucket, ...]
    packing: Packing
    inverse: Tensor
    num_sequences: int


def plan_sequences(
    starts: NDArray[np.int64], lengths: NDArray[np.int64], device: torch.device | str = "cpu"
) -> SequencePlan:
    """Sort sequences into buckets.

    Args:
        starts: (S,) flat index of each sequence's first decision. Together the sequences must cover
            ``range(lengths.sum())``.
        lengths: (S,) decisions per sequence, all positive.
        device: where the index tensors go.
    """
    order = np.argsort(-lengths, kind="stable")
    inverse = np.empty(int(lengths.sum()), dtype=np.int64)
    buckets = []
    offset = 0
    for members in np.split(order, _bucket_bounds(lengths[order])):
        time = np.arange(lengths[members[0]])[:, None]  # (T, 1); the first member is the longest
        gather = starts[members] + np.minimum(time, lengths[members] - 1)  # (T, B)
        places = offset + np.arange(gather.size).reshape(gather.shape)
        real = time < lengths[members]
        inverse[gather[real]] = places[real]
        offset += gather.size
        buckets.append(Bucket(torch.from_numpy(gather).to(device), torch.from_numpy(members).to(device)))
    packing = _pack(starts, lengths, order, device)
    return SequencePlan(tuple(buckets), packing, torch.from_numpy(inverse).to(device), len(lengths))


def _pack(
    starts: NDArray[np.int64],
    lengths: NDArray[np.int64],
    order: NDArray[np.int64],
    device: torch.device | str,
) -> Packing:
    """The packing of sequences whose ``order`` is by falling length."""
    falling = lengths[order]
    counts = len(lengths) - np.searchsorted(falling[::-1], np.arange(falling[0]), side="right")  # (T,)
    row = np.repeat(np.arange(len(order)), falling)  # (N,) sequence after sequence
    time = np.arange(len(row)) - np.repeat(np.cumsum(falling) - falling, falling)
    place = (np.cumsum(counts) - counts)[time] + row
    gather, inverse = np.empty_like(place), np.empty_like(place)
    gather[place] = flat = starts[order][row] + time
    inverse[flat] = place
    on_device = [torch.from_numpy(part).to(device) for part in (gather, inverse, order)]
    return Packing(on_device[0], on_device[1], tuple(counts.tolist()), on_device[2])


def split_segments(
    episode_lengths: NDArray[np.int64], bptt_length: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Cut episodes into segments of at most ``bptt_length`` decisions (0: whole episodes).

    Args:
        episode_lengths: (E,) decisions per episode.
        bptt_length: decisions per segment; an episode's last segment may be shorter.

    Returns:
        starts (S,) flat indices, lengths (S,), and the number of segments per episode (E,). Segments
        stand in time order, episode after episode.
    """
    size = bptt_length if bptt_length > 0 else int(episode_lengths.max())
    counts = -(-episode_lengths // size)  # (E,)
    episode = np.repeat(np.arange(len(counts)), counts)  # (S,)
    within = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    starts = (np.cumsum(episode_lengths) - episode_lengths)[episode] + within * size
    lengths = np.minimum(size, episode_lengths[episode] - within * size)
    return starts, lengths, counts


def _bucket_bounds(lengths: NDArray[np.int64]) -> list[int]:
    """Where to cut sequences sorted by falling length so that the padded blocks cost least.

    Dynamic programme over the cuts: a block of rows i..j-1 costs ``CALL + T_i * (STEP + (j - i))``. Only
    places where the length changes can be cuts, so that it stays small however many sequences there are.
    """
    edges = np.concatenate([[0], np.flatnonzero(np.diff(lengths)) + 1, [len(lengths)]])  # (K + 1,)
    longest = lengths[edges[:-1]].astype(np.float64)  # (K,) block length if it starts at edge k
    best = np.zeros(len(edges))
    cut = np.zeros(len(edges), dtype=np.int64)
    for end in range(1, len(edges)):
        rows = edges[end] - edges[:end]
        costs = best[:end] + CALL_COST + longest[:end] * (STEP_COST + rows)
        cut[end] = int(np.argmin(costs))
        best[end] = costs[cut[end]]
    bounds: list[int] = []
    at = int(cut[-1])
    while at > 0:
        bounds.append(int(edges[at]))
        at = int(cut[at])
    return bounds[::-1]
