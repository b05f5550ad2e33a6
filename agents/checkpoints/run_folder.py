"""Folders of runs: the newest whole checkpoint, and the one process that may write.

Each run has a folder: `checkpoint_dir/run_001`, `run_002` and so on. One process at a time holds a folder, by
a lock that the operating system releases when the process ends for any reason.
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
from agents.pretrained import PREFIX, pretrained_path

_NAME = re.compile(r"checkpoint_(\d{8,})\.pt")
_RUN = re.compile(r"run_(\d+)")


class RunFolder:
    """The folder of one run, which no other run writes to.

    Attributes:
        path: the folder.
        keep: number of checkpoints to keep, the newest ones.
    """

    def __init__(self, path: Path, keep: int = 5) -> None:
        """Open a folder for reading; `new` and `of_checkpoint` open one for writing."""
        self.path = path
        self.keep = keep
        self._lock: int | None = None

    @classmethod
    def new(cls, checkpoint_dir: str | Path, keep: int = 5) -> RunFolder:
        """Make the next folder in `checkpoint_dir` and hold it.

        Raises:
            CheckpointError: the folder cannot be made.
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
        """Hold the folder for a run resumed from `path`: the checkpoint's own, or a new one.

        A folder with newer whole checkpoints is left alone, so that they are not overwritten. Otherwise the
        remains of a crash are cleaned up: torn checkpoints get the suffix `.torn`, unfinished files are
        removed.

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
        """Check that no process holds the folder.

        Raises:
            CheckpointError: another process holds it.
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
                f"{self.path}: another process is writing this run; wait until it ends, or start another run "
                f"from the same weights: --set load_model={self.path}"
            ) from None
        except OSError:  # some network file systems have no locks
            self.close()

    def close(self) -> None:
        """Release the folder; calling it again has no effect."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def checkpoints(self) -> list[Path]:
        """Checkpoints in the folder, whole or torn, oldest first."""
        return sorted(path for path in self.path.glob("checkpoint_*.pt") if _NAME.fullmatch(path.name))

    def checkpoint_path(self, progress: Progress) -> Path:
        """Path of the checkpoint of this update."""
        return self.path / f"checkpoint_{progress.update:08d}.pt"

    def save(
        self,
        *,
        config: TrainConfig,
        agent: RLAgent,
        progress: Progress,
        opponents: Mapping[str, Any],
        replaces: Path | None = None,
        prune: bool = True,
    ) -> Path:
        """Write the checkpoint of this update.

        Args:
            config: as in `save_checkpoint`.
            agent: as in `save_checkpoint`.
            progress: as in `save_checkpoint`.
            opponents: as in `save_checkpoint`.
            replaces: an earlier checkpoint, which is removed then.
            prune: remove the oldest checkpoints beyond `keep` as well.
        """
        path = self.checkpoint_path(progress)
        save_checkpoint(path, config=config, agent=agent, progress=progress, opponents=opponents)
        if replaces is not None and replaces != path:
            replaces.unlink(missing_ok=True)
        if prune:
            for old in self.checkpoints()[: -self.keep]:
                old.unlink(missing_ok=True)
        return path


def find_checkpoint(path: str | Path) -> Path:
    """Find the checkpoint that a path refers to.

    Args:
        path: a checkpoint; the folder of a run, for its newest whole checkpoint (a warning names newer ones
            that are torn); a folder of runs, for the newest run that has checkpoints; or the name of an agent
            of the package (`pretrained:gen9randombattle`).

    Raises:
        CheckpointError: there is no whole checkpoint.
    """
    if str(path).startswith(PREFIX):
        return pretrained_path(str(path))
    path = Path(path)
    if not path.is_dir():
        if not path.exists():
            raise CheckpointError(f"{path}: no such checkpoint")
        return path
    for folder in [path, *reversed(run_paths(path))]:
        if found := RunFolder(folder).checkpoints():
            return _newest_whole(found)
    raise CheckpointError(f"{path}: contains no checkpoint")


def _newest_whole(paths: Sequence[Path]) -> Path:
    torn: list[Path] = []
    for path in reversed(paths):
        if _is_whole(path):
            if torn:
                names = ", ".join(map(str, torn))
                warnings.warn(f"{names}: torn or damaged; using {path}", CheckpointWarning, stacklevel=3)
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
