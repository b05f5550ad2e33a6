"""The gradient noise scale: closed forms, and an update that does not depend on its measurement."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from agents.algorithms import PPOAlgorithm, SequencePPOAlgorithm
from agents.algorithms.noise_scale import GROUPS, noise_scale
from agents.episodes.episode_batch import EpisodeBatch
from tests.support.all_options import setting
from tests.support.reference import gradients


def test_noise_and_signal_are_told_apart_exactly_for_groups_of_any_sizes() -> None:
    signal, noise = 0.25, 12.0
    sizes = [10, 20, 20, 50]
    norms = [signal + noise / size for size in sizes]
    assert noise_scale(norms, signal + noise / 100, sizes) == pytest.approx(noise / signal)
    assert noise_scale([1.0, 1.0], 1.0, [5, 5]) == 0.0
    assert noise_scale([1.0, 1.0], 0.5, [5, 5]) == math.inf


def test_the_estimate_is_right_for_independent_gradients() -> None:
    rng = np.random.default_rng(0)
    mean, deviation, size = np.full(50, 0.1), 1.0, 40
    draws = rng.normal(mean, deviation, (400, GROUPS, size, 50)).mean(axis=2)  # gradients of groups
    norms = (draws**2).sum(axis=2).mean()
    whole = (draws.mean(axis=1) ** 2).sum(axis=1).mean()
    expected = 50 * deviation**2 / (mean @ mean)
    assert noise_scale([norms] * GROUPS, whole, [size] * GROUPS) == pytest.approx(expected, rel=0.05)


def copies(batch: EpisodeBatch, signs: list[float]) -> EpisodeBatch:
    """The whole batch once for each sign, which multiplies its advantages."""
    columns = {field.name: getattr(batch, field.name) for field in fields(batch)}
    repeated = {
        name: torch.cat([column] * len(signs)) if column.ndim else column for name, column in columns.items()
    }
    repeated["advantages"] = torch.cat([sign * batch.advantages for sign in signs])
    return replace(batch, **repeated)


@pytest.mark.parametrize("kind", ["basic", "lstm"])
def test_equal_groups_have_no_noise_and_opposite_ones_no_signal(kind: str) -> None:
    algorithm_class = SequencePPOAlgorithm if kind == "lstm" else PPOAlgorithm
    options = {"epochs": 1, "noise_scale_interval": 1, "normalize_advantages": False, "batch_size": 0}
    scales = {}
    for name, signs in (("equal", [1.0] * GROUPS), ("opposite", [1.0, -1.0] * (GROUPS // 2))):
        algorithm = algorithm_class(**options)
        networks, optimizer, batch = setting(kind, algorithm)
        first = int(batch.episode_lengths[0])
        one = replace(
            batch,
            **{
                field.name: getattr(batch, field.name)[: 1 if field.name in PER_EPISODE else first]
                for field in fields(batch)
                if getattr(batch, field.name).ndim
            },
        )
        # The policy that acted, so that the clipped loss is linear in the advantages.
        one = replace(one, old_log_probs=log_probs_now(networks[0], one))
        algorithm.update(networks, optimizer, copies(one, signs))
        scales[name] = algorithm.metrics["noise_scale"]
    assert scales["equal"] == pytest.approx(0.0, abs=1e-3)
    assert scales["opposite"] > 1e6


PER_EPISODE = ("episode_lengths", "terminated", "final_values", "versions")


def log_probs_now(policy_net: torch.nn.Module, batch: EpisodeBatch) -> torch.Tensor:
    from agents.networks.masked_categorical import masked_log_probs

    with torch.no_grad():
        logits, _ = policy_net(batch.observations.unsqueeze(1))
    every = masked_log_probs(logits.squeeze(1), batch.action_masks)
    return every.gather(1, batch.actions.unsqueeze(1)).squeeze(1)


def test_a_measurement_changes_nothing_and_comes_every_so_many_updates() -> None:
    results = {}
    for interval in (0, 2):
        algorithm = PPOAlgorithm(epochs=2, batch_size=20, noise_scale_interval=interval)
        networks, optimizer, batch = setting("basic", algorithm, lr=0.1)
        measured = []
        for _ in range(3):
            algorithm.update(networks, optimizer, batch)
            measured.append("noise_scale" in algorithm.metrics)
        results[interval] = measured, gradients(*networks)
        resumed = PPOAlgorithm(epochs=1, noise_scale_interval=2)
        resumed.load_state_dict(algorithm.state_dict())
        resumed.update(networks, optimizer, batch)
        assert "noise_scale" not in resumed.metrics  # the fourth update
    assert results[0][0] == [False] * 3 and results[2][0] == [True, False, True]
    assert torch.equal(results[0][1], results[2][1])
