"""Trials of settings: equal budgets, results that are kept, intervals from the spread of the seeds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from agents.players.loading import load_agent
from benchmarks import foresight, learning
from benchmarks.trials import Result, Trial, deviation_between_seeds, mean_and_margin, run, run_all
from tests.support.position import Position

TINY = (
    "parallel=4",
    "num_workers=1",
    "episodes_per_update=4",
    "network.hidden_size=16",
    "network.lstm_hidden_size=16",
    "network.embedding_size=4",
    "turn_limit=10",
)


def trial(*overrides: str, seed: int = 1, budget: float = 100, unit: str = "decisions") -> Trial:
    config = "config/train_config.yml"
    return Trial("tiny", seed, config, (*TINY, *overrides), budget, unit, 2, ("random",), points=2)


def result(variant: str, rate: float) -> Result:
    point = {"decisions": 10, "cpu_s": 1.0, "win_rates": {"max": rate}}
    return {"variant": variant, "overrides": [], "opponents": ["max"], "curve": [point]}


def test_the_deviation_is_pooled_within_groups_and_the_margin_is_students() -> None:
    deviation, freedom = deviation_between_seeds([[0.4, 0.6], [0.1, 0.1, 0.4]])
    assert (deviation, freedom) == (pytest.approx(((0.02 + 0.06) / 3) ** 0.5), 3)
    mean, margin = mean_and_margin([0.4, 0.6], deviation, freedom)
    assert (mean, margin) == (0.5, pytest.approx(3.182 * deviation / 2**0.5))
    assert mean_and_margin([0.0], 1.0, 30)[1] == pytest.approx(2.042, abs=0.002)


def test_differences_are_to_the_first_variant_and_one_seed_has_no_margin() -> None:
    rates = {"a": (0.5, 0.6), "b": (0.7, 0.7)}
    results = [result(name, rates[name][seed]) for seed in range(2) for name in rates]
    figures = learning.summarise(results)
    assert figures["b"]["max"] == {
        "win_rate": 0.7,
        "difference": 0.15,
        # Both groups together have a deviation of 0.05 with two degrees of freedom.
        "margin": pytest.approx(4.303 * 0.05 / 2**0.5, abs=6e-4),
        "difference_margin": pytest.approx(4.303 * 0.05, abs=6e-4),
    }
    assert learning.summarise(results[:2])["b"]["max"] == {"win_rate": 0.7, "difference": 0.2}


def test_a_result_belongs_to_settings_seed_and_budget_and_not_to_a_name() -> None:
    key = trial().key()
    others = [trial("lr=0.1"), trial(seed=2), trial(budget=200), trial(unit="cpu_s")]
    assert len({key, *(other.key() for other in others)}) == 5
    assert key == trial(f"lr={trial().load().lr}").key()


@pytest.mark.parametrize("config", ["reproduce.yml", "reproduce_gen9.yml"])
def test_a_published_configuration_takes_every_named_variant(config: str) -> None:
    for name, overrides in learning.VARIANTS.items():
        trial = Trial(name, 1, f"config/{config}", tuple(overrides), 1.0, "cpu_s", 2, ("max",))
        assert trial.load().seed == 1


@pytest.mark.slow
def test_a_curve_has_all_points_also_if_one_update_passes_them() -> None:
    first, end = run(trial(budget=1))["curve"]
    assert first == end


@pytest.mark.slow
def test_a_finished_trial_is_not_run_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, again = (run_all([trial()], tmp_path, 1) for _ in range(2))
    assert first == again and len(list(tmp_path.iterdir())) == 1
    halfway, end = first[0]["curve"]
    assert 50 <= halfway["decisions"] < end["decisions"] and end["decisions"] >= 100
    assert 0 < end["trainer_cpu_s"] <= end["cpu_s"] + 0.5


@pytest.mark.slow
def test_a_budget_of_cpu_time_counts_the_simulator_and_no_measurement() -> None:
    found = run(trial(budget=0.5, unit="cpu_s"))["curve"]
    assert 0.5 <= found[-1]["cpu_s"] < 3
    assert found[-1]["cpu_s"] > found[-1]["trainer_cpu_s"]


def test_values_explain_what_they_determine_and_nothing_of_what_is_luck() -> None:
    rng = np.random.default_rng(0)
    outcomes = rng.choice([-1.0, 1.0], 4000)
    lengths = rng.integers(4, 30, len(outcomes))
    # Luck in the first half, then the outcome itself at half of its size and shifted.
    values = [
        np.where(np.arange(length) < length / 2, rng.normal(size=length), 0.5 * outcome + 3)[:, None]
        for length, outcome in zip(lengths, outcomes, strict=True)
    ]
    fitted = np.arange(len(outcomes)) % 2 == 0
    shares = foresight.explained_by_quarter(values, outcomes, fitted)
    assert shares == pytest.approx([0, 0, 1, 1], abs=0.01)


def test_half_of_the_variance_is_foreseen_by_one_of_two_equal_coins() -> None:
    coins = np.random.default_rng(1).choice([-1.0, 1.0], (20_000, 2))
    fitted = np.arange(len(coins)) < 10_000
    shares = foresight.explained_by_quarter(
        [np.full((4, 1), coin) for coin in coins[:, 0]], coins.sum(1), fitted
    )
    assert shares == pytest.approx([0.5] * 4, abs=0.03)


def test_leads_count_hp_and_pokemon_and_take_the_unseen_as_whole() -> None:
    position = Position().field(own_revealed=6, own_fainted=1, opposing_revealed=2, opposing_fainted=1)
    for slot, hp in enumerate((1, 1, 0.5, 1, 1, 0)):
        position.pokemon("own", slot, hp=hp)
    position.pokemon("opposing", 0, hp=0.25).pokemon("opposing", 1, hp=0)
    lead = foresight.leads(position.observation[None])
    assert lead[0] == pytest.approx([(4.5 - 4.25) / 6, 0])


@pytest.mark.slow
def test_every_battle_gives_values_and_leads_for_each_decision() -> None:
    values, numbers, outcomes = foresight.play(
        load_agent("pretrained:gen9randombattle", with_values=True), None, "gen9randombattle", 40, seed=1
    )
    assert len(outcomes) == 40 and set(outcomes) <= {-1.0, 0.0, 1.0}
    assert [len(rows) for rows in values] == [len(rows) for rows in numbers]
    own, opposing = np.concatenate(values).T
    assert own.std() > 0.1 and np.corrcoef(own, opposing)[0, 1] < -0.3, "two seats of one battle"
    # The side that wins leads at its last decision.
    assert np.corrcoef([rows[-1, 0] for rows in numbers], outcomes)[0, 1] > 0.5
