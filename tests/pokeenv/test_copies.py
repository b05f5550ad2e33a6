"""A copy of a battle continues with the same bytes, and neither it nor its original changes the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pokeenv import FileTeams, IllegalActionError, SnapshotError
from pokeenv.engine import RUNNING, SEED_WORDS
from pokeenv.engine.showdown.engine import EmbeddedShowdown

FORMATS = [
    "gen1randombattle",
    "gen4randombattle",
    "gen9randomdoublesbattle",
    "gen9ou",
    *(pytest.param(f"gen{number}randombattle", marks=pytest.mark.slow) for number in (2, 3, 5, 6, 7, 8, 9)),
]
SLOTS = 4
TEAMS = Path(__file__).parents[2] / "config" / "teams"


class Table:
    """An engine whose slot 0 plays random battles; the other slots are for copies."""

    def __init__(self, engine: EmbeddedShowdown, seed: int = 0) -> None:
        self.engine = engine
        self.rng = np.random.default_rng(seed)

    def start(self, slot: int, seed: int) -> None:
        words = np.full(SEED_WORDS, seed, dtype=np.uint16)
        if self.engine.battle_format.team_source == "files":
            teams = FileTeams(TEAMS / self.engine.battle_format.id).teams
            self.engine.set_teams(slot, (teams[seed % len(teams)], teams[(seed + 1) % len(teams)]))
        idle = [other for other in range(SLOTS) if other != slot]
        self.engine.step_async(np.full(2 * SLOTS, -1), {slot: words}, idle=idle)
        self.engine.step_wait()

    def actions(self, slot: int) -> NDArray[np.int64]:
        masks = self.engine.action_masks[2 * slot : 2 * slot + 2]
        return np.array([[self.rng.choice(np.flatnonzero(mask)) if mask.any() else -1 for mask in masks]])

    def play(self, slot: int, steps: int) -> int:
        """Play some steps in a slot; returns the steps that were played."""
        for step in range(steps):
            if self.engine.statuses[slot] != RUNNING:
                return step
            self.engine.advance([slot], self.actions(slot))
        return steps

    def seen(self, slot: int) -> tuple[bytes, ...]:
        """Every value that depends on a slot."""
        engine, rows = self.engine, slice(2 * slot, 2 * slot + 2)
        shown = engine.acting[rows] | (engine.statuses[slot] != RUNNING)
        arrays = (engine.observations[rows][shown], engine.action_masks[rows], engine.acting[rows])
        numbers = (engine.signals[rows], engine.statuses[slot], engine.turns[slot])
        return tuple(np.asarray(values).tobytes() for values in (*arrays, *numbers))

    def log(self, slot: int) -> list[str]:
        """The battle's log without the times at which the battle was played."""
        return [line for line in self.engine.battle_log(slot)["log"] if not line.startswith("|t:|")]


@pytest.fixture(scope="module")
def engine() -> Iterator[EmbeddedShowdown]:
    engine = EmbeddedShowdown("gen9randombattle", SLOTS)
    try:
        yield engine
    finally:
        engine.close()


@pytest.fixture
def table(engine: EmbeddedShowdown) -> Table:
    return Table(engine)


@pytest.mark.parametrize("battle_format", FORMATS)
def test_a_copy_continues_like_its_original(battle_format: str) -> None:
    engine = EmbeddedShowdown(battle_format, SLOTS)
    try:
        table = Table(engine)
        steps = 0
        for seed in range(3):
            table.start(0, seed)
            table.play(0, int(table.rng.integers(3, 30)))
            engine.copy(0, [1, 2])
            assert engine.snapshot(1) == engine.snapshot(0), "a copy gives another snapshot"
            untouched = engine.snapshot(2)
            for _ in range(25):
                assert table.seen(0) == table.seen(1)
                if engine.statuses[0] != RUNNING:
                    break
                engine.advance([0, 1], np.repeat(table.actions(0), 2, axis=0))
                steps += 1
            assert table.log(0) == table.log(1)
            assert engine.true_state(0) == engine.true_state(1)
            assert engine.snapshot(2) == untouched, "play in an original and a copy changed another copy"
        assert steps > 30
    finally:
        engine.close()


def test_play_in_a_copy_leaves_the_original_unchanged(table: Table) -> None:
    table.start(0, 3)
    table.play(0, 10)
    before, seen = table.engine.snapshot(0), table.seen(0)
    for _ in range(5):
        table.engine.copy(0, [1])
        assert table.play(1, 40) > 0
        assert table.engine.snapshot(0) == before and table.seen(0) == seen


def test_a_slot_takes_copies_of_battles_with_other_teams(table: Table) -> None:
    for seed in range(4):
        table.start(0, seed)
        table.play(0, 5 * seed + 2)
        table.engine.copy(0, [1])
        assert table.engine.snapshot(1) == table.engine.snapshot(0)
        table.play(1, 12)  # leaves effects behind that the next copy must not have


def test_one_call_copies_and_steps_many_battles(table: Table) -> None:
    engine = table.engine
    table.start(0, 8)
    table.play(0, 4)
    before = table.seen(0)
    first, second = table.actions(0), table.actions(0)
    engine.advance([1, 2], np.concatenate([first, second]), sources=[0, 0])
    found = [table.seen(1), table.seen(2)]
    assert table.seen(0) == before
    for slot, actions in ((1, first), (2, second)):
        engine.copy(0, [3])
        engine.advance([3], actions)
        assert table.seen(3) == found[slot - 1]


def test_seeds_decide_the_luck_of_a_step(table: Table) -> None:
    engine = table.engine
    differing = 0
    for seed in range(4):
        table.start(0, seed)
        table.play(0, 3)
        actions = np.repeat(table.actions(0), 3, axis=0)
        logs: list[list[str]] = []
        for _ in range(2):
            engine.advance([1, 2, 3], actions, sources=[0, 0, 0], seeds=[1, 1, 2**64 - 1])
            logs += [table.log(slot) for slot in (1, 2, 3)]
        assert logs[0] == logs[1] == logs[3] == logs[4] and logs[2] == logs[5]
        differing += logs[0] != logs[2]
    assert differing > 0


def test_a_copy_of_an_ended_battle_is_ended(table: Table) -> None:
    table.start(0, 1)
    table.play(0, 1000)
    table.engine.advance([1], np.array([[-1, -1]]), sources=[0])
    assert table.engine.statuses[0] != RUNNING and table.seen(0) == table.seen(1)


def test_messages_of_a_copied_battle_begin_anew(table: Table) -> None:
    for slot, seed in ((0, 1), (1, 2)):
        table.start(slot, seed)
        table.play(slot, 3)
    rows = np.array([0, 2])
    expected = table.engine.seat_messages(rows)[0]
    table.engine.copy(0, [1])
    messages = table.engine.seat_messages(rows)[1]
    assert messages.begins and messages.lines == expected.lines and messages.request == expected.request


def test_wrong_copies_are_refused_and_change_nothing(table: Table) -> None:
    engine = table.engine
    table.start(0, 1)
    before = table.seen(0)
    with pytest.raises(ValueError, match="into itself"):
        engine.copy(0, [0])
    with pytest.raises(ValueError, match="must be different"):
        engine.advance([1, 1], np.zeros((2, 2), dtype=int), sources=[0, 0])
    with pytest.raises(ValueError, match="a source and a battle to step"):
        engine.advance([0, 1], np.repeat(table.actions(0), 2, axis=0), sources=[3, 0])
    with pytest.raises(ValueError, match=r"need actions of shape \(1, 2\)"):
        engine.advance([1], np.zeros(2, dtype=int))
    with pytest.raises(ValueError, match="need 1 seeds"):
        engine.advance([0], table.actions(0), seeds=[])
    with pytest.raises(ValueError, match=r"not in \[0, 2\*\*64\)"):
        engine.advance([0], table.actions(0), seeds=[-1])
    with pytest.raises(IllegalActionError):
        engine.advance([1], np.array([[25, 26]]), sources=[0])
    with pytest.raises(IndexError):
        engine.copy(0, [SLOTS])
    assert table.seen(0) == before


def test_copies_stay_within_one_worker() -> None:
    engine = EmbeddedShowdown("gen1randombattle", SLOTS, num_workers=2)
    try:
        with pytest.raises(SnapshotError, match="battle 2: no battle has been started"):
            engine.copy(2, [3])
        with pytest.raises(SnapshotError, match="battle 3: no battle has been started"):
            engine.advance([2], np.array([[-1, -1]]), sources=[3])
        assert engine.slots_beside(0) == range(0, 2) and engine.slots_beside(3) == range(2, 4)
        table = Table(engine)
        table.start(2, 1)
        engine.copy(2, [3])
        assert table.seen(2) == table.seen(3)
        with pytest.raises(ValueError, match=r"another worker hosts: use slots in \[2, 4\)"):
            engine.copy(2, [0])
        table.start(0, 1)
        engine.advance([1, 3], np.concatenate([table.actions(0), table.actions(2)]), sources=[0, 2])
        assert table.seen(1) != table.seen(0)
    finally:
        engine.close()
