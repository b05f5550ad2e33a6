"""Values of positions without a value network, and the weights that they come from."""

from __future__ import annotations

import numpy as np
import pytest

from agents.players.search.duel_value import WEIGHTS, advantages
from tests.support.play import play_battles
from tools.duel_weights import chances, fit, positions


def test_the_regression_finds_the_weights_that_made_the_outcomes() -> None:
    rng = np.random.default_rng(2)
    numbers, true = rng.normal(size=(40_000, 3)), np.array([1.0, -0.5, 0.0])
    won = (rng.random(len(numbers)) < chances(numbers, true)).astype(float)
    assert fit(numbers, won) == pytest.approx(true, abs=0.05)


def test_advantages_foresee_outcomes_of_real_battles() -> None:
    numbers, won = positions("gen1randombattle", 64, seed=3)
    weights = np.array(list(WEIGHTS.values()))
    assert numbers.shape == (len(won), len(weights)) and set(won) <= {0.0, 0.5, 1.0}
    errors = np.square(won - chances(numbers, weights)).mean()
    assert errors < 0.9 * won.var()  # twelve seeds: 0.75 on average, deviation 0.04
    assert fit(numbers, won)[0] > 0.3, "HP"


def test_conditions_count_for_the_side_that_has_not_got_them() -> None:
    status, found = list(WEIGHTS).index("par"), 0
    for _, acting, env in play_battles("gen1randombattle", num_battles=16, steps=60, seed=4):
        rows = np.flatnonzero(acting)
        both = rows[(rows % 2 == 0) & acting[rows ^ 1]]
        if not both.size:
            continue
        mine, theirs = (advantages(env.engine, seat)[:, status] for seat in (both, both + 1))
        assert (mine == -theirs).all()
        found += int(np.count_nonzero(mine))
    assert found > 20
