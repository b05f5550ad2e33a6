"""The accelerated simulator plays exactly as the one that npm installs."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

from pokeenv.engine import RUNNING, SEED_WORDS, EmbeddedShowdown
from tests.play import random_actions

BATTLES = 2


def digests(battle_format: str, *, accelerated: bool, rounds: int = 1) -> list[str]:
    """Digest of the whole log and of all choices of every battle of random play."""
    rng, seeds = np.random.default_rng(3), np.random.default_rng(4)
    found: list[str] = []
    engine = EmbeddedShowdown(battle_format, BATTLES, accelerated=accelerated)
    try:
        for _ in range(rounds):
            words = {i: seeds.integers(65536, size=SEED_WORDS, dtype=np.uint16) for i in range(BATTLES)}
            engine.step_async(np.full(2 * BATTLES, -1), words)
            engine.step_wait()
            while (engine.statuses == RUNNING).any():
                engine.step_async(
                    random_actions(rng, engine.acting, engine.action_masks),
                    idle=np.flatnonzero(engine.statuses != RUNNING).tolist(),
                )
                engine.step_wait()
            for battle in range(BATTLES):
                record = engine.battle_log(battle)
                lines = [line for line in record["log"] if not line.startswith("|t:|")]
                text = json.dumps([lines, record["inputLog"], record["teams"]])
                found.append(hashlib.sha256(text.encode()).hexdigest())
    finally:
        engine.close()
    return found


@pytest.mark.parametrize("generation", range(1, 10))
def test_acceleration_changes_no_line_of_any_log(generation: int) -> None:
    battle_format = f"gen{generation}randombattle"
    assert digests(battle_format, accelerated=True) == digests(battle_format, accelerated=False)


@pytest.mark.slow
@pytest.mark.parametrize("generation", range(1, 10))
def test_acceleration_changes_no_line_of_any_log_in_many_battles(generation: int) -> None:
    battle_format = f"gen{generation}randombattle"
    fast = digests(battle_format, accelerated=True, rounds=30)
    assert fast == digests(battle_format, accelerated=False, rounds=30)
    assert len(set(fast)) == 30 * BATTLES
