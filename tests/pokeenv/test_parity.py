"""The statistics of `make parity`; the comparison itself is run by hand."""

from __future__ import annotations

import pytest

from tests.campaigns.parity import Score, score_in_process, two_proportion_p


@pytest.mark.parametrize(
    ("wins", "p"),
    [
        ((60, 40), 0.004678),  # z = 0.2 / sqrt(0.5 * 0.5 * 2 / 100) = 2 sqrt(2)
        ((30, 20), 0.102470),  # z = 0.1 / sqrt(0.25 * 0.75 * 2 / 100) = sqrt(8 / 3)
        ((70, 70), 1.0),
        ((100, 100), 1.0),
    ],
)
def test_p_values_of_two_win_rates_are_those_of_the_normal_distribution(
    wins: tuple[int, int], p: float
) -> None:
    first, second = (Score(won, 100, 1.0) for won in wins)
    assert two_proportion_p(first, second) == pytest.approx(p, abs=1e-6)
    assert two_proportion_p(second, first) == two_proportion_p(first, second)


def test_players_of_poke_env_are_scored_in_process() -> None:
    score = score_in_process(("MaxBasePowerPlayer", "RandomPlayer"), "gen1randombattle", 2)
    assert score.battles == 2 and 0 <= score.wins <= 2 and score.invalid == 0
