"""Moves with unusual costs, locks or durations, compared with the simulator's own state."""

from __future__ import annotations

import pytest

from tests.support.scripted_battle import (
    BLISSEY,
    CHANSEY,
    ScriptedBattle,
    ScriptedDoubles,
    assert_true,
    move_of,
    pokemon,
    pp_used,
    true_active,
    usable,
)


def test_a_move_brought_forward_by_quick_claw_is_a_move_of_ones_own() -> None:
    first = pokemon("Chansey", "Pound", "Splash", item="Quick Claw", ability="Natural Cure")
    with ScriptedBattle(4, [first], [BLISSEY]) as battle:
        for used in range(1, 13):  # it acts one time in five
            battle.play("pound", "softboiled")
            assert pp_used(battle.foe(1), "pound") == used
            assert battle.foe(1)["last_move"] == "pound"
            assert_true(battle)
        assert battle.foe(1)["item"] == "quickclaw"


@pytest.mark.parametrize("generation", [3, 4, 5, 9])
def test_truant_loafs_as_it_does_in_each_generation(generation: int) -> None:
    loafer = pokemon("Slaking", "Splash", "Yawn", ability="Truant")
    other = pokemon("Blissey", "Soft-Boiled", "Splash", ability="Natural Cure")
    foe = pokemon("Chansey", "Thunder Wave", "Soft-Boiled", ability="Natural Cure")
    with ScriptedBattle(generation, [loafer, other], [foe]) as battle:
        loafed = 0
        for turn, choice in enumerate(["splash", "splash", "switch 2", "switch 1", *["splash"] * 8]):
            battle.play(choice, "softboiled" if turn < 6 else "thunderwave")  # then it may be paralysed
            truant = "truant" in true_active(battle, 0)["volatiles"]
            loafed += truant
            if battle.own(0)["species"] == "slaking":
                assert battle.field(0)["own_volatile_truant"] == truant
                assert battle.field(1)["opposing_volatile_truant"] in (truant, False)
        assert loafed >= 4


@pytest.mark.parametrize("generation", [3, 4, 9])
def test_who_recharges_does_not_loaf_as_well(generation: int) -> None:
    first = pokemon("Slaking", "Hyper Beam", "Splash", ability="Truant", extra="Level: 20")
    with ScriptedBattle(generation, [first], [BLISSEY]) as battle:
        for _ in range(6):
            battle.play("hyperbeam", "softboiled")
            assert battle.field(0)["own_volatile_truant"] == ("truant" in true_active(battle, 0)["volatiles"])


def mirrored_dig(generation: int) -> ScriptedBattle:
    """A battle in which p1's Mirror Move has just begun to dig."""
    mirror = pokemon("Pidgeot", "Mirror Move", "Growl")
    battle = ScriptedBattle(generation, [mirror], [pokemon("Dugtrio", "Dig", "Splash", extra="Level: 9")])
    for choices in (("growl", "dig"), ("growl", "dig"), ("mirrormove", "splash")):
        battle.play(*choices)
    return battle


def test_a_two_turn_move_called_in_generation_2_costs_nothing() -> None:
    with mirrored_dig(2) as battle:
        assert battle.field(1)["opposing_volatile_twoturnmove"]
        battle.play("mirrormove", "splash")
        assert {move["id"] for move in battle.foe(1)["moves"] if move["known"]} == {"growl", "mirrormove"}
        assert_true(battle)


def test_a_two_turn_move_called_in_generation_1_costs_its_caller_when_it_strikes() -> None:
    with mirrored_dig(1) as battle:
        assert pp_used(battle.foe(1), "mirrormove") == 0
        assert battle.foe(1)["last_move"] == "dig"
        assert_true(battle)
        battle.play("mirrormove", "splash")
        assert pp_used(battle.foe(1), "mirrormove") == 1
        assert {move["id"] for move in battle.foe(1)["moves"] if move["known"]} == {"growl", "mirrormove"}
        assert_true(battle)


def test_a_partial_trap_of_generation_1_ends_no_charge() -> None:
    with ScriptedBattle(
        1, [pokemon("Dragonite", "Wrap", "Splash", extra="Level: 20")], [pokemon("Golem", "Razor Wind")]
    ) as battle:
        for _ in range(8):
            battle.play("wrap", "razorwind")
            assert_true(battle)


def test_a_mimicked_move_of_generation_1_uses_up_mimic() -> None:
    mimic = pokemon("Mew", "Mimic")
    with ScriptedBattle(1, [mimic, pokemon("Chansey", "Splash")], [pokemon("Chansey", "Splash")]) as battle:
        while move_of_any(battle) == "mimic":
            battle.play("mimic", "splash")
        for _ in range(3):
            battle.play("splash", "splash")
        used = pp_used(battle.own(0), "splash")
        battle.play("switch 2", "splash")
        assert_true(battle)
        assert used >= 4


def move_of_any(battle: ScriptedBattle) -> str:
    """The first own move."""
    move: str = battle.own(0)["moves"][0]["id"]
    return move


@pytest.mark.parametrize("generation", [1, 4, 9])
def test_minimize_that_can_do_no_more_lasts(generation: int) -> None:
    with ScriptedBattle(
        generation, [pokemon("Clefable", "Minimize")], [pokemon("Chansey", "Splash")]
    ) as battle:
        for _ in range(8):
            battle.play("minimize", "splash")
            assert_true(battle)
        assert (
            battle.field(1)["opposing_volatile_minimize"] and battle.field(1)["opposing_boost_evasion"] == 6
        )


@pytest.mark.parametrize(("move", "item"), [("Bug Bite", ""), ("Fling", "Apicot Berry")])
def test_who_is_fed_anothers_berry_holds_none(move: str, item: str) -> None:
    first = pokemon("Accelgor", move, item=item, ability="Hydration", extra="Level: 20")
    fed = pokemon("Blissey", "Splash", item="Macho Brace" if item else "Apicot Berry", ability="Natural Cure")
    with ScriptedBattle(9, [first], [fed]) as battle:
        battle.play(move.lower().replace(" ", ""), "splash")
        eater = "opposing" if item else "own"
        assert battle.field(0)[f"{eater}_boost_spd"] == 1
        assert_true(battle)
        assert battle.foe(0)["item"] == ("" if item else "none")
        assert battle.foe(1)["item"] in ("none", "")


def test_as_one_of_another_is_known_once_it_shows_which() -> None:
    first = pokemon("Rattata", "Seismic Toss", ability="As One (Spectrier)")
    weak = pokemon("Sunkern", "Splash", ability="Chlorophyll", extra="Level: 5")
    with ScriptedBattle(9, [first], [weak, weak.replace("Sunkern", "Sentret"), BLISSEY]) as battle:
        assert battle.foe(1)["ability"] == ""
        battle.play("seismictoss", "splash")
        battle.play("", "switch 2")
        assert battle.foe(1)["ability"] == battle.foe(1)["base_ability"] == "asonespectrier"
        assert_true(battle)


@pytest.mark.parametrize("generation", [2, 4, 9])
@pytest.mark.parametrize("move", ["Thrash", "Rollout"])
def test_sleep_ends_a_rampage_but_no_rollout(generation: int, move: str) -> None:
    first = pokemon("Tauros", move, extra="Level: 70")
    with ScriptedBattle(generation, [first], [pokemon("Parasect", "Spore", "Splash")]) as battle:
        battle.play(move.lower(), "spore")
        going = {"lockedmove", "rollout"} & set(true_active(battle, 0)["volatiles"])
        assert true_active(battle, 0)["status"] == "slp"
        assert battle.field(1)["opposing_volatile_lockedmove"] == bool(going)
        assert battle.field(0)["own_volatile_lockedmove"] == bool(going)


def test_pursuit_of_one_who_leaves_is_no_first_move_in_generation_4() -> None:
    first = pokemon("Sneasel", "Pursuit", "Fake Out", ability="Inner Focus")
    with ScriptedBattle(4, [first], [BLISSEY, CHANSEY]) as battle:
        battle.play("pursuit", "switch 2")
        assert pp_used(battle.foe(1), "pursuit") == 1
        assert_true(battle)


def test_a_choice_item_lets_go_of_a_transform() -> None:
    first = pokemon("Ditto", "Transform", item="Choice Scarf", ability="Limber")
    with ScriptedBattle(9, [first], [BLISSEY]) as battle:
        battle.play("transform", "splash")
        assert not battle.field(0)["own_volatile_choicelock"] and len(usable(battle.own(0))) == 4
        assert_true(battle)
        battle.play("splash", "splash")
        assert battle.field(0)["own_volatile_choicelock"] and move_of(battle.own(0), "splash")["locked"]
        assert_true(battle)


@pytest.mark.parametrize("generation", [3, 4, 9])
def test_a_two_turn_move_pays_for_the_pressure_of_the_target_that_its_second_turn_shows(
    generation: int,
) -> None:
    team = [pokemon("Golem", "Dig", "Splash", ability="Sturdy"), CHANSEY]
    presser = pokemon("Suicune", "Splash", ability="Pressure")
    with ScriptedDoubles(generation, team, [presser, CHANSEY]) as battle:
        for target, used in (("1", 2), ("2", 3)):
            for turn in ("dig", "second turn"):
                battle.play(f"dig {target}" if turn == "dig" else "dig", "splash")
                battle.play("splash", "splash")
            member = next(one for one in battle.state(1)["opposing"] if one["species"] == "golem")
            assert pp_used(member, "dig") == used
            assert_true(battle)


@pytest.mark.parametrize("generation", [3, 4, 5])
def test_a_choice_item_holds_the_move_that_has_brought_it_up_to_generation_4(generation: int) -> None:
    first = pokemon("Alakazam", "Splash", "Trick", ability="Synchronize")
    second = pokemon("Blissey", "Splash", "Soft-Boiled", item="Choice Band", ability="Natural Cure")
    with ScriptedBattle(generation, [first], [second]) as battle:
        battle.play("splash", "softboiled")
        battle.play("trick", "softboiled")
        assert battle.field(0)["own_volatile_choicelock"] == (generation < 5)
        assert_true(battle)


def test_both_moves_of_a_combined_pledge_cost_pp() -> None:
    team = [
        pokemon("Charizard", "Fire Pledge", ability="Blaze"),
        pokemon("Venusaur", "Grass Pledge", ability="Overgrow"),
    ]
    with ScriptedDoubles(5, team, [BLISSEY, CHANSEY]) as battle:
        battle.play("firepledge 1", "splash")
        battle.play("grasspledge 1", "splash")
        used = [pp_used(member, member["moves"][0]["id"]) for member in battle.state(1)["opposing"][:2]]
        assert used == [1, 1]
        assert_true(battle)


@pytest.mark.parametrize("generation", [3, 9])
def test_a_pokemon_that_faints_does_not_end_the_lock_on_it(generation: int) -> None:
    sniper = pokemon("Magneton", "Lock-On", "Splash", ability="Sturdy")
    with ScriptedBattle(
        generation, [sniper], [pokemon("Golem", "Explosion", ability="Sturdy"), CHANSEY]
    ) as battle:
        battle.play("lockon", "explosion")
        assert "lockon" in true_active(battle, 0)["volatiles"]
        assert battle.field(1)["opposing_volatile_lockon"]
        battle.play("splash", "switch 2")
        assert_true(battle)


def test_a_future_move_waits_in_the_place_of_a_target_that_has_fainted() -> None:
    left = pokemon("Electrode", "Explosion", "Splash", ability="Static")
    right = pokemon("Golem", "Explosion", "Splash", ability="Sturdy")
    seer = pokemon("Shuckle", "Doom Desire", "Splash", ability="Sturdy")
    with ScriptedDoubles(5, [left, right, BLISSEY, CHANSEY], [seer, BLISSEY, CHANSEY]) as battle:
        battle.play("splash", "splash")
        battle.play("splash", "splash")
        battle.play("explosion", "doomdesire 1")
        battle.play("explosion", "splash")
        assert_true(battle)
        (waiting,) = [place for place in ("left", "right") if battle.field(0)[f"own_{place}_future_move"]]
        assert waiting == "left"
