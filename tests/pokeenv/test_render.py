"""Seeing a battle: the board as text and as a picture."""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import gymnasium as gym
import imageio_ffmpeg
import numpy as np
import pytest
from gymnasium.wrappers import RecordVideo

import pokeenv
from pokeenv import BattleEnv, RenderError
from pokeenv.render.ansi import board_text
from pokeenv.render.image import HEIGHT, WIDTH, board_image
from pokeenv.render.reading import read_scene
from pokeenv.render.scene import Scene, Side
from tests.support.play import GENERATIONS, play_battles

PICTURE = (HEIGHT, WIDTH, 3)


def play(env: gym.Env[Any, Any], seed: int, *, most: int = 1000) -> Iterator[dict[str, Any]]:
    """Random play; the observation of every decision, and of the end."""
    rng = np.random.default_rng(seed)
    obs, _ = env.reset(seed=seed)
    yield obs
    for _ in range(most):
        obs, _, terminated, truncated, _ = env.step(int(rng.choice(np.flatnonzero(obs["action_mask"]))))
        yield obs
        if terminated or truncated:
            return


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_battle_of_every_generation_is_told_in_words_to_its_end(generation: int) -> None:
    with BattleEnv(f"gen{generation}randombattle", render_mode="ansi") as env:
        boards = [env.render() for _ in play(env, seed=generation)]
    assert all(isinstance(board, str) for board in boards)
    text = "\n".join(map(str, boards))
    assert "Turn 1 | gen" in text
    assert re.search(r"^The opposing .* used .*!$", text, flags=re.MULTILINE)
    assert re.search(r"^  .* lost [\d.]+% of its health!$", text, flags=re.MULTILINE)
    assert "**" not in text and "||" not in text, "marks of the formatter"
    assert re.search(r"^Turn \d+ \| (You won|You lost|A tie) \|", str(boards[-1]))
    assert not any("You won" in str(board) or "You lost" in str(board) for board in boards[:-1])


def test_the_board_holds_what_the_seat_knows() -> None:
    with BattleEnv("gen9randombattle", render_mode="ansi") as env:
        obs, _ = env.reset(seed=2)
        board = str(env.render())
        own = pokeenv.decode(obs["observation"])["own"]
    assert board.startswith("Turn 1 | gen9randombattle")
    flat = re.sub(r"[^a-z0-9]", "", board.lower())
    assert all(pokemon["species"] in flat and pokemon["item"] in flat for pokemon in own)
    assert "and 5 not seen yet" in board
    board, choices = board.split("Choices:")
    assert board.count("100%") == 7
    assert len(choices.strip().split("\n")) == obs["action_mask"].sum()
    assert "Battle started between Player 1 and Player 2!" in board


def test_the_board_tells_of_the_opposing_side_what_was_shown_and_no_more() -> None:
    shown_late = 0
    with BattleEnv("gen9randombattle", render_mode="ansi") as env:
        for _ in play(env, seed=6, most=25):
            board = str(env.render())
            log = env.battle_log()
            public = "\n".join(line for line in log["log"] if not line.startswith("|player|"))
            for member in log["teams"][1]:
                name = member["species"].split("-")[0]
                if name not in public:
                    assert name not in board
                    shown_late += 1
            # A seat knows its own health exactly and the other side's in whole percents.
            for lost in re.findall(r"The opposing .* lost (\S+)% of", board):
                assert lost.isdigit()
    assert shown_late > 0


def test_looking_at_a_battle_changes_nothing() -> None:
    def log(render_mode: str | None) -> list[str]:
        with BattleEnv("gen8randombattle", render_mode=render_mode) as env:
            for _ in play(env, seed=5, most=12):
                env.render()
            return [line for line in env.battle_log()["log"] if not line.startswith("|t:|")]

    assert log(None) == log("ansi") == log("rgb_array")


def test_the_picture_is_the_same_for_the_same_battle_and_shows_what_changes() -> None:
    def pictures() -> list[np.ndarray]:
        with BattleEnv("gen9randombattle", render_mode="rgb_array") as env:
            return [np.asarray(env.render()) for _ in play(env, seed=4, most=4)]

    first, again = pictures(), pictures()
    assert {picture.shape for picture in first} == {PICTURE}
    assert {picture.dtype for picture in first} == {np.dtype(np.uint8)}
    assert all((one == other).all() for one, other in zip(first, again, strict=True))
    assert all((one != other).any() for one, other in pairwise(first))


def test_accents_that_the_font_lacks_are_left_out() -> None:
    own, opposing = (Side(title, (), 0, ()) for title in ("You", "Opponent"))
    board = Scene("", 1, "", (), own, opposing, (), "")
    with_accent, without, other = (
        board_image(dataclasses.replace(board, phase=phase))
        for phase in ("choose a Pokémon", "choose a Pokemon", "choose a Pokomon")
    )
    assert np.array_equal(with_accent, without) and not np.array_equal(without, other)


@pytest.mark.parametrize(
    "generation", [1, 8, *(pytest.param(each, marks=pytest.mark.slow) for each in (6, 7))]
)
def test_boards_from_the_start_to_the_end_of_a_battle_can_be_drawn(generation: int) -> None:
    with BattleEnv(f"gen{generation}randombattle", render_mode="rgb_array") as env:
        drawn = [
            np.asarray(env.render()).shape
            for decision, _ in enumerate(play(env, seed=20 + generation))
            if decision % 12 == 0 or not env.action_masks().any()
        ]
    assert len(drawn) > 2
    assert set(drawn) == {PICTURE}


def test_record_video_writes_a_film_of_the_battle(tmp_path: Path) -> None:
    env = gym.make("pokeenv/gen1randombattle-v0", render_mode="rgb_array")
    film = RecordVideo(env, str(tmp_path / "film"), episode_trigger=lambda episode: True, disable_logger=True)
    decisions = len(list(play(film, seed=3, most=6)))
    film.close()
    (path,) = tmp_path.glob("film/*.mp4")
    frames, seconds = imageio_ffmpeg.count_frames_and_secs(str(path))
    assert frames == decisions
    assert seconds == pytest.approx(decisions / env.metadata["render_fps"], abs=1.0)


def test_without_pillow_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = read_scene(np.zeros(pokeenv.OBS_SIZE, dtype=np.float32), names={}, narration=[])
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(RenderError, match=r"pip install 'pokeenv\[render\]'"):
        board_image(scene)


def test_a_battle_given_up_or_stopped_says_so() -> None:
    with BattleEnv("gen1randombattle", render_mode="ansi", on_illegal="forfeit") as env:
        obs, _ = env.reset(seed=1)
        env.step(int(np.flatnonzero(obs["action_mask"] == 0)[0]))
        assert "You lost by forfeit" in str(env.render())
    with BattleEnv("gen1randombattle", render_mode="ansi", turn_limit=1) as env:
        list(play(env, seed=1))
        assert "Stopped by the turn limit" in str(env.render())


def scene_of(**changes: float) -> Scene:
    """The scene of an observation in which only the named fields are not 0."""
    observation = np.zeros(pokeenv.OBS_SIZE, dtype=np.float32)
    for name, value in changes.items():
        observation[pokeenv.LAYOUT.offsets[name.replace("__", ".")]] = value
    narration: list[dict[str, Any]] = [{"turn": 3, "messages": ["Said before."]}, {"turn": 4, "messages": []}]
    return read_scene(observation, names={"moves": {"trickroom": "Trick Room"}}, narration=narration)


def test_turns_layers_and_stages_are_counted_in_whole_numbers() -> None:
    scene = scene_of(
        field__weather_raindance=1,
        field__weather_turns=3 / 8,
        field__weather_turns_most=6 / 8,
        field__trickroom=5 / 8,
        field__own_spikes=2 / 3,
        field__opposing_reflect=1,
        field__opposing_reflect_turns=4 / 8,
        field__opposing_reflect_turns_most=4 / 8,
        field__opposing_boost_spe=-2 / 6,
        field__opposing_perish=1 / 3,
        field__opposing_team_size=3 / 6,
        opposing__0__known=1,
        opposing__0__active=1,
        opposing__0__hp=0.25,
        opposing__0__status_slp=1,
        opposing__0__sleep_turns=2 / 7,
    )
    assert scene.field == ("Rain (3-6)", "Trick Room (5)")
    assert scene.own.conditions == ("spikes x2",)
    assert scene.opposing.conditions == ("reflect (4)",)
    assert scene.opposing.unknown == 2
    (active,) = scene.opposing.actives
    assert (active.boosts, active.volatiles, active.status) == ({"Spe": -2}, ("Perish 1",), "SLP 2")
    assert (scene.turn, scene.messages) == (4, ("Said before.",))
    text = board_text(scene)
    assert "█████░░░░░░░░░░░░░░░ 25%" in text
    assert "boosts: Spe -2" in text and "state: Perish 1" in text


def test_the_choices_of_a_scene_are_the_legal_actions_by_name() -> None:
    named = 0
    for obs, acting, env in play_battles("gen7randombattle", num_battles=2, steps=30, seed=12):
        for row in np.flatnonzero(acting):
            scene = pokeenv.make_scene(env.engine, int(row))
            own = pokeenv.decode(obs["observation"][row])["own"]
            assert [choice.action for choice in scene.choices] == pokeenv.legal_actions(
                obs["action_mask"][row]
            )
            assert [member.stats["spe"] for member in scene.own.team] == [one["stat_spe"] for one in own]
            assert all(member.base_stats["hp"] and not member.stats for member in scene.opposing.team)
            for choice in scene.choices:
                if choice.kind == "switch":
                    assert choice.pokemon == scene.own.team[choice.slot]
                elif choice.move is not None:
                    named += 1
                    move = next(pokemon for pokemon in own if pokemon["active"])["moves"][choice.slot]
                    assert (choice.move.id, choice.move.max_pp) == (move["id"], move["max_pp"])
                    assert choice.move.pp == round(move["pp"] * move["max_pp"])
                    assert choice.move.power == pytest.approx(move["power"])
    assert named > 50


def test_a_move_outside_the_four_is_a_choice_without_a_move() -> None:
    observation = np.zeros(pokeenv.OBS_SIZE, dtype=np.float32)
    for name in ("own.0.known", "own.0.active", "own.0.move.0.known"):
        pokeenv.write_natural(observation, name, 1)
    pokeenv.write_natural(observation, "own.0.move.0.id", "tackle")
    actions = {6: pokeenv.SINGLES.decode(6)}
    (choice,) = read_scene(observation, names={}, narration=[], actions=actions).choices
    assert (choice.move, choice.name) == (None, "the only move left")
    pokeenv.write_natural(observation, "own.0.move.0.usable", 1)
    (choice,) = read_scene(observation, names={}, narration=[], actions=actions).choices
    assert choice.name == "tackle"


def test_switches_name_the_right_pokemon_after_some_were_picked() -> None:
    with BattleEnv("gen9bssregi", teams="config/teams/gen9bssregi") as env:
        obs, _ = env.reset(seed=2)
        for action in (5, 3, 1):  # the last of the team leads, so its slots have gaps from now on
            obs, *_ = env.step(action)
        scene = env.scene()
        own = pokeenv.decode(obs["observation"])["own"]
        switches = [choice for choice in scene.choices if choice.kind == "switch"]
        assert len(scene.own.team) == 3 and {choice.slot for choice in switches} == {1, 3}
        for choice in switches:
            assert choice.pokemon is not None
            assert re.sub("[^a-z]", "", choice.pokemon.name.lower()) == own[choice.slot]["species"]
