"""Advantages and returns against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from agents.episodes.episode_batch import Episode, EpisodeBatch
from agents.episodes.gae import compute_gae, returns_to_go

GAMMA, LAMBDA = 0.97, 0.9


def direct_gae(
    rewards: NDArray[np.float64], values: NDArray[np.float64], bootstrap: float, gamma: float, lam: float
) -> list[float]:
    """The sum of discounted temporal differences, term by term (arXiv:1506.02438, eq. 16)."""
    following = [*values[1:], bootstrap]
    deltas = [r + gamma * after - v for r, v, after in zip(rewards, values, following, strict=True)]
    return [sum((gamma * lam) ** k * d for k, d in enumerate(deltas[t:])) for t in range(len(deltas))]


def episode(rewards: list[float], values: list[float], terminated: bool, final_value: float) -> Episode:
    """An episode of which only the numbers matter."""
    length = len(rewards)
    return Episode(
        observations=np.zeros((length, 3), dtype=np.float32),
        action_masks=np.ones((length, 2), dtype=np.int8),
        actions=np.zeros(length, dtype=np.int64),
        log_probs=np.zeros(length, dtype=np.float32),
        rewards=np.array(rewards, dtype=np.float32),
        values=np.array(values, dtype=np.float32),
        terminated=terminated,
        final_value=final_value,
    )


@pytest.mark.parametrize("seed", range(5))
def test_gae_equals_the_direct_sum_of_each_episode(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 30, 9)
    rewards, values = rng.normal(size=(2, lengths.sum()))
    terminated, final_values = rng.random(9) < 0.5, rng.normal(size=9)
    expected: list[float] = []
    for e, (part, value) in enumerate(
        zip(np.split(rewards, lengths.cumsum()[:-1]), np.split(values, lengths.cumsum()[:-1]), strict=True)
    ):
        bootstrap = 0.0 if terminated[e] else final_values[e]
        expected += direct_gae(part, value, bootstrap, GAMMA, LAMBDA)
    result = compute_gae(rewards, values, lengths, terminated, final_values, GAMMA, LAMBDA)
    np.testing.assert_allclose(result, expected, rtol=0, atol=1e-5)


def test_truncation_bootstraps_with_the_final_value_and_termination_does_not() -> None:
    cut = EpisodeBatch.from_episodes([episode([0.0], [0.0], False, 8.0)], gamma=0.5, gae_lambda=0.3)
    ended = EpisodeBatch.from_episodes([episode([0.0], [0.0], True, 8.0)], gamma=0.5, gae_lambda=0.3)
    assert cut.advantages.tolist() == [4.0]
    assert ended.advantages.tolist() == [0.0]


def test_an_episode_does_not_see_its_neighbours() -> None:
    alone = EpisodeBatch.from_episodes([episode([1.0, 2.0], [0.5, 0.1], True, 9.0)], GAMMA, LAMBDA)
    others = [episode([100.0] * 5, [50.0] * 5, False, 70.0), episode([-3.0], [7.0], True, 0.0)]
    among = EpisodeBatch.from_episodes(
        [others[0], episode([1.0, 2.0], [0.5, 0.1], True, 9.0), others[1]], GAMMA, LAMBDA
    )
    assert among.advantages[5:7].tolist() == alone.advantages.tolist()


def test_constant_reward_chain_is_worth_one_over_one_minus_gamma() -> None:
    gamma, worth = 0.9, 1.0 / (1.0 - 0.9)
    # With the true values, episodes cut anywhere have advantage 0; without them the return is the value.
    chain = episode([1.0] * 20, [worth] * 20, False, worth)
    batch = EpisodeBatch.from_episodes([chain], gamma, 0.95)
    np.testing.assert_allclose(batch.advantages, 0.0, atol=1e-5)
    np.testing.assert_allclose(batch.returns, worth, rtol=1e-6)
    ignorant = EpisodeBatch.from_episodes([episode([1.0] * 300, [0.0] * 300, True, 0.0)], gamma, 1.0)
    assert float(ignorant.returns[0]) == pytest.approx(worth, rel=1e-6)


def test_return_to_go_counts_only_what_comes_after() -> None:
    rewards = np.array([1.0, 2.0, 4.0, 7.0])
    result = returns_to_go(rewards, np.array([3, 1]), np.array([True, False]), np.array([5.0, 10.0]), 0.5)
    assert result.tolist() == [1.0 + 1.0 + 1.0, 2.0 + 2.0, 4.0, 7.0 + 5.0]


def test_lengths_that_do_not_add_up_are_refused() -> None:
    one = np.zeros(1)
    with pytest.raises(ValueError, match="add up to 4"):
        compute_gae(np.zeros(4), np.zeros(4), np.array([3]), one > 0, one, GAMMA, LAMBDA)


def test_batch_is_a_mapping_by_field_name() -> None:
    batch = EpisodeBatch.from_episodes([episode([1.0, 2.0], [0.0, 0.0], True, 0.0)], GAMMA, LAMBDA)
    assert batch["rewards"] is batch.rewards
    assert dict(batch)["values"] is batch.values
    assert (batch.num_decisions, batch.num_episodes) == (2, 1)
    with pytest.raises(KeyError, match="old_log_probs"):
        batch["log_probs"]
    with pytest.raises(ValueError, match="at least one"):
        EpisodeBatch.from_episodes([], GAMMA, LAMBDA)
