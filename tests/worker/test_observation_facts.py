"""Facts of a battle, by name, as both seats see them."""

from __future__ import annotations

import pytest

from tests.support.scripted_battle import BLISSEY, CHANSEY, Duel, move_of, pokemon, pp_used


def test_knocked_off_item_is_known_to_be_none() -> None:
    holder = pokemon("Blissey", "Splash", item="Leftovers", ability="Natural Cure")
    with Duel(9, [pokemon("Weavile", "Knock Off", ability="Pressure")], [holder]) as duel:
        assert duel.foe()["item"] == ""
        duel.play("knockoff", "splash")
        for member in (duel.foe(0), duel.own(1)):
            assert (member["item"], member["last_item"]) == ("none", "leftovers")


def test_trick_shows_both_items() -> None:
    trickster = pokemon("Rotom", "Trick", item="Choice Scarf", ability="Levitate")
    holder = pokemon("Blissey", "Splash", item="Leftovers", ability="Natural Cure")
    with Duel(9, [trickster], [holder]) as duel:
        duel.play("trick", "splash")
        assert (duel.own()["item"], duel.foe()["item"]) == ("leftovers", "choicescarf")
        assert (duel.own(1)["item"], duel.foe(1)["item"]) == ("choicescarf", "leftovers")


def test_pressure_costs_two_pp() -> None:
    with Duel(9, [pokemon("Weavile", "Swords Dance", ability="Pressure")], [BLISSEY]) as duel:
        duel.play("swordsdance", "seismictoss")
        assert pp_used(duel.foe(0), "seismictoss") == 2
        assert pp_used(duel.own(1), "seismictoss") == 2
        assert duel.foe(1)["ability"] == "pressure"
        duel.play("swordsdance", "softboiled")  # not aimed at the opponent
        assert pp_used(duel.foe(0), "softboiled") == pp_used(duel.own(1), "softboiled") == 1


def test_a_called_move_costs_its_caller_alone() -> None:
    sleeper = pokemon("Snorlax", "Sleep Talk", "Body Slam", "Rest", ability="Thick Fat")
    with Duel(9, [pokemon("Blissey", "Splash", "Seismic Toss", ability="Serene Grace")], [sleeper]) as duel:
        duel.play("seismictoss", "sleeptalk")
        duel.play("seismictoss", "rest")
        duel.play("splash", "sleeptalk")
        member = duel.foe()
        assert member["status_slp"] and member["resting"] and member["sleep_turns"] == 1
        assert pp_used(member, "sleeptalk") == pp_used(duel.own(1), "sleeptalk")
        called = [move for move in member["moves"] if move["id"] == "bodyslam"]
        assert [move["pp"] for move in called] in ([], [1.0])


@pytest.mark.parametrize("generation", [3, 4, 5, 9])
def test_toxic_counter_restarts_after_a_switch(generation: int) -> None:
    victim = pokemon("Blissey", "Soft-Boiled", ability="Serene Grace")
    other = pokemon("Snorlax", "Curse", ability="Thick Fat")
    poisoner = pokemon("Umbreon", "Toxic", "Moonlight", ability="Synchronize")
    with Duel(generation, [poisoner], [victim, other]) as duel:
        while not duel.foe()["status_tox"]:
            duel.play("toxic", "softboiled")
        first = duel.foe()["toxic_turns"]
        duel.play("moonlight", "softboiled")
        assert duel.foe()["toxic_turns"] == duel.own(1)["toxic_turns"] == first + 1
        duel.play("moonlight", "switch 2")
        duel.play("moonlight", "switch 1")
        assert duel.foe()["status_tox"]
        assert duel.foe()["toxic_turns"] == duel.own(1)["toxic_turns"] == 1


@pytest.mark.parametrize(("item", "own"), [("", 5), ("Light Clay", 8)])
def test_light_screen_turns_count_down(item: str, own: int) -> None:
    with Duel(9, [pokemon("Blissey", "Light Screen", "Splash", item=item)], [CHANSEY]) as duel:
        duel.play("lightscreen", "splash")
        for passed in range(1, 4):
            mine, theirs = duel.field(0), duel.field(1)
            exact = mine["own_lightscreen_turns"], mine["own_lightscreen_turns_most"]
            assert mine["own_lightscreen"] and exact == (own - passed, own - passed)
            guess = theirs["opposing_lightscreen_turns"], theirs["opposing_lightscreen_turns_most"]
            assert guess == (5 - passed, 8 - passed)
            duel.play("splash", "splash")


def test_weather_terrain_and_rooms_count_down() -> None:
    setter = pokemon("Blissey", "Rain Dance", "Trick Room", "Misty Terrain", "Splash", item="Damp Rock")
    with Duel(9, [setter], [CHANSEY]) as duel:
        for move in ("raindance", "trickroom", "mistyterrain"):
            duel.play(move, "splash")
        field = duel.field(0)
        assert field["weather_raindance"] and field["terrain_mistyterrain"]
        assert (field["weather_turns"], field["weather_turns_most"]) == (5, 5)
        assert (field["terrain_turns"], field["terrain_turns_most"], field["trickroom"]) == (4, 4, 3)
        field = duel.field(1)
        assert (field["weather_turns"], field["weather_turns_most"]) == (2, 5)
        assert (field["terrain_turns"], field["terrain_turns_most"], field["trickroom"]) == (4, 7, 3)


def test_choice_lock_is_seen_once_the_item_is_known() -> None:
    scarfed = pokemon("Blissey", "Splash", "Soft-Boiled", item="Choice Scarf")
    with Duel(9, [scarfed], [pokemon("Banette", "Splash", ability="Frisk"), CHANSEY]) as duel:
        duel.play("splash", "splash")
        assert duel.field(0)["own_volatile_choicelock"]
        assert [move["usable"] for move in duel.own(0)["moves"][:2]] == [True, False]
        assert move_of(duel.own(0), "splash")["locked"]
        assert duel.foe(1)["item"] == "choicescarf"  # Frisk has shown it
        assert duel.field(1)["opposing_volatile_choicelock"]
        assert move_of(duel.foe(1), "splash")["locked"]


def test_an_unknown_choice_item_locks_nothing() -> None:
    scarfed = pokemon("Blissey", "Splash", "Soft-Boiled", item="Choice Scarf")
    with Duel(9, [scarfed], [CHANSEY]) as duel:
        duel.play("splash", "splash")
        assert duel.field(0)["own_volatile_choicelock"]
        assert not duel.field(1)["opposing_volatile_choicelock"]


def test_illusion_ends_and_gives_back_what_it_took() -> None:
    zoroark = pokemon("Zoroark", "Nasty Plot", "Splash", ability="Illusion")
    puncher = pokemon("Blissey", "Seismic Toss", "Splash", ability="Serene Grace")
    with Duel(9, [zoroark, CHANSEY], [puncher]) as duel:
        assert duel.own(0)["species"] == "zoroark" and duel.own(0)["illusion"]
        assert duel.foe(1)["species"] == "chansey"
        duel.play("nastyplot", "splash")
        duel.play("splash", "seismictoss")
        assert not duel.own(0)["illusion"]
        seen = duel.foe(1)
        assert (seen["species"], seen["ability"]) == ("zoroark", "illusion")
        assert {move["id"] for move in seen["moves"] if move["known"]} == {"nastyplot", "splash"}
        assert duel.field(1)["opposing_boost_spa"] == duel.field(0)["own_boost_spa"] == 2
        duel.play("switch 2", "splash")
        chansey = duel.foe(1)
        assert (chansey["species"], chansey["hp"]) == ("chansey", 1.0)
        assert not any(move["known"] for move in chansey["moves"])
        assert sum(member["known"] for member in duel.state(1)["opposing"]) == 2


@pytest.mark.parametrize("generation", [1, 2, 4, 5, 9])
def test_transform_copies_moves_and_types(generation: int) -> None:
    model = pokemon("Charizard", "Flamethrower", "Swords Dance")
    with Duel(generation, [pokemon("Ditto", "Transform", ability="Limber")], [model]) as duel:
        duel.play("transform", "swordsdance")
        for member in (duel.own(0), duel.foe(1)):
            assert (member["species"], member["base_species"]) == ("charizard", "ditto")
            assert (member["type_1"], member["type_2"]) == ("fire", "flying")
            assert {move["id"] for move in member["moves"] if move["known"]} == {
                "flamethrower",
                "swordsdance",
            }
        assert duel.field(0)["own_volatile_transform"] and duel.field(1)["opposing_volatile_transform"]
        # The request of the copy has shown the whole set of its model.
        assert {move["id"] for move in duel.foe(0)["moves"] if move["known"]} == {
            "flamethrower",
            "swordsdance",
        }


def test_fake_out_works_in_the_first_turn_only() -> None:
    with Duel(9, [CHANSEY, BLISSEY], [CHANSEY]) as duel:
        assert duel.field(0)["own_first_turn"] and duel.field(1)["opposing_first_turn"]
        duel.play("splash", "splash")
        assert not duel.field(0)["own_first_turn"] and not duel.field(1)["opposing_first_turn"]
        assert duel.field(1)["opposing_active_turns"] == 2
        duel.play("switch 2", "splash")
        assert duel.field(0)["own_first_turn"] and duel.field(1)["opposing_first_turn"]


def test_protecting_in_a_row_is_counted() -> None:
    with Duel(9, [pokemon("Blissey", "Protect", "Splash")], [CHANSEY]) as duel:
        duel.play("protect", "splash")
        assert duel.field(0)["own_protect_count"] == duel.field(1)["opposing_protect_count"] == 1
        duel.play("splash", "splash")
        assert duel.field(0)["own_protect_count"] == duel.field(1)["opposing_protect_count"] == 0


def test_encore_and_disable_name_their_move() -> None:
    first = pokemon("Alakazam", "Encore", "Disable", "Splash", ability="Magic Guard")
    with Duel(9, [first], [BLISSEY]) as duel:
        duel.play("splash", "toxic")
        duel.play("encore", "splash")
        for member in (duel.own(1), duel.foe(0)):
            assert move_of(member, "toxic")["encored"]
        assert duel.field(0)["opposing_volatile_encore"] and duel.field(0)["opposing_encore_turns"] == 1
        duel.play("disable", "toxic")
        assert move_of(duel.foe(0), "toxic")["disabled"]
        assert not move_of(duel.foe(0), "toxic")["usable"]


def test_a_suppressed_and_a_changed_ability_are_seen() -> None:
    first = pokemon("Swalot", "Gastro Acid", "Worry Seed", "Splash", ability="Sticky Hold")
    with Duel(8, [first], [pokemon("Gyarados", "Splash", ability="Intimidate"), BLISSEY]) as duel:
        assert duel.foe()["ability"] == "intimidate"
        duel.play("gastroacid", "splash")
        assert duel.foe(0)["ability_suppressed"] and duel.own(1)["ability_suppressed"]
        duel.play("splash", "switch 2")
        duel.play("worryseed", "splash")
        assert (duel.foe(0)["ability"], duel.own(1)["ability"]) == ("insomnia", "insomnia")
        assert duel.own(1)["base_ability"] == "naturalcure"
        duel.play("splash", "switch 1")
        assert not duel.foe(0)["ability_suppressed"]


def test_terastallizing_shows_the_type() -> None:
    first = pokemon("Blissey", "Splash", extra="Tera Type: Ghost")
    with Duel(9, [first], [CHANSEY]) as duel:
        assert duel.field(0)["can_terastallize"] and duel.own()["tera_type"] == "ghost"
        assert duel.foe(1)["tera_type"] == ""
        duel.play("tera splash", "splash")
        for member in (duel.own(0), duel.foe(1)):
            assert member["terastallized"] and (member["tera_type"], member["type_1"]) == ("ghost", "ghost")
        assert duel.field(0)["own_used_terastallize"] and duel.field(1)["opposing_used_terastallize"]


def test_mega_evolution_changes_forme_ability_and_item() -> None:
    first = pokemon("Venusaur", "Splash", item="Venusaurite", ability="Overgrow")
    with Duel(7, [first], [CHANSEY]) as duel:
        duel.play("mega splash", "splash")
        for member in (duel.own(0), duel.foe(1)):
            assert (member["species"], member["ability"]) == ("venusaurmega", "thickfat")
            assert member["item"] == "venusaurite"
        assert duel.field(1)["opposing_used_mega"]


def test_dynamax_lasts_three_turns() -> None:
    with Duel(8, [pokemon("Blissey", "Splash", "Pound")], [CHANSEY]) as duel:
        duel.play("dynamax splash", "splash")
        assert duel.field(1)["opposing_dynamax_turns"] == duel.field(0)["own_dynamax_turns"] == 2
        assert duel.field(1)["opposing_volatile_dynamax"]
        duel.play("splash", "splash")
        duel.play("splash", "splash")
        assert not duel.field(1)["opposing_volatile_dynamax"] and duel.field(1)["opposing_dynamax_turns"] == 0


def test_baton_pass_hands_on_what_it_hands_on() -> None:
    first = pokemon("Ninjask", "Swords Dance", "Substitute", "Baton Pass", ability="Speed Boost")
    with Duel(9, [first, BLISSEY], [CHANSEY]) as duel:
        duel.play("swordsdance", "splash")
        duel.play("substitute", "splash")
        duel.play("batonpass", "splash")
        duel.play("switch 2")
        for field, side in ((duel.field(0), "own"), (duel.field(1), "opposing")):
            assert field[f"{side}_boost_atk"] == 2 and field[f"{side}_volatile_substitute"]


def test_wrap_holds_its_victim_in_generation_1() -> None:
    with Duel(1, [pokemon("Dragonite", "Wrap")], [pokemon("Snorlax", "Body Slam", "Rest")]) as duel:
        held = False
        for _ in range(6):
            duel.play("wrap", "bodyslam")
            held = held or bool(duel.field(0)["opposing_volatile_partiallytrapped"])
            assert (
                duel.field(0)["opposing_volatile_partiallytrapped"]
                == duel.field(1)["own_volatile_partiallytrapped"]
            )
        assert held


def test_haze_ends_a_toxic_counter_in_generation_1() -> None:
    venusaur = pokemon("Venusaur", "Toxic", "Haze")
    with Duel(1, [venusaur], [pokemon("Snorlax", "Harden", "Rest")]) as duel:
        for _ in range(3):  # it may miss
            duel.play("toxic", "harden")
        assert duel.foe()["status_tox"]
        duel.play("haze", "harden")
        assert not duel.foe()["status_tox"] and not duel.foe()["status_psn"]


def test_future_sight_and_wish_are_pending() -> None:
    first = pokemon("Jirachi", "Future Sight", "Wish", "Splash", ability="Serene Grace")
    with Duel(9, [first], [CHANSEY]) as duel:
        duel.play("futuresight", "splash")
        assert duel.field(0)["opposing_future_move_turns"] == duel.field(1)["own_future_move_turns"] == 2
        duel.play("wish", "splash")
        assert duel.field(0)["own_wish"] and duel.field(1)["opposing_wish"]
        duel.play("splash", "splash")
        assert not duel.field(0)["own_wish"] and not duel.field(0)["opposing_future_move"]


def test_a_healing_wish_waits() -> None:
    first = [pokemon("Chansey", "Healing Wish", ability="Natural Cure"), BLISSEY]
    with Duel(9, first, [CHANSEY]) as duel:
        duel.play("healingwish", "splash")
        assert duel.field(0)["own_healing_wish"] and duel.field(0)["force_switch"]


def test_revival_is_seen_by_both() -> None:
    first = [pokemon("Rabsca", "Revival Blessing", "Splash"), pokemon("Electrode", "Explosion")]
    with Duel(9, first, [BLISSEY]) as duel:
        duel.play("switch 2", "splash")
        duel.play("explosion", "splash")
        duel.play("switch 1")
        assert duel.field(1)["opposing_fainted"] == 1
        duel.play("revivalblessing", "splash")
        assert duel.field(0)["reviving"]
        duel.play("switch 2")
        assert duel.field(0)["own_fainted"] == duel.field(1)["opposing_fainted"] == 0


def test_hazards_have_layers() -> None:
    first = pokemon("Skarmory", "Spikes", "Stealth Rock", "Toxic Spikes", "Splash", ability="Sturdy")
    with Duel(9, [first], [CHANSEY]) as duel:
        for move in ("spikes", "spikes", "stealthrock", "toxicspikes"):
            duel.play(move, "splash")
        for field, side in ((duel.field(0), "opposing"), (duel.field(1), "own")):
            assert [field[f"{side}_{name}"] for name in ("spikes", "stealthrock", "toxicspikes")] == [2, 1, 1]


def test_mimic_puts_a_move_in_its_place() -> None:
    for generation in (2, 9):
        first = pokemon("Mew", "Mimic", "Splash", ability="Synchronize")
        with Duel(generation, [first], [pokemon("Blissey", "Splash", "Soft-Boiled")]) as duel:
            duel.play("splash", "softboiled")
            duel.play("mimic", "splash")
            seen = {move["id"] for move in duel.foe(1)["moves"] if move["known"]}
            assert len(seen) == 2 and "mimic" not in seen
