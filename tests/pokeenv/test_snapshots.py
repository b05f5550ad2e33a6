"""A battle continues from a snapshot to the same bytes, whatever its slot held before."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from agents.players.scripted.random_legal import RandomAgent
from agents.players.scripted.rule_based import RuleBasedAgent
from pokeenv import BattleEnv, SelfPlayVectorEnv, SnapshotError, decode
from pokeenv.engine import RUNNING, SEED_WORDS
from pokeenv.engine.showdown.engine import EmbeddedShowdown
from tests.support.play import GENERATIONS

TEAMS = Path(__file__).parents[2] / "config" / "teams" / "gen1ou"
SLOTS = 2  # snapshots are taken in slot 0 and restored in slot 1 too


def seed_of(number: int) -> np.ndarray[Any, np.dtype[np.uint16]]:
    return np.full(SEED_WORDS, number, dtype=np.uint16)


class Player:
    """Random play of one slot of an engine, the other one idle."""

    def __init__(self, engine: EmbeddedShowdown, slot: int, seed: int) -> None:
        self.engine, self.slot = engine, slot
        self.rows = slice(2 * slot, 2 * slot + 2)
        self.rng = np.random.default_rng(seed)

    @property
    def running(self) -> bool:
        return bool(self.engine.statuses[self.slot] == RUNNING)

    def move(self, resets: dict[int, Any] | None = None) -> None:
        actions = np.full(2 * SLOTS, -1)
        for row in range(2 * SLOTS)[self.rows]:
            if self.engine.acting[row]:
                actions[row] = self.rng.choice(np.flatnonzero(self.engine.action_masks[row]))
        self.engine.step_async(actions, resets, idle=[other for other in range(SLOTS) if other != self.slot])
        self.engine.step_wait()

    def start(self, seed: int) -> None:
        self.move({self.slot: seed_of(seed)})

    def seen(self) -> tuple[bytes, ...]:
        """Every value that depends on the slot."""
        engine, rows = self.engine, self.rows
        told = engine.acting[rows] | (not self.running)
        arrays = (engine.observations[rows][told], engine.action_masks[rows], engine.acting[rows])
        numbers = (engine.signals[rows], engine.statuses[self.slot], engine.turns[self.slot])
        return tuple(np.asarray(values).tobytes() for values in (*arrays, *numbers))

    def to_the_end(self) -> tuple[list[tuple[bytes, ...]], dict[str, Any]]:
        """All values of the slot until the battle ends, and its log."""
        seen = [self.seen()]
        while self.running:
            self.move()
            seen.append(self.seen())
        record = self.engine.battle_log(self.slot)
        return seen, record | {"log": [line for line in record["log"] if not line.startswith("|t:|")]}


def check_continuation(engine: EmbeddedShowdown, *, seed: int = 5) -> int:
    """Finish the battle of slot 0, and again from a snapshot in both slots; returns steps compared."""
    snapshot = engine.snapshot(0)
    assert engine.snapshot(0) == snapshot, "taking a snapshot changed the battle"
    expected = Player(engine, 0, seed).to_the_end()
    for slot in (0, 1):
        engine.restore(slot, snapshot)
        assert engine.snapshot(slot) == snapshot, "a restored battle gives another snapshot"
        assert Player(engine, slot, seed).to_the_end() == expected
    return len(expected[0])


@pytest.mark.parametrize("battles", [1, pytest.param(10, marks=pytest.mark.slow)])
@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_battle_continues_from_a_snapshot_at_any_point(generation: int, battles: int) -> None:
    engine = EmbeddedShowdown(f"gen{generation}randombattle", SLOTS)
    try:
        compared = 0
        for seed in range(battles):
            player = Player(engine, 0, seed)
            player.start(10 * generation + seed)
            for _ in range(int(player.rng.integers(5, 25))):
                player.move()
                if not player.running:
                    break
            compared += check_continuation(engine)
        assert compared > 10
    finally:
        engine.close()


def test_a_battle_goes_on_from_a_forced_switch() -> None:
    engine = EmbeddedShowdown("gen9randombattle", SLOTS)
    try:
        player = Player(engine, 0, 0)
        player.start(1)
        while engine.acting[:2].all():
            player.move()
        row = int(engine.acting[:2].argmax())
        assert decode(engine.observations[row])["field"]["force_switch"]
        assert check_continuation(engine) > 1
    finally:
        engine.close()


def test_a_battle_goes_on_where_one_seat_has_chosen_and_the_other_was_refused() -> None:
    engine = EmbeddedShowdown("gen4randombattle", SLOTS)
    try:
        player = Player(engine, 0, 0)
        player.start(7)
        refused = False
        while not refused:
            assert player.running, "no choice was refused: try another seed"
            turn = engine.turns[0]
            actions = [int(np.flatnonzero(mask)[0]) if mask.any() else -1 for mask in engine.action_masks]
            both = engine.acting[:2].all()
            engine.step_async(np.array(actions), idle=[1])
            engine.step_wait()
            moves = engine.action_masks[:2, 6:].any(axis=1)
            refused = bool(both and engine.turns[0] == turn and moves.sum() == 1)
        assert check_continuation(engine) > 1
    finally:
        engine.close()


def test_a_battle_goes_on_from_team_preview() -> None:
    with SelfPlayVectorEnv("gen9customgame", SLOTS, teams=TEAMS) as env:
        env.reset(seed=3)
        assert decode(env.engine.observations[0])["field"]["team_preview"]
        assert check_continuation(env.engine) > 10


def test_a_battle_goes_on_under_an_effect_that_names_a_part_of_a_move_as_its_cause(tmp_path: Path) -> None:
    """The cause of Throat Chop's ban on sounds is the move's secondary effect, which has a function."""
    (tmp_path / "team.txt").write_text("Incineroar\nAbility: Blaze\n- Throat Chop\n- Rest\n- Roar\n")
    with SelfPlayVectorEnv("gen9customgame", SLOTS, teams=tmp_path) as env:
        env.reset(seed=1)
        player = Player(env.engine, 0, 0)
        while not any("-start" in line and "Throat Chop" in line for line in env.engine.battle_log(0)["log"]):
            assert player.running, "nobody used Throat Chop: try another seed"
            player.move()
        assert player.running
        assert check_continuation(env.engine) > 1


def play(env: BattleEnv, info: dict[str, Any]) -> list[Any]:
    """Play into the next battle, with some illegal actions; returns all results of `step`."""
    rng = np.random.default_rng(2)
    seen: list[Any] = [info]
    left = 1000
    while left:
        left -= 1
        obs, reward, terminated, truncated, info = env.step(int(rng.integers(26)))
        seen.append([obs["observation"].tobytes(), obs["action_mask"].tobytes(), reward, terminated, info])
        if terminated or truncated:
            left = min(left, 10)
            env.reset()
    return seen


def same(first: Any, second: Any) -> bool:
    return pickle.dumps(first) == pickle.dumps(second)


@pytest.mark.parametrize(
    "opponent", ["random", RandomAgent(), RuleBasedAgent(), lambda obs, mask: mask.argmax()]
)
def test_an_environment_goes_on_with_its_random_generators_and_its_opponent(opponent: Any) -> None:
    env = BattleEnv("gen1randombattle", opponent=opponent)
    try:
        env.reset(seed=4)
        for _ in range(6):
            _, _, _, _, info = env.step(int(env.action_masks().argmax()))
        snapshot = pickle.loads(pickle.dumps(env.snapshot()))
        first = play(env, info)
        _, info = env.restore(snapshot)
        assert same(play(env, info), first)
    finally:
        env.close()


def test_forks_are_environments_of_their_own() -> None:
    env = BattleEnv("gen9randombattle", opponent=RandomAgent())
    forks: list[BattleEnv] = []
    try:
        env.reset(seed=1)
        _, _, _, _, info = env.step(int(env.action_masks().argmax()))
        forks = env.fork(2)
        first = play(env, info)
        assert all(same(play(fork, info), first) for fork in forks)
    finally:
        for each in [env, *forks]:
            each.close()


def test_a_vector_environment_goes_on_into_its_next_battles() -> None:
    def episode(env: SelfPlayVectorEnv) -> list[bytes]:
        rng = np.random.default_rng(6)
        seen: list[bytes] = []
        for _ in range(80):
            masks = env.engine.action_masks
            actions = np.array([rng.choice(np.flatnonzero(mask)) if mask.any() else -1 for mask in masks])
            obs, rewards, terminated, truncated, infos = env.step(actions)
            told = env.acting | terminated | truncated
            seen += [obs["observation"][told].tobytes(), obs["action_mask"].tobytes(), rewards.tobytes()]
            seen += [values.tobytes() for values in infos.values()]
        return seen

    with SelfPlayVectorEnv("gen1randombattle", 2, num_workers=2) as env:
        env.reset(seed=1)
        episode(env)
        snapshot = env.snapshot()
        first = episode(env)
        env.restore(snapshot)
        assert episode(env) == first


def test_a_fork_fills_slots_and_leaves_their_later_battles_alone() -> None:
    with SelfPlayVectorEnv("gen1randombattle", 3) as env:
        env.reset(seed=1)
        env.step(env.engine.action_masks.argmax(axis=1))
        env.fork(0, into=[1, 2])
        rows = env.engine.observations.reshape(3, -1)
        assert (rows == rows[0]).all()
        _, _, _, _, infos = env.step(env.engine.action_masks.argmax(axis=1))
        rows = env.engine.observations.reshape(3, -1)
        assert (rows == rows[0]).all()
        assert len(set(infos["seed"])) == 1 and len(set(infos["episode_length"])) == 1
        later = {int(env._seeds.draw(slot)[0]) for slot in range(3)} if env._seeds else set()
        assert len(later) == 3


@pytest.fixture(scope="module")
def env() -> Iterator[BattleEnv]:
    env = BattleEnv("gen1randombattle")
    env.reset(seed=1)
    yield env
    env.close()


def test_a_snapshot_of_another_format_is_refused_and_changes_nothing(env: BattleEnv) -> None:
    before = env.snapshot()
    other = BattleEnv("gen2randombattle")
    try:
        with pytest.raises(
            SnapshotError, match=r"'gen1randombattle', this environment .* 'gen2randombattle'"
        ):
            other.restore(before)
    finally:
        other.close()
    with (
        SelfPlayVectorEnv("gen1randombattle", 1) as vector,
        pytest.raises(SnapshotError, match="is of a BattleEnv"),
    ):
        vector.restore(before)
    assert env.snapshot().battles == before.battles


@pytest.mark.parametrize("name", ["version", "layout", "simulator", "worker"])
def test_a_snapshot_of_another_version_is_refused(env: BattleEnv, name: str) -> None:
    engine = env._seats.engine
    snapshot = engine.snapshot(0)
    head, content = snapshot.split(b"\n", 1)
    mark = b"pokeenv snapshot "
    origin = json.loads(head.removeprefix(mark)) | {name: "another"}
    changed = mark + json.dumps(origin).encode() + b"\n" + content
    with pytest.raises(SnapshotError, match=f"the snapshot is of {name} "):
        engine.restore(0, changed)
    with pytest.raises(SnapshotError, match="not a snapshot"):
        engine.restore(0, b"nothing of the kind")
    engine.restore(0, snapshot)


def test_a_snapshot_needs_a_battle_and_an_opponent_that_can_be_kept() -> None:
    class Forgetful:
        begin, reset_rows, act = RuleBasedAgent.begin, RuleBasedAgent.reset_rows, RuleBasedAgent.act
        score = RuleBasedAgent.score

    env = BattleEnv("gen1randombattle", opponent=Forgetful())
    try:
        with pytest.raises(gym.error.ResetNeeded):
            env.snapshot()
        env.reset(seed=1)
        with pytest.raises(SnapshotError, match="a Forgetful, cannot be part of a snapshot"):
            env.snapshot()
    finally:
        env.close()
    with SelfPlayVectorEnv("gen1randombattle", 1) as vector, pytest.raises(SnapshotError, match="no battle"):
        vector.snapshot()
