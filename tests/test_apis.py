"""The other doors: PettingZoo, and the conformance kit over every registered id."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
from pettingzoo.test import parallel_api_test

from pokeenv.battle_parallel_env import BattleParallelEnv
from pokeenv.registration import env_ids
from pokeenv.testing import check_battle_env


@pytest.mark.parametrize("env_id", sorted(env_ids()))
def test_every_registered_environment_keeps_the_contract(env_id: str) -> None:
    env = gym.make(env_id)
    try:
        assert check_battle_env(env, battles=1) > 5
    finally:
        env.close()


def test_the_conformance_kit_finds_a_mask_that_lies() -> None:
    class Lying(gym.ObservationWrapper):
        def observation(self, observation: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
            return observation | {"action_mask": np.ones(26, dtype=np.int8)}

    env = Lying(gym.make("pokeenv/gen1randombattle-v0"))
    with pytest.raises(AssertionError, match="different masks"):
        check_battle_env(env, battles=1)
    env.close()


def test_pettingzoo_accepts_the_parallel_environment() -> None:
    env = BattleParallelEnv("gen1randombattle")
    parallel_api_test(env, num_cycles=200)
    env.close()


def test_both_seats_of_the_parallel_environment_get_opposite_rewards() -> None:
    env = BattleParallelEnv("gen1randombattle")
    obs, _ = env.reset(seed=3)
    rng = np.random.default_rng(0)
    rewards: dict[str, float] = {}
    while env.agents:
        actions = {
            seat: int(rng.choice(np.flatnonzero(seen["action_mask"]))) if seen["action_mask"].any() else 0
            for seat, seen in obs.items()
        }
        obs, rewards, _, _, infos = env.step(actions)
        assert not any("illegal_action" in info for info in infos.values())
    assert sorted(rewards.values()) == [-1.0, 1.0]
    env.close()
