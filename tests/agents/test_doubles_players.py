"""The scripted opponents in doubles: positions that each have one right answer, and short matches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from agents.estimates.doubles_board import DoublesBoard
from agents.estimates.doubles_damage import DoublesDamage
from agents.evaluate.matches import Matches
from agents.players.baselines import make_baseline
from agents.players.scripted.max_damage import MaxDamageAgent
from agents.players.scripted.random_legal import RandomAgent
from agents.players.scripted.rule_based import RuleBasedAgent
from pokeenv import DOUBLES, DOUBLES_LAYOUT
from tests.support.doubles_position import DoublesPosition, decide

FORMAT = "gen9randomdoublesbattle"
EARTHQUAKE = {"type": "ground", "aimed": 0, "spread": 1, "aims_at_ally": 1}


def rule_decides(position: DoublesPosition) -> str:
    return decide(RuleBasedAgent(), position)[0]


def test_the_damage_estimate_is_the_formula_of_the_games() -> None:
    # Level 80, power 80, attack and defence of 206.6 and 291.6 HP, as in singles.
    position = DoublesPosition().move("own", 0, 0, "strength", 80).move("opposing", 1, 0, "strength", 80)
    hits = DoublesDamage(DoublesBoard.read(position.observation[None])).hits[0]
    expected = 34 * 80 / 50 * 0.925 / 291.6
    assert hits[0, 0, [1, 6, 7]] == pytest.approx([expected] * 3, rel=1e-2)
    assert hits[7, 0, [0, 1]] == pytest.approx([expected] * 2, rel=1e-2)
    # Until all moves are known, an opponent is taken to have an attack of its type, with its bonus.
    assert hits[6, 4, 0] == pytest.approx(1.5 * expected, rel=1e-2)
    assert hits[0, 4].max() == 0


def two_strengths(power: float = 80) -> DoublesPosition:
    """The right one decides; the left one has aimed the same attack at the left opponent."""
    position = DoublesPosition().right_decides(left_uses_move_0=1, left_aims_at_opposing_left=1)
    for slot in (0, 1):
        position.move("own", slot, 0, "strength", power)
    return position


def test_rule_joins_its_ally_for_a_knockout_and_does_not_waste_an_attack() -> None:
    joined = two_strengths().pokemon("opposing", 0, hp=0.25)
    assert rule_decides(joined) == "move 0 target 1"
    assert rule_decides(joined.pokemon("opposing", 0, hp=0.1)) == "move 0 target 2"


def test_rule_plans_the_answer_of_the_right_one() -> None:
    position = DoublesPosition()
    for slot in (0, 1):
        position.move("own", slot, 0, "strength", 80).pokemon("opposing", slot, base_spe=50)
    assert rule_decides(position.pokemon("opposing", 1, hp=0.25)) == "move 0 target 2"


def test_rule_protects_a_doomed_pokemon_and_no_healthy_one() -> None:
    position = DoublesPosition().right_decides(left_uses_move_0=1, left_aims_at_opposing_left=1)
    position.move("own", 0, 0, "strength", 80).pokemon("own", 1, hp=0.1)
    position.move("own", 1, 0, "tackle", 40).move("own", 1, 1, "protect", 0, aimed=0)
    for slot in (0, 1):
        position.move("opposing", slot, 0, "quickattack", 120).pokemon("opposing", slot, base_spe=200)
    assert rule_decides(position) == "move 1"
    assert rule_decides(position.pokemon("own", 1, hp=1)).startswith("move 0")


def test_rule_sets_tailwind_if_that_changes_the_order() -> None:
    position = DoublesPosition().move("own", 0, 0, "tackle", 40).move("own", 0, 1, "tailwind", 0, aimed=0)
    for slot in (0, 1):
        position.pokemon("opposing", slot, base_spe=60)
    assert rule_decides(position) != "move 1"
    for slot in (0, 1):
        position.pokemon("opposing", slot, base_spe=130)
    assert rule_decides(position) == "move 1"
    assert rule_decides(position.field(own_tailwind=1)) != "move 1"


def test_rule_turns_the_order_by_trick_room_and_not_back() -> None:
    position = DoublesPosition().move("own", 0, 0, "tackle", 40).move("own", 0, 1, "trickroom", 0, aimed=0)
    for slot in (0, 1):
        position.pokemon("opposing", slot, base_spe=130)
    assert rule_decides(position) == "move 1"
    assert rule_decides(position.field(trickroom=3)) != "move 1"


def test_rule_uses_fake_out_only_at_first() -> None:
    position = DoublesPosition().move("own", 0, 0, "tackle", 40).move("own", 0, 1, "fakeout", 40, priority=3)
    position.move("opposing", 0, 0, "strength", 100).move("opposing", 1, 0, "strength", 100)
    assert rule_decides(position.field(own_left_first_turn=1)).startswith("move 1")
    assert rule_decides(position.pokemon("own", 0, last_move="tackle")).startswith("move 0")


def test_rule_draws_attacks_from_an_ally_that_would_faint() -> None:
    position = DoublesPosition().move("own", 0, 0, "tackle", 20).move("own", 0, 1, "followme", 0, aimed=0)
    position.move("own", 1, 0, "closecombat", 120, type="fighting")
    position.pokemon("own", 1, hp=0.15).pokemon("own", 0, type_1="steel")
    for slot in (0, 1):
        position.move("opposing", slot, 0, "strength", 60).pokemon("opposing", slot, base_spe=150)
    assert rule_decides(position) == "move 1"


def test_rule_spares_its_ally_and_leaves_a_lost_position() -> None:
    position = DoublesPosition().move("own", 0, 0, "strength", 80)
    position.move("own", 0, 1, "earthquake", 85, **EARTHQUAKE)
    assert rule_decides(position).startswith("move 0")
    assert rule_decides(position.pokemon("own", 1, type_1="flying")) == "move 1"
    lost = DoublesPosition().move("own", 0, 0, "tackle", 20)
    for slot in (0, 1):
        lost.pokemon("opposing", slot, type_1="fighting")
        for move in range(4):
            lost.move("opposing", slot, move, "closecombat", 120, type="fighting", stab=1)
    lost.pokemon("own", 1, type_1="ghost").pokemon("own", 3, type_1="ghost").move(
        "own", 3, 0, "psychic", 100, type="psychic", stab=1
    )
    assert rule_decides(lost) == "switch 3"


@pytest.mark.parametrize("name", ["random", "max", "rule"])
def test_any_observation_in_range_gives_a_legal_action(name: str) -> None:
    rng = np.random.default_rng(0)
    space: Any = DOUBLES_LAYOUT.space(DOUBLES)["observation"]
    ids = np.array([field.kind == "id" for field in DOUBLES_LAYOUT.fields])
    observations = rng.uniform(space.low, space.high, (100, DOUBLES_LAYOUT.size)).astype(np.float32)
    observations[:, ids] = np.floor(observations[:, ids])
    masks = (rng.random((100, DOUBLES.num_actions)) < 0.3).astype(np.int8)
    masks[:, 1] = 1
    agent = make_baseline(name)
    agent.begin(100, 0)
    with np.errstate(all="raise", under="ignore"):
        actions = agent.act(observations, masks, np.arange(100)).actions
    assert masks[np.arange(100), actions].all()


@pytest.mark.slow
def test_max_beats_random_in_doubles() -> None:
    with Matches(FORMAT, parallel=20, turn_limit=300) as matches:
        result = matches.play(MaxDamageAgent(), RandomAgent(), 20, seed=1)
    assert result.wins >= 17, result  # at a win rate of 0.97 the chance of 16 or fewer is 0.002


@pytest.mark.slow
def test_rule_beats_max_in_doubles_and_ends_its_battles_against_itself() -> None:
    with Matches(FORMAT, parallel=20, turn_limit=300) as matches:
        result = matches.play(RuleBasedAgent(), MaxDamageAgent(), 20, seed=1)
        # At a win rate of 0.77 the chance of 10 wins or fewer of 20 is 0.007.
        assert result.wins > 10, result
        assert matches.play(RuleBasedAgent(), RuleBasedAgent(), 4, seed=1).truncated == 0
