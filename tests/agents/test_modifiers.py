"""Effects of items, abilities, terrain and weather: by rules, and beside the simulator's damage."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from agents.estimates.battle_estimates import BattleEstimates
from agents.estimates.battle_view import BattleView
from agents.players.scripted.expert import ExpertAgent
from agents.players.scripted.rule_based import RuleBasedAgent
from pokeenv import UnsupportedFormatError, check_plays, make_layout, parse_format
from tests.support.play import play_battles
from tests.support.position import Position, decide

SPECIAL = {"physical": 0, "special": 1}


def estimates_of(
    own: dict[str, Any], opposing: dict[str, Any], field: dict[str, float], **attack: Any
) -> Any:
    """Estimates of a battle in which both sides have the same attack."""
    name, power = attack.pop("name", "strength"), attack.pop("power", 80)
    position = Position().pokemon("own", 0, active=1, **own).pokemon("opposing", 0, active=1, **opposing)
    for side in ("own", "opposing"):
        position.move(side, 0, 0, name, power, **attack)
    view = BattleView.read(position.field(**field).observation[None])
    return BattleEstimates(view, modified=True)


@pytest.mark.parametrize(
    ("own", "field", "attack", "dealt", "taken"),
    [
        ({"item": "choiceband"}, {}, {}, 1.5, 1),
        ({"item": "choiceband"}, {}, SPECIAL, 1, 1),
        ({"item": "choicespecs"}, {}, SPECIAL, 1.5, 1),
        ({"item": "lifeorb"}, {}, {}, 1.3, 1),
        ({"item": "silkscarf"}, {}, {}, 1.2, 1),
        ({"item": "mysticwater"}, {}, {}, 1, 1),
        ({"item": "eviolite"}, {}, {}, 1, 2 / 3),
        ({"item": "assaultvest"}, {}, {}, 1, 1),
        ({"item": "assaultvest"}, {}, SPECIAL, 1, 2 / 3),
        ({"item": "airballoon"}, {}, {"type": "ground"}, 1, 0),
        ({"ability": "hugepower"}, {}, {}, 2, 1),
        ({"ability": "adaptability"}, {}, {"stab": 1}, 4 / 3, 1),
        ({"ability": "technician"}, {}, {"power": 60}, 1.5, 1),
        ({"ability": "technician"}, {}, {"power": 65}, 1, 1),
        ({"ability": "ironfist"}, {}, {"name": "drainpunch"}, 1.2, 1),
        ({"ability": "sheerforce"}, {}, {"name": "icebeam"} | SPECIAL, 1.3, 1),
        ({"ability": "tintedlens"}, {}, {"effectiveness": 0.5}, 2, 1),
        ({"ability": "blaze"}, {}, {"type": "fire"}, 1, 1),
        ({"ability": "guts"}, {}, {}, 1, 1),
        ({"ability": "multiscale"}, {}, {}, 1, 0.5),
        ({"ability": "thickfat"}, {}, {"type": "fire"}, 1, 0.5),
        ({"ability": "furcoat"}, {}, {}, 1, 0.5),
        ({"ability": "solidrock"}, {}, {"type": "fighting"}, 1, 0.75),
        ({}, {"terrain_grassyterrain": 1}, {"name": "earthquake", "type": "ground"}, 0.5, 0.5),
        ({"item": "none"}, {}, {"name": "knockoff"}, 1, 2 / 3),
        ({}, {"terrain_electricterrain": 1}, {"type": "electric"}, 1.3, 1.3),
        ({"ability": "levitate"}, {"terrain_electricterrain": 1}, {"type": "electric"}, 1, 1.3),
        ({}, {"own_paradox_atk": 1}, {}, 1.3, 1),
        ({}, {"own_paradox_def": 1}, {}, 1, 1 / 1.3),
        ({"type_2": "ice"}, {"weather_snowscape": 1}, {}, 1, 1 / 1.5),
    ],
)
def test_a_factor_is_that_of_the_games(
    own: dict[str, Any], field: dict[str, float], attack: dict[str, Any], dealt: float, taken: float
) -> None:
    plain_own = {name: value for name, value in own.items() if name.startswith("type")}
    plain, changed = (estimates_of(*case, **attack) for case in ((plain_own, {}, {}), (own, {}, field)))
    assert changed.damage.dealt[0, 0, 0] == pytest.approx(dealt * plain.damage.dealt[0, 0, 0], rel=1e-3)
    hits = [estimates.incoming[0, 0, 0] for estimates in (plain, changed)]
    assert hits[1] == pytest.approx(taken * hits[0], rel=1e-3)


def test_a_pinch_or_an_illness_raises_the_damage_of_the_abilities_that_wait_for_it() -> None:
    for own, attack in (
        ({"ability": "blaze", "hp": 0.3}, {"type": "fire"}),
        ({"ability": "guts", "status_par": 1}, {}),
        ({"ability": "toxicboost", "status_tox": 1}, {}),
    ):
        ability = own.pop("ability")
        plain, changed = (
            estimates_of(case, {}, {}, **attack).damage.dealt[0, 0, 0]
            for case in (own, own | {"ability": ability})
        )
        assert changed == pytest.approx(1.5 * plain)


@pytest.mark.parametrize(
    ("name", "boost", "factor"),
    [("slash", 0, 62 / 32), ("slash", 6, 62 / 32 / 4), ("strength", 6, 1.0)],
)
def test_a_move_that_is_nearly_always_critical_in_generation_1_ignores_boosts(
    name: str, boost: int, factor: float
) -> None:
    field = {"generation": 1, "own_boost_atk": boost}
    own = {"base_spe": 100, "level": 75}
    position = Position().pokemon("own", 0, active=1, **own).pokemon("opposing", 0, active=1, **own)
    for side in ("own", "opposing"):
        position.move(side, 0, 0, name, 80)
    view = BattleView.read(position.field(**field).observation[None])
    plain, modified = (BattleEstimates(view, modified).damage for modified in (False, True))
    chance = 255 / 256
    expected = 1 + chance * (factor - 1)
    assert modified.dealt[0, 0, 0] == pytest.approx(expected * plain.dealt[0, 0, 0], rel=1e-4)
    if not boost:
        kinds = np.zeros((1, 6), dtype=np.intp)
        taken = [damage.incoming(kinds, kinds)[0, 0, 0] for damage in (plain, modified)]
        assert taken[1] == pytest.approx(expected * taken[0], rel=1e-4)


@pytest.mark.parametrize(
    ("own", "opposing", "field", "first"),
    [
        ({}, {}, {}, 0.5),
        ({"item": "choicescarf"}, {"base_spe": 120}, {}, 1),
        ({"ability": "swiftswim"}, {"base_spe": 150}, {"weather_raindance": 1}, 1),
        ({"ability": "swiftswim"}, {"base_spe": 150}, {}, 0),
        ({}, {"ability": "sandrush"}, {"weather_sandstorm": 1}, 0),
        ({}, {}, {"opposing_tailwind": 1}, 0),
        ({}, {}, {"own_volatile_unburden": 1}, 1),
    ],
)
def test_speed_counts_items_abilities_and_the_field(
    own: dict[str, Any], opposing: dict[str, Any], field: dict[str, float], first: float
) -> None:
    assert estimates_of(own, opposing, field).first[0, 0] == first


def test_the_damage_of_real_battles_is_nearer_to_that_of_the_simulator() -> None:
    layout, off = make_layout("damage"), {False: [], True: []}
    for obs, acting, _ in play_battles(
        "gen9randombattle", num_battles=8, steps=60, seed=5, observation="damage"
    ):
        observations = obs["observation"][acting]
        view = BattleView.read(observations[:, : layout.extra_offset])
        places = [layout.offsets[f"damage.own_move.{move}.expected"] for move in range(4)]
        true = observations[:, places]
        hp = np.maximum(view.of_active(1, "hp"), 0.01)[:, None]
        for modified, errors in off.items():
            estimates = BattleEstimates(view, modified)
            damage = estimates.of_active(estimates.damage.dealt * estimates.damage.accuracy) / hp
            known = true > 0.02
            errors.append(np.abs(np.log(np.clip(damage[known], 0.01, 1) / true[known])) > 0.22)
    plain, modified = (float(np.concatenate(off[key]).mean()) for key in (False, True))
    assert modified < 0.15 < 0.3 < plain  # share of attacks that are wrong by a quarter or more


def test_the_expert_sees_what_the_rule_based_player_does_not() -> None:
    position = Position().move("own", 0, 0, "earthquake", 100, type="ground")
    position.move("own", 0, 1, "strength", 80).pokemon("opposing", 0, active=1, item="airballoon")
    assert decide(RuleBasedAgent(), position) == [6]
    assert decide(ExpertAgent(), position) == [7]


def test_the_expert_refuses_doubles_in_words() -> None:
    doubles = parse_format("gen9randomdoublesbattle", has_teams=None)
    with pytest.raises(UnsupportedFormatError, match="expert plays singles, and this is a battle of doubles"):
        check_plays(ExpertAgent(), doubles)
