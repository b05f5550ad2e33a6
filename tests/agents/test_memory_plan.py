"""Dynamic BPTT: gradients are those without a limit, and the limit holds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from agents.algorithms import BaseAlgorithm, Episodes, SequencePPOAlgorithm
from agents.algorithms.batching.memory_plan import (
    MemoryCost,
    MemoryPlan,
    _kept_bytes,
    cut,
    line_through,
    probe,
    probe_lengths,
)
from agents.config import NetworkSettings
from agents.networks import ActorCritic, build_networks
from pokeenv import OBS_SIZE, SINGLES
from tests.support.all_options import ALL_OPTIONS, lagging, setting
from tests.support.reference import gradients

# Episodes of up to 31 decisions, 109 in all. Capacity in decisions -> index into STRATEGIES.
CAPACITIES = {200: 0, 40: 1, 9: 2}


def limited(capacity: float, state: float = 0.05, **options: Any) -> SequencePPOAlgorithm:
    """An algorithm for which `capacity` decisions fit, and whose states cost `state` decisions each."""
    algorithm = SequencePPOAlgorithm(
        grad_clip_norm=0.0, epochs=1, memory_limit_mb=capacity, **(ALL_OPTIONS | options)
    )
    memory_of(algorithm).cost = MemoryCost(decision=2.0**20, state=state * 2.0**20, fixed=0.0)
    return algorithm


def memory_of(algorithm: BaseAlgorithm) -> MemoryPlan:
    """The plan for the memory limit."""
    assert isinstance(algorithm.batching, Episodes) and algorithm.batching.memory is not None
    return algorithm.batching.memory


@pytest.mark.parametrize(
    ("kind", "bptt_length"),
    [(kind, 0) for kind in ("lstm", "gru", "context", "shared", "entity_lstm", "basic")]
    + [(kind, 12) for kind in ("lstm", "context")],
)
def test_gradients_equal_those_without_a_limit_unless_truncated(kind: str, bptt_length: int) -> None:
    results = {}
    for capacity, strategy in CAPACITIES.items():
        algorithm = limited(capacity, bptt_length=bptt_length)
        networks, optimizer, batch = setting(kind, algorithm)
        lagging(algorithm, networks[0])
        loss = algorithm.update(networks, optimizer, batch)
        assert memory_of(algorithm).strategy == strategy
        results[capacity] = loss, gradients(*networks), algorithm.metrics
    loss, expected, metrics = results[200]
    for capacity in (40, 9):
        assert results[capacity][0] == pytest.approx(loss, abs=1e-5)
        torch.testing.assert_close(results[capacity][1], expected, rtol=0, atol=1e-5)
        for name in ("entropy", "approx_kl", "clip_fraction", "max_abs_log_ratio_first", "magnet_kl"):
            assert results[capacity][2][name] == pytest.approx(metrics[name], abs=1e-5)
    assert float(expected.norm()) > 0.1


@pytest.mark.parametrize("kind", ["lstm", "gru", "context", "shared"])
def test_truncation_comes_last_says_so_and_equals_segments_of_its_length(kind: str) -> None:
    tight = limited(9, state=3.0, magnet="none", aux_coef=0.0)  # a state costs three decisions: none to keep
    networks, optimizer, batch = setting(kind, tight)
    loss = tight.update(networks, optimizer, batch)
    found = gradients(*networks)
    assert tight.metrics["memory/truncated"] == 1.0
    assert "TRUNCATED" in tight.memory_plan
    length = int(tight.metrics["memory/segment_length"])
    assert length == 3
    # Episodes that fit are not cut, so the segment length is the same for longer episodes only.
    options = ALL_OPTIONS | {"magnet": "none", "aux_coef": 0.0}
    plain = SequencePPOAlgorithm(length, grad_clip_norm=0.0, epochs=1, **options)
    assert plain.update(networks, optimizer, batch) == pytest.approx(loss, abs=1e-5)
    truncated = gradients(*networks)
    whole = SequencePPOAlgorithm(grad_clip_norm=0.0, epochs=1, **options)
    whole.update(networks, optimizer, batch)
    exact = gradients(*networks)
    assert float((found - exact).norm()) > 1e-3
    assert float((found - truncated).norm()) < 0.7 * float((exact - truncated).norm())


@pytest.mark.parametrize("seed", range(20))
def test_parts_cover_every_sequence_once_and_each_fits(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, rng.integers(2, 1000), int(rng.integers(1, 100)))
    capacity, state = float(rng.uniform(5, 2000)), float(rng.uniform(0.001, 0.5))
    parts = cut(lengths, capacity, state)
    assert sorted(np.concatenate([part.sequences for part in parts]).tolist()) == list(range(len(lengths)))
    for part in parts:
        own = lengths[part.sequences]
        assert (np.diff(own) <= 0).all()
        if part.segment_length == 0:
            assert own.sum() <= capacity
        elif not part.truncated:
            kept = np.ceil(own.max() / part.segment_length) * state
            assert len(own) * (part.segment_length + kept) <= capacity
            assert own.max() > capacity
    if lengths.sum() <= capacity:
        assert len(parts) == 1


@pytest.mark.parametrize("switch_points", [(), (19, 488), (19, 488, 9703)])
def test_probe_compares_lengths_of_one_way_of_computing(switch_points: tuple[int, ...]) -> None:
    for context in range(1, 1001):
        first, second = probe_lengths(context, switch_points)
        assert first % context == second % context == 0
        assert 128 <= first < second
        assert not any(first <= point < second for point in switch_points)


@pytest.mark.parametrize("context", [64, 200, 300])
def test_probe_is_no_less_than_what_any_number_of_decisions_keeps(context: int) -> None:
    settings = NetworkSettings(
        hidden_size=8,
        lstm_hidden_size=8,
        embedding_size=64,
        num_layers=1,
        memory="attention",
        context_length=context,
        shared=True,
    )
    networks = ActorCritic(*build_networks(settings, SINGLES, seed=0))
    observations = torch.zeros(1, OBS_SIZE)
    cost = probe(networks, observations)
    for count in (100, 400, 488, 489, 700, 1200):
        assert cost.fixed + count * cost.decision >= _kept_bytes(networks, observations, count)


def test_growth_that_cannot_be_is_not_believed() -> None:
    assert line_through((100, 1000), (200, 1800)) == (8.0, 200.0)
    assert line_through((100, 1000), (200, 900)) == (10.0, 0.0)
    assert line_through((100, 1000), (200, 1000)) == (10.0, 0.0)


PROGRAM = """
import json, sys
import numpy as np, torch
from tests.support.random_batches import batch_of_lengths
from agents.algorithms import SequencePPOAlgorithm
from agents.config import NetworkSettings
from agents.networks import ActorCritic, build_networks
from pokeenv import SINGLES

limit, options = float(sys.argv[1]), json.loads(sys.argv[2])
torch.set_num_threads(1)
settings = NetworkSettings(num_layers=1, embedding_size=16, **options)
networks = build_networks(settings, SINGLES, seed=0)
optimizer = torch.optim.Adam(ActorCritic(*networks).parameters(), lr=0.0)
rng = np.random.default_rng(0)
small = batch_of_lengths([4, 3], rng)
batch = batch_of_lengths([1000, 700, 150, 60, 40] + [30] * 40, rng)
algorithm = SequencePPOAlgorithm(epochs=1, batch_size=0, memory_limit_mb=limit)
algorithm.update(networks, optimizer, small)  # gradients, optimizer state, and libraries' own workspaces

def resident(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name)) / 1024

with open("/proc/self/clear_refs", "w") as file:
    file.write("5")  # the peak starts anew
before = resident("VmRSS")
algorithm.update(networks, optimizer, batch)
print(json.dumps({"growth": resident("VmHWM") - before, "words": algorithm.memory_plan, **algorithm.metrics}))
"""
NETWORKS = {
    "lstm": {"memory": "lstm"},
    "gru": {"memory": "gru", "shared": True},
    "attention": {"memory": "attention"},
}


def growth(limit: float, kind: str) -> dict[str, Any]:
    """Peak growth in MiB of a fresh process in an update of 3,150 decisions, and the update's metrics."""
    command = [sys.executable, "-c", PROGRAM, str(limit), json.dumps(NETWORKS[kind])]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux to measure the peak")
@pytest.mark.parametrize(
    ("kind", "limit"),
    [
        pytest.param("lstm", 60, marks=pytest.mark.slow),
        pytest.param("gru", 40, marks=pytest.mark.slow),
        pytest.param("attention", 60, marks=pytest.mark.slow),
    ],
)
def test_an_update_grows_by_no_more_than_the_limit(kind: str, limit: float) -> None:
    result = growth(limit, kind)
    assert result["growth"] <= 1.2 * limit
    assert result["memory/truncated"] == 0.0
    assert result["memory/segment_length"] > 0
