"""The rule-based opponent, in positions that each have one right answer, and against `max`."""

from __future__ import annotations

import pytest

from agents.evaluate.matches import Matches
from agents.players.scripted.max_damage import MaxDamageAgent
from agents.players.scripted.rule_based import RuleBasedAgent
from tests.support.position import Position, decide


def worth(position: Position, action: int) -> float:
    observations, masks = position.observation[None], position.mask[None] > 0
    return float(RuleBasedAgent().score(observations, masks)[0, action])


def rule(position: Position) -> int:
    return decide(RuleBasedAgent(), position)[0]


def test_rule_recovers_when_low_and_not_when_healthy_or_doomed() -> None:
    position = Position().move("own", 0, 0, "strength", 80).move("own", 0, 1, "recover", 0)
    position.pokemon("opposing", 0, active=1, hp=0.4)
    assert rule(position) == 6
    assert rule(position.pokemon("own", 0, active=1, hp=0.3)) == 7
    doomed = position.move("opposing", 0, 0, "explosion", 250, stab=1)
    assert rule(doomed) == 6


def test_rule_knocks_out_rather_than_recovers_less_than_it_would_lose() -> None:
    position = Position().move("own", 0, 0, "tackle", 40).move("own", 0, 1, "recover", 0)
    position.move("opposing", 0, 0, "doubleedge", 120, stab=1)
    position.pokemon("own", 0, active=1, hp=0.55).pokemon("opposing", 0, active=1, hp=0.02)
    assert rule(position) == 6


def test_rule_sets_up_rocks_once_and_not_for_the_last_opponent() -> None:
    position = Position().move("own", 0, 0, "tackle", 40).move("own", 0, 1, "stealthrock", 0)
    assert rule(position) == 7
    assert rule(position.field(opposing_stealthrock=1)) == 6
    assert rule(position.field(opposing_stealthrock=0, opposing_fainted=5)) == 6


def test_rule_sets_up_when_healthy_and_stops_when_boosted() -> None:
    position = Position().move("own", 0, 0, "tackle", 40).move("own", 0, 1, "swordsdance", 0)
    assert rule(position) == 7
    assert rule(position.field(own_boost_atk=6)) == 6
    assert rule(position.field(own_boost_atk=0).pokemon("own", 0, active=1, hp=0.4)) == 6


def test_rule_gives_no_status_to_a_pokemon_that_has_one_or_is_immune() -> None:
    position = Position().move("own", 0, 0, "tackle", 40).move("own", 0, 1, "spore", 0)
    assert rule(position) == 7
    assert rule(position.pokemon("opposing", 0, active=1, status_par=1)) == 6
    assert rule(position.pokemon("opposing", 0, active=1, status_par=0, type_1="grass")) == 6
    sleeper = position.pokemon("opposing", 0, active=1).pokemon("opposing", 1, status_slp=1)
    assert rule(sleeper) == 6


def test_rule_clears_hazards_from_its_own_side() -> None:
    position = Position().move("own", 0, 0, "tackle", 40).move("own", 0, 1, "defog", 0)
    assert rule(position) == 6
    assert rule(position.field(own_stealthrock=1)) == 7


def hopeless() -> Position:
    """A Normal-type without a good attack before a Fighting-type, and a Ghost-type on the bench."""
    position = Position().pokemon("opposing", 0, active=1, type_1="fighting")
    position.pokemon("own", 0, active=1, last_move="tackle").move(
        "own", 0, 0, "tackle", 40, effectiveness=0.5
    )
    position.move("opposing", 0, 0, "closecombat", 120, type="fighting", stab=1)
    for move, name in enumerate(("tackle", "strength", "slash"), start=1):
        position.move("opposing", 0, move, name, 40)
    return position.pokemon("own", 2, type_1="ghost").move("own", 2, 0, "shadowball", 80, effectiveness=1)


def test_rule_leaves_a_hopeless_matchup() -> None:
    assert rule(hopeless()) == 2


def test_rule_stays_when_trapped_or_when_the_bench_is_no_better() -> None:
    trapped = hopeless()
    trapped.mask[2] = 0
    assert rule(trapped) == 6
    assert rule(hopeless().pokemon("own", 2, type_1="rock")) == 6


def test_rule_does_not_switch_again_before_it_has_moved() -> None:
    assert rule(hopeless().pokemon("own", 0, active=1, last_move="")) == 6


def test_rule_switches_a_healthy_pokemon_out_into_a_resisted_attack_and_sacrifices_a_weak_one() -> None:
    position = hopeless().pokemon("own", 2, type_1="psychic")
    assert rule(position) == 2
    assert rule(position.pokemon("own", 0, active=1, hp=0.05)) == 6


def test_rule_pays_no_more_hp_for_a_boost_than_it_has() -> None:
    position = Position().move("own", 0, 0, "tackle", 40).move("own", 0, 1, "bellydrum", 0)
    for move in range(4):
        position.move("opposing", 0, move, "tackle", 40)
    assert rule(position.pokemon("own", 0, active=1, hp=0.8)) == 7
    assert rule(position.pokemon("own", 0, active=1, hp=0.5)) == 6


def test_rule_lays_as_many_spikes_as_there_can_be() -> None:
    for generation, second in ((2, 6), (3, 7)):
        position = Position(generation).move("own", 0, 0, "tackle", 40).move("own", 0, 1, "spikes", 0)
        assert rule(position) == 7
        assert rule(position.field(opposing_spikes=1)) == second


def test_rule_knocks_nobody_out_through_a_substitute() -> None:
    position = Position().move("own", 0, 0, "hyperbeam", 150).pokemon("opposing", 0, active=1, hp=0.02)
    assert worth(position, 6) > -0.2  # it keeps what HP it has
    assert worth(position.field(opposing_volatile_substitute=1), 6) < -0.5


def test_rule_counts_screens_that_are_up_and_its_own_leech_seed() -> None:
    position = Position().move("own", 0, 0, "tackle", 40).move("opposing", 0, 0, "strength", 80)
    alone = worth(position, 6)
    assert worth(position.field(own_volatile_leechseed=1), 6) < alone - 0.05
    assert worth(position.field(own_volatile_leechseed=0, own_reflect=1), 6) > alone + 0.05


def test_rule_explodes_when_there_is_little_to_lose_and_not_as_the_last_one() -> None:
    position = Position().move("own", 0, 0, "strength", 80).move("own", 0, 1, "explosion", 250)
    assert rule(position) == 6
    position.pokemon("own", 0, active=1, hp=0.2)
    assert rule(position) == 7
    assert rule(position.field(own_fainted=5)) == 6


def test_rule_saves_a_recharge_for_the_knockout() -> None:
    position = Position(1).move("own", 0, 0, "strength", 80).move("own", 0, 1, "hyperbeam", 150)
    assert rule(position) == 6
    assert rule(position.pokemon("opposing", 0, active=1, hp=0.25)) == 7


def test_rule_paralyses_who_is_faster() -> None:
    position = Position().move("own", 0, 0, "strength", 80).move("own", 0, 1, "glare", 0)
    assert rule(position.pokemon("opposing", 0, active=1, base_spe=153)) == 7
    assert rule(position.pokemon("opposing", 0, active=1, base_spe=153, hp=0.1)) == 6


def test_rule_sends_in_who_is_faster_and_knocks_out() -> None:
    position = Position().pokemon("opposing", 0, active=1, hp=0.1)
    for slot, speed in ((1, 150), (3, 250)):
        position.pokemon("own", slot, stat_spe=speed).move("own", slot, 0, "strength", 80, effectiveness=1)
    assert rule(position.force_switch()) == 3


@pytest.mark.parametrize(
    ("battle_format", "battles"),
    [
        ("gen1randombattle", 16),
        pytest.param("gen1randombattle", 40, marks=pytest.mark.slow),
        pytest.param("gen9randombattle", 40, marks=pytest.mark.slow),
    ],
)
def test_rule_beats_max_and_ends_its_battles_against_itself(battle_format: str, battles: int) -> None:
    with Matches(battle_format, parallel=battles, turn_limit=300) as matches:
        result = matches.play(RuleBasedAgent(), MaxDamageAgent(), battles, seed=1)
        # At a win rate of 0.8 the chance of 23 wins or fewer of 40 is 0.001, and of 9 or fewer of 16 0.03.
        assert result.wins > 0.59 * battles, result
        assert matches.play(RuleBasedAgent(), RuleBasedAgent(), battles // 4, seed=1).truncated == 0
