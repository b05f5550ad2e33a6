"""The content of a run's folder: metrics, configuration, results, newest checkpoint."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path

from agents.checkpoints.checkpoint import Checkpoint, Progress, load_checkpoint
from agents.checkpoints.run_folder import find_checkpoint, run_paths
from agents.config import TrainConfig, load_config
from agents.errors import CheckpointError, ConfigError, ReportError
from agents.evaluate.ratings import Rating
from agents.evaluate.results_file import Results, read_evaluation, read_final_evaluation
from agents.runs.logger import parse_metrics

_METRICS = "metrics.jsonl"


@dataclass(frozen=True)
class Metrics:
    """The numbers of a run, update by update.

    Attributes:
        steps: (U,) number of each update.
        decisions: (U,) decisions trained on so far.
        columns: (U,) numbers by name; NaN if a number was not finite, None if it was missing.
        episodes_before: episodes trained on before the first of these updates, in another folder.
    """

    steps: tuple[int, ...]
    decisions: tuple[int, ...]
    columns: Mapping[str, tuple[float | None, ...]]
    episodes_before: int = 0

    @property
    def episodes(self) -> int:
        """Number of episodes trained on."""
        return self.episodes_before + self._episodes_until(self.steps[-1])

    def _episodes_until(self, step: int) -> int:
        """Number of episodes in these updates, up to a step."""
        lengths = self.columns.get("rollout/episode_length", ())
        played = self.columns.get("rollout/decisions", ())
        return sum(
            round(n / length)
            for number, n, length in zip(self.steps, played, lengths, strict=True)
            if n is not None and length is not None and n >= 0 and length >= 1 and number <= step
        )

    def counted_from(self, done: Progress) -> Metrics:
        """The numbers of a run that was resumed into a new folder, with the earlier part counted too.

        Args:
            done: counters of a checkpoint in that folder.
        """
        there = [count for step, count in zip(self.steps, self.decisions, strict=True) if step <= done.update]
        before = done.decisions - max(there, default=0)
        return replace(
            self,
            decisions=tuple(before + count for count in self.decisions),
            episodes_before=done.episodes - self._episodes_until(done.update),
        )

    @property
    def seconds(self) -> float:
        """Seconds spent playing and learning, without evaluations, checkpoints and pauses."""
        return self._total("time/collect_s") + self._total("time/update_s")

    @property
    def decisions_per_s(self) -> float:
        """Decisions trained on per second of that time."""
        return self._total("rollout/decisions") / self.seconds if self.seconds > 0 else 0.0

    def _total(self, name: str) -> float:
        """Sum of the numbers of a column that are finite."""
        column = self.columns.get(name, ())
        return math.fsum(value for value in column if value is not None and math.isfinite(value))

    def thinned(self, most: int) -> Metrics:
        """At most `most` points; if there are more, each point becomes the mean of several updates."""
        size = math.ceil(len(self.steps) / most)
        ends = [*range(size - 1, len(self.steps) - 1, size), len(self.steps) - 1]
        return Metrics(
            steps=tuple(self.steps[end] for end in ends),
            decisions=tuple(self.decisions[end] for end in ends),
            columns={
                name: tuple(_mean(column[start : start + size]) for start in range(0, len(column), size))
                for name, column in self.columns.items()
            },
        )


@dataclass(frozen=True)
class RunData:
    """Everything about a run that its page shows, except the replays.

    Attributes:
        path: folder of the run.
        metrics: the numbers of its updates.
        config: its configuration; None if it cannot be read.
        checkpoint: file and content of the newest checkpoint; None if no checkpoint can be read.
        results: results of the final evaluation by opponent, or of another evaluation by both agents.
        ratings: ratings of that other evaluation, best first.
        finished: True if the run has played all its episodes.
        notes: sentences about missing or damaged files.
    """

    path: Path
    metrics: Metrics
    config: TrainConfig | None
    checkpoint: tuple[Path, Checkpoint] | None
    results: Results
    ratings: Sequence[Rating]
    finished: bool
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name of the run's folder."""
        return self.path.resolve().name


def read_run(path: Path, evaluation: Path | None = None) -> RunData:
    """Read a run's folder; the run may still be training.

    Args:
        path: the folder, or a folder of runs, for the newest run that has metrics.
        evaluation: JSON of `python -m agents.evaluate`, in place of the run's own final evaluation.

    Raises:
        ReportError: there is no run, it has no metrics yet, or results cannot be read.
    """
    path = find_run(path)
    metrics, notes = read_metrics(path / _METRICS)
    checkpoint: tuple[Path, Checkpoint] | None = None
    with warnings.catch_warnings(record=True) as passed_over:
        warnings.simplefilter("always")
        try:
            newest = find_checkpoint(path)
            checkpoint = newest, load_checkpoint(newest)
        except CheckpointError as error:
            notes.append(f"No checkpoint: {error}.")
    notes += [f"{warning.message}." for warning in passed_over]
    if (first := metrics.steps[0]) > 1:
        if checkpoint:
            metrics = metrics.counted_from(checkpoint[1].progress)
        notes.append(
            f"Metrics begin with update {first}: earlier updates, in another folder, are in the counts of "
            "episodes and decisions"
            + (", not in times and plots." if checkpoint else " neither, for there is no checkpoint.")
        )
    config = checkpoint[1].config if checkpoint else None
    if config is None:
        try:
            config = load_config(path / "config.yml")
        except ConfigError as error:
            notes.append(f"No configuration: {error}.")
    ratings: Sequence[Rating] = ()
    if evaluation is None:
        final = path / "evaluation.json"
        found = read_final_evaluation(final, ReportError) if final.exists() else {}
        results = {(path.resolve().name, name): result for name, result in found.items()}
    else:
        results, ratings = read_evaluation(evaluation, ReportError)
    finished = config is not None and metrics.episodes >= config.episodes
    return RunData(path, metrics, config, checkpoint, results, ratings, finished, tuple(notes))


def find_run(path: Path) -> Path:
    """Find the run of a path: the folder itself, or the newest run with metrics in a folder of runs.

    Raises:
        ReportError: there is no such run.
    """
    if not path.is_dir():
        raise ReportError(f"{path}: there is no such folder; name the folder of a run, such as runs/run_001")
    for folder in [path, *reversed(run_paths(path))]:
        file = folder / _METRICS
        if file.exists() and file.stat().st_size:
            return folder
    if (path / "config.yml").exists():
        raise ReportError(f"{path}: this run has no metrics yet; they come with its first update")
    raise ReportError(f"{path}: holds no run with metrics: no {_METRICS}, here or in a run_* folder")


def read_metrics(path: Path) -> tuple[Metrics, list[str]]:
    """Read `metrics.jsonl`; damaged lines are skipped and reported.

    Returns:
        The metrics, and a sentence per damaged line; an incomplete last line does not count as damaged.

    Raises:
        ReportError: no line can be read.
    """
    text = path.read_bytes().decode("utf-8", errors="replace")
    lines: list[Mapping[str, float | None]] = []
    notes = []
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        update = parse_metrics(line)
        if update is not None:
            lines.append(update)
        elif line.endswith("\n"):
            notes.append(
                f"{path.name}: line {number} is damaged and left out; decisions are counted without it."
            )
    if not lines:
        raise ReportError(f"{path}: holds no update that can be read; they come with the run's first update")
    names = dict.fromkeys(name for line in lines for name in line if name != "step")
    return (
        Metrics(
            steps=tuple(int(line["step"] or 0) for line in lines),
            decisions=tuple(accumulate(max(0, int(line.get("rollout/decisions") or 0)) for line in lines)),
            columns={name: tuple(_number(line, name) for line in lines) for name in names},
        ),
        notes,
    )


def _number(update: Mapping[str, float | None], name: str) -> float | None:
    if name not in update:
        return None
    value = update[name]
    return math.nan if value is None else float(value)


def _mean(values: Sequence[float | None]) -> float | None:
    there = [value for value in values if value is not None]
    finite = [value for value in there if math.isfinite(value)]
    if not there:
        return None
    return math.fsum(finite) / len(finite) if finite else math.nan
