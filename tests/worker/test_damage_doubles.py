"""`observation="damage"` in doubles against the real simulator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pokeenv import (
    DOUBLES,
    DOUBLES_LAYOUT,
    NO_ACTION,
    BattleEnv,
    SelfPlayVectorEnv,
    decode,
    make_layout,
    natural,
)
from tests.support.damage_teams import SPREAD, BroughtTeams, dealt, one
from tests.support.play import play_battles, shared_env

DAMAGE = make_layout("damage", 2)
FORMAT = "gen9randomdoublesbattle"
BROUGHT = BroughtTeams()
PLACES = ("left", "right")
IDLE = "move 0"
Choices = tuple[str, str]
"""Actions of the left and the right Pokémon."""


@contextmanager
def matchup(
    generation: int, first: Sequence[str], second: Sequence[str], battles: int = 1
) -> Iterator[SelfPlayVectorEnv]:
    """Battles of the same teams with different random numbers, after Team Preview."""
    battle_format = f"gen{generation}doublescustomgame"
    with shared_env(battle_format, battles, teams=BROUGHT, observation="damage") as env:
        BROUGHT.teams, BROUGHT.given = ("\n\n".join(first), "\n\n".join(second)), 0
        env.reset(seed=1)
        while told_field(env, "team_preview")[env.acting].any():
            decide(env, ((IDLE, IDLE), (IDLE, IDLE)))
        yield env


def decide(env: SelfPlayVectorEnv, choices: tuple[Choices, Choices]) -> None:
    """One decision of every acting seat; the first legal one where the named one is not legal."""
    masks = env.engine.action_masks
    actions = np.where(env.acting, masks.argmax(axis=1), NO_ACTION)
    right = told_field(env, "deciding_right")
    for row in np.flatnonzero(env.acting):
        action = DOUBLES.names.index(choices[row % 2][int(right[row])])
        if masks[row, action]:
            actions[row] = action
    env.step(actions)


def play(env: SelfPlayVectorEnv, own: Choices, opposing: Choices = (IDLE, IDLE)) -> None:
    """A turn of every battle."""
    turns = told_field(env, "turn")
    for _ in PLACES:
        if (told_field(env, "turn") == turns).all():
            decide(env, (own, opposing))


def told_field(env: SelfPlayVectorEnv, name: str) -> NDArray[Any]:
    """A number of the field block of every row."""
    return natural(env.engine.observations, f"field.{name}", DOUBLES_LAYOUT)


def told(env: SelfPlayVectorEnv, *, row: int = 0) -> dict[str, Any]:
    """The damage block of a row."""
    block: dict[str, Any] = decode(env.engine.observations[row])["damage"]
    return block


def idler(species: str = "Dondozo", *, generation: int = 9, ability: str = "") -> str:
    return one(species, "Splash", generation=generation, extra=ability and f"Ability: {ability}")


# Generation, attacker with its move, target, ally with its ability, opponents, number of Pokémon hit.
MATCHUPS: list[tuple[int, tuple[str, str], int, tuple[str, str], tuple[str, ...], int]] = [
    (9, ("Garchomp", "Earthquake"), 0, ("Registeel", ""), ("Dondozo", "Toxapex"), 3),
    (9, ("Garchomp", "Earthquake"), 0, ("Registeel", ""), ("Dondozo",), 2),
    (9, ("Garchomp", "Rock Slide"), 0, ("Registeel", ""), ("Dondozo", "Toxapex"), 2),
    (9, ("Garchomp", "Rock Slide"), 0, ("Registeel", ""), ("Dondozo",), 1),
    (9, ("Garchomp", "Outrage"), 0, ("Registeel", ""), ("Dondozo", "Toxapex"), 2),
    (9, ("Garchomp", "Dragon Claw"), 2, ("Registeel", ""), ("Dondozo", "Toxapex"), 1),
    (9, ("Garchomp", "Stone Edge"), -2, ("Clefable", "Friend Guard"), ("Dondozo", "Toxapex"), 1),
    (9, ("Magnezone", "Thunderbolt"), 1, ("Charjabug", "Battery"), ("Dondozo", "Toxapex"), 1),
    (9, ("Kingambit", "Kowtow Cleave"), 1, ("Chien-Pao", "Sword of Ruin"), ("Dondozo", "Toxapex"), 1),
    (9, ("Indeedee", "Expanding Force"), 1, ("Indeedee", "Psychic Surge"), ("Dondozo", "Cloyster"), 2),
    (9, ("Indeedee", "Expanding Force"), 1, ("Indeedee", "Psychic Surge"), ("Dondozo",), 1),
    (9, ("Dragapult", "Dragon Darts"), 1, ("Registeel", ""), ("Dondozo", "Toxapex"), 2),
    (8, ("Dragapult", "Dragon Darts"), 1, ("Registeel", ""), ("Corviknight",), 1),
    (7, ("Xerneas", "Dazzling Gleam"), 0, ("Diancie", ""), ("Lugia", "Slowbro"), 2),
    (6, ("Gardevoir", "Hyper Voice"), 0, ("Xerneas", "Fairy Aura"), ("Lugia", "Slowbro"), 2),
    (5, ("Plusle", "Charge Beam"), 1, ("Minun", "Minus"), ("Lugia", "Blissey"), 1),
    (5, ("Heatran", "Lava Plume"), 0, ("Registeel", ""), ("Lugia", "Blissey"), 3),
    (4, ("Garchomp", "Earthquake"), 0, ("Registeel", ""), ("Slowbro", "Blissey"), 3),
    (3, ("Salamence", "Rock Slide"), 0, ("Registeel", ""), ("Slowbro", "Blissey"), 2),
    (3, ("Metagross", "Earthquake"), 0, ("Registeel", ""), ("Slowbro", "Blissey"), 3),
]


@pytest.mark.parametrize(
    ("generation", "attacker", "target", "ally", "opponents", "number"),
    # Each generation costs the start of a simulator.
    [case if case[0] in (4, 9) else pytest.param(*case, marks=pytest.mark.slow) for case in MATCHUPS],
)
def test_the_simulator_deals_what_was_foretold_to_each_target(
    generation: int,
    attacker: tuple[str, str],
    target: int,
    ally: tuple[str, str],
    opponents: tuple[str, ...],
    number: int,
) -> None:
    battles = 12
    first = [
        one(*attacker, "Splash", generation=generation),
        idler(ally[0], generation=generation, ability=ally[1]),
    ]
    second = [idler(species, generation=generation) for species in opponents]
    turn = 3 - len(opponents)
    if turn > 1:
        second.append(one("Uxie", "Memento", generation=generation))
    with matchup(generation, first, second, battles) as env:
        if turn > 1:  # the second opponent faints
            play(env, ("move 1", IDLE), (IDLE, "move 0 target 2"))
        block = told(env)["own_left_move"][0]
        play(env, (f"move 0 target {target}" if target else "move 0", IDLE))
        logs = [env.battle_log(battle)["log"] for battle in range(battles)]
    hit = 0
    for name, place in (("opposing_left", "p2a"), ("opposing_right", "p2b"), ("ally", "p1b")):
        hits = [dealt(log, turn, place) for log in logs]
        shares = [(before - after) / before for before, after in filter(None, hits) if before]
        landed = [share for share in shares if share > 0]
        # In generation 4 the calculator rounds the factor of spread moves otherwise than the simulator.
        slack = 0.005 if generation == 4 else 1e-6
        least, most = (min(1.0, block[name][bound]) for bound in ("min", "max"))
        assert all(least - slack <= share <= most + slack for share in landed), (name, least, most, landed)
        hit += bool(landed)
        if least < 1 and landed:
            # The range is no wider than that of the simulator: the greatest roll lies high in it.
            assert max(landed) > least + 0.4 * (most - least), (name, least, most, landed)
    assert hit == number


def test_screens_halve_less_than_in_singles() -> None:
    first = [one("Floatzel", "Waterfall"), idler("Registeel")]
    second = [one("Dondozo", "Splash", "Reflect"), idler("Toxapex")]
    with matchup(9, first, second) as env:
        before = told(env)["own_left_move"][0]["opposing_right"]["max"]
        play(env, ("pass", IDLE), ("move 1", IDLE))
        after = told(env)["own_left_move"][0]["opposing_right"]["max"]
    assert after / before == pytest.approx(2 / 3, rel=0.05)


def test_moves_that_cannot_hit_the_ally_have_no_number_for_it_and_missing_pokemon_none() -> None:
    first = [one("Garchomp", "Earthquake", "Rock Slide", "Dragon Claw"), idler("Registeel")]
    with matchup(9, first, [idler(), one("Uxie", "Memento")]) as env:
        play(env, (IDLE, IDLE), (IDLE, "move 0 target 2"))
        earthquake, slide, claw, none = told(env)["own_left_move"]
        assert min(earthquake["ally"]["min"], claw["ally"]["min"]) > 0
        assert slide["ally"]["max"] == none["opposing_left"]["max"] == 0
        assert slide["opposing_left"]["min"] > 0
        for move in (earthquake, slide, claw):
            assert not any(move["opposing_right"].values())


def test_the_other_seat_is_told_the_same_once_it_has_seen_the_move() -> None:
    first = [idler("Slowbro"), one("Slowking", "Splash")]
    second = [one("Garchomp", "Earthquake", "Outrage"), idler("Toxapex")]
    with matchup(9, first, second) as env:
        assert not any(
            number for move in told(env)["opposing_left_move"] for number in move["own_left"].values()
        )
        play(env, (IDLE, IDLE))
        seen, own = told(env)["opposing_left_move"], told(env, row=1)["own_left_move"]
    for place in PLACES:
        numbers = seen[0][f"own_{place}"]
        assert 0 < numbers["min"] < numbers["expected"] < numbers["max"]
        assert numbers["max"] == pytest.approx(own[0][f"opposing_{place}"]["max"], rel=0.02)
        assert seen[1][f"own_{place}"]["max"] == 0


def test_both_decisions_of_a_request_have_the_same_numbers() -> None:
    compared = 0
    before: dict[int, NDArray[Any]] = {}  # blocks of the left Pokémon's decision, by row
    for obs, acting, _ in play_battles(FORMAT, num_battles=4, steps=20, seed=3, observation="damage"):
        observations = obs["observation"]
        right = natural(observations, "field.deciding_right", DOUBLES_LAYOUT)
        for row in np.flatnonzero(acting & right):
            if row in before:
                np.testing.assert_array_equal(observations[row, DAMAGE.extra_offset :], before[row])
                compared += int(before[row].any())
        before = {
            row: observations[row, DAMAGE.extra_offset :].copy() for row in np.flatnonzero(acting & ~right)
        }
    assert compared > 30


def test_what_a_seat_cannot_know_changes_nothing_of_its_numbers() -> None:
    own = [one("Garchomp", "Earthquake", "Outrage"), one("Gengar", "Shadow Ball")]
    seen = []
    for item, ability, evs in [
        ("Leftovers", "Thick Fat", SPREAD),
        ("Choice Scarf", "Immunity", "EVs: 252 HP / 252 Def\nBold Nature"),
        ("Assault Vest", "Gluttony", "EVs: 252 SpD\nIVs: 0 Atk"),
    ]:
        foe = f"Snorlax @ {item}\nAbility: {ability}\n{evs}\n- Splash\n- Body Slam"
        guard = "Friend Guard" if item == "Leftovers" else "Unaware"
        ally = f"Clefable @ {item}\nAbility: {guard}\n{evs}\n- Splash"
        with matchup(9, own, [foe, ally]) as env:
            seen.append(env.engine.observations[0].tobytes())
    assert len(set(seen)) == 1


def test_the_base_observation_is_the_same_byte_for_byte() -> None:
    settings: dict[str, Any] = {"num_battles": 4, "steps": 20, "seed": 3}
    base = play_battles(FORMAT, **settings)
    damage = play_battles(FORMAT, observation="damage", **settings)
    for (alone, acting, _), (longer, also_acting, _) in zip(base, damage, strict=True):
        assert (acting == also_acting).all()
        prefix = np.ascontiguousarray(longer["observation"][acting, : DOUBLES_LAYOUT.size])
        assert prefix.tobytes() == alone["observation"][acting].tobytes()


def check_ranges(battle_format: str, num_battles: int, steps: int) -> int:
    space: Any = DAMAGE.space(DOUBLES)["observation"]
    shown = 0
    for obs, acting, _ in play_battles(
        battle_format, num_battles=num_battles, steps=steps, seed=2, observation="damage"
    ):
        seen = obs["observation"][acting]
        outside = np.argwhere((seen < space.low) | (seen > space.high) | ~np.isfinite(seen))
        assert len(outside) == 0, [DAMAGE.fields[column].name for _, column in outside[:5]]
        shown += int((seen[:, DAMAGE.extra_offset :] > 0).any(axis=1).sum())
    return shown


def test_numbers_stay_in_their_ranges() -> None:
    assert check_ranges(FORMAT, 4, 30) > 50


@pytest.mark.slow
@pytest.mark.parametrize("battle_format", [FORMAT, "gen9doubleshackmonscup"])
def test_numbers_stay_in_their_ranges_over_hundreds_of_battles(battle_format: str) -> None:
    assert check_ranges(battle_format, 64, 200) > 5_000


def test_a_battle_env_of_doubles_shows_the_layout_that_was_asked_for() -> None:
    with BattleEnv(FORMAT, observation="damage") as env:
        obs, _ = env.reset(seed=0)
        assert env.observation_space.contains(obs)
        groups = {f"{side}_{place}_move" for side in ("own", "opposing") for place in PLACES}
        assert set(decode(obs["observation"])["damage"]) == groups
    assert DAMAGE.fields[: DOUBLES_LAYOUT.size] == DOUBLES_LAYOUT.fields
    assert DAMAGE.hash != DOUBLES_LAYOUT.hash
