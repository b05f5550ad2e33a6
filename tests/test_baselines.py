"""The baselines, in positions built field by field: each has one right answer."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest

from agents.baselines import BASELINES, MaxDamageAgent, RandomAgent, RuleBasedAgent
from agents.damage import BattleView
from agents.evaluation import Matches
from agents.typechart import TYPE_CHART, TYPE_ID
from pokeenv import LAYOUT, NUM_ACTIONS, OBS_SIZE, VOCABULARY

Side = Literal["own", "opposing"]


class Position:
    """One observation and its mask, written by names: an even battle of two Normal-types at first."""

    def __init__(self, generation: int = 9) -> None:
        self.observation = np.zeros(OBS_SIZE, dtype=np.float32)
        self.mask = np.zeros(NUM_ACTIONS, dtype=np.int8)
        self.field(generation=generation / 9, turn=0.05)
        for side in ("own", "opposing"):
            self.field(**{f"{side}_team_size": 1.0})
            self.pokemon(side, 0, active=1)

    def _write(self, name: str, value: Any) -> None:
        if isinstance(value, str):
            vocabulary = next(field.vocabulary for field in LAYOUT.fields if field.name == name)
            assert vocabulary is not None
            value = VOCABULARY[vocabulary].index(value)
        self.observation[LAYOUT.offsets[name]] = value

    def field(self, **values: float) -> Position:
        for name, value in values.items():
            self._write(f"field.{name}", value)
        return self

    def pokemon(self, side: Side, slot: int, **values: Any) -> Position:
        """Write a Pokémon of level 80 with base stats of 100; own stats as the estimate gives them."""
        known = {"known": 1, "hp": 1, "level": 0.8, "type_1": "normal"}
        for stat in ("hp", "atk", "def", "spa", "spd", "spe"):
            known[f"base_{stat}"] = 100 / 255
            if side == "own":
                known[f"stat_{stat}"] = 0.2916 if stat == "hp" else 0.2066
        for name, value in {**known, **values}.items():
            self._write(f"{side}.{slot}.{name}", value)
        if side == "own" and slot > 0:
            self.mask[slot] = 1
        return self

    def move(self, side: Side, slot: int, move: int, name: str, power: float, **values: Any) -> Position:
        """Write a physical Normal-type attack, or a status move if `power` is 0."""
        known: dict[str, Any] = {
            "known": 1,
            "usable": 1,
            "id": name,
            "type": "normal",
            "pp": 1,
            "accuracy": 1,
        }
        known |= {"physical": 1, "power": power / 250, "effectiveness": 0.25} if power else {"status": 1}
        for key, value in {**known, **values}.items():
            self._write(f"{side}.{slot}.move.{move}.{key}", value)
        if side == "own" and slot == 0:
            self.mask[6 + move] = 1
        return self

    def force_switch(self) -> Position:
        self.field(force_switch=1).pokemon("own", 0, active=1, fainted=1, hp=0)
        self.mask[6:] = 0
        return self


def decide(agent: Any, *positions: Position) -> list[int]:
    observations = np.stack([position.observation for position in positions])
    masks = np.stack([position.mask for position in positions])
    agent.begin(len(positions), seed=0)
    decision = agent.act(observations, masks, np.arange(len(positions)))
    assert decision.actions.dtype == np.int64
    assert decision.log_probs.dtype == decision.values.dtype == np.float32
    return [int(action) for action in decision.actions]


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
    assert decide(agent, two_attacks(**special).field(own_boost_spa=1 / 6)) == [7]
    assert decide(agent, two_attacks(**special).field(opposing_boost_def=1 / 6)) == [7]
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
    positions = [two_attacks(), two_attacks(effectiveness=0.0), two_attacks(stab=1)]
    assert decide(agent, *positions) == [decide(agent, position)[0] for position in positions] == [7, 6, 7]


@BOTH
def test_a_forced_switch_goes_to_the_best_matchup(agent: Any) -> None:
    position = Position().pokemon("opposing", 0, active=1, type_1="fire")
    position.pokemon("own", 1, type_1="grass").move("own", 1, 0, "razorleaf", 55, effectiveness=0.125)
    position.pokemon("own", 3, type_1="water").move("own", 3, 0, "waterfall", 80, effectiveness=0.5)
    position.pokemon("own", 4, type_1="steel").move("own", 4, 0, "irontail", 80, effectiveness=0.125)
    assert decide(agent, position.force_switch()) == [3]


@BOTH
def test_terastallization_is_used_when_it_strengthens_the_attack_that_knocks_out(agent: Any) -> None:
    position = two_attacks(power=70, type="water").pokemon("own", 0, active=1, tera_type="water")
    position.pokemon("opposing", 0, active=1, hp=0.2)
    position.mask[22:24] = 1
    assert decide(agent, position) == [23]
    assert decide(agent, position.pokemon("own", 0, active=1, tera_type="bug")) == [7]


def test_max_switches_of_its_own_will_only_to_do_damage() -> None:
    position = Position().move("own", 0, 0, "tackle", 40, effectiveness=0.0).move("own", 0, 1, "growl", 0)
    position.pokemon("own", 2).pokemon("own", 4).move("own", 4, 0, "surf", 90, effectiveness=0.25)
    assert decide(MaxDamageAgent(), position) == [4]
    assert decide(MaxDamageAgent(), position.move("own", 0, 0, "tackle", 40)) == [6]


def test_the_damage_estimate_is_the_formula_of_the_games() -> None:
    # Level 80, power 80, attack 206.6 against an estimated defence of (200 + 52) * 0.8 + 5 = 206.6 and
    # (200 + 52) * 0.8 + 90 = 291.6 HP: ((0.4 * 80 + 2) * 80 / 50 + 2) * 0.925 / 291.6.
    view = BattleView.read(Position().move("own", 0, 0, "strength", 80).observation[None])
    assert view.damage[0, 0, 0] == pytest.approx((34 * 80 / 50 + 2) * 0.925 / 291.6, rel=1e-3)


def test_fixed_damage_needs_no_power() -> None:
    view = BattleView.read(
        Position().move("own", 0, 0, "seismictoss", 0, status=0, effectiveness=0.25).observation[None]
    )
    assert view.damage[0, 0, 0] == pytest.approx(80 / 291.6, rel=1e-3)


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
    assert rule(position.field(opposing_stealthrock=0, opposing_fainted=5 / 6)) == 6


def test_rule_sets_up_when_healthy_and_stops_when_boosted() -> None:
    position = Position().move("own", 0, 0, "tackle", 40).move("own", 0, 1, "swordsdance", 0)
    assert rule(position) == 7
    assert rule(position.field(own_boost_atk=1)) == 6
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
        "own", 0, 0, "tackle", 40, effectiveness=0.125
    )
    position.move("opposing", 0, 0, "closecombat", 120, type="fighting", stab=1)
    for move, name in enumerate(("tackle", "strength", "slash"), start=1):
        position.move("opposing", 0, move, name, 40)
    return position.pokemon("own", 2, type_1="ghost").move("own", 2, 0, "shadowball", 80, effectiveness=0.25)


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
        assert rule(position.field(opposing_spikes=1 / 3)) == second


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
    assert rule(position.field(own_fainted=5 / 6)) == 6


def test_rule_saves_a_recharge_for_the_knockout() -> None:
    position = Position(1).move("own", 0, 0, "strength", 80).move("own", 0, 1, "hyperbeam", 150)
    assert rule(position) == 6
    assert rule(position.pokemon("opposing", 0, active=1, hp=0.25)) == 7


def test_rule_paralyses_who_is_faster() -> None:
    position = Position().move("own", 0, 0, "strength", 80).move("own", 0, 1, "glare", 0)
    assert rule(position.pokemon("opposing", 0, active=1, base_spe=0.6)) == 7
    assert rule(position.pokemon("opposing", 0, active=1, base_spe=0.6, hp=0.1)) == 6


def test_rule_sends_in_who_is_faster_and_knocks_out() -> None:
    position = Position().pokemon("opposing", 0, active=1, hp=0.1)
    for slot, speed in ((1, 0.15), (3, 0.25)):
        position.pokemon("own", slot, stat_spe=speed).move("own", slot, 0, "strength", 80, effectiveness=0.25)
    assert rule(position.force_switch()) == 3


@pytest.mark.parametrize("battle_format", ["gen1randombattle", "gen9randombattle"])
def test_rule_beats_max_and_ends_its_battles_against_itself(battle_format: str) -> None:
    with Matches(battle_format, parallel=40, turn_limit=300) as matches:
        result = matches.play(RuleBasedAgent(), MaxDamageAgent(), 40, seed=1)
        # At a win rate of 0.8 the chance of 23 wins or fewer is 0.001.
        assert result.wins > 23, result
        assert matches.play(RuleBasedAgent(), RuleBasedAgent(), 10, seed=1).truncated == 0


def test_random_takes_every_legal_action_equally_often() -> None:
    legal = [0, 4, 6, 9, 25]
    masks = np.zeros((20_000, NUM_ACTIONS), dtype=np.int8)
    masks[:, legal] = 1
    agent = RandomAgent()
    agent.begin(len(masks), seed=3)
    actions = agent.act(np.zeros((len(masks), OBS_SIZE), np.float32), masks, np.arange(len(masks))).actions
    counts = np.bincount(actions, minlength=NUM_ACTIONS)
    assert counts.sum() == counts[legal].sum()
    # Chi-squared with 4 degrees of freedom: 23.5 is exceeded with probability 1e-4.
    assert ((counts[legal] - 4000) ** 2 / 4000).sum() < 23.5


def test_random_is_fixed_by_its_seed() -> None:
    masks = np.ones((50, NUM_ACTIONS), dtype=np.int8)
    observations = np.zeros((50, OBS_SIZE), dtype=np.float32)

    def play(seed: int) -> list[int]:
        agent = RandomAgent()
        agent.begin(50, seed)
        return [int(a) for _ in range(2) for a in agent.act(observations, masks, np.arange(50)).actions]

    assert play(1) == play(1) != play(2)


@pytest.mark.parametrize("name", BASELINES)
def test_a_row_without_a_legal_action_is_an_error(name: str) -> None:
    agent = BASELINES[name]()
    agent.begin(8, 0)
    masks = np.ones((2, NUM_ACTIONS), dtype=np.int8)
    masks[1] = 0
    with pytest.raises(ValueError, match="row 7 has no legal action"):
        agent.act(np.zeros((2, OBS_SIZE), dtype=np.float32), masks, np.array([4, 7]))


@pytest.mark.parametrize("name", BASELINES)
def test_any_observation_in_range_gives_a_legal_action(name: str) -> None:
    rng = np.random.default_rng(0)
    space = LAYOUT.space()["observation"]
    ids = np.array([field.kind == "id" for field in LAYOUT.fields])
    observations = rng.uniform(space.low, space.high, (200, OBS_SIZE)).astype(np.float32)  # type: ignore[attr-defined]
    observations[:, ids] = np.floor(observations[:, ids])
    masks = (rng.random((200, NUM_ACTIONS)) < 0.3).astype(np.int8)
    masks[:, 0] = 1
    agent = BASELINES[name]()
    agent.begin(200, 0)
    with np.errstate(all="raise", under="ignore"):
        actions = agent.act(observations, masks, np.arange(200)).actions
    assert masks[np.arange(200), actions].all()
