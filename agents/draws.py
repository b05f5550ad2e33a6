"""Random draws that belong to a battle instead of to the order in which battles are played."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class BattleStreams:
    """A random stream for each battle in which an agent plays, from the agent's seed and the battle's number.

    An agent with one stream for all rows draws differently when more battles run at the same time. With these
    streams a battle's draws stay the same.

    Args:
        seed: the agent's seed; None: a random one.
    """

    def __init__(self, seed: int | None = None) -> None:
        """Begin without streams."""
        self._entropy = np.random.SeedSequence(seed).entropy
        self._streams: dict[int, np.random.Generator] = {}

    def __bool__(self) -> bool:
        """True if any row has a stream."""
        return bool(self._streams)

    def start(self, rows: NDArray[np.integer], numbers: NDArray[np.integer]) -> None:
        """Start the streams of the battles `numbers` (B,) in `rows` (B,)."""
        for row, number in zip(rows.tolist(), numbers.tolist(), strict=True):
            seeds = np.random.SeedSequence(self._entropy, spawn_key=(number,))
            self._streams[row] = np.random.default_rng(seeds)

    def uniform(self, rows: NDArray[np.integer], count: int) -> NDArray[np.float64]:
        """Numbers (B, count) in [0, 1), each row's from its own stream."""
        return np.stack([self._streams[row].random(count) for row in rows.tolist()])
