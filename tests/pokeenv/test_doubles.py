"""Doubles: two decisions a request, the second one masked by the first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from agents.players.scripted.random_legal import RandomAgent
from pokeenv import (
    DOUBLES,
    DOUBLES_LAYOUT,
    NO_ACTION,
    BattleEnv,
    SelfPlayVectorEnv,
    StreamHost,
    UnsupportedFormatError,
    decode,
    legal_actions,
    load_record,
    natural,
    observe_stream,
)
from pokeenv.replays.resimulate import resimulate_all
from pokeenv.wrappers import JointAction
from tests.support.play import play_battles, random_actions

FORMAT = "gen9randomdoublesbattle"
TEAMS = Path(__file__).parents[2] / "config" / "teams"


def field(obs: dict[str, Any], row: int, name: str) -> Any:
    return natural(obs["observation"][row], f"field.{name}", DOUBLES_LAYOUT)


def test_actions_are_numbered_as_one_slot_of_poke_env() -> None:
    """https://github.com/hsahovic/poke-env, `DoublesEnv.action_to_order`."""
    assert DOUBLES.num_actions == 107
    assert str(DOUBLES.decode(0)) == "pass"
    assert str(DOUBLES.decode(6)) == "switch 5"
    for action in range(7, 107):
        meaning = DOUBLES.decode(action)
        gimmick = ("", "mega", "zmove", "dynamax", "terastallize")[(action - 7) // 20]
        expected = ((action - 7) % 20 // 5, (action - 7) % 5 - 2, gimmick)
        assert (meaning.slot, meaning.target, meaning.gimmick) == expected


def test_a_request_is_a_left_and_then_a_right_decision_of_which_the_opponent_sees_nothing() -> None:
    with SelfPlayVectorEnv(FORMAT, 1) as env:
        obs, _ = env.reset(seed=3)
        before = obs["observation"].copy()
        assert env.acting.tolist() == [True, True]
        assert [field(obs, row, "deciding_left") for row in (0, 1)] == [True, True]
        masks = obs["action_mask"].copy()
        switch = int(np.flatnonzero(masks[0, 1:7])[0]) + 1
        left = [switch, int(np.flatnonzero(masks[1])[-1])]  # p1 switches, p2 uses a move
        obs, *_ = env.step(np.array(left))
        assert env.acting.tolist() == [True, True] and env.engine.turns[0] == 1
        assert field(obs, 0, "deciding_right") and not field(obs, 0, "deciding_left")
        assert field(obs, 0, f"left_switches_to_{switch - 1}")
        assert obs["action_mask"][0, switch] == 0  # the same Pokémon cannot come in twice
        meaning = DOUBLES.decode(left[1])
        assert field(obs, 1, f"left_uses_move_{meaning.slot}")
        # Nothing but the decision itself has changed.
        own = [place for place, f in enumerate(DOUBLES_LAYOUT.fields) if _is_choice(f.name)]
        changed = np.flatnonzero((obs["observation"] != before).any(axis=0))
        assert set(changed.tolist()) <= set(own)


def _is_choice(name: str) -> bool:
    return name.startswith(("field.deciding_", "field.left_", "field.can_", "field.maybe_", "field.trapped"))


def test_terastallization_is_offered_to_the_second_only_if_the_first_leaves_it() -> None:
    with SelfPlayVectorEnv(FORMAT, 1) as env:
        obs, _ = env.reset(seed=4)
        tera = [n for n, action in enumerate(DOUBLES.actions) if action.gimmick == "terastallize"]
        mask = obs["action_mask"]
        first = next(action for action in tera if mask[0, action])
        plain = first - 80
        snapshot = env.snapshot()
        obs, *_ = env.step(np.array([plain, legal_actions(mask[1])[0]]))
        assert obs["action_mask"][0, tera].any() and field(obs, 0, "can_terastallize")
        obs, _ = env.restore(snapshot)
        obs, *_ = env.step(np.array([first, legal_actions(mask[1])[0]]))
        assert not obs["action_mask"][0, tera].any() and not field(obs, 0, "can_terastallize")
        assert field(obs, 0, "left_uses_terastallize")


def test_every_observation_can_be_decoded_and_both_places_are_used() -> None:
    seen = set()
    for obs, acting, _ in play_battles(FORMAT, num_battles=4, steps=60, seed=2):
        for row in np.flatnonzero(acting).tolist():
            state = decode(obs["observation"][row])
            places = [(p["left"], p["right"]) for p in state["own"] if p["active"]]
            assert len(places) <= 2 and len(set(places)) == len(places)
            seen.update(places)
    assert seen == {(True, False), (False, True)}


def test_a_seat_with_one_pokemon_left_decides_once_a_turn() -> None:
    once = 0
    for obs, acting, _ in play_battles(FORMAT, num_battles=8, steps=250, seed=5):
        for row in np.flatnonzero(acting).tolist():
            fainted = 6 - int(natural(obs["observation"][row], "own.*.fainted", DOUBLES_LAYOUT).sum())
            if fainted == 1 and not field(obs, row, "force_switch"):
                once += 1
                left = bool(natural(obs["observation"][row], "own.*.left", DOUBLES_LAYOUT).any())
                assert field(obs, row, "deciding_left" if left else "deciding_right")
                assert field(obs, row, "left_passes") != left
    assert once > 5


@pytest.mark.parametrize(("battle_format", "picks"), [("gen9doublesou", 2), ("gen9championsvgc2026regmb", 4)])
def test_a_team_preview_picks_those_that_lead_or_those_that_are_brought(
    battle_format: str, picks: int
) -> None:
    with SelfPlayVectorEnv(battle_format, 1, teams=TEAMS / battle_format) as env:
        obs, _ = env.reset(seed=1)
        picked = []
        for _ in range(picks):
            assert obs["action_mask"][0, 1:7].tolist() == [slot not in picked for slot in range(6)]
            assert not obs["action_mask"][0, 0] and not obs["action_mask"][0, 7:].any()
            picked.append(5 - len(picked))
            obs, *_ = env.step(np.full(2, picked[-1] + 1))
        assert env.engine.turns[0] == 1
        for place, slot in zip(("left", "right"), picked, strict=False):
            assert natural(obs["observation"][0], f"own.{slot}.{place}", DOUBLES_LAYOUT)


def test_a_battle_env_plays_a_whole_battle_and_its_record_is_the_same_in_the_simulator(
    tmp_path: Path,
) -> None:
    env = BattleEnv(FORMAT, opponent="random", render_mode="rgb_array")
    rng = np.random.default_rng(0)
    obs, _ = env.reset(seed=6)
    over = False
    while not over:
        obs, _, terminated, truncated, _ = env.step(int(rng.choice(legal_actions(obs["action_mask"]))))
        over = terminated or truncated
    picture = env.render()
    assert isinstance(picture, np.ndarray) and picture.std() > 10
    page = env.save_replay(tmp_path / "battle.html")
    assert [record.battle_format for record in resimulate_all([page])] == [FORMAT]
    assert load_record(page).log[0] == "|gametype|doubles"
    env.close()


def test_a_fork_continues_to_the_same_bytes() -> None:
    rng = np.random.default_rng(1)
    with SelfPlayVectorEnv(FORMAT, 1, observation="damage") as env:
        obs, _ = env.reset(seed=8)
        for _ in range(7):  # in the middle of a request
            obs, *_ = env.step(random_actions(rng, env.acting, obs["action_mask"]))
        snapshot = env.snapshot()
        actions = []
        first = []
        for _ in range(30):
            actions.append(random_actions(rng, env.acting, obs["action_mask"]))
            obs, *_ = env.step(actions[-1])
            first.append(obs["observation"].copy())
        env.restore(snapshot)
        for action, expected in zip(actions, first, strict=True):
            obs, *_ = env.step(action)
            np.testing.assert_array_equal(obs["observation"], expected)


def test_a_stream_sees_what_the_environment_sees() -> None:
    rng = np.random.default_rng(2)
    rows = np.arange(2)
    compared = 0
    with SelfPlayVectorEnv(FORMAT, 1) as env, StreamHost() as host:
        obs, _ = env.reset(seed=9)
        streams = [observe_stream(FORMAT, seat, host=host) for seat in ("p1", "p2")]
        last: list[Any] = [None, None]
        for _ in range(60):
            for row, (stream, sent) in enumerate(zip(streams, env.engine.seat_messages(rows), strict=True)):
                if sent.lines or sent.request != last[row]:
                    stream.receive([*sent.lines, "|request|" + json.dumps(sent.request)])
                    last[row] = sent.request
                if env.acting[row]:
                    compared += 1
                    np.testing.assert_array_equal(stream.observation, obs["observation"][row])
                    np.testing.assert_array_equal(stream.action_mask, obs["action_mask"][row])
            if env.engine.statuses[0] != 0:
                break
            actions = random_actions(rng, env.acting, obs["action_mask"])
            for row in np.flatnonzero(env.acting).tolist():
                streams[row].choice(int(actions[row]))
            obs, *_ = env.step(np.where(env.acting, actions, NO_ACTION))
    assert compared > 30


def test_players_of_singles_are_refused_in_words() -> None:
    class OfSingles(RandomAgent):
        actives = 1

    with pytest.raises(ValueError, match="plays singles, and this is a battle of doubles"):
        BattleEnv(FORMAT, opponent=OfSingles())


def test_an_observation_that_does_not_exist_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match=r"observation='damag' .*; allowed: 'base', 'damage'"):
        BattleEnv(FORMAT, observation="damag")  # type: ignore[arg-type]


def test_a_joint_action_answers_a_whole_request() -> None:
    env = JointAction(BattleEnv(FORMAT, on_illegal="raise"))
    assert env.action_space == gym.spaces.MultiDiscrete([107, 107])
    rng = np.random.default_rng(0)
    obs, _ = env.reset(seed=3)
    turns = []
    over = False
    while not over:
        assert env.observation_space.contains(obs)
        left, right = (np.flatnonzero(mask) for mask in obs["action_mask"])
        action = np.array([rng.choice(left), rng.choice(right)])
        taken = DOUBLES.decode(int(action[0]))
        kinds = ("switch",) if taken.kind == "switch" else (taken.gimmick,) if taken.gimmick else ()
        free = [n for n in right.tolist() if not _excluded(n, int(action[0]), kinds)]
        action[1] = rng.choice(free or right)
        obs, reward, terminated, truncated, info = env.step(action)  # raises where a pair is refused
        turns.append(info["turns"])
        over = terminated or truncated
    assert reward in (-1.0, 0.0, 1.0) and reward == info["outcome"]
    assert not obs["action_mask"].any()
    assert np.mean(np.diff(turns)) > 0.4  # most steps lead to the next turn
    env.close()


def _excluded(number: int, left: int, kinds: tuple[str, ...]) -> bool:
    action = DOUBLES.decode(number)
    if "switch" in kinds:
        return number == left
    return (action.kind == "pass" and left == 0) or (action.gimmick in kinds and bool(action.gimmick))


def test_a_pair_that_excludes_itself_is_an_illegal_action() -> None:
    env = JointAction(BattleEnv(FORMAT, on_illegal="random"))
    obs, _ = env.reset(seed=3)
    switch = next(n for n in range(1, 7) if obs["action_mask"][:, n].all())
    _, _, _, _, info = env.step(np.array([switch, switch]))
    assert info["illegal_action"] == switch and info["played_action"] != switch
    env.close()


def test_joint_actions_are_refused_in_singles() -> None:
    with pytest.raises(UnsupportedFormatError, match="'gen9randombattle' is none: leave the wrapper out"):
        JointAction(BattleEnv("gen9randombattle"))
