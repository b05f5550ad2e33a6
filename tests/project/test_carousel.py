"""The carousel: what its observations do not tell, what scripted players gain by memory, and its trials."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.selfplay.seating import Seating
from benchmarks import carousel, memory
from benchmarks.trials import run
from pokeenv import Decision, decode


class FirstMove:
    """Takes the first legal action."""

    name = "first"

    def begin(self, num_rows: int, seed: int | None = None) -> None:
        pass

    def reset_rows(self, rows: np.ndarray) -> None:
        pass

    def act(self, observations: Any, action_masks: Any, rows: Any, greedy: bool = False) -> Decision:
        return Decision(action_masks.argmax(axis=1))


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """All values of a nested structure, with their paths."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, f"{path}.{key}")
    else:
        yield path, value


def test_the_observation_does_not_tell_the_sense_of_rotation(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a whole turn of the carousel, one way and the other, only the HP that were taken differ."""
    monkeypatch.setattr(carousel, "REVERSAL", 0.0)
    player, opponent = FirstMove(), carousel.CarouselAgent()
    with carousel.open_env(2) as env:
        seating = Seating(env)
        opponent.begin(env.num_envs, seed=0)
        obs, _ = env.reset(seed=0)
        seating.begin({0: (player, opponent), 1: (player, opponent)})
        opponent.places[:] = 0
        opponent.headings[[1, 3]] = 1, -1
        passed = []
        for _ in range(2 + carousel.SIZE):
            passed.append(carousel.Sight.read(obs["observation"][[0, 2]].copy()).active.tolist())
            left, right = (decode(obs["observation"][row].copy()) for row in (0, 2))
            obs, *_ = env.step(seating.act_all(obs)[0])
    assert passed[1:] == [[0, 0], [1, 2], [2, 1], [0, 0]]
    others = dict(leaves(right))
    differing = {path for path, value in leaves(left) if others[path] != value}
    assert differing and {path.rpartition(".")[2] for path in differing} == {"hp"}, differing


def test_memory_knows_the_next_switch_and_chance_does_not() -> None:
    found = carousel.ladder(12, rules=("oracle", "memory", "chance"))
    assert found["oracle"]["right"] == found["oracle"]["certain"] == 1 and found["oracle"]["win_rate"] > 0.8
    assert 0.8 < found["memory"]["right"] < 1
    assert 0.3 < found["chance"]["right"] < 0.7
    assert found["chance"]["win_rate"] < found["memory"]["win_rate"]


def test_every_variant_is_a_configuration_of_its_own() -> None:
    trials = memory.trials(list(memory.VARIANTS), 100, 2, 2)
    assert len({trial.key() for trial in trials}) == 2 * len(memory.VARIANTS)
    recurrent = {trial.variant for trial in trials if trial.load().network.recurrent}
    assert recurrent == set(memory.VARIANTS) - {"feed-forward"}


def test_the_summary_has_means_over_seeds_and_one_seed_has_no_margin() -> None:
    curve = [{"cpu_s": 2.0, "win_rates": {carousel.NAME: rate}, "right": 0.75} for rate in (0.1, 0.5)]
    results = [{"variant": "feed-forward", "curve": curve[: n + 1]} for n in range(2)]
    figures = memory.summarise(results)["feed-forward"]
    assert (figures["win_rate"], figures["right"], figures["seeds"]) == (0.3, 0.75, 2)
    assert figures["right_margin"] == 0 and figures["win_rate_margin"] > 1
    assert "win_rate_margin" not in memory.summarise(results[:1])["feed-forward"]


def test_a_scripted_player_is_measured_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def ladder(battles: int, *, rules: list[str]) -> dict[str, dict[str, float]]:
        measured.extend(rules)
        return {rule: {"win_rate": 0.12345} for rule in rules}

    measured: list[str] = []
    monkeypatch.setattr(carousel, "ladder", ladder)
    first, again = (memory.scripted(10, tmp_path) for _ in range(2))
    assert first == again == {rule: {"win_rate": 0.123} for rule in carousel.RULES}
    assert measured == list(carousel.RULES)


@pytest.mark.slow
def test_a_trial_learns_from_the_seat_of_smeargle(tmp_path: Path) -> None:
    (trial,) = memory.trials(["LSTM, whole episodes"], 200, 1, 4)
    last = run(trial)["curve"][-1]
    assert last["decisions"] >= 200 and set(last["win_rates"]) == {carousel.NAME}
    assert 0.2 < last["right"] < 0.8
