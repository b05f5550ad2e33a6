"""Rules of the simulator that are easy to get wrong, compared with the simulator's own state."""

from __future__ import annotations

import pytest

from pokeenv.engine.signals import SIGNALS
from tests.support.scripted_battle import (
    BLISSEY,
    CHANSEY,
    ScriptedBattle,
    assert_true,
    move_of,
    pokemon,
    pp_used,
    true_active,
    usable,
)


def test_hits_taken_behind_an_illusion_count_up_to_six() -> None:
    puncher = pokemon(
        "Urshifu", "Surging Strikes", "Aqua Jet", "Splash", ability="Unseen Fist", extra="Level: 5"
    )
    zoroark = pokemon("Zoroark", "Splash", ability="Illusion")
    with ScriptedBattle(9, [puncher], [BLISSEY, zoroark, CHANSEY]) as battle:
        for _ in range(3):
            battle.play("splash", "switch 2")
            battle.play("surgingstrikes", "splash")
            battle.play("splash", "switch 1")
        battle.play("splash", "switch 2")
        for _ in range(2):
            battle.play("aquajet", "splash")
            assert battle.foe(0)["times_attacked"] == battle.own(1)["times_attacked"] == 6


def test_hits_on_a_substitute_are_not_hits_taken() -> None:
    puncher = pokemon("Urshifu", "Surging Strikes", "Splash", ability="Unseen Fist", extra="Level: 9")
    with ScriptedBattle(
        9, [puncher], [pokemon("Blissey", "Substitute", "Splash", ability="Natural Cure")]
    ) as battle:
        battle.play("splash", "substitute")
        battle.play("surgingstrikes", "splash")
        assert battle.field(0)["opposing_volatile_substitute"] and battle.foe(0)["times_attacked"] == 0
        assert_true(battle)


def test_a_sticky_barb_that_has_gone_over_is_seen_where_it_pricks() -> None:
    holder = pokemon("Blissey", "Splash", item="Sticky Barb", ability="Natural Cure")
    second = pokemon("Sneasel", "Fling", "Pound", item="Iron Ball", ability="Inner Focus", extra="Level: 20")
    with ScriptedBattle(9, [holder], [second]) as battle:
        battle.play("splash", "fling")
        for _ in range(2):
            battle.play("splash", "pound")
            assert_true(battle)
        assert (battle.foe(0)["item"], battle.foe(1)["item"]) == ("stickybarb", "none")


@pytest.mark.parametrize("move", ["growl", "partingshot"])
def test_what_an_illusion_of_pressure_seemed_to_cost_is_given_back(move: str) -> None:
    growler = pokemon("Silvally", "Growl", "Parting Shot", "Splash", ability="RKS System")
    hitter = pokemon("Chansey", "Pound", "Splash", ability="Natural Cure")
    foes = [
        pokemon("Blissey", "Splash", ability="Natural Cure"),
        pokemon("Zoroark", "Splash", ability="Illusion"),
        pokemon("Weavile", "Splash", ability="Pressure"),
    ]
    with ScriptedBattle(9, [growler, hitter], foes) as battle:
        battle.play("splash", "switch 3")  # who it is, and what Pressure it has
        battle.play("splash", "switch 1")
        battle.play("splash", "switch 2")
        battle.play(move, "splash")
        battle.play("switch 2", "splash")
        battle.play("pound", "splash")
        assert battle.foe(0)["species"] == "zoroark"
        assert pp_used(battle.state(0)["own"][0], move) == 1
        assert_true(battle)


@pytest.mark.parametrize(
    ("thief", "move", "other"),
    [
        (pokemon("Weavile", "Splash", ability="Pickpocket"), "splash", "tackle"),
        (pokemon("Delphox", "Tackle", ability="Magician"), "tackle", "splash"),
        (pokemon("Sneasel", "Thief", ability="Inner Focus"), "thief", "splash"),
        (pokemon("Eevee", "Covet", ability="Run Away"), "covet", "splash"),
    ],
    ids=["pickpocket", "magician", "thief", "covet"],
)
def test_who_steals_has_the_item_and_the_ability(thief: str, move: str, other: str) -> None:
    victim = pokemon("Blissey", "Tackle", "Splash", item="Leftovers", ability="Healer")
    with ScriptedBattle(9, [thief], [victim]) as battle:
        battle.play(move, other)
        assert battle.own(0)["item"] == battle.foe(1)["item"] == "leftovers"
        assert battle.own(1)["item"] == battle.foe(0)["item"] == "none"
        assert battle.foe(0)["ability"] in ("", "healer") and battle.foe(0)["base_ability"] in ("", "healer")
        if true_active(battle, 0)["ability"] in ("pickpocket", "magician"):
            assert battle.foe(1)["ability"] == true_active(battle, 0)["ability"]
        assert_true(battle)


@pytest.mark.parametrize("suspends", ["magicroom", "embargo", "skillswap"])
def test_a_suspended_choice_item_holds_no_move(suspends: str) -> None:
    first = pokemon("Golurk", "Magic Room", "Embargo", "Skill Swap", "Splash", ability="Klutz")
    second = pokemon("Watchog", "Bite", "Protect", item="Choice Band", ability="Run Away", extra="Level: 9")
    with ScriptedBattle(7, [first], [second]) as battle:
        battle.play("splash", "bite")
        assert usable(battle.own(1)) == {"bite": True, "protect": False}
        assert move_of(battle.own(1), "bite")["locked"] and battle.field(1)["own_volatile_choicelock"]
        battle.play(suspends, "bite")
        assert usable(battle.own(1)) == {"bite": True, "protect": True}
        assert not battle.field(1)["own_volatile_choicelock"]
        assert not any(move["locked"] for move in battle.own(1)["moves"])
        if suspends == "skillswap":
            return
        for _ in range(5):  # until it works again, and locks the move from before
            assert_true(battle)
            battle.play("splash", "bite")
        assert battle.field(1)["own_volatile_choicelock"] and not usable(battle.own(1))["protect"]


def test_a_move_used_while_the_choice_item_is_suspended_is_not_held() -> None:
    first = pokemon("Gothitelle", "Magic Room", "Splash", ability="Competitive")
    second = pokemon("Watchog", "Bite", "Protect", item="Choice Band", ability="Run Away", extra="Level: 9")
    with ScriptedBattle(9, [first], [CHANSEY, second]) as battle:
        battle.play("magicroom", "switch 2")
        for _ in range(4):
            battle.play("splash", "protect")
        assert not battle.field(1)["magicroom"]
        assert usable(battle.own(1)) == {"bite": True, "protect": True}
        battle.play("splash", "bite")
        assert usable(battle.own(1)) == {"bite": True, "protect": False}
        assert move_of(battle.own(1), "bite")["locked"] and battle.field(1)["own_volatile_choicelock"]


def play_rampage(battle: ScriptedBattle, move: str, answer: str, turns: int) -> int:
    """Repeat a move and compare both seats' view of its rampage with the truth; returns its turns."""
    went_on = 0
    for _ in range(turns):
        battle.play(move, answer)
        going = {"lockedmove", "rollout"} & set(true_active(battle, 0)["volatiles"])
        assert battle.field(1)["opposing_volatile_lockedmove"] == bool(going)
        assert battle.field(0)["own_volatile_lockedmove"] == bool(going)
        went_on += bool(going)
    return went_on


def test_a_rampage_of_generation_2_goes_on_though_it_hits_nothing() -> None:
    with ScriptedBattle(2, [pokemon("Snorlax", "Thrash")], [pokemon("Gengar", "Splash")]) as battle:
        assert play_rampage(battle, "thrash", "splash", 8)
    dodger = pokemon("Blissey", "Double Team", "Soft-Boiled")
    with ScriptedBattle(2, [pokemon("Snorlax", "Thrash", "Growl", extra="Level: 9")], [dodger]) as battle:
        for _ in range(6):
            battle.play("growl", "doubleteam")
        assert play_rampage(battle, "thrash", "softboiled", 12)


def test_a_rollout_of_generation_2_ends_with_a_miss() -> None:
    dodger = pokemon("Blissey", "Double Team", "Soft-Boiled")
    with ScriptedBattle(2, [pokemon("Miltank", "Rollout", "Growl", extra="Level: 9")], [dodger]) as battle:
        for _ in range(6):
            battle.play("growl", "doubleteam")
        assert play_rampage(battle, "rollout", "softboiled", 12) < 12


@pytest.mark.parametrize("generation", [3, 4, 5])
def test_skill_swap_exchanges_abilities_that_no_line_names(generation: int) -> None:
    # The first can have one ability only, the second two.
    first = pokemon("Alakazam", "Skill Swap", "Splash", ability="Inner Focus")
    second = pokemon("Mewtwo", "Splash", ability="Pressure")
    third = pokemon("Bronzor", "Splash", ability="Levitate")
    with ScriptedBattle(generation, [first], [second, third]) as battle:
        for switch in ("switch 2", "switch 1"):
            battle.play("skillswap", "splash")
            truth = [true_active(battle, seat) for seat in (0, 1)]
            assert truth[0]["ability"] != truth[0]["baseAbility"] or generation == 5
            assert battle.own(1)["base_ability"] == truth[1]["baseAbility"]
            # An ability that was never shown is unknown; the former one is not assumed.
            assert battle.own(0)["ability"] in ("", truth[0]["ability"])
            assert battle.foe(0)["ability"] in (
                "" if switch == "switch 1" else "innerfocus",
                truth[1]["ability"],
            )
            assert battle.foe(0)["base_ability"] in ("", truth[1]["baseAbility"])
            assert battle.foe(1)["ability"] in ("", truth[0]["ability"])
            assert battle.own(1)["ability"] in ("", truth[1]["ability"])
            assert_true(battle)
            battle.play("splash", switch)


def test_dynamax_ends_minimize_and_leaves_an_encore() -> None:
    first = pokemon("Blissey", "Minimize", "Pound", "Splash", ability="Natural Cure")
    second = pokemon("Clefable", "Encore", "Splash", ability="Magic Guard")
    with ScriptedBattle(8, [first], [second]) as battle:
        battle.play("minimize", "splash")
        assert battle.field(1)["opposing_volatile_minimize"]
        battle.play("pound", "splash")
        battle.play("pound", "encore")
        assert battle.field(0)["own_volatile_encore"]
        battle.play("dynamax pound", "splash")
        assert_true(battle)
        assert battle.field(0)["own_volatile_encore"] and battle.field(1)["opposing_volatile_encore"]
        assert not battle.field(1)["opposing_volatile_minimize"]


def assert_suppression_is_true(battle: ScriptedBattle) -> None:
    """Both seats know the Pokémon whose ability is suppressed."""
    for seat in (0, 1):
        assert battle.own(seat)["ability_suppressed"] == true_active(battle, seat)["abilityIgnored"]
        assert battle.foe(seat)["ability_suppressed"] == true_active(battle, 1 - seat)["abilityIgnored"]


def test_a_transformed_pokemon_has_no_neutralizing_gas() -> None:
    gas = pokemon("Weezing-Galar", "Splash", ability="Neutralizing Gas")
    with ScriptedBattle(
        9, [pokemon("Mew", "Transform", "Splash", ability="Synchronize"), BLISSEY], [gas, CHANSEY]
    ) as battle:
        assert battle.own(0)["ability_suppressed"] and not battle.own(1)["ability_suppressed"]
        battle.play("transform", "splash")
        assert_suppression_is_true(battle)
        battle.play("splash", "switch 2")
        assert_suppression_is_true(battle)
        assert not battle.own(1)["ability_suppressed"]


def own_failures(battle: ScriptedBattle, seat: int) -> float:
    """Number of own moves that failed, by the signals."""
    return float(battle.engine.signals[seat][SIGNALS.index("own_failures")])


def test_a_miss_is_no_failure_but_an_immune_target_and_a_failed_move_are() -> None:
    first = pokemon("Machamp", "Zap Cannon", "Low Kick", "Rest", "Splash", ability="Guts")
    with ScriptedBattle(
        9, [first], [pokemon("Dusclops", "Double Team", "Splash", ability="Frisk")]
    ) as battle:
        battle.play("splash", "doubleteam")
        before, misses = own_failures(battle, 0), 0
        for _ in range(5):
            hp = battle.foe(0)["hp"]
            battle.play("zapcannon", "doubleteam")
            misses += battle.foe(0)["hp"] == hp
            assert own_failures(battle, 0) == before
        assert misses >= 3
        battle.play("lowkick", "splash")  # a Ghost
        assert own_failures(battle, 0) == before + 1
        battle.play("rest", "splash")  # at full HP
        assert own_failures(battle, 0) == before + 2


def test_smack_down_ends_a_flight_but_no_charge() -> None:
    first = pokemon("Blissey", "Smack Down", "Splash", item="Macho Brace", ability="Healer")
    second = pokemon("Chansey", "Fly", "Solar Beam", "Magnet Rise", "Splash", ability="Healer")
    with ScriptedBattle(7, [first], [second]) as battle:  # the second is faster
        battle.play("smackdown", "fly")
        assert not battle.field(0)["opposing_volatile_twoturnmove"]
        assert_true(battle)
        battle.play("splash", "magnetrise")
        battle.play("smackdown", "solarbeam")
        assert (
            battle.field(0)["opposing_volatile_twoturnmove"] and battle.field(1)["own_volatile_twoturnmove"]
        )
        assert not battle.field(0)["opposing_volatile_magnetrise"]
        assert_true(battle)


def test_gravity_ends_a_flight_but_no_charge() -> None:
    first = pokemon("Blissey", "Gravity", "Splash", item="Macho Brace", ability="Healer")
    second = pokemon("Chansey", "Fly", "Solar Beam", "Magnet Rise", "Splash", ability="Healer")
    for move in ("fly", "solarbeam"):
        with ScriptedBattle(7, [first], [second]) as battle:
            battle.play("splash", "magnetrise")
            battle.play("gravity", move)
            assert battle.field(0)["opposing_volatile_twoturnmove"] == (move == "solarbeam")
            assert_true(battle)


def test_own_pp_of_a_transformed_pokemon_are_those_of_the_copied_moves() -> None:
    first = pokemon("Mew", "Transform", "Splash", "Pound", ability="Synchronize")
    with ScriptedBattle(9, [first, BLISSEY], [CHANSEY]) as battle:
        battle.play("splash", "splash")
        battle.play("transform", "splash")
        copied = move_of(battle.own(0), "splash")
        assert round(copied["pp"] * copied["max_pp"]) == copied["max_pp"] == 5
        battle.play("splash", "splash")
        assert pp_used(battle.own(0), "splash") == 1
        assert_true(battle)
        battle.play("switch 2", "splash")
        battle.play("switch 1", "splash")
        assert pp_used(battle.own(0), "splash") == 1 and move_of(battle.own(0), "splash")["max_pp"] == 64


@pytest.mark.parametrize("generation", [3, 4, 9])
def test_sketch_becomes_the_move_that_it_copied(generation: int) -> None:
    with ScriptedBattle(
        generation, [pokemon("Smeargle", "Sketch", "Splash", ability="Own Tempo")], [BLISSEY]
    ) as battle:
        battle.play("splash", "seismictoss")
        battle.play("sketch", "splash")
        seen = {move["id"] for move in battle.foe(1)["moves"] if move["known"]}
        assert seen == {"splash", "seismictoss"} or seen == {"splash"}
        assert {move["id"] for move in battle.own(0)["moves"] if move["known"]} >= seen
        assert_true(battle)
        assert not battle.field(1)["opposing_volatile_mimic"]


def test_trump_card_has_five_pp() -> None:
    with ScriptedBattle(7, [pokemon("Eevee", "Trump Card", ability="Run Away")], [CHANSEY]) as battle:
        assert move_of(battle.own(0), "trumpcard")["max_pp"] == 5
        battle.play("trumpcard", "splash")
        assert move_of(battle.foe(1), "trumpcard")["max_pp"] == 5 and pp_used(battle.foe(1), "trumpcard") == 1


def test_a_healing_wish_and_a_lunar_dance_wait_apart() -> None:
    wisher = pokemon("Chansey", "Healing Wish", ability="Natural Cure")
    dancer = pokemon("Cresselia", "Lunar Dance", ability="Levitate")
    with ScriptedBattle(
        9, [wisher, dancer, BLISSEY], [pokemon("Chansey", "Seismic Toss", "Splash")]
    ) as battle:
        battle.play("switch 3", "seismictoss")
        battle.play("switch 1", "splash")
        battle.play("healingwish", "splash")
        battle.play("switch 2")
        battle.play("lunardance", "splash")
        battle.play("switch 3")  # hurt, with all its PP: the first is enough
        assert battle.own(0)["hp"] == 1.0
        assert_true(battle)
        assert battle.field(0)["own_healing_wish"] and battle.field(1)["opposing_healing_wish"]


def test_a_healing_wish_that_fails_leaves_the_one_that_waits() -> None:
    wishers = [pokemon(species, "Healing Wish", ability="Natural Cure") for species in ("Chansey", "Blissey")]
    with ScriptedBattle(9, wishers, [CHANSEY]) as battle:
        battle.play("healingwish", "splash")
        battle.play("switch 2")
        battle.play("healingwish", "splash")  # nobody is left
        assert_true(battle)
        assert battle.field(0)["own_healing_wish"] and battle.field(1)["opposing_healing_wish"]


FORBIDDING = {
    "Torment": {"seismictoss"},
    "Throat Chop": {"hypervoice"},
    "Heal Block": {"softboiled"},
    "Gravity": {"fly"},
    "Taunt": {"softboiled"},
    "Imprison": {"hypervoice"},
}


@pytest.mark.parametrize("move", FORBIDDING)
def test_what_an_effect_forbids_the_opponent_is_not_usable(move: str) -> None:
    first = pokemon("Mew", move, "Hyper Voice", "Protect", ability="Synchronize", extra="Level: 20")
    moves = ("Seismic Toss", "Hyper Voice", "Soft-Boiled", "Fly")
    second = pokemon("Togekiss", *moves, ability="Serene Grace", extra="Level: 20")
    with ScriptedBattle(7, [first], [second]) as battle:
        for shown in ("fly", "fly", "hypervoice", "softboiled"):
            battle.play("protect", shown)
        battle.play(move.lower().replace(" ", ""), "seismictoss")
        expected = {name: name not in FORBIDDING[move] for name in usable(battle.own(1))}
        assert usable(battle.foe(0)) == expected
        assert all(seen["disabled"] != expected[seen["id"]] for seen in battle.foe(0)["moves"])
        if move != "Imprison":  # its victim is not informed
            assert usable(battle.own(1)) == expected


def test_a_stolen_assault_vest_forbids_status_moves() -> None:
    second = pokemon("Sneasel", "Thief", "Swords Dance", ability="Inner Focus", extra="Level: 20")
    with ScriptedBattle(
        9, [pokemon("Blissey", "Pound", item="Assault Vest", extra="Level: 20")], [second]
    ) as battle:
        battle.play("pound", "swordsdance")
        battle.play("pound", "thief")
        assert usable(battle.own(1)) == usable(battle.foe(0)) == {"thief": True, "swordsdance": False}
