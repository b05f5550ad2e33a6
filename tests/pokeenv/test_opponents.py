"""Opponents by name, function and agent."""

from __future__ import annotations

import pickle
from importlib import metadata
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from agents.players.scripted.random_legal import RandomAgent
from agents.players.search.player import SearchAgent
from agents.registry import BASELINES, PRETRAINED, SEARCH, load
from pokeenv import OBS_SIZE, BattleEnv, BattleVectorEnv, IllegalActionError, UnknownOpponentError
from pokeenv.opponents import names
from pokeenv.opponents.drivers import make_driver
from pokeenv.opponents.names import ENTRY_POINT_GROUP, opponent_names

FORMAT = "gen1randombattle"


def last_legal(observation: np.ndarray, action_mask: np.ndarray) -> int:
    return int(np.flatnonzero(action_mask)[-1])


def make_last_legal() -> object:
    return last_legal


def declare(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    """Stand in for installed packages that declare these opponents."""
    points = [
        metadata.EntryPoint(name.rstrip("_"), value, ENTRY_POINT_GROUP) for name, value in values.items()
    ]
    monkeypatch.setattr(names.metadata, "entry_points", lambda group: points)


def engine_showing(masks: NDArray[np.int8]) -> Any:
    """The part of an engine that a driver reads: masks and observations of all rows."""
    return SimpleNamespace(
        action_masks=masks, observations=np.zeros((len(masks), OBS_SIZE), dtype=np.float32)
    )


def test_names_come_from_the_entry_points_of_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    declare(
        monkeypatch,
        max="agents.players.scripted.max_damage:MaxDamageAgent",
        last=f"{__name__}:make_last_legal",
    )
    assert opponent_names() == ["last", "max", "random"]
    masks = np.zeros((4, 26), dtype=np.int8)
    masks[:, [3, 8]] = 1
    driver = make_driver("last", 2)
    driver.start({0: 1, 1: 2})
    assert driver.act(engine_showing(masks), np.arange(2)).tolist() == [8, 8]
    with BattleEnv(FORMAT, opponent="max") as env:
        obs, _ = env.reset(seed=1)
        env.step(int(obs["action_mask"].argmax()))


def test_a_name_may_be_declared_by_its_part_before_the_colon(monkeypatch: pytest.MonkeyPatch) -> None:
    declare(monkeypatch, search="agents.players.loading:search_agent")
    agent = names.load_opponent("search:rule?sims=8")
    assert isinstance(agent, SearchAgent) and agent.settings.sims == 8
    with pytest.raises(UnknownOpponentError, match="unknown opponent 'find:rule'"):
        names.load_opponent("find:rule")


def test_an_unknown_name_is_refused_with_the_nearest_one(monkeypatch: pytest.MonkeyPatch) -> None:
    declare(monkeypatch, max="agents.players.scripted.max_damage:MaxDamageAgent")
    with pytest.raises(UnknownOpponentError, match=r"'maxx' \(did you mean 'max'\?\); known: max, random"):
        BattleVectorEnv(FORMAT, 2, opponent="maxx")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"bad": "agents.registry:BASELINES.keys"}, "which is neither a function nor an agent"),
        (
            {
                "bad": "agents.players.scripted.rule_based:RuleBasedAgent",
                "bad_": "agents.players.scripted.random_legal:RandomAgent",
            },
            "declared twice",
        ),
    ],
)
def test_a_name_that_cannot_play_is_refused(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], message: str
) -> None:
    declare(monkeypatch, **values)
    with pytest.raises(UnknownOpponentError, match=message):
        make_driver("bad", 1)


def test_a_package_seen_twice_declares_its_opponent_once(monkeypatch: pytest.MonkeyPatch) -> None:
    declare(
        monkeypatch,
        rule="agents.players.scripted.rule_based:RuleBasedAgent",
        rule_="agents.players.scripted.rule_based:RuleBasedAgent",
    )
    assert opponent_names() == ["random", "rule"]


def test_random_battles_do_not_depend_on_other_rows() -> None:
    engine = engine_showing(np.ones((6, 26), dtype=np.int8))
    together, alone = make_driver("random", 3), make_driver("random", 3)
    for driver in (together, alone):
        driver.start({0: 10, 1: 11, 2: 12})
    drawn = [together.act(engine, np.arange(3))[1] for _ in range(20)]
    assert drawn == [alone.act(engine, np.array([1]))[0] for _ in range(20)]
    assert len(set(drawn)) > 5


def test_an_agent_that_draws_is_fixed_by_the_seed() -> None:
    def play() -> bytes:
        with BattleVectorEnv(FORMAT, 2, opponent=RandomAgent()) as env:
            obs, _ = env.reset(seed=5)
            for _ in range(8):
                obs, *_ = env.step(obs["action_mask"].argmax(axis=1))
            return bytes(obs["observation"].tobytes())

    assert play() == play()


def test_an_opponent_that_breaks_the_rules_is_named_and_reset_goes_on() -> None:
    answers = iter([25])

    def wrong_once(observation: np.ndarray, action_mask: np.ndarray) -> int:
        return next(answers, int(action_mask.argmax()))

    with BattleEnv(FORMAT, opponent=wrong_once) as env:
        obs, _ = env.reset(seed=1)
        with pytest.raises(IllegalActionError, match=r"action 25 .*; seat p2 \(the opponent\), turn 1, seed"):
            env.step(int(obs["action_mask"].argmax()))
        with pytest.raises(Exception, match="interrupted by an error: call reset"):
            env.step(int(obs["action_mask"].argmax()))
        obs, _ = env.reset(seed=1)
        env.step(int(obs["action_mask"].argmax()))


def test_an_environment_that_has_not_started_can_be_pickled_with_its_opponent() -> None:
    env = pickle.loads(pickle.dumps(BattleEnv(FORMAT, opponent=last_legal)))
    with env:
        obs, _ = env.reset(seed=1)
        with pytest.raises(TypeError, match=r"cannot be pickled or copied: pickle .* before its first reset"):
            pickle.dumps(env)
        env.step(int(obs["action_mask"].argmax()))


def test_the_project_declares_every_baseline(monkeypatch: pytest.MonkeyPatch) -> None:
    import configparser
    from pathlib import Path

    config = configparser.ConfigParser(interpolation=None)
    config.read(Path(__file__).parents[2] / "setup.cfg", encoding="utf-8")
    lines = config["options.entry_points"][ENTRY_POINT_GROUP].split("\n")
    declared = dict(line.split(" = ") for line in lines if line)
    assert {"random", *declared} == {*BASELINES, *PRETRAINED, SEARCH.rstrip(":")}
    assert {name: BASELINES[name] for name in declared if name in BASELINES}.items() <= declared.items()
    assert all(callable(load(entry)) for entry in declared.values())
