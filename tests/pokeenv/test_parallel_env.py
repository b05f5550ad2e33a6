"""The PettingZoo environment."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from pettingzoo.test import parallel_api_test, parallel_seed_test

import pokeenv

FORMAT = "gen1randombattle"


def test_pettingzoo_accepts_the_environment_without_a_warning(recwarn: pytest.WarningsRecorder) -> None:
    env = pokeenv.parallel_env(FORMAT, turn_limit=30)
    parallel_api_test(env, num_cycles=150)
    env.close()
    assert not recwarn.list


def test_pettingzoo_finds_the_environment_deterministic() -> None:
    parallel_seed_test(lambda: pokeenv.parallel_env(FORMAT), num_cycles=20)


def test_both_seats_get_opposite_rewards_and_the_same_teams_at_the_end_only() -> None:
    env = pokeenv.parallel_env(FORMAT)
    obs, infos = env.reset(seed=3)
    rng = np.random.default_rng(0)
    rewards: dict[str, float] = {}
    while env.agents:
        assert not any({"outcome", "teams"} & set(info) for info in infos.values())
        actions = {
            seat: int(rng.choice(np.flatnonzero(seen["action_mask"])))
            for seat, seen in obs.items()
            if seen["action_mask"].any()
        }
        obs, rewards, _, _, infos = env.step(actions)
        assert not any("illegal_action" in info for info in infos.values())
    assert sorted(rewards.values()) == [-1.0, 1.0]
    assert {seat: info["outcome"] for seat, info in infos.items()} == rewards
    assert infos["p1"]["teams"] == infos["p2"]["teams"] and len(infos["p1"]["teams"]) == 2
    with pytest.raises(ResetNeeded, match="call reset"):
        env.step({})
    env.close()


def test_an_illegal_action_is_replaced_and_a_missing_one_refused() -> None:
    env = pokeenv.parallel_env(FORMAT)
    obs, _ = env.reset(seed=0)
    with pytest.raises(KeyError, match="seat p2 has to decide and was given no action"):
        env.step({"p1": int(obs["p1"]["action_mask"].argmax())})
    *_, infos = env.step({"p1": int(obs["p1"]["action_mask"].argmax()), "p2": 25})
    assert "illegal_action" not in infos["p1"]
    assert infos["p2"]["illegal_action"] == 25
    assert obs["p2"]["action_mask"][infos["p2"]["played_action"]] == 1
    env.close()


def test_without_pettingzoo_the_error_names_the_extra_and_pokeenv_imports() -> None:
    script = (
        "import sys; sys.modules['pettingzoo'] = None; import pokeenv\n"
        "try: pokeenv.parallel_env()\n"
        "except ImportError as error: print(error)"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert "pip install 'pokeenv[pettingzoo]'" in result.stdout, result.stderr
