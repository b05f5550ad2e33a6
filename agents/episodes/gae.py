"""Advantages and returns of whole episodes, concatenated in time (pure numpy, no loop over episodes)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating]


def compute_gae(
    rewards: FloatArray,
    values: FloatArray,
    episode_lengths: NDArray[np.integer],
    terminated: NDArray[np.bool_],
    final_values: FloatArray,
    gamma: float,
    gae_lambda: float,
) -> NDArray[np.float32]:
    """Generalised advantage estimation (arXiv:1506.02438, eq. 16), each episode on its own.

    `delta_t = r_t + gamma * V(s_{t+1}) - V(s_t)` and `A_t = delta_t + gamma * lambda * A_{t+1}`.
    After an episode's last decision, `V` is its final value if it was truncated, 0 if it terminated.

    Args:
        rewards: (N,) reward between a decision and the next one.
        values: (N,) value of each decision's observation.
        episode_lengths: (E,) decisions per episode; they add up to N.
        terminated: (E,) False for truncated episodes.
        final_values: (E,) value after the last decision; used for truncated episodes only.
        gamma: discount per decision, in [0, 1].
        gae_lambda: in [0, 1]; 0 gives the one-step error, 1 the whole return.

    Returns:
        (N,) advantages.

    Raises:
        ValueError: lengths do not fit the arrays.
    """
    lengths = _check_lengths(episode_lengths, len(rewards))
    ends = np.cumsum(lengths)
    rewards64 = np.asarray(rewards, dtype=np.float64)
    values64 = np.asarray(values, dtype=np.float64)
    advantages = np.zeros_like(rewards64)
    next_values = np.where(terminated, 0.0, final_values).astype(np.float64)  # (E,) V(s_{t+1})
    next_advantages = np.zeros(len(lengths))  # (E,) A_{t+1}
    # All episodes run backwards together, aligned at their ends, so that none needs padding.
    order = np.argsort(-lengths, kind="stable")
    alive_counts = _alive_counts(lengths)
    for back, alive in enumerate(alive_counts):
        episodes = order[:alive]
        at = ends[episodes] - 1 - back
        delta = rewards64[at] + gamma * next_values[episodes] - values64[at]
        next_advantages[episodes] = delta + gamma * gae_lambda * next_advantages[episodes]
        advantages[at] = next_advantages[episodes]
        next_values[episodes] = values64[at]
    return advantages.astype(np.float32)


def returns_to_go(
    rewards: FloatArray,
    episode_lengths: NDArray[np.integer],
    terminated: NDArray[np.bool_],
    final_values: FloatArray,
    gamma: float,
) -> NDArray[np.float32]:
    """Discounted sum of the rewards from each decision to its episode's end.

    `G_t = r_t + gamma * G_{t+1}`; after the last decision, `G` is the final value if the episode was
    truncated, 0 if it terminated. Arguments are those of `compute_gae`.

    Returns:
        (N,) returns.
    """
    # With V = 0 inside the episode and lambda = 1, the advantage is the return.
    zeros = np.zeros(len(rewards))
    return compute_gae(rewards, zeros, episode_lengths, terminated, final_values, gamma, 1.0)


def _check_lengths(episode_lengths: NDArray[np.integer], num_decisions: int) -> NDArray[np.int64]:
    lengths = np.asarray(episode_lengths, dtype=np.int64)
    if (lengths <= 0).any() or int(lengths.sum()) != num_decisions:
        raise ValueError(
            f"episode lengths must be positive and add up to {num_decisions} decisions, "
            f"not to {int(lengths.sum())}: {lengths.tolist()[:20]}"
        )
    return lengths


def _alive_counts(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of episodes longer than k, for k = 0 ... longest - 1."""
    histogram = np.bincount(lengths)  # (longest + 1,)
    return len(lengths) - np.cumsum(histogram)[:-1]
