"""The file through which an engine and its workers exchange numbers.

It has no name: it is created without one, or unlinked before anything is written to it, and workers inherit
its descriptor. No file is left behind, however either side ends.
"""

from __future__ import annotations

import mmap
import os
import shutil
import tempfile
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from pokeenv.engine.contract import SEED_WORDS
from pokeenv.engine.rows import SEATS
from pokeenv.engine.showdown.process import temporary_file
from pokeenv.errors import EngineError


def _consecutive(**sizes: int) -> dict[str, slice]:
    """Fields of a block, one after the other."""
    ends = np.cumsum(list(sizes.values())).tolist()
    return {name: slice(end - size, end) for (name, size), end in zip(sizes.items(), ends, strict=True)}


CONTROL = _consecutive(command=1, actions=SEATS, seeds=SEED_WORDS, teams=SEATS)
"""Numbers that the engine writes for each battle; `teams`: numbers of brought teams, 0 for generated ones."""
RESULTS = _consecutive(status=1, turn=1)
"""Numbers that the worker writes for each battle."""
COMMANDS = {"skip": 0, "step": 1, "reset": 2}

CONTROL_SIZE, RESULT_SIZE = (max(field.stop for field in block.values()) for block in (CONTROL, RESULTS))


def blocks_json() -> dict[str, Any]:
    """The tables of both blocks, in the form that the worker reads."""
    return {
        "control": {"size": CONTROL_SIZE} | {name: field.start for name, field in CONTROL.items()},
        "results": {"size": RESULT_SIZE} | {name: field.start for name, field in RESULTS.items()},
        "commands": COMMANDS,
    }


SHARED_MEMORY = "/dev/shm"
"""Folder of files in memory on Linux; the temporary folder replaces it if it is missing or read-only."""


def _shared_file(size: int) -> IO[bytes]:
    """An unnamed file of `size` bytes, all of them reserved.

    Without the reservation, the first use of a page that the file system lacks ends the process by SIGBUS.

    Raises:
        EngineError: the file cannot be made, or there is no room for it.
    """
    file: IO[bytes]
    try:
        file = tempfile.TemporaryFile(dir=SHARED_MEMORY)
        folder = SHARED_MEMORY
    except OSError:
        file, folder = temporary_file(), tempfile.gettempdir()
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
        else:  # macOS
            file.truncate(size)
    except OSError as error:
        file.close()
        needed, free = (f"{count / 2**20:.1f} MiB" for count in (size, shutil.disk_usage(folder).free))
        raise EngineError(
            f"the battles need {needed} of shared memory, and '{folder}' has {free} free ({error.strerror}):"
            " use fewer battles, or enlarge the folder (in Docker: --shm-size)"
        ) from error
    return file


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
        """Make the file and map it.

        Raises:
            EngineError: there is no room for the file.
        """
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
        self._file = _shared_file(end)
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
        """Byte offsets of the part of a worker whose first battle is `first_battle`, by region."""
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
