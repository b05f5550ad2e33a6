"""Random play, for tests that need real battles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pokeenv import NO_ACTION, SelfPlayVectorEnv


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
    with SelfPlayVectorEnv(battle_format, num_battles, **kwargs) as env:
        obs, _ = env.reset(seed=seed)
        for _ in range(steps):
            acting = env.acting.copy()
            yield obs, acting, env
            obs, *_ = env.step(random_actions(rng, acting, obs["action_mask"]))
