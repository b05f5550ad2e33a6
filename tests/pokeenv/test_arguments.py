"""Arguments of the wrong type or range: refused in words when the environment is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pokeenv import (
    BattleEnv,
    BattleVectorEnv,
    IllegalActionError,
    SelfPlayVectorEnv,
    UnknownFormatError,
    observe_stream,
    parallel_env,
)
from tests.support.play import shared_env

FORMAT = "gen1randombattle"
Make = Callable[..., Any]


@pytest.mark.parametrize("make", [BattleEnv, BattleVectorEnv, SelfPlayVectorEnv, parallel_env])
@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"turn_limit": 2.5}, TypeError, r"turn_limit must be an integer, not 2\.5"),
        ({"turn_limit": True}, TypeError, "turn_limit must be an integer, not True"),
        ({"turn_limit": "9"}, TypeError, "turn_limit must be an integer, not '9'"),
        ({"turn_limit": 0}, ValueError, "turn_limit must be at least 1, not 0"),
        ({"timeout_s": "9"}, TypeError, "timeout_s must be a number, not '9'"),
        ({"timeout_s": float("nan")}, ValueError, "timeout_s must be greater than 0, not nan"),
        ({"battle_format": None}, UnknownFormatError, "battle_format is an id such as .*; got None"),
        ({"battle_format": 9}, UnknownFormatError, "battle_format is an id such as .*; got 9"),
    ],
)
def test_options_of_every_environment(
    make: Make, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        make(**{"battle_format": FORMAT, **options})


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (BattleVectorEnv, "num_envs"),
        (BattleVectorEnv, "num_workers"),
        (SelfPlayVectorEnv, "num_battles"),
        (SelfPlayVectorEnv, "num_workers"),
    ],
)
@pytest.mark.parametrize("value", [1.5, "2", True, None])
def test_numbers_of_battles_and_workers(make: Make, name: str, value: Any) -> None:
    with pytest.raises(TypeError, match=f"{name} must be an integer, not {value!r}"):
        make(FORMAT, **{name: value})


def test_a_stream_without_a_format() -> None:
    with pytest.raises(UnknownFormatError, match="got None"):
        observe_stream(None, "p1")  # type: ignore[arg-type]


def test_numpy_numbers_are_numbers() -> None:
    numbers = {"num_battles": np.int64(1), "num_workers": np.int8(1), "turn_limit": np.int32(9)}
    with SelfPlayVectorEnv(FORMAT, **numbers, timeout_s=np.float32("inf")) as env:  # type: ignore[arg-type]
        obs, _ = env.reset(seed=1)
        env.step(obs["action_mask"].argmax(axis=1).astype(np.uint64))


@pytest.mark.parametrize("actions", [[6.0, 6.0], [True, True], ["6", "6"], [None, None], [True, 10**20]])
def test_actions_of_rows_that_are_no_integers(actions: list[Any]) -> None:
    with shared_env(FORMAT, 1) as env:
        env.reset(seed=1)
        with pytest.raises(TypeError, match=r"actions must be (an )?integers?, not"):
            env.step(actions)  # type: ignore[arg-type]


def test_actions_of_rows_beyond_all_limits() -> None:
    with shared_env(FORMAT, 1) as env:
        env.reset(seed=1)
        with pytest.raises(IllegalActionError, match=f"action {2**63 - 1} is illegal"):
            env.step([10**20, 6])  # type: ignore[arg-type]


@pytest.mark.parametrize("answer", [True, 6.7, "6", None])
def test_an_opponent_whose_answer_is_no_integer(answer: Any) -> None:
    with BattleEnv(FORMAT, opponent=lambda obs, mask: answer) as env:
        obs, _ = env.reset(seed=1)
        with pytest.raises(TypeError, match="actions of the opponent must be"):
            env.step(int(obs["action_mask"].argmax()))


def test_a_seats_action_that_is_no_integer() -> None:
    env = parallel_env(FORMAT)
    env.reset(seed=1)
    with pytest.raises(TypeError, match=r"the action of p1 must be an integer, not 6\.5"):
        env.step({"p1": 6.5, "p2": 6})
    *_, infos = env.step({"p1": 10**20, "p2": 6})
    assert infos["p1"]["illegal_action"] == 10**20
    env.close()
