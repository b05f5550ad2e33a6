"""The estimate of a run's end and of its memory."""

from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest

from agents.checkpoints.checkpoint import Progress
from agents.runs.forecast import Forecast, memory_bytes


def test_forecast_comes_once_and_counts_the_episodes_that_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    forecast, progress, lines = Forecast(), Progress(), []
    said: list[str] = []
    for seconds in (60.0, 30.0, 30.0, 30.0):  # the first update also warms up
        now[0] += seconds
        progress.add_update(100, 1000)
        forecast.after_update(progress, 25_500, said.append)
        lines.append(len(said))
    assert lines == [0, 0, 1, 1]
    assert said[0].startswith("at this speed, the run ends in 2 h 06 min (")


def test_forecast_of_a_run_at_its_end_is_empty() -> None:
    forecast, progress = Forecast(), Progress(3, 30, 300)
    said: list[str] = []
    for _ in range(3):
        forecast.after_update(progress, 30, said.append)
    assert said == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere only the peak of the process is known")
def test_memory_counts_descendants() -> None:
    before = memory_bytes()
    block = np.ones(50_000_000, dtype=np.uint8)
    assert memory_bytes() - before == pytest.approx(block.nbytes, rel=0.2)
    command = "x = bytearray(b'1') * 100_000_000; print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", command], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert memory_bytes() - before > 140_000_000
        child.communicate(b"\n")
