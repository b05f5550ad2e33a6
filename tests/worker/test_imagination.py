"""Imagined battles continue like the true one if they get the true hidden things."""

from __future__ import annotations

import pytest

from tests.campaigns.imagination import FORMATS, measure


def test_imagined_battles_continue_like_the_true_one() -> None:
    results = list(measure(("gen1randombattle", "gen4randombattle", "gen9randombattle"), battles=2, seed=5))
    assert sum(result.positions for result in results) > 100
    for result in results:
        assert result.share >= 0.9, result


@pytest.mark.slow
def test_imagined_battles_of_every_generation_continue_like_the_true_one() -> None:
    results = list(measure(FORMATS, battles=12, seed=5))
    positions = sum(result.positions for result in results)
    assert positions > 3000
    assert sum(result.equal for result in results) >= 0.98 * positions
    for result in results:
        assert result.share >= 0.95, result
