"""Cached blocks of an observation."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from pokeenv import DOUBLES_LAYOUT, LAYOUT
from pokeenv.engine.showdown.install import node_executable
from pokeenv.engine.showdown.worker_config import worker_start

COMPARE = Path(__file__).parent / "encoding.mjs"


def compare(generations: range, battles: int) -> dict[str, int]:
    """Play at random and compare every row with one encoded without the cache."""
    formats = [f"gen{generation}randombattle" for generation in generations]
    formats.append("gen9randomdoublesbattle")
    layouts = {1: LAYOUT.to_json(), 2: DOUBLES_LAYOUT.to_json()}
    start = json.dumps(worker_start() | {"formats": formats, "battles": battles, "layouts": layouts})
    result = subprocess.run(
        [str(node_executable()), str(COMPARE)], input=start, text=True, capture_output=True, timeout=280
    )
    assert result.returncode == 0, result.stderr[-2000:]
    counts: dict[str, int] = json.loads(result.stdout)
    return counts


def test_kept_blocks_are_what_they_would_be_encoded_to_in_every_generation() -> None:
    counts = compare(range(1, 10), 2)
    assert counts["decisions"] > 700
    assert counts["kept"] > 4 * counts["decisions"]


@pytest.mark.slow
def test_kept_blocks_are_what_they_would_be_encoded_to_in_many_battles() -> None:
    assert compare(range(1, 10), 40)["decisions"] > 15_000
