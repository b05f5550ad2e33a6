"""Battles for language models: the text of a view, answers in words, and the environment around them."""

from __future__ import annotations

import re
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

import pokeenv
from pokeenv import SINGLES, BattleEnv, ChoiceError, describe, legal_actions, parse_choice
from pokeenv.observation import NAMES
from pokeenv.wrappers import TextEnv
from tests.support.play import play_battles
from tests.support.position import Position
from tools.names import names

MASK = np.zeros(SINGLES.num_actions, dtype=np.int8)
MASK[[0, 6, 8, 24]] = 1

EXPECTED = """\
Turn 5

Opponent: Spikes x2
> Snorlax L80, 50%, PAR, Normal, Thick Fat
    moves: Body Slam
    boosts: Atk +1
  and 5 not seen yet

You
> Pikachu L90, 100%, Electric, Tera Water, Static, no item
    moves: Thunderbolt, (Fake Out)
  Gyarados L85, fainted, Water/Flying, no item
  and 4 not seen yet

Choices:
  6. Use Thunderbolt (Electric, special, power 90, accuracy 100%, PP 12/24).
  7. Use Fake Out (Normal, physical, power 40, accuracy 100%, PP 16/16, priority +3, 0.5x effective).
 22. Terastallize and use Thunderbolt (Electric, special, power 90, accuracy 100%, PP 12/24)."""


def test_the_text_of_a_view_is_the_documented_one() -> None:
    position = Position()
    position.field(turn=5, opposing_spikes=2, opposing_boost_atk=1)
    pikachu = {"species": "pikachu", "level": 90, "type_1": "electric", "tera_type": "water"}
    position.pokemon("own", 0, **pikachu, ability="static", item="none")
    gyarados = {"species": "gyarados", "level": 85, "hp": 0, "fainted": 1}
    position.pokemon("own", 1, **gyarados, type_1="water", type_2="flying", item="none")
    snorlax = {"species": "snorlax", "hp": 0.5, "status_par": 1, "active": 1}
    position.pokemon("opposing", 0, **snorlax, ability="thickfat")
    bolt = {"type": "electric", "physical": 0, "special": 1, "pp": 0.5, "max_pp": 24}
    position.move("own", 0, 0, "thunderbolt", 90, **bolt)
    fake_out = {"priority": 3, "effectiveness": 0.5, "usable": 0, "max_pp": 16}
    position.move("own", 0, 1, "fakeout", 40, **fake_out)
    position.move("opposing", 0, 0, "bodyslam", 85, max_pp=24)
    position.mask[:] = 0
    position.mask[[6, 7, 22]] = 1
    assert describe({"observation": position.observation, "action_mask": position.mask}) == EXPECTED


def test_the_documentation_shows_a_text_of_this_form() -> None:
    page = Path("docs/text.md").read_text(encoding="utf-8")
    assert EXPECTED in page


def test_every_legal_action_is_a_numbered_sentence() -> None:
    for obs, acting, env in play_battles("gen9randombattle", num_battles=2, steps=25, seed=8):
        for row in np.flatnonzero(acting):
            text = describe({key: values[row] for key, values in obs.items()})
            numbers = [int(number) for number in re.findall(r"^ *(\d+)\. [A-Z].*\.$", text, re.MULTILINE)]
            assert numbers == legal_actions(obs["action_mask"][row])
            assert "█" not in text
            scene = pokeenv.make_scene(env.engine, int(row))
            choices = text.split("Choices:")[1]
            assert describe(scene).endswith(choices), "with or without the engine, the same choices"


@pytest.mark.parametrize(
    ("answer", "action"),
    [
        ("6", 6),
        (" 24.\n", 24),
        ("I will use move number 8.", 8),
        ("Option 6 is good, 8 is better.\nChoice: 8", 8),
        ("choice: 0. No, I mean Choice: **6**", 6),
        ('{"reasoning": "HP 53%, so 8 of 24", "action": 24}', 24),
        ("The answer is 8", 8),
        ("6 or 6? Both say 6.", 6),
    ],
)
def test_answers_choose_by_number(answer: str, action: int) -> None:
    assert parse_choice(answer, MASK) == action


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("", "no number"),
        ("Thunderbolt!", "no number"),
        ("6 or 8", r"several numbers \(6, 8\).*'Choice: N', where N is one of: 0, 6, 8, 24"),
        ("Choice: 7", "7 is not a legal choice now; the legal ones are: 0, 6, 8, 24"),
        ("99999999999999999999", "not a legal choice"),
        ("-6", "no number"),
        ("6.5", "no number"),
        ("move6", "no number"),
        ("٦", "no number|not a legal choice"),
    ],
)
def test_an_answer_that_chooses_nothing_is_refused_in_words(answer: str, problem: str) -> None:
    with pytest.raises(ChoiceError, match=problem):
        parse_choice(answer, MASK)


def test_a_battle_is_played_in_words() -> None:
    env = TextEnv(gym.make("pokeenv/Battle-v0", battle_format="gen1randombattle", opponent="random"))
    text, _ = env.reset(seed=3)
    same = BattleEnv("gen1randombattle", opponent="random")
    same.reset(seed=3)
    ended, steps = False, 0
    while not ended:
        assert text in env.observation_space
        assert describe(same.scene()) == text
        number = re.findall(r"^ *(\d+)\. ", text, re.MULTILINE)[-1]
        text, reward, terminated, truncated, info = env.step(f"Choice: {number}")
        _, expected, *_ = same.step(int(number))
        assert reward == expected and "problem" not in info
        ended = terminated or truncated
        steps += 1
    assert re.match(r"Turn \d+ \| (You won|You lost|A tie) \| gen1randombattle", text)
    assert "Choices:" not in text and steps > 3
    with pytest.raises(gym.error.ResetNeeded):
        env.step("6")
    env.close()
    same.close()


def test_a_wrong_answer_is_asked_again_and_replaced_in_the_end() -> None:
    with gym.make("pokeenv/Battle-v0", battle_format="gen1randombattle") as inner:
        env = TextEnv(inner, tries=2)
        first, _ = env.reset(seed=3)
        again, reward, terminated, truncated, info = env.step("I pass.")
        assert (reward, terminated, truncated) == (0.0, False, False)
        assert "no number" in info["problem"] and info["problem"] in again and again.endswith(first)
        text, *_, info = env.step("Choice: 99")
        assert info["played_action"] in legal_actions(pokeenv.SINGLES.num_actions * [1])
        assert "99 is not a legal choice" in info["problem"] and not text.startswith("Your answer")
        assert "problem" in env.step("again?")[4] and env.step("6")[4].keys().isdisjoint({"played_action"})


def test_other_environments_and_numbers_are_refused() -> None:
    with pytest.raises(TypeError, match="wraps a BattleEnv, not a CartPole"):
        TextEnv(gym.make("CartPole-v1"))  # type: ignore[arg-type]
    with BattleEnv() as env, pytest.raises(ValueError, match="tries must be at least 1"):
        TextEnv(env, tries=0)
    with pytest.raises(ValueError, match="26 or 107 numbers, not 5"):
        describe({"observation": np.zeros(pokeenv.OBS_SIZE, dtype=np.float32), "action_mask": np.ones(5)})


def test_the_names_are_the_simulators() -> None:
    assert {table: list(found.values()) for table, found in NAMES.items()} == names(), "python -m tools.names"
