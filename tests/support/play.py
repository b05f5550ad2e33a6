"""Random play, for tests that need real battles."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pokeenv import NO_ACTION, SelfPlayVectorEnv

# The generations that `make test` plays where nine would cost too much: 1 has rules unlike all others, 4 is
# the last without Team Preview, 7 has Mega Evolution and Z-Moves, 8 has Dynamax, 9 has Terastallization.
FAST_GENERATIONS = (1, 4, 7, 8, 9)
# Parameters 1 to 9; the generations left out above are slow tests.
GENERATIONS = [
    generation if generation in FAST_GENERATIONS else pytest.param(generation, marks=pytest.mark.slow)
    for generation in range(1, 10)
]
_MOST_IDLE = 10
_idle: dict[tuple[Any, ...], SelfPlayVectorEnv] = {}  # by their arguments; the last entry was used last


@contextmanager
def shared_env(battle_format: str, num_battles: int, **kwargs: Any) -> Iterator[SelfPlayVectorEnv]:
    """Lend an environment and keep it for later tests, because many are shorter than a simulator's start.

    Only one borrower has it at a time, and resets it with a seed. After an error it is closed.
    """
    key = (battle_format, num_battles, *sorted(kwargs.items()))
    env = _idle.pop(key, None) or SelfPlayVectorEnv(battle_format, num_battles, **kwargs)
    try:
        yield env
    except BaseException:
        env.close()
        raise
    if key in _idle:
        env.close()
        return
    if len(_idle) == _MOST_IDLE:
        _idle.pop(next(iter(_idle))).close()
    _idle[key] = env


def random_actions(
    rng: np.random.Generator, acting: NDArray[np.bool_], action_masks: NDArray[np.int8]
) -> NDArray[np.int64]:
    """A random legal action for every acting row."""
    scores = (rng.random(action_masks.shape) + 1e-9) * action_masks
    return np.where(acting, scores.argmax(axis=1), NO_ACTION)


def play_battles(
    battle_format: str, *, num_battles: int, steps: int, seed: int, **kwargs: Any
) -> Iterator[tuple[dict[str, NDArray[Any]], NDArray[np.bool_], SelfPlayVectorEnv]]:
    """Observations, acting rows and environment of every step of random play."""
    rng = np.random.default_rng(seed)
    with shared_env(battle_format, num_battles, **kwargs) as env:
        obs, _ = env.reset(seed=seed)
        for _ in range(steps):
            acting = env.acting.copy()
            yield obs, acting, env
            obs, *_ = env.step(random_actions(rng, acting, obs["action_mask"]))
