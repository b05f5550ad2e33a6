"""A battle that is followed from one seat's messages looks like the one that is played."""

from __future__ import annotations

import numpy as np
import pytest

from pokeenv import NO_ACTION
from pokeenv.engine import RUNNING, SEED_WORDS
from pokeenv.engine.showdown.engine import EmbeddedShowdown

BATTLES = 2
ROWS = 2 * BATTLES


@pytest.mark.parametrize("battle_format", ["gen1randombattle", "gen9randombattle"])
def test_a_followed_seat_observes_the_same_bytes(battle_format: str) -> None:
    played = EmbeddedShowdown(battle_format, BATTLES)
    followed = EmbeddedShowdown(battle_format, ROWS, num_workers=2)  # a slot for each seat
    try:
        rng, decisions = np.random.default_rng(1), 0
        resets = {battle: np.full(SEED_WORDS, battle + 1, dtype=np.uint16) for battle in range(BATTLES)}
        actions = np.full(ROWS, NO_ACTION)
        for _ in range(80):
            idle = [b for b in range(BATTLES) if played.statuses[b] != RUNNING and b not in resets]
            played.step_async(actions, resets, idle)
            played.step_wait()
            resets = {}
            rows = np.flatnonzero(played.acting)
            if not len(rows):
                break
            places = 2 * rows + rows % 2  # slot `row`, the same seat
            followed.hear(places.tolist(), played.seat_messages(rows))
            for array in ("observations", "action_masks", "acting"):
                expected, found = getattr(played, array)[rows], getattr(followed, array)[places]
                assert expected.tobytes() == found.tobytes(), array
            assert followed.turns[rows].tolist() == played.turns[rows // 2].tolist()
            decisions += len(rows)
            actions[rows] = [rng.choice(np.flatnonzero(mask)) for mask in played.action_masks[rows]]
        assert decisions > 100
    finally:
        played.close()
        followed.close()
