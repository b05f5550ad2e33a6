"""Folders of runs: which checkpoint is the newest whole one, and who may write there.

`checkpoint_dir/run_001` and so on, a folder per run. One process at a time holds a folder, by a lock
that the system takes back when the process ends, however it ends.
"""

from __future__ import annotations

import fcntl
import os
import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agents.agent import RLAgent
from agents.checkpoints.checkpoint import Progress, require_whole, save_checkpoint
from agents.config import TrainConfig
from agents.errors import CheckpointError, CheckpointWarning, TornCheckpointError

_NAME = re.compile(r"checkpoint_(\d{8,})\.pt")
_RUN = re.compile(r"run_(\d+)")


class RunFolder:
    """The folder of one run; no run overwrites another.

    Attributes:
        path: the folder.
        keep: how many of the newest checkpoints stay.
    """

    def __init__(self, path: Path, keep: int = 5) -> None:
        """A folder to look into; `new` and `of_checkpoint` give one to write to."""
        self.path = path
        self.keep = keep
        self._lock: int | None = None

    @classmethod
    def new(cls, checkpoint_dir: str | Path, keep: int = 5) -> RunFolder:
        """Make the next folder in `checkpoint_dir` and hold it.

        Raises:
            CheckpointError: it cannot be made.
        """
        number = max((_run_number(path) for path in run_paths(checkpoint_dir)), default=0)
        while True:
            number += 1
            path = Path(checkpoint_dir) / f"run_{number:03d}"
            try:
                path.mkdir(parents=True)
            except OSError as error:
                if isinstance(error, FileExistsError) and path.exists():
                    continue  # another run took the number a moment ago
                raise CheckpointError(f"checkpoint_dir: {path} cannot be made: {error.strerror}") from None
            folder = cls(path, keep)
            folder._hold()
            return folder

    @classmethod
    def of_checkpoint(cls, path: Path, checkpoint_dir: str | Path, keep: int = 5) -> RunFolder:
        """Where a run resumed from `path` goes on: in its folder, if nothing newer is there to be lost.

        What a crash left in the folder is cleaned up: torn checkpoints get the ending `.torn`, unfinished
        files go.

        Raises:
            CheckpointError: another process holds the folder.
        """
        folder = cls(path.parent, keep)
        if _RUN.fullmatch(path.parent.resolve().name):
            folder._hold()
            newer = [other for other in folder.checkpoints() if other.name > path.name]
            if not any(map(_is_whole, newer)):
                for torn in newer:
                    torn.rename(torn.with_name(torn.name + ".torn"))
                for unfinished in folder.path.glob(".*.tmp"):
                    unfinished.unlink(missing_ok=True)
                return folder
            folder.close()
        return cls.new(checkpoint_dir, keep)

    def require_free(self) -> None:
        """Check that nobody holds the folder.

        Raises:
            CheckpointError: another process does.
        """
        self._hold()
        self.close()

    def _hold(self) -> None:
        self._lock = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise CheckpointError(
                f"{self.path}: another process is writing this run; wait for its end, or start a run of its "
                f"own from the same weights: --set load_model={self.path}"
            ) from None
        except OSError:  # some network file systems have no locks
            self.close()

    def close(self) -> None:
        """Let others write here; more than once is fine."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def checkpoints(self) -> list[Path]:
        """Checkpoints in the folder, oldest first, whole or not."""
        return sorted(path for path in self.path.glob("checkpoint_*.pt") if _NAME.fullmatch(path.name))

    def checkpoint_path(self, progress: Progress) -> Path:
        """Where the checkpoint of this update is, or will be."""
        return self.path / f"checkpoint_{progress.update:08d}.pt"

    def save(
        self, *, config: TrainConfig, agent: RLAgent, progress: Progress, opponents: Mapping[str, Any]
    ) -> Path:
        """Write the checkpoint of this update, then remove those that are too old."""
        path = self.checkpoint_path(progress)
        save_checkpoint(path, config=config, agent=agent, progress=progress, opponents=opponents)
        for old in self.checkpoints()[: -self.keep]:
            old.unlink(missing_ok=True)
        return path


def find_checkpoint(path: str | Path) -> Path:
    """The checkpoint a path stands for.

    Args:
        path: a checkpoint, the folder of a run (its newest whole checkpoint, with a warning that names the
            torn ones passed over), or a folder of runs (that of the newest run that has any).

    Raises:
        CheckpointError: there is none.
    """
    path = Path(path)
    if not path.is_dir():
        if not path.exists():
            raise CheckpointError(f"{path}: there is no such checkpoint")
        return path
    for folder in [path, *reversed(run_paths(path))]:
        if found := RunFolder(folder).checkpoints():
            return _newest_whole(found)
    raise CheckpointError(f"{path}: holds no checkpoint")


def _newest_whole(paths: Sequence[Path]) -> Path:
    torn: list[Path] = []
    for path in reversed(paths):
        if _is_whole(path):
            if torn:
                names = ", ".join(map(str, torn))
                warnings.warn(f"{names}: torn or damaged; {path} is used", CheckpointWarning, stacklevel=3)
            return path
        torn.append(path)
    names = ", ".join(path.name for path in paths)
    raise CheckpointError(
        f"{paths[0].parent}: every checkpoint is torn or damaged ({names}); name another run"
    )


def _is_whole(path: Path) -> bool:
    try:
        require_whole(path)
    except TornCheckpointError:
        return False
    return True


def run_paths(checkpoint_dir: str | Path) -> list[Path]:
    """Folders of runs in `checkpoint_dir`, oldest first."""
    numbered = [path for path in Path(checkpoint_dir).glob("run_*") if _RUN.fullmatch(path.name)]
    return sorted(numbered, key=_run_number)


def _run_number(path: Path) -> int:
    return int(path.name[4:])
