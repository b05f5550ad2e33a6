"""The conformance kit: every registered id passes, and environments with faults do not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from pokeenv import LAYOUT, BattleEnv, BattleVectorEnv
from pokeenv.envs.registration import env_ids
from pokeenv.testing import check_battle_env, check_battle_vector_env, check_observations
from tests.support.play import FAST_GENERATIONS

FORMAT = "gen1randombattle"


FAST_IDS = {
    "pokeenv/Battle-v0",
    *(f"pokeenv/gen{generation}randombattle-v0" for generation in FAST_GENERATIONS),
}


@pytest.mark.parametrize(
    "env_id",
    [each if each in FAST_IDS else pytest.param(each, marks=pytest.mark.slow) for each in sorted(env_ids())],
)
def test_every_registered_environment_keeps_the_contract(env_id: str) -> None:
    env = gym.make(env_id)
    try:
        assert check_battle_env(env, battles=1) > 5
    finally:
        env.close()


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_the_vector_environment_keeps_the_contract(mode: AutoresetMode) -> None:
    with BattleVectorEnv("gen9randombattle", 3, autoreset_mode=mode, turn_limit=25) as env:
        assert check_battle_vector_env(env, steps=40) > 1


def test_gymnasiums_vector_of_single_environments_keeps_the_contract() -> None:
    env = gym.make_vec(f"pokeenv/{FORMAT}-v0", num_envs=2, vectorization_mode="sync", turn_limit=15)
    assert check_battle_vector_env(env, steps=30) > 0
    env.close()


@pytest.fixture(scope="module")
def honest() -> Iterator[BattleEnv]:
    """An environment for wrappers that spoil it; every check of the kit begins with a reset."""
    with BattleEnv(FORMAT, on_illegal="raise") as env:
        yield env


class Lying(gym.Wrapper):
    """Changes entries of the observations and infos."""

    def __init__(self, env: gym.Env, obs: dict[str, Any] | None = None, info: dict[str, Any] | None = None):
        super().__init__(env)
        self.lies = (obs or {}, info or {})

    def reset(self, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
        obs, info = self.env.reset(**kwargs)
        return obs | self.lies[0], info | self.lies[1]

    def step(self, action: Any) -> Any:
        obs, *others, info = self.env.step(action)
        return obs | self.lies[0], *others, info | self.lies[1]


@pytest.mark.parametrize(
    ("lies", "message"),
    [
        ({"obs": {"action_mask": np.ones(26, dtype=np.int8)}}, "decision 0.*different masks"),
        ({"obs": {"action_mask": np.zeros(26, dtype=np.int8)}}, "no legal action"),
        (
            {"obs": {"observation": np.full(LAYOUT.size, np.nan, dtype=np.float32)}},
            "not in the observation space",
        ),
        ({"info": {"outcome": 0.0}}, r"info\['outcome'\] belongs only to the end"),
        ({"info": {"episode_length": 3}}, "seed 0, decision 0, turn 1: episode_length is 3"),
    ],
)
def test_the_kit_finds_an_environment_that_lies(
    honest: BattleEnv, lies: dict[str, Any], message: str
) -> None:
    with pytest.raises(AssertionError, match=message):
        check_battle_env(Lying(honest, **lies), battles=1)


class Unseeded(gym.Wrapper):
    """Ignores the seed."""

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        return self.env.reset(options=options)


def test_the_kit_finds_a_seed_that_fixes_nothing(honest: BattleEnv) -> None:
    with pytest.raises(AssertionError, match="seed 0 gave another battle the second time, from decision 0"):
        check_battle_env(Unseeded(honest), battles=1)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"own.0.hp": 1.5}, r"own.0.hp = .*1.5.* is out of its range \[0.0, 1.0\]"),
        ({"own.0.active": 0.5}, "own.0.active = .*0.5.* is a flag and neither 0 nor 1"),
        ({"opposing.5.species": 3.25}, "opposing.5.species = .*3.25.* is an id and not a whole number"),
        ({"own.1.level": 0.505}, "own.1.level = .*is not a whole number in its unit"),
        (
            {"field.weather_hail": 1, "field.weather_sandstorm": 1},
            "more than one weather at once: field.weather_sandstorm, field.weather_hail",
        ),
        ({"field.terrain_mistyterrain": 1, "field.terrain_grassyterrain": 1}, "more than one terrain"),
        (
            {"own.2.status_brn": 1, "own.2.status_par": 1},
            "one status at once: own.2.status_brn, own.2.status_par",
        ),
        ({"opposing.0.active": 1, "opposing.4.active": 1}, "one active Pokémon at once: opposing.0"),
        ({"own.0.move.1.physical": 1, "own.0.move.1.special": 1}, "one category at once: own.0.move.1"),
    ],
)
def test_the_kit_names_the_field_that_breaks_the_table(values: dict[str, float], message: str) -> None:
    observations = np.zeros((2, LAYOUT.size), dtype=np.float32)
    check_observations(observations)
    for name, value in values.items():
        observations[1, LAYOUT.offsets[name]] = value
    with pytest.raises(AssertionError, match=message):
        check_observations(observations)
