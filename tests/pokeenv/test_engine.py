"""The engine in real battles: reproducible, and strict about actions."""

from __future__ import annotations

import numpy as np
import pytest

from pokeenv import (
    IllegalActionError,
    SelfPlayVectorEnv,
)
from tests.support.play import random_actions

FORMAT = "gen1randombattle"


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


@pytest.mark.parametrize(("battle_format", "num_workers"), [("gen1randombattle", 2), ("gen9randombattle", 1)])
def test_same_seed_and_actions_give_the_same_bytes_from_any_number_of_workers(
    battle_format: str, num_workers: int
) -> None:
    assert record(battle_format, num_workers=1) == record(battle_format, num_workers=num_workers)


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
