"""Foreign training code on these environments: Stable-Baselines3, sb3-contrib, a loop in CleanRL's style."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.wrappers.vector import RecordEpisodeStatistics
from sb3_contrib import MaskablePPO, RecurrentPPO
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import DummyVecEnv, SubprocVecEnv, VecEnv

from pokeenv.wrappers import JointAction

# With its module, so that new processes find the id too.
ENV_ID = "pokeenv:pokeenv/gen1randombattle-v0"
STEPS = 128


def vec_env(n_envs: int = 2, **kwargs: Any) -> VecEnv:
    return make_vec_env(ENV_ID, n_envs, seed=0, env_kwargs={"opponent": "random", "turn_limit": 15}, **kwargs)


@pytest.mark.parametrize(
    ("algorithm", "policy", "size"),
    [
        (PPO, "MultiInputPolicy", {}),
        pytest.param(MaskablePPO, "MultiInputPolicy", {}, marks=pytest.mark.slow),
        (RecurrentPPO, "MultiInputLstmPolicy", {"lstm_hidden_size": 32}),
    ],
)
def test_stable_baselines_trains_unchanged(algorithm: Any, policy: str, size: dict[str, int]) -> None:
    env = vec_env()
    assert isinstance(env, DummyVecEnv)
    model = algorithm(
        policy,
        env,
        n_steps=STEPS // 4,
        batch_size=32,
        n_epochs=1,
        policy_kwargs={"net_arch": [32], **size},
        seed=0,
    )
    before = [parameter.detach().clone() for parameter in model.policy.parameters()]
    model.learn(STEPS)
    assert model.num_timesteps == STEPS
    assert any((old != new).any() for old, new in zip(before, model.policy.parameters(), strict=True))
    # Monitor's record of the battles that have ended.
    assert len(model.ep_info_buffer) > 2
    assert {episode["r"] for episode in model.ep_info_buffer} <= {-1.0, 0.0, 1.0}
    env.close()


def test_stable_baselines_sees_the_end_of_a_battle() -> None:
    env = vec_env(1)
    env.reset()
    infos: list[dict[str, Any]] = [{}]
    while "terminal_observation" not in infos[0]:
        legal = env.env_method("action_masks")[0]
        _, _, _, infos = env.step(np.array([legal.argmax()]))
    assert {"outcome", "turns", "episode_length", "seed", "teams", "episode"} <= set(infos[0])
    assert infos[0]["episode_length"] == infos[0]["episode"]["l"]
    env.close()


def test_maskable_ppo_never_plays_an_illegal_action() -> None:
    env = make_vec_env(ENV_ID, 1, seed=0, env_kwargs={"on_illegal": "raise"})
    MaskablePPO("MultiInputPolicy", env, n_steps=64, batch_size=64, n_epochs=1).learn(64)
    env.close()


def test_maskable_ppo_trains_on_joint_actions_of_doubles() -> None:
    env = make_vec_env(
        "pokeenv:pokeenv/Battle-v0",
        1,
        seed=0,
        env_kwargs={"battle_format": "gen9randomdoublesbattle", "opponent": "random", "turn_limit": 10},
        wrapper_class=JointAction,
    )
    model = MaskablePPO(
        "MultiInputPolicy",
        env,
        n_steps=STEPS // 2,
        batch_size=32,
        n_epochs=2,
        policy_kwargs={"net_arch": [32]},
        seed=0,
    )
    before = [parameter.detach().clone() for parameter in model.policy.parameters()]
    model.learn(STEPS)
    assert model.num_timesteps == STEPS and len(model.ep_info_buffer) > 2
    assert any((old != new).any() for old, new in zip(before, model.policy.parameters(), strict=True))
    obs, excluded = env.reset(), 0
    for _ in range(STEPS):
        masks = env.env_method("action_masks")[0]
        assert (masks == obs["action_mask"][0].astype(bool)).all()
        actions, _ = model.predict(obs, action_masks=masks[np.newaxis])
        assert masks[[0, 1], actions[0]].all(), "each number is legal alone"
        obs, _, _, (info,) = env.step(actions)
        if "illegal_action" in info:
            excluded += 1
            assert info["illegal_action"] == actions[0, 1], "the left choice excludes the right one"
    assert 0 < excluded < STEPS // 4
    env.close()


@pytest.mark.parametrize("start_method", ["fork", pytest.param("forkserver", marks=pytest.mark.slow)])
def test_stable_baselines_plays_in_processes_of_its_own(start_method: str) -> None:
    env = vec_env(2, vec_env_cls=SubprocVecEnv, vec_env_kwargs={"start_method": start_method})
    obs = env.reset()
    for _ in range(3):
        actions = obs["action_mask"].argmax(axis=1)
        obs, _, dones, infos = env.step(actions)
        assert not dones.any() and not any("illegal_action" in info for info in infos)
    env.close()


def test_a_loop_in_cleanrls_way_runs() -> None:
    envs = RecordEpisodeStatistics(gym.make_vec(ENV_ID, num_envs=4, opponent="random", turn_limit=30))
    envs.reset(seed=1)
    envs.action_space.seed(1)
    returns: list[float] = []
    for _ in range(80):
        *_, infos = envs.step(envs.action_space.sample())
        if "episode" in infos:
            returns += infos["episode"]["r"][infos["_episode"]].tolist()
    assert len(returns) >= 4 and set(returns) <= {-1.0, 0.0, 1.0}
    envs.close()
