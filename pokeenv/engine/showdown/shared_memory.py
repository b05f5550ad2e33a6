"""The file through which an engine and its workers exchange numbers.

It has no name: it is made without one, or unlinked before anything is written to it, and workers
inherit its descriptor. So nothing is left behind, however either side ends.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Command, two actions, three seeds of four 16-bit words (battle, both teams), numbers of two brought teams.
CONTROL_SIZE = 17
RESULT_SIZE = 2  # status, turn

SKIP, STEP_BATTLE, RESET_BATTLE = 0, 1, 2
RUNNING, TERMINATED, TRUNCATED = 0, 1, 2


@dataclass(frozen=True)
class _Region:
    name: str
    per_battle: int
    dtype: type[np.generic]


class SharedArrays:
    """Arrays of N battles (2N rows), each a numpy view of one mapped file.

    Attributes:
        control: int32 `(N, CONTROL_SIZE)`, written by the engine.
        results: int32 `(N, RESULT_SIZE)`.
        acting: int8 `(2N,)`.
        action_masks: int8 `(2N, num_actions)`.
        signals: float32 `(2N, num_signals)`.
        observations: float32 `(2N, obs_size)`.
    """

    control: NDArray[np.int32]
    results: NDArray[np.int32]
    acting: NDArray[np.int8]
    action_masks: NDArray[np.int8]
    signals: NDArray[np.float32]
    observations: NDArray[np.float32]

    def __init__(self, num_battles: int, *, obs_size: int, num_actions: int, num_signals: int) -> None:
        """Make the file and map it."""
        self.num_battles = num_battles
        self._regions = (
            _Region("control", CONTROL_SIZE, np.int32),
            _Region("results", RESULT_SIZE, np.int32),
            _Region("acting", 2, np.int8),
            _Region("action_masks", 2 * num_actions, np.int8),
            _Region("signals", 2 * num_signals, np.float32),
            _Region("observations", 2 * obs_size, np.float32),
        )
        self._starts: dict[str, int] = {}
        end = 0
        for region in self._regions:
            self._starts[region.name] = end
            size = num_battles * region.per_battle * np.dtype(region.dtype).itemsize
            end += -(-size // 64) * 64  # cache lines
        directory = "/dev/shm" if os.path.isdir("/dev/shm") else None
        self._file = tempfile.TemporaryFile(dir=directory)
        self._file.truncate(end)
        self._map: mmap.mmap | None = mmap.mmap(self._file.fileno(), end)
        shapes: dict[str, tuple[int, ...]] = {
            "control": (num_battles, CONTROL_SIZE),
            "results": (num_battles, RESULT_SIZE),
            "acting": (2 * num_battles,),
            "action_masks": (2 * num_battles, num_actions),
            "signals": (2 * num_battles, num_signals),
            "observations": (2 * num_battles, obs_size),
        }
        for region in self._regions:
            count = num_battles * region.per_battle
            flat: NDArray[Any] = np.frombuffer(self._map, region.dtype, count, self._starts[region.name])
            setattr(self, region.name, flat.reshape(shapes[region.name]))

    @property
    def fd(self) -> int:
        """Descriptor of the file, for a worker to inherit."""
        return self._file.fileno()

    def positions(self, first_battle: int) -> dict[str, int]:
        """Where the part of a worker that hosts battles from `first_battle` on starts, in bytes."""
        return {
            region.name: self._starts[region.name]
            + first_battle * region.per_battle * np.dtype(region.dtype).itemsize
            for region in self._regions
        }

    def close(self) -> None:
        """Close the file; arrays that the caller still holds stay readable until they are dropped."""
        self._file.close()
        for region in self._regions:
            if hasattr(self, region.name):
                delattr(self, region.name)
        self._map = None
