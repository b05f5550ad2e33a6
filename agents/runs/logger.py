"""Metrics of a run on disk: `metrics.jsonl` with one JSON object per update, and TensorBoard events."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, TypeAdapter, ValidationError

from agents.checkpoints.files import write_atomically

if TYPE_CHECKING:
    from torch.utils.tensorboard.writer import SummaryWriter


_LARGEST = 10**100  # sums and differences of such numbers are finite
_LINE: TypeAdapter[dict[str, int | float | None]] = TypeAdapter(
    dict[str, Annotated[int, Field(ge=-(2**53), le=2**53)] | float | None]
)


class MetricsLogger:
    """Writes metrics by step; a resumed run replaces the metrics of the steps that it repeats."""

    def __init__(self, run_dir: Path, *, tensorboard: bool, resume_step: int = 0) -> None:
        """Open the files.

        Args:
            run_dir: folder of the run.
            tensorboard: also write TensorBoard events, to `run_dir/tensorboard`.
            resume_step: last step to keep; later steps are removed.
        """
        path = run_dir / "metrics.jsonl"
        if path.exists():
            kept = "".join(line + "\n" for line in _lines_until(path, resume_step))
            write_atomically(path, kept.encode())
        self._file = path.open("a", encoding="utf-8")
        self._writer: SummaryWriter | None = None
        if tensorboard:
            # Imported only if needed: the import takes a second.
            from torch.utils.tensorboard.writer import SummaryWriter

            self._writer = SummaryWriter(str(run_dir / "tensorboard"), purge_step=resume_step + 1)

    def write(self, metrics: Mapping[str, float], step: int) -> None:
        """Append the metrics of one update. Non-finite numbers become null in JSON.

        Args:
            metrics: numbers by name; a slash in a name groups them in TensorBoard.
            step: number of the update.
        """
        line = {"step": step} | {
            name: value if math.isfinite(value) else None for name, value in metrics.items()
        }
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()
        if self._writer is not None:
            for name, value in metrics.items():
                self._writer.add_scalar(name, value, step)
            self._writer.flush()  # a killed process must not lose it: a resumed run does not write it again

    def close(self) -> None:
        """Close the files; calling it again has no effect."""
        self._file.close()
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def __enter__(self) -> MetricsLogger:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the files."""
        self.close()


def read_metrics(path: Path) -> list[dict[str, float | None]]:
    """Read `metrics.jsonl`; torn or damaged lines are skipped."""
    text = path.read_text(encoding="utf-8", errors="replace")
    return [metrics for line in text.splitlines() if (metrics := parse_metrics(line)) is not None]


def parse_metrics(line: str) -> dict[str, float | None] | None:
    """Metrics of one update by name, not finite ones as None; None for a line that is not valid."""
    try:
        metrics = _LINE.validate_json(line, strict=True)
    except ValidationError:
        return None
    step = metrics.get("step")
    if not isinstance(step, int) or step < 0:
        return None
    return {
        name: value if value is None or abs(value) < _LARGEST else None for name, value in metrics.items()
    }


def _lines_until(path: Path, last_step: int) -> list[str]:
    lines = read_metrics(path)
    return [json.dumps(line) for line in lines if (line["step"] or 0) <= last_step]
