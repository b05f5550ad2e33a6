"""The conformance kit: what every battle environment must hold, for this package's tests and for yours."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np

from pokeenv.actions import NUM_ACTIONS


def check_battle_env(env: gym.Env[Any, Any], *, battles: int = 2, seed: int = 0) -> int:
    """Play random battles and check the contract of `BattleEnv` at every decision.

    Checked: observations lie in their space; the mask is the same in the observation, the info and
    ``action_masks()``, and allows an action; rewards are finite; a battle ends once, and its info
    holds the outcome; the same seed gives the same battle, byte for byte.

    Args:
        env: an environment, wrapped or not.
        battles: battles to play, each of them twice.
        seed: seed of the first battle.

    Returns:
        Number of decisions checked.

    Raises:
        AssertionError: the contract is broken; the message says how.
    """
    decisions = 0
    for battle in range(battles):
        first = _play(env, seed + battle)
        again = _play(env, seed + battle)
        assert first == again, f"seed {seed + battle} did not give the same battle twice"
        decisions += len(first)
    return decisions


def _play(env: gym.Env[Any, Any], seed: int) -> list[bytes]:
    rng = np.random.default_rng(seed)
    obs, info = env.reset(seed=seed)
    seen = [_check_decision(env, obs, info)]
    ended = False
    while not ended:
        action = int(rng.choice(np.flatnonzero(obs["action_mask"])))
        obs, reward, terminated, truncated, info = env.step(action)
        assert np.isfinite(float(reward)), f"reward {reward} is not finite"
        assert not (terminated and truncated), "a battle is either terminated or truncated"
        assert "illegal_action" not in info, f"legal action {action} was called illegal"
        ended = terminated or truncated
        assert ended == ("outcome" in info), "info['outcome'] belongs to the end of a battle, and only there"
        seen.append(obs["observation"].tobytes() if ended else _check_decision(env, obs, info))
    return seen


def _check_decision(env: gym.Env[Any, Any], obs: dict[str, Any], info: dict[str, Any]) -> bytes:
    assert env.observation_space.contains(obs), "the observation is not in its space"
    mask = obs["action_mask"]
    assert mask.shape == (NUM_ACTIONS,) and mask.dtype == np.int8, "the mask is int8 (26,)"
    assert mask.any(), "a decision without a legal action was shown"
    assert (mask == info["action_mask"]).all(), "info and observation have different masks"
    masks = env.get_wrapper_attr("action_masks")()
    assert (mask.astype(bool) == masks).all(), "action_masks() and observation have different masks"
    return bytes(obs["observation"].tobytes() + mask.tobytes())
