"""The contract of engines: a toy engine from outside the package, the real one, and engines that break it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pokeenv import (
    BattleEnv,
    BattleVectorEnv,
    CapabilityError,
    SelfPlayVectorEnv,
    UnknownEngineError,
    UnsupportedFormatError,
)
from pokeenv.engine import ENGINES, RUNNING, TERMINATED
from pokeenv.testing import check_battle_env, check_battle_vector_env, check_engine
from tests.support.toy_engine import TOY_FORMAT, ToyEngine

TEAMS = Path(__file__).parents[2] / "config" / "teams" / "gen9bssregi"


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setitem(ENGINES, "toy", "tests.support.toy_engine:ToyEngine")
    return "toy"


def test_the_toy_engine_holds_the_contract(toy: str) -> None:
    assert check_engine(toy, TOY_FORMAT, reference=ToyEngine) > 100


@pytest.mark.parametrize("battle_format", ["gen1randombattle", "gen9randombattle"])
def test_the_embedded_simulator_holds_the_contract(battle_format: str) -> None:
    assert check_engine("showdown", battle_format, num_battles=2, turn_limit=10) > 50


class ActsAfterTheEnd(ToyEngine):
    acting = property(lambda self: self.action_masks.any(axis=1) | (self.statuses == TERMINATED).repeat(2))


class AllowsEverything(ToyEngine):
    def check_actions(self, actions: Any, skipped: Any = ()) -> None:
        pass


class DependsOnTheNumber(ToyEngine):
    def step_wait(self) -> None:
        super().step_wait()
        self.observations[:, 5] = np.arange(len(self.observations)) // 2


class MovesIdleBattles(ToyEngine):
    def step_wait(self) -> None:
        super().step_wait()
        self.turns[self.statuses != RUNNING] += 1


class PromisesSnapshots(ToyEngine):
    capabilities = frozenset({"snapshots"})


class InventsACapability(ToyEngine):
    capabilities = frozenset({"flying"})


@pytest.mark.parametrize(
    ("engine", "reason"),
    [
        (ActsAfterTheEnd, "status 1, acting"),
        (AllowsEverything, "action -1 must raise IllegalActionError"),
        (DependsOnTheNumber, "gives another battle in a battle with another number"),
        (MovesIdleBattles, "idle battle . has changed|another battle"),
        (InventsACapability, r"capabilities \['flying'\] do not exist"),
    ],
)
def test_an_engine_that_breaks_the_contract_is_found(engine: type[ToyEngine], reason: str) -> None:
    with pytest.raises((AssertionError, IndexError), match=reason):
        check_engine(engine, TOY_FORMAT)


def test_a_promised_capability_must_be_there() -> None:
    with pytest.raises(CapabilityError, match="engine 'toy' lacks the capability 'snapshots'"):
        check_engine(PromisesSnapshots, TOY_FORMAT)


def test_an_engine_by_name_plays_a_whole_episode(toy: str) -> None:
    with BattleEnv(TOY_FORMAT, engine=toy) as env:
        assert env.action_space.n == 5
        obs, info = env.reset(seed=3)
        masks, rewards, ended = [obs["action_mask"].tolist()], [], False
        while not ended:
            obs, reward, terminated, truncated, info = env.step(int(obs["action_mask"].argmax()))
            masks.append(obs["action_mask"].tolist())
            rewards.append(reward)
            ended = terminated or truncated
        assert terminated and info["outcome"] == rewards[-1] and not any(rewards[:-1])
    # One request, two decisions: the second mask depends on the first one.
    assert masks[:3] == [[1, 1, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 1, 1, 1]]


def test_the_environments_keep_their_contract_with_five_actions(toy: str) -> None:
    with BattleEnv(TOY_FORMAT, engine=toy) as env:
        assert check_battle_env(env) > 10
    with BattleVectorEnv(TOY_FORMAT, 3, engine=ToyEngine) as envs:
        assert check_battle_vector_env(envs, steps=60) > 3


def test_the_embedded_simulator_refuses_other_actions_than_those_of_singles_and_doubles() -> None:
    with pytest.raises(
        UnsupportedFormatError, match=r"actions of singles and doubles.* 'toyduel' has those of toy"
    ):
        SelfPlayVectorEnv(TOY_FORMAT, 1)


def test_a_team_preview_is_several_decisions_of_one_request() -> None:
    with SelfPlayVectorEnv("gen9bssregi", 1, teams=TEAMS) as env:  # picks three of six
        obs, _ = env.reset(seed=1)
        picked: list[int] = []
        for _ in range(3):
            expected = [slot not in picked for slot in range(6)]
            assert obs["action_mask"][0, :6].tolist() == expected and not obs["action_mask"][0, 6:].any()
            picked.append(int(obs["action_mask"][0].argmax()))
            obs, *_ = env.step(obs["action_mask"].argmax(axis=1))
        assert env.engine.turns[0] == 1 and obs["action_mask"][0, 6:].any()


def test_a_missing_capability_names_the_engine(toy: str) -> None:
    with SelfPlayVectorEnv(TOY_FORMAT, 1, engine=toy) as env:
        env.reset(seed=1)
        with pytest.raises(
            CapabilityError, match=r"engine 'toy' lacks the capability 'replays' \(it has: none\)"
        ):
            env.battle_log(0)


def test_an_unknown_engine_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UnknownEngineError, match=r"unknown engine 'showdwon' \(did you mean 'showdown'\?\)"):
        BattleEnv("gen1randombattle", engine="showdwon")
