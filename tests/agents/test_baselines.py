"""The baselines, in positions built field by field: each has one right answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from agents.estimates.battle_view import BattleView
from agents.estimates.damage import ExpectedDamage
from agents.estimates.type_chart import TYPE_CHART, TYPE_ID
from agents.players.baselines import make_baseline
from agents.players.scripted.max_damage import MaxDamageAgent
from agents.players.scripted.random_legal import RandomAgent
from agents.players.scripted.rule_based import RuleBasedAgent
from agents.registry import BASELINES
from pokeenv import LAYOUT, OBS_SIZE, SINGLES
from tests.support.position import Position, decide

BOTH = pytest.mark.parametrize("agent", [MaxDamageAgent(), RuleBasedAgent()], ids=["max", "rule"])


def two_attacks(**second: Any) -> Position:
    """Tackle with power 40 in move 0; in move 1 an attack of power 60 with changes."""
    power = second.pop("power", 60)
    return Position().move("own", 0, 0, "tackle", 40).move("own", 0, 1, "strength", power, **second)


@BOTH
def test_the_attack_with_more_damage_is_taken(agent: Any) -> None:
    assert decide(agent, two_attacks()) == [7]


@BOTH
@pytest.mark.parametrize(
    "weakness",
    [
        {"effectiveness": 0.0},
        {"effectiveness": 0.125},
        {"accuracy": 0.5},
        {"power": 30},
        {"name": "focuspunch"},
    ],
    ids=["immune", "resisted", "inaccurate", "weak", "interrupted"],
)
def test_an_attack_that_does_less_is_left(agent: Any, weakness: dict[str, Any]) -> None:
    weakness = {("id" if key == "name" else key): value for key, value in weakness.items()}
    assert decide(agent, two_attacks(**weakness)) == [6]


@BOTH
def test_stab_outweighs_a_little_power(agent: Any) -> None:
    assert decide(agent, two_attacks(power=35, stab=1)) == [7]


@BOTH
def test_boosts_defences_burns_screens_and_weather_are_in_the_estimate(agent: Any) -> None:
    special = {"physical": 0, "special": 1, "power": 38}
    assert decide(agent, two_attacks(**special)) == [6]
    assert decide(agent, two_attacks(**special).field(own_boost_spa=1)) == [7]
    assert decide(agent, two_attacks(**special).field(opposing_boost_def=1)) == [7]
    assert decide(agent, two_attacks(**special).pokemon("own", 0, active=1, status_brn=1)) == [7]
    assert decide(agent, two_attacks(**special).field(opposing_reflect=1)) == [7]
    assert decide(agent, two_attacks(**special, type="fire").field(weather_sunnyday=1)) == [7]


@BOTH
def test_an_ability_that_absorbs_the_attack_is_respected(agent: Any) -> None:
    position = two_attacks(type="ground")
    assert decide(agent, position) == [7]
    assert decide(agent, position.pokemon("opposing", 0, active=1, ability="levitate")) == [6]


@BOTH
def test_an_illegal_action_is_never_taken(agent: Any) -> None:
    position = two_attacks(power=200)
    position.mask[7] = 0
    assert decide(agent, position) == [6]


@BOTH
def test_rows_are_decided_apart(agent: Any) -> None:
    positions = [two_attacks(), two_attacks(effectiveness=0), two_attacks(stab=1)]
    assert decide(agent, *positions) == [decide(agent, position)[0] for position in positions] == [7, 6, 7]


@BOTH
def test_a_forced_switch_goes_to_the_best_matchup(agent: Any) -> None:
    position = Position().pokemon("opposing", 0, active=1, type_1="fire")
    position.pokemon("own", 1, type_1="grass").move("own", 1, 0, "razorleaf", 55, effectiveness=0.5)
    position.pokemon("own", 3, type_1="water").move("own", 3, 0, "waterfall", 80, effectiveness=2)
    position.pokemon("own", 4, type_1="steel").move("own", 4, 0, "irontail", 80, effectiveness=0.5)
    assert decide(agent, position.force_switch()) == [3]


@BOTH
def test_terastallization_is_used_when_it_strengthens_the_attack_that_knocks_out(agent: Any) -> None:
    position = two_attacks(power=70, type="water").pokemon("own", 0, active=1, tera_type="water")
    position.pokemon("opposing", 0, active=1, hp=0.2)
    position.mask[22:24] = 1
    assert decide(agent, position) == [23]
    assert decide(agent, position.pokemon("own", 0, active=1, tera_type="bug")) == [7]


def test_max_switches_of_its_own_will_only_to_do_damage() -> None:
    position = Position().move("own", 0, 0, "tackle", 40, effectiveness=0).move("own", 0, 1, "growl", 0)
    position.pokemon("own", 2).pokemon("own", 4).move("own", 4, 0, "surf", 90, effectiveness=1)
    assert decide(MaxDamageAgent(), position) == [4]
    assert decide(MaxDamageAgent(), position.move("own", 0, 0, "tackle", 40)) == [6]


def test_the_damage_estimate_is_the_formula_of_the_games() -> None:
    # Level 80, power 80, attack 206.6 against an estimated defence of (200 + 52) * 0.8 + 5 = 206.6 and
    # (200 + 52) * 0.8 + 90 = 291.6 HP: ((0.4 * 80 + 2) * 80 / 50 + 2) * 0.925 / 291.6.
    view = BattleView.read(Position().move("own", 0, 0, "strength", 80).observation[None])
    assert ExpectedDamage(view).dealt[0, 0, 0] == pytest.approx((34 * 80 / 50 + 2) * 0.925 / 291.6, rel=1e-3)


def test_fixed_damage_needs_no_power() -> None:
    view = BattleView.read(
        Position().move("own", 0, 0, "seismictoss", 0, status=0, effectiveness=1).observation[None]
    )
    assert ExpectedDamage(view).dealt[0, 0, 0] == pytest.approx(80 / 291.6, rel=1e-3)


def test_blocks_are_cut_where_the_layout_says() -> None:
    observation = np.arange(OBS_SIZE, dtype=np.float32)
    view = BattleView.read(observation[None])
    for side, name in enumerate(("own", "opposing")):
        for slot in range(6):
            start = LAYOUT.pokemon_offset(name, slot)  # type: ignore[arg-type]
            assert view.team[0, side, slot, 0] == start
            for move in range(4):
                assert view.moves[0, side, slot, move, 0] == start + LAYOUT.move_offset(move)


def test_the_type_chart_knows_its_generations() -> None:
    def effectiveness(generation: int, attacking: str, defending: str) -> float:
        return float(TYPE_CHART[generation, TYPE_ID[attacking], TYPE_ID[defending]])

    assert [effectiveness(g, "ghost", "psychic") for g in (1, 2, 9)] == [0.0, 2.0, 2.0]
    assert [effectiveness(g, "dark", "steel") for g in (2, 5, 6)] == [0.5, 0.5, 1.0]
    assert [effectiveness(g, "bug", "poison") for g in (1, 2, 6)] == [2.0, 0.5, 0.5]
    assert effectiveness(9, "dragon", "fairy") == 0.0
    # 120 entries of 18 x 18 differ from 1 in the modern chart: 51 double, 61 halve, 8 are immune.
    values, counts = np.unique(TYPE_CHART[9], return_counts=True)
    assert dict(zip(values.tolist(), counts.tolist(), strict=True)) == {0.0: 8, 0.5: 61, 1.0: 280, 2.0: 51}


def test_random_takes_every_legal_action_equally_often() -> None:
    legal = [0, 4, 6, 9, 25]
    masks = np.zeros((20_000, SINGLES.num_actions), dtype=np.int8)
    masks[:, legal] = 1
    agent = RandomAgent()
    agent.begin(len(masks), seed=3)
    actions = agent.act(np.zeros((len(masks), OBS_SIZE), np.float32), masks, np.arange(len(masks))).actions
    counts = np.bincount(actions, minlength=SINGLES.num_actions)
    assert counts.sum() == counts[legal].sum()
    # Chi-squared with 4 degrees of freedom: 23.5 is exceeded with probability 1e-4.
    assert ((counts[legal] - 4000) ** 2 / 4000).sum() < 23.5


def test_random_is_fixed_by_its_seed() -> None:
    masks = np.ones((50, SINGLES.num_actions), dtype=np.int8)
    observations = np.zeros((50, OBS_SIZE), dtype=np.float32)

    def play(seed: int) -> list[int]:
        agent = RandomAgent()
        agent.begin(50, seed)
        return [int(a) for _ in range(2) for a in agent.act(observations, masks, np.arange(50)).actions]

    assert play(1) == play(1) != play(2)


@pytest.mark.parametrize("name", BASELINES)
def test_a_row_without_a_legal_action_is_an_error(name: str) -> None:
    agent = make_baseline(name)
    agent.begin(8, 0)
    masks = np.ones((2, SINGLES.num_actions), dtype=np.int8)
    masks[1] = 0
    with pytest.raises(ValueError, match="row 7 has no legal action"):
        agent.act(np.zeros((2, OBS_SIZE), dtype=np.float32), masks, np.array([4, 7]))


@pytest.mark.parametrize("name", BASELINES)
def test_any_observation_in_range_gives_a_legal_action(name: str) -> None:
    rng = np.random.default_rng(0)
    space = LAYOUT.space(SINGLES)["observation"]
    ids = np.array([field.kind == "id" for field in LAYOUT.fields])
    observations = rng.uniform(space.low, space.high, (200, OBS_SIZE)).astype(np.float32)  # type: ignore[attr-defined]
    observations[:, ids] = np.floor(observations[:, ids])
    masks = (rng.random((200, SINGLES.num_actions)) < 0.3).astype(np.int8)
    masks[:, 0] = 1
    agent = make_baseline(name)
    agent.begin(200, 0)
    with np.errstate(all="raise", under="ignore"):
        actions = agent.act(observations, masks, np.arange(200)).actions
    assert masks[np.arange(200), actions].all()
