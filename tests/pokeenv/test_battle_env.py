"""`BattleEnv`, as a user of Gymnasium sees it."""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import pokeenv
from pokeenv import BattleEnv, IllegalActionError

FORMAT = "gen1randombattle"


@pytest.fixture
def env() -> Iterator[BattleEnv]:
    battle_env = BattleEnv(FORMAT, on_illegal="raise")
    yield battle_env
    battle_env.close()


def play(env: BattleEnv, seed: int) -> tuple[list[bytes], float, dict[str, object]]:
    """A battle of random legal actions: its observations, the return, and the last info."""
    rng = np.random.default_rng(seed)
    obs, info = env.reset(seed=seed)
    seen, total, done = [obs["observation"].tobytes()], 0.0, False
    while not done:
        obs, reward, terminated, truncated, info = env.step(rng.choice(np.flatnonzero(env.action_masks())))
        seen.append(obs["observation"].tobytes())
        total += reward
        done = terminated or truncated
    return seen, total, info


def test_gymnasium_checks_the_environment_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gym.make("pokeenv/Battle-v0", opponent="random", reward="win_loss", render_mode="ansi")
        check_env(env.unwrapped)
        env.close()


def test_gym_make_imports_pokeenv_when_its_id_says_so() -> None:
    env_id = "pokeenv:pokeenv/gen1randombattle-v0"
    script = f"import gymnasium; print(gymnasium.make('{env_id}').unwrapped.battle_format.id)"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert result.stdout.strip() == FORMAT, result.stderr


def test_the_same_seed_gives_the_same_battle(env: BattleEnv) -> None:
    first, second, other = play(env, 4), play(env, 4), play(env, 5)
    assert first[0] == second[0] and first[1] == second[1]
    assert first[0] != other[0]


def test_the_return_is_the_outcome_and_the_info_says_how_it_ended(env: BattleEnv) -> None:
    seen, total, info = play(env, 8)
    assert total == info["outcome"]
    assert total in (1.0, -1.0, 0.0)
    assert info["episode_length"] == len(seen) - 1
    with pytest.raises(gym.error.ResetNeeded):
        env.step(0)


def test_the_end_of_a_battle_tells_both_packed_teams(env: BattleEnv) -> None:
    obs, info = env.reset(seed=2)
    own = [pokemon["species"] for pokemon in pokeenv.decode(obs["observation"])["own"]]
    terminated = truncated = False
    while not (terminated or truncated):
        assert "teams" not in info and "outcome" not in info
        _, _, terminated, truncated, info = env.step(int(env.action_masks().argmax()))
    packed = [
        [re.sub("[^a-z0-9]", "", (m.split("|")[1] or m.split("|")[0]).lower()) for m in team.split("]")]
        for team in info["teams"]
    ]
    assert packed[0] == own and len(packed[1]) == 6 and packed[1] != own


def test_an_illegal_action_raises_and_leaves_the_state_unchanged(env: BattleEnv) -> None:
    obs, _ = env.reset(seed=1)
    illegal = int(np.flatnonzero(obs["action_mask"] == 0)[0])
    with pytest.raises(IllegalActionError, match=f"action {illegal} .* is illegal; legal: .*turn 1, seed"):
        env.step(illegal)
    assert (env._observation()["observation"] == obs["observation"]).all()
    env.step(int(obs["action_mask"].argmax()))


def test_an_illegal_action_is_replaced_by_a_legal_one_by_default() -> None:
    with BattleEnv(FORMAT) as env:
        obs, _ = env.reset(seed=1)
        illegal = int(np.flatnonzero(obs["action_mask"] == 0)[0])
        _, _, _, _, info = env.step(illegal)
        assert info["illegal_action"] == illegal
        assert obs["action_mask"][info["played_action"]] == 1


def test_an_illegal_action_can_forfeit() -> None:
    with BattleEnv(FORMAT, on_illegal="forfeit") as env:
        obs, _ = env.reset(seed=1)
        illegal = int(np.flatnonzero(obs["action_mask"] == 0)[0])
        obs, reward, terminated, truncated, info = env.step(illegal)
        assert (reward, terminated, truncated) == (-1.0, True, False)
        assert info["illegal_action"] == illegal
        assert not obs["action_mask"].any() and not info["action_mask"].any()


def test_an_action_that_is_no_integer_is_refused(env: BattleEnv) -> None:
    env.reset(seed=1)
    actions: list[Any] = [6.7, 6.0, "6", None, True, np.True_, np.array([6])]
    for action in actions:
        with pytest.raises(TypeError, match="integer"):
            env.step(action)


def test_an_action_beyond_all_limits_is_illegal_like_any_other(env: BattleEnv) -> None:
    beyond: list[Any] = [10**20, -(10**20), 2**63, np.uint64(2**63)]
    env.reset(seed=1)
    for action in beyond:
        with pytest.raises(IllegalActionError, match=f"action {int(action)} is illegal"):
            env.step(action)
    with BattleEnv(FORMAT) as lenient:
        lenient.reset(seed=1)
        for action in beyond:
            *_, info = lenient.step(action)
            assert info["illegal_action"] == int(action)
            assert 0 <= info["played_action"] < 26


def test_the_turn_limit_truncates() -> None:
    with BattleEnv(FORMAT, turn_limit=2) as env:
        obs, _ = env.reset(seed=1)
        for _ in range(20):
            obs, _, terminated, truncated, info = env.step(int(obs["action_mask"].argmax()))
            if terminated or truncated:
                break
        assert truncated and not terminated
        assert info["outcome"] == 0.0


def test_an_opponent_can_be_a_function() -> None:
    asked = []

    def first_legal(observation: np.ndarray, action_mask: np.ndarray) -> int:
        asked.append(observation.shape)
        return int(action_mask.argmax())

    with BattleEnv(FORMAT, opponent=first_legal) as env:
        play(env, 3)
    assert len(asked) > 5
    assert set(asked) == {(pokeenv.OBS_SIZE,)}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"opponent": "randum"}, "unknown opponent 'randum' .did you mean 'random'.*known: .*random"),
        ({"opponent": 7}, "opponent=7; allowed: a name"),
        ({"on_illegal": "ignore"}, "on_illegal='ignore'; allowed"),
        ({"render_mode": "human"}, "render_mode='human'; allowed"),
    ],
)
def test_a_wrong_argument_is_named_with_what_is_allowed(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        BattleEnv(FORMAT, **arguments)


def test_gymnasium_vectorises_the_environment() -> None:
    envs = gym.make_vec("pokeenv/gen1randombattle-v0", num_envs=2, vectorization_mode="sync")
    obs, _ = envs.reset(seed=1)
    assert obs["observation"].shape == (2, pokeenv.OBS_SIZE)
    obs, *_ = envs.step(obs["action_mask"].argmax(axis=1))
    envs.close()
