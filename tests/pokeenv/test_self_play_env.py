"""`SelfPlayVectorEnv` on real battles: rows, ends, rewards, mirrored seats."""

from __future__ import annotations

import numpy as np
import pytest

from pokeenv import (
    NO_ACTION,
    IllegalActionError,
    SelfPlayVectorEnv,
    UnknownFormatError,
    UnsupportedFormatError,
)
from tests.support.play import random_actions

FORMAT = "gen1randombattle"


def test_a_battle_ends_for_both_rows_and_the_next_step_starts_another() -> None:
    rng = np.random.default_rng(0)
    ended = 0
    with SelfPlayVectorEnv(FORMAT, 4) as env:
        obs, infos = env.reset(seed=3)
        assert env.num_envs == 8 and env.acting.all()
        just_ended = np.zeros(8, dtype=bool)
        for _ in range(300):
            seeds = infos["seed"].copy()
            obs, rewards, terminated, truncated, infos = env.step(
                random_actions(rng, env.acting, obs["action_mask"])
            )
            assert not truncated.any()
            assert (terminated[0::2] == terminated[1::2]).all()
            assert (rewards[0::2] == -rewards[1::2]).all()
            assert (rewards[~terminated] == 0).all()
            assert (rewards[terminated] == infos["outcome"][terminated]).all()
            assert not env.acting[terminated].any()
            assert not (terminated & just_ended).any()
            assert (infos["seed"][just_ended] != seeds[just_ended]).all()
            assert (infos["seed"][~just_ended] == seeds[~just_ended]).all()
            assert (infos["episode_length"][just_ended] == 0).all()
            assert env.acting[just_ended].all()
            just_ended = terminated
            ended += int(terminated.sum())
    assert ended >= 8


def test_episode_length_counts_the_decisions_of_a_row() -> None:
    rng = np.random.default_rng(0)
    with SelfPlayVectorEnv("gen9randombattle", 2) as env:
        obs, infos = env.reset(seed=3)
        decisions = np.zeros(4, dtype=int)
        for _ in range(200):
            acting = env.acting.copy()
            decisions += acting
            obs, _, terminated, _, infos = env.step(random_actions(rng, acting, obs["action_mask"]))
            assert (infos["episode_length"] == decisions).all()
            decisions[terminated] = 0


def test_the_turn_limit_truncates_without_an_outcome() -> None:
    rng = np.random.default_rng(0)
    with SelfPlayVectorEnv(FORMAT, 2, turn_limit=3) as env:
        obs, _ = env.reset(seed=1)
        for _ in range(30):
            obs, rewards, terminated, truncated, infos = env.step(
                random_actions(rng, env.acting, obs["action_mask"])
            )
            if truncated.any():
                break
        assert truncated.any() and not terminated.any()
        assert (infos["turns"][truncated] == 4).all()
        assert (infos["outcome"] == 0).all() and (rewards == 0).all()


def test_mirrored_battles_exchange_the_teams_and_keep_the_seed() -> None:
    with SelfPlayVectorEnv("gen9randombattle", 2, mirrored=True) as env:
        _, infos = env.reset(seed=11)
        assert infos["seed"][0] == infos["seed"][2]
        straight, swapped = env.battle_log(0)["teams"], env.battle_log(1)["teams"]
        assert straight == swapped[::-1]
        assert straight[0] != straight[1]


def test_mirrored_battles_come_in_pairs() -> None:
    with pytest.raises(ValueError, match="must be even, not 3"):
        SelfPlayVectorEnv(FORMAT, 3, mirrored=True)


def test_a_row_that_does_not_act_is_not_asked() -> None:
    rng = np.random.default_rng(2)
    waited = 0
    with SelfPlayVectorEnv(FORMAT, 4) as env:
        obs, _ = env.reset(seed=2)
        for _ in range(150):
            acting = env.acting.copy()
            waiting = ~acting & np.repeat(env.engine.statuses == 0, 2)
            waited += int(waiting.sum())
            partner = acting.reshape(-1, 2)[:, ::-1].reshape(-1)
            assert partner[waiting].all()
            actions = random_actions(rng, acting, obs["action_mask"])
            assert (actions[~acting] == NO_ACTION).all()
            obs, *_ = env.step(actions)
    assert waited > 10


@pytest.mark.parametrize(
    ("battle_format", "error", "message"),
    [
        ("gen9triples", UnsupportedFormatError, "neither singles nor doubles"),
        ("gen9doublesou", UnsupportedFormatError, "needs teams.*use 'gen9randomdoublesbattle'"),
        ("gen9randombatle", UnknownFormatError, "did you mean 'gen9randombattle'"),
        ("gen9ou", UnsupportedFormatError, "needs teams and none were given"),
    ],
)
def test_a_format_that_cannot_be_played_is_refused_at_once(
    battle_format: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        SelfPlayVectorEnv(battle_format, 1)


def test_a_refused_action_does_not_change_the_battles_to_come() -> None:
    def seeds(*, refused: bool) -> list[int]:
        rng, seen = np.random.default_rng(0), []
        with SelfPlayVectorEnv(FORMAT, 2) as env:
            obs, infos = env.reset(seed=3)
            for _ in range(120):
                actions = random_actions(rng, env.acting, obs["action_mask"])
                if refused and env.acting.any():
                    wrong = actions.copy()
                    wrong[np.flatnonzero(env.acting)[0]] = 25
                    with pytest.raises(IllegalActionError):
                        env.step(wrong)
                obs, _, _, _, infos = env.step(actions)
                seen.append(int(infos["seed"][0]))
        return seen

    straight = seeds(refused=False)
    assert len(set(straight)) > 1
    assert seeds(refused=True) == straight
