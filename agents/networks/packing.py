"""Packs whole episodes into padded `(T, B)` blocks with little padding, and unpacks the outputs.

Decisions are stored flat in time order, episode after episode. A plan sorts the sequences (episodes, or
segments of them) by falling length and cuts time into slabs. A slab is one padded block for one call of the
memory: all sequences that are longer than its start, with their states at the end of the previous slab. Many
sequences take each step together, and no sequence is padded far beyond its end. Outputs of padding are never
read, so padding does not affect losses or gradients.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

# Cost of running a padded block, in units of one row for one time step (measured with LSTM 256, one thread):
# a call costs CALL_COST, each of its time steps STEP_COST, each row of a step 1.
CALL_COST = 130.0
STEP_COST = 3.0


@dataclass(frozen=True)
class SequencePlan:
    """Slabs that cover every decision of some sequences exactly once.

    Attributes:
        order: (S,) the sequences by falling length.
        slabs: for each slab, flat indices (T, B) of the decisions of the first B sequences of `order`;
            B falls from slab to slab, and padding repeats a sequence's last decision.
        inverse: (N,) place of each decision in the slabs' flattened and concatenated outputs.
    """

    order: Tensor
    slabs: tuple[Tensor, ...]
    inverse: Tensor


def plan_sequences(
    starts: NDArray[np.int64], lengths: NDArray[np.int64], device: torch.device | str = "cpu"
) -> SequencePlan:
    """Cut sequences into slabs.

    Args:
        starts: (S,) flat index of each sequence's first decision. Together the sequences must cover
            `range(lengths.sum())`.
        lengths: (S,) decisions per sequence, all positive.
        device: device of the index tensors.
    """
    order = np.argsort(-lengths, kind="stable")
    starts, lengths = starts[order], lengths[order]
    inverse = np.empty(int(lengths.sum()), dtype=np.int64)
    slabs = []
    offset = 0
    for first, end in itertools.pairwise(_slab_bounds(lengths)):
        rows = int((lengths > first).sum())
        time = np.arange(first, end)[:, None]  # (T, 1)
        gather = starts[:rows] + np.minimum(time, lengths[:rows] - 1)  # (T, B)
        places = offset + np.arange(gather.size).reshape(gather.shape)
        real = time < lengths[:rows]
        inverse[gather[real]] = places[real]
        offset += gather.size
        slabs.append(torch.from_numpy(gather).to(device))
    return SequencePlan(
        torch.from_numpy(order).to(device), tuple(slabs), torch.from_numpy(inverse).to(device)
    )


def split_segments(
    episode_lengths: NDArray[np.int64], bptt_length: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Cut episodes into segments of at most `bptt_length` decisions (0: whole episodes).

    Args:
        episode_lengths: (E,) decisions per episode.
        bptt_length: decisions per segment; an episode's last segment may be shorter.

    Returns:
        starts (S,) flat indices, lengths (S,), and the number of segments per episode (E,). Segments
        are in time order, episode after episode.
    """
    size = bptt_length if bptt_length > 0 else int(episode_lengths.max())
    counts = -(-episode_lengths // size)  # (E,)
    episode = np.repeat(np.arange(len(counts)), counts)  # (S,)
    within = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    starts = (np.cumsum(episode_lengths) - episode_lengths)[episode] + within * size
    lengths = np.minimum(size, episode_lengths[episode] - within * size)
    return starts, lengths, counts


def _slab_bounds(lengths: NDArray[np.int64]) -> list[int]:
    """Start of each slab, and the end of the last one, at the lowest cost; sequences are of falling length.

    Dynamic programming over the cuts: a slab of the steps s..t-1 costs `CALL + (t - s) * (STEP + B_s)`. Only
    ends of sequences can be cuts, so that the programme stays small for any number of sequences.
    """
    edges = np.concatenate([[0], np.unique(lengths)])  # (K + 1,) times
    rows = len(lengths) - np.searchsorted(lengths[::-1], edges, side="right")  # (K + 1,) sequences longer
    best = np.zeros(len(edges))
    cut = np.zeros(len(edges), dtype=np.int64)
    for end in range(1, len(edges)):
        costs = best[:end] + CALL_COST + (edges[end] - edges[:end]) * (STEP_COST + rows[:end])
        cut[end] = int(np.argmin(costs))
        best[end] = costs[cut[end]]
    bounds = [len(edges) - 1]
    while bounds[-1] > 0:
        bounds.append(int(cut[bounds[-1]]))
    return [int(edges[bound]) for bound in reversed(bounds)]
