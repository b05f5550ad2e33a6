"""Imagined battles continue like the true one if they get the true hidden things."""

from __future__ import annotations

import pytest

from tests.campaigns import beliefs
from tests.campaigns.imagination import FORMATS, TEAM_FORMATS, measure


def test_imagined_battles_continue_like_the_true_one() -> None:
    formats = (
        "gen1randombattle",
        "gen4randombattle",
        "gen9randombattle",
        "gen9randomdoublesbattle",
        "gen9ou",
    )
    results = list(measure(formats, battles=2, seed=5))
    assert sum(result.positions for result in results) > 120
    for result in results:
        assert result.share >= 0.9, result


@pytest.mark.slow
def test_imagined_battles_of_brought_teams_continue_like_the_true_one() -> None:
    for result in measure(TEAM_FORMATS, battles=3, seed=5):
        assert result.share >= 0.95, result


@pytest.mark.slow
def test_imagined_battles_of_every_generation_continue_like_the_true_one() -> None:
    results = list(measure(FORMATS, battles=12, seed=5))
    positions = sum(result.positions for result in results)
    assert positions > 3000
    assert sum(result.equal for result in results) >= 0.98 * positions
    for result in results:
        assert result.share >= 0.95, result


def test_sets_of_generation_1_agree_with_what_was_shown() -> None:
    (found,) = beliefs.measure(("gen1randombattle",), battles=2, seed=3)
    assert found.draws > 200
    assert found.unmatched <= 0.01 * found.draws


def test_evidence_excludes_sets_and_never_the_true_one() -> None:
    (found,) = beliefs.measure(("gen9randombattle",), battles=4, seed=2)
    assert found.items > 100
    assert found.excluded == 0
    losses = found.item_losses
    assert losses["inactive"] < 0.95 * losses["shown"] < losses["uniform"]
    assert losses["damage"] < 0.95 * losses["order"]
    assert found.move_losses["damage"] < found.move_losses["order"]


@pytest.mark.slow
def test_beliefs_about_items_are_calibrated() -> None:
    for found in beliefs.measure(("gen6randombattle", "gen8randombattle", "gen9randombattle"), battles=40):
        assert found.excluded <= 0.01 * found.items
        judged = sum(number for number, _, _ in found.bins)
        error = sum(number * abs(probability - true) for number, probability, true in found.bins) / judged
        assert error < 0.06, found
