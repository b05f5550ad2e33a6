"""The engine in real battles: reproducible, within ranges, and strict about actions."""

from __future__ import annotations

import numpy as np
import pytest

from pokeenv import (
    IllegalActionError,
    SelfPlayVectorEnv,
)
from pokeenv.observation import LAYOUT
from tests.support.play import play_battles, random_actions

FORMAT = "gen1randombattle"
EVERY_GENERATION = [f"gen{generation}randombattle" for generation in range(1, 10)]


def record(battle_format: str, *, num_workers: int, steps: int = 30) -> list[bytes]:
    """Everything that a random player sees of four battles."""
    rng = np.random.default_rng(5)
    seen = []
    with SelfPlayVectorEnv(battle_format, 4, num_workers=num_workers) as env:
        obs, _ = env.reset(seed=7)
        for _ in range(steps):
            acting = env.acting.copy()
            seen.append(acting.tobytes())
            seen.append(obs["observation"][acting].tobytes() + obs["action_mask"].tobytes())
            obs, rewards, *_ = env.step(random_actions(rng, env.acting, obs["action_mask"]))
            seen.append(rewards.tobytes())
    return seen


@pytest.mark.parametrize("battle_format", ["gen1randombattle", "gen9randombattle"])
def test_same_seed_and_actions_give_the_same_bytes(battle_format: str) -> None:
    assert record(battle_format, num_workers=1) == record(battle_format, num_workers=1)


def test_the_number_of_workers_changes_nothing_that_is_seen() -> None:
    assert record(FORMAT, num_workers=1) == record(FORMAT, num_workers=2)


@pytest.mark.parametrize("battle_format", EVERY_GENERATION)
def test_every_number_stays_in_its_range_in_every_generation(battle_format: str) -> None:
    low = np.array([field.low for field in LAYOUT.fields], dtype=np.float32)
    high = np.array([field.high for field in LAYOUT.fields], dtype=np.float32)
    ids = np.array([field.kind == "id" for field in LAYOUT.fields])
    flags = np.array([field.kind == "flag" for field in LAYOUT.fields])
    decisions = 0
    for obs, acting, _ in play_battles(battle_format, num_battles=4, steps=60, seed=1):
        seen = obs["observation"][acting]
        outside = np.argwhere((seen < low) | (seen > high) | ~np.isfinite(seen))
        assert len(outside) == 0, [LAYOUT.fields[column].name for _, column in outside[:5]]
        assert (seen[:, ids] == np.floor(seen[:, ids])).all()
        assert np.isin(seen[:, flags], (0.0, 1.0)).all()
        assert (obs["action_mask"][acting].sum(axis=1) > 0).all()
        assert (obs["action_mask"][~acting] == 0).all()
        decisions += len(seen)
    assert decisions > 250


def test_an_illegal_action_is_refused_and_changes_nothing() -> None:
    with SelfPlayVectorEnv(FORMAT, 2) as env:
        obs, _ = env.reset(seed=1)
        before = obs["observation"].copy()
        illegal = int(np.flatnonzero(obs["action_mask"][2] == 0)[0])
        actions = obs["action_mask"].argmax(axis=1)
        actions[2] = illegal
        with pytest.raises(IllegalActionError, match=f"action {illegal} .*illegal; legal: .*row 2, turn 1"):
            env.step(actions)
        assert (env.engine.observations == before).all()
        actions[2] = obs["action_mask"][2].argmax()
        env.step(actions)
