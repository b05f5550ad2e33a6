"""The yardstick `odds`: positions with one right answer, and what no run may learn from or against."""

from __future__ import annotations

from pathlib import Path

import pytest

import train_selfplay
from agents.config import load_config
from agents.config.opponent_mix import opponent_names, parse_mix
from agents.errors import ConfigError, OpponentError
from agents.evaluate.matches import Matches
from agents.players.baselines import make_baseline
from agents.players.scripted.max_damage import MaxDamageAgent
from agents.players.scripted.odds import OddsAgent
from agents.registry import YARDSTICKS
from pokeenv import UnsupportedFormatError, check_plays, parse_format
from tests.support.position import Position, decide
from tests.support.training import arguments


def odds(position: Position) -> int:
    return decide(OddsAgent(), position)[0]


def worth(position: Position, action: int) -> float:
    observations, masks = position.observation[None], position.mask[None] > 0
    return float(OddsAgent().score(observations, masks)[0, action])


def attacks(second_power: float, **second: float) -> Position:
    position = Position().move("own", 0, 0, "tackle", 80)
    return position.move("own", 0, 1, "strength", second_power, **second)


def test_a_sure_hit_is_better_than_a_strong_one_that_misses_if_both_knock_out() -> None:
    position = attacks(120, accuracy=0.7)
    assert odds(position) == 7
    assert odds(position.pokemon("opposing", 0, active=1, hp=0.1)) == 6


def test_the_worth_of_an_attack_is_the_mean_over_its_outcomes() -> None:
    # No replies: the opponent is asleep in generation 1. The opponent has a quarter of its HP left, and only
    # a hit that lands knocks it out.
    position = Position(generation=1)
    for slot, accuracy in enumerate((1.0, 0.6, 0.0)):
        position.move("own", 0, slot, "strength", 250, accuracy=accuracy)
    position.pokemon("opposing", 0, active=1, hp=0.25, status_slp=1)
    hit, mean, miss = (worth(position, action) for action in (6, 7, 8))
    assert mean == pytest.approx(0.6 * hit + 0.4 * miss, abs=1e-5)
    assert 1.0 < hit < 1.02  # a whole Pokémon against none, and the tie-breaker


def test_a_slower_pokemon_takes_the_quick_attack_that_knocks_out_first() -> None:
    position = attacks(40, priority=1).pokemon("opposing", 0, active=1, hp=0.1, base_spe=150)
    position.move("opposing", 0, 0, "doubleedge", 250, stab=1).pokemon("own", 0, active=1, hp=0.3)
    assert odds(position) == 7
    assert odds(position.pokemon("opposing", 0, active=1, hp=0.1, base_spe=10)) == 6


def test_it_switches_to_an_immune_pokemon_only_when_it_must_lose_otherwise() -> None:
    position = Position().move("own", 0, 0, "tackle", 20, effectiveness=0.25)
    position.pokemon("own", 0, active=1, last_move="tackle")
    position.pokemon("own", 1, type_1="ghost").move("own", 1, 0, "shadowball", 80, type="ghost")
    for slot in range(4):
        position.move("opposing", 0, slot, "strength", 120, stab=1)
    assert odds(position) == 1
    assert odds(position.move("own", 0, 0, "strength", 250, effectiveness=2)) == 6


def test_it_heals_when_low_and_sets_up_when_whole_and_safe() -> None:
    position = Position().move("own", 0, 0, "tackle", 40).move("own", 0, 1, "recover", 0)
    position.move("own", 0, 2, "swordsdance", 0)
    position.pokemon("opposing", 0, active=1, base_atk=40, base_spa=40)
    assert odds(position) == 8
    assert odds(position.pokemon("own", 0, active=1, hp=0.3)) == 7
    assert odds(position.pokemon("own", 0, active=1).field(own_boost_atk=4)) == 6


def test_it_inflicts_no_status_on_the_ill_and_the_immune() -> None:
    position = Position().move("own", 0, 0, "tackle", 10).move("own", 0, 1, "willowisp", 0)
    assert odds(position) == 7
    assert odds(position.pokemon("opposing", 0, active=1, status_par=1)) == 6
    assert odds(position.pokemon("opposing", 0, active=1, type_1="fire")) == 6


def test_a_forced_switch_is_free_and_takes_the_better_attacker() -> None:
    position = Position().pokemon("own", 1).move("own", 1, 0, "tackle", 20).pokemon("own", 2)
    position.move("own", 2, 0, "strength", 100).force_switch()
    assert odds(position) == 2


def test_it_refuses_doubles_in_words() -> None:
    doubles = parse_format("gen9randomdoublesbattle", has_teams=None)
    with pytest.raises(UnsupportedFormatError, match="odds plays singles, and this is a battle of doubles"):
        check_plays(OddsAgent(), doubles)


@pytest.mark.parametrize(
    ("key", "value", "agent"),
    [
        ("evaluation__opponents", "[odds]", "odds"),
        ("evaluation__opponents", "['search:odds?sims=4']", "search:odds?sims=4"),
        ("opponent_mix", "self:0.5,expert:0.5", "expert"),
        ("teacher", "expert", "expert"),
    ],
)
def test_a_run_in_doubles_does_not_begin_with_an_agent_that_plays_singles_only(
    key: str, value: str, agent: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {"battle_format": "gen9randomdoublesbattle", key: value, "evaluation__battles": 2}
    assert train_selfplay.main(arguments(tmp_path, **settings)) == 2
    assert f"{agent} plays singles, and this is a battle of doubles" in capsys.readouterr().err


@pytest.mark.parametrize("name", [*YARDSTICKS, *(f"search:{name}?sims=4" for name in YARDSTICKS)])
def test_no_run_learns_from_or_against_a_yardstick(name: str) -> None:
    assert name not in opponent_names()
    with pytest.raises(OpponentError, match="for measuring alone"):
        parse_mix(f"self:0.5,{name}:0.5")
    for setting in (f"opponent={name}", f"teacher={name}"):
        with pytest.raises(ConfigError, match="for measuring alone"):
            load_config(None, [setting])


@pytest.mark.slow
def test_it_beats_max_and_can_be_named() -> None:
    assert make_baseline("odds").name == "odds"
    with Matches("gen1randombattle", parallel=40) as matches:
        assert matches.play(OddsAgent(), MaxDamageAgent(), 40, seed=0).win_rate > 0.5
