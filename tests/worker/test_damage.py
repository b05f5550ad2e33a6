"""`observation="damage"` against the real simulator and against `@smogon/calc` itself."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agents.players.scripted.max_damage import MaxDamageAgent
from pokeenv import (
    LAYOUT,
    LAYOUTS,
    NO_ACTION,
    OBS_SIZE,
    SINGLES,
    BattleEnv,
    SelfPlayVectorEnv,
    decode,
    make_layout,
)
from pokeenv.engine.showdown.install import node_executable, simulator_path
from tests.support.damage_teams import SPREAD, BroughtTeams, dealt, one
from tests.support.play import play_battles, shared_env

DAMAGE = LAYOUTS["damage"]
BROUGHT = BroughtTeams()


@contextmanager
def matchup(generation: int, first: str, second: str, battles: int = 1) -> Iterator[SelfPlayVectorEnv]:
    """Battles of the same teams with different random numbers, after Team Preview."""
    with shared_env(f"gen{generation}customgame", battles, teams=BROUGHT, observation="damage") as env:
        BROUGHT.teams, BROUGHT.given = (first, second), 0
        env.reset(seed=1)
        while any(decode(row)["field"]["team_preview"] for row in env.engine.observations[env.acting]):
            play(env, None, None)
        yield env


def play(env: SelfPlayVectorEnv, own: int | None, opposing: int | None) -> None:
    """Both seats' actions in all battles; where an action is None or not legal, the first legal one."""
    masks = env.engine.action_masks
    actions = np.where(env.acting, masks.argmax(axis=1), NO_ACTION)
    for seat, action in enumerate((own, opposing)):
        if action is not None:
            rows = np.arange(seat, len(actions), 2)
            rows = rows[env.acting[rows] & (masks[rows, action] != 0)]
            actions[rows] = action
    env.step(actions)


def outlook(
    env: SelfPlayVectorEnv, *, row: int = 0, side: str = "own_move", move: int = 0
) -> dict[str, float]:
    """The damage numbers of one move in a row's observation."""
    found: dict[str, float] = decode(env.engine.observations[row])["damage"][side][move]
    return found


MATCHUPS = [
    (1, ("Tauros", "Body Slam"), ("Chansey", "Splash"), ""),
    (1, ("Jolteon", "Pin Missile"), ("Starmie", "Splash"), ""),
    (1, ("Gengar", "Night Shade"), ("Snorlax", "Splash"), ""),
    (2, ("Machamp", "Cross Chop"), ("Umbreon", "Splash"), ""),
    (3, ("Metagross", "Meteor Mash"), ("Lapras", "Splash"), "Choice Band"),
    (4, ("Breloom", "Bullet Seed"), ("Swampert", "Splash"), ""),
    (4, ("Raticate", "Super Fang"), ("Suicune", "Splash"), ""),
    (5, ("Cloyster", "Icicle Spear"), ("Scrafty", "Splash"), ""),
    (6, ("Kangaskhan-Mega", "Return"), ("Slowbro", "Splash"), ""),
    (7, ("Tapu Koko", "Thunderbolt"), ("Toxapex", "Splash"), "Life Orb"),
    (8, ("Dragapult", "Draco Meteor"), ("Corviknight", "Splash"), "Choice Specs"),
    (8, ("Weavile", "Triple Axel"), ("Hippowdon", "Splash"), ""),
    (9, ("Iron Valiant", "Moonblast"), ("Great Tusk", "Splash"), "Choice Specs"),
    (9, ("Maushold", "Population Bomb"), ("Dondozo", "Splash"), ""),
]


@pytest.mark.parametrize(("generation", "attacker", "defender", "item"), MATCHUPS)
def test_the_simulator_deals_what_was_foretold(
    generation: int, attacker: tuple[str, str], defender: tuple[str, str], item: str
) -> None:
    battles = 24
    held = f" @ {item}" if item else ""
    ability = "Ability: Parental Bond" if "Mega" in attacker[0] else ""
    first = one(attacker[0] + held, attacker[1], generation=generation, extra=ability)
    second = one(defender[0], defender[1], generation=generation)
    with matchup(generation, first, second, battles) as env:
        told = outlook(env)
        play(env, 6, 6)
        hits = [dealt(env.battle_log(battle)["log"]) for battle in range(battles)]
    shares = [(before - after) / before for before, after in filter(None, hits)]
    assert len(shares) >= battles / 4
    landed = [share for share in shares if share > 0]
    assert all(told["min"] - 1e-6 <= share <= told["max"] + 1e-6 or share == 1 for share in landed), told
    deviation = np.std(shares) / np.sqrt(len(shares)) + 0.01
    assert abs(np.mean(shares) - told["expected"]) < 4 * deviation
    kos = np.mean([share == 1 for share in shares])
    chance = told["ko_chance"]
    assert abs(kos - chance) <= 4 * np.sqrt(max(chance * (1 - chance), 0.02) / len(shares))


def test_opposing_moves_are_told_once_they_are_shown() -> None:
    with matchup(9, one("Slowbro", "Splash"), one("Garchomp", "Earthquake", "Outrage")) as env:
        assert outlook(env, side="opposing_move")["max"] == 0
        play(env, 6, 6)
        shown = decode(env.engine.observations[0])["damage"]["opposing_move"]
        assert 0 < shown[0]["min"] < shown[0]["expected"] < shown[0]["max"]
        assert shown[1]["max"] == 0
        # The second seat has the same numbers for its own move, which it knows exactly.
        own = decode(env.engine.observations[1])["damage"]["own_move"]
        assert own[0]["max"] == pytest.approx(shown[0]["max"], rel=1e-6)
        assert own[1]["max"] > 0


@pytest.mark.parametrize(
    ("move", "setup", "answer", "factor"),
    [
        ("Waterfall", "Swords Dance", "Splash", 2.0),
        ("Waterfall", "Rain Dance", "Splash", 1.5),
        ("Waterfall", "Splash", "Reflect", 0.5),
        ("Waterfall", "Splash", "Light Screen", 1.0),
        ("Waterfall", "Splash", "Iron Defense", 0.5),
        ("Earthquake", "Splash", "Grassy Terrain", 0.5),
        ("Surf", "Nasty Plot", "Splash", 2.0),
        ("Surf", "Splash", "Sunny Day", 0.5),
    ],
)
def test_boosts_screens_weather_and_terrain_change_the_number(
    move: str, setup: str, answer: str, factor: float
) -> None:
    with matchup(9, one("Floatzel", move, setup), one("Registeel", answer)) as env:
        before = outlook(env)["max"]
        play(env, 7, 6)
        after = outlook(env)["max"]
    assert after / before == pytest.approx(factor, rel=0.05)


def test_terastallizing_into_the_move_s_type_changes_the_number() -> None:
    with matchup(
        9, one("Registeel", "Body Press", extra="Tera Type: Fighting"), one("Cresselia", "Splash")
    ) as env:
        before = outlook(env)["max"]
        play(env, 22, 6)
        state = decode(env.engine.observations[0])
    left = next(member["hp"] for member in state["opposing"] if member["active"])
    assert state["damage"]["own_move"][0]["max"] * left / before == pytest.approx(1.5, rel=0.06)


def test_a_full_focus_sash_or_sturdy_is_not_knocked_out_by_one_use() -> None:
    with matchup(9, one("Garchomp", "Earthquake"), one("Magnemite @ Focus Sash", "Splash")) as env:
        # The opponent's sash is not known; its ability, one of three, neither.
        assert outlook(env)["ko_chance"] == 1
    with matchup(9, one("Magnemite @ Focus Sash", "Splash"), one("Garchomp", "Earthquake")) as env:
        play(env, 6, 6)
        # Its HP are no longer full.
        assert outlook(env, side="opposing_move")["ko_chance"] == 1


def test_what_a_seat_cannot_know_changes_nothing_of_its_numbers() -> None:
    own = one("Garchomp", "Earthquake", "Outrage")
    seen = []
    for item, ability, evs in [
        ("Leftovers", "Thick Fat", SPREAD),
        ("Choice Scarf", "Immunity", "EVs: 252 HP / 252 Def\nBold Nature"),
        ("Assault Vest", "Gluttony", "EVs: 252 SpD\nIVs: 0 Atk"),
    ]:
        foe = f"Snorlax @ {item}\nAbility: {ability}\n{evs}\n- Splash\n- Body Slam"
        with matchup(9, own, foe) as env:
            seen.append(env.engine.observations[0].tobytes())
    assert len(set(seen)) == 1


@pytest.mark.parametrize(
    "battle_format", [pytest.param("gen1randombattle", marks=pytest.mark.slow), "gen9randombattle"]
)
def test_the_base_observation_is_the_same_byte_for_byte(battle_format: str) -> None:
    settings: dict[str, Any] = {"num_battles": 4, "steps": 25, "seed": 3}
    base = play_battles(battle_format, **settings)
    damage = play_battles(battle_format, observation="damage", **settings)
    for (alone, acting, _), (longer, also_acting, _) in zip(base, damage, strict=True):
        assert (acting == also_acting).all()
        prefix = np.ascontiguousarray(longer["observation"][acting, :OBS_SIZE])
        assert prefix.tobytes() == alone["observation"][acting].tobytes()


def check_ranges(battle_format: str, num_battles: int, steps: int) -> int:
    space = DAMAGE.space(SINGLES)["observation"]
    told = 0
    for obs, acting, _ in play_battles(
        battle_format, num_battles=num_battles, steps=steps, seed=2, observation="damage"
    ):
        seen = obs["observation"][acting]
        outside = np.argwhere((seen < space.low) | (seen > space.high) | ~np.isfinite(seen))  # type: ignore[attr-defined]
        assert len(outside) == 0, [DAMAGE.fields[column].name for _, column in outside[:5]]
        told += int((seen[:, OBS_SIZE:] > 0).any(axis=1).sum())
    return told


@pytest.mark.parametrize("generation", [4, 8])
def test_numbers_stay_in_their_ranges(generation: int) -> None:
    assert check_ranges(f"gen{generation}randombattle", 4, 20) > 50


@pytest.mark.slow
@pytest.mark.parametrize("generation", range(1, 10))
def test_numbers_stay_in_their_ranges_over_hundreds_of_battles(generation: int) -> None:
    assert check_ranges(f"gen{generation}randombattle", 64, 200) > 10_000


def test_calculations_equal_the_calculator_called_directly_and_every_damaging_move_has_a_number() -> None:
    script = Path(__file__).parent / "damage_parity.mjs"
    command = [str(node_executable()), str(script), str(simulator_path())]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    report = json.loads(result.stdout)
    assert report["differences"] == []
    assert report["compared"] > 1500
    # Only the documented moves have no number.
    expected = "beatup bide comeuppance counter metalburst mirrorcoat naturepower spitup trumpcard".split()
    assert set(report["without_number"]) <= {*expected, "hiddenpower", "struggle", "snore", "dreameater"}, (
        report
    )


def test_an_unknown_observation_is_refused_with_what_is_allowed() -> None:
    for call in (
        make_layout,
        lambda kind: BattleEnv(observation=kind),
        lambda kind: SelfPlayVectorEnv(observation=kind),
    ):
        with pytest.raises(
            ValueError, match=r"'damag' \(did you mean 'damage'\?\); allowed: 'base', 'damage'"
        ):
            call("damag")


def test_a_battle_env_shows_the_layout_that_was_asked_for() -> None:
    with_damage = BattleEnv("gen1randombattle", observation="damage", opponent=MaxDamageAgent())
    try:
        obs, _ = with_damage.reset(seed=0)
        assert with_damage.observation_space.contains(obs)
        assert set(decode(obs["observation"])["damage"]) == {"own_move", "opposing_move"}
        rng = np.random.default_rng(0)
        for _ in range(5):
            action = rng.choice(np.flatnonzero(obs["action_mask"]))
            obs, *_ = with_damage.step(action)
    finally:
        with_damage.close()
    assert DAMAGE.fields[:OBS_SIZE] == LAYOUT.fields
    assert DAMAGE.hash != LAYOUT.hash
