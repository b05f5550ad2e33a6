"""Facts of a battle, by name, as both seats see them."""

from __future__ import annotations

import pytest

from tests.support.scripted_battle import BLISSEY, CHANSEY, ScriptedBattle, move_of, pokemon, pp_used


def test_knocked_off_item_is_known_to_be_none() -> None:
    holder = pokemon("Blissey", "Splash", item="Leftovers", ability="Natural Cure")
    with ScriptedBattle(9, [pokemon("Weavile", "Knock Off", ability="Pressure")], [holder]) as battle:
        assert battle.foe()["item"] == ""
        battle.play("knockoff", "splash")
        for member in (battle.foe(0), battle.own(1)):
            assert (member["item"], member["last_item"]) == ("none", "leftovers")


def test_trick_shows_both_items() -> None:
    trickster = pokemon("Rotom", "Trick", item="Choice Scarf", ability="Levitate")
    holder = pokemon("Blissey", "Splash", item="Leftovers", ability="Natural Cure")
    with ScriptedBattle(9, [trickster], [holder]) as battle:
        battle.play("trick", "splash")
        assert (battle.own()["item"], battle.foe()["item"]) == ("leftovers", "choicescarf")
        assert (battle.own(1)["item"], battle.foe(1)["item"]) == ("choicescarf", "leftovers")


def test_pressure_costs_two_pp() -> None:
    with ScriptedBattle(9, [pokemon("Weavile", "Swords Dance", ability="Pressure")], [BLISSEY]) as battle:
        battle.play("swordsdance", "seismictoss")
        assert pp_used(battle.foe(0), "seismictoss") == 2
        assert pp_used(battle.own(1), "seismictoss") == 2
        assert battle.foe(1)["ability"] == "pressure"
        battle.play("swordsdance", "softboiled")  # not aimed at the opponent
        assert pp_used(battle.foe(0), "softboiled") == pp_used(battle.own(1), "softboiled") == 1


def test_a_called_move_costs_its_caller_alone() -> None:
    sleeper = pokemon("Snorlax", "Sleep Talk", "Body Slam", "Rest", ability="Thick Fat")
    with ScriptedBattle(
        9, [pokemon("Blissey", "Splash", "Seismic Toss", ability="Serene Grace")], [sleeper]
    ) as battle:
        battle.play("seismictoss", "sleeptalk")
        battle.play("seismictoss", "rest")
        battle.play("splash", "sleeptalk")
        member = battle.foe()
        assert member["status_slp"] and member["resting"] and member["sleep_turns"] == 1
        assert pp_used(member, "sleeptalk") == pp_used(battle.own(1), "sleeptalk")
        called = [move for move in member["moves"] if move["id"] == "bodyslam"]
        assert [move["pp"] for move in called] in ([], [1.0])


@pytest.mark.parametrize("generation", [3, 4, 5, 9])
def test_toxic_counter_restarts_after_a_switch(generation: int) -> None:
    victim = pokemon("Blissey", "Soft-Boiled", ability="Serene Grace")
    other = pokemon("Snorlax", "Curse", ability="Thick Fat")
    poisoner = pokemon("Umbreon", "Toxic", "Moonlight", ability="Synchronize")
    with ScriptedBattle(generation, [poisoner], [victim, other]) as battle:
        while not battle.foe()["status_tox"]:
            battle.play("toxic", "softboiled")
        first = battle.foe()["toxic_turns"]
        battle.play("moonlight", "softboiled")
        assert battle.foe()["toxic_turns"] == battle.own(1)["toxic_turns"] == first + 1
        battle.play("moonlight", "switch 2")
        battle.play("moonlight", "switch 1")
        assert battle.foe()["status_tox"]
        assert battle.foe()["toxic_turns"] == battle.own(1)["toxic_turns"] == 1


@pytest.mark.parametrize(("item", "own"), [("", 5), ("Light Clay", 8)])
def test_light_screen_turns_count_down(item: str, own: int) -> None:
    with ScriptedBattle(9, [pokemon("Blissey", "Light Screen", "Splash", item=item)], [CHANSEY]) as battle:
        battle.play("lightscreen", "splash")
        for passed in range(1, 4):
            mine, theirs = battle.field(0), battle.field(1)
            exact = mine["own_lightscreen_turns"], mine["own_lightscreen_turns_most"]
            assert mine["own_lightscreen"] and exact == (own - passed, own - passed)
            guess = theirs["opposing_lightscreen_turns"], theirs["opposing_lightscreen_turns_most"]
            assert guess == (5 - passed, 8 - passed)
            battle.play("splash", "splash")


def test_weather_terrain_and_rooms_count_down() -> None:
    setter = pokemon("Blissey", "Rain Dance", "Trick Room", "Misty Terrain", "Splash", item="Damp Rock")
    with ScriptedBattle(9, [setter], [CHANSEY]) as battle:
        for move in ("raindance", "trickroom", "mistyterrain"):
            battle.play(move, "splash")
        field = battle.field(0)
        assert field["weather_raindance"] and field["terrain_mistyterrain"]
        assert (field["weather_turns"], field["weather_turns_most"]) == (5, 5)
        assert (field["terrain_turns"], field["terrain_turns_most"], field["trickroom"]) == (4, 4, 3)
        field = battle.field(1)
        assert (field["weather_turns"], field["weather_turns_most"]) == (2, 5)
        assert (field["terrain_turns"], field["terrain_turns_most"], field["trickroom"]) == (4, 7, 3)


def test_choice_lock_is_seen_once_the_item_is_known() -> None:
    scarfed = pokemon("Blissey", "Splash", "Soft-Boiled", item="Choice Scarf")
    with ScriptedBattle(9, [scarfed], [pokemon("Banette", "Splash", ability="Frisk"), CHANSEY]) as battle:
        battle.play("splash", "splash")
        assert battle.field(0)["own_volatile_choicelock"]
        assert [move["usable"] for move in battle.own(0)["moves"][:2]] == [True, False]
        assert move_of(battle.own(0), "splash")["locked"]
        assert battle.foe(1)["item"] == "choicescarf"  # Frisk has shown it
        assert battle.field(1)["opposing_volatile_choicelock"]
        assert move_of(battle.foe(1), "splash")["locked"]


def test_an_unknown_choice_item_locks_nothing() -> None:
    scarfed = pokemon("Blissey", "Splash", "Soft-Boiled", item="Choice Scarf")
    with ScriptedBattle(9, [scarfed], [CHANSEY]) as battle:
        battle.play("splash", "splash")
        assert battle.field(0)["own_volatile_choicelock"]
        assert not battle.field(1)["opposing_volatile_choicelock"]


def test_illusion_ends_and_gives_back_what_it_took() -> None:
    zoroark = pokemon("Zoroark", "Nasty Plot", "Splash", ability="Illusion")
    puncher = pokemon("Blissey", "Seismic Toss", "Splash", ability="Serene Grace")
    with ScriptedBattle(9, [zoroark, CHANSEY], [puncher]) as battle:
        assert battle.own(0)["species"] == "zoroark" and battle.own(0)["illusion"]
        assert battle.foe(1)["species"] == "chansey"
        battle.play("nastyplot", "splash")
        battle.play("splash", "seismictoss")
        assert not battle.own(0)["illusion"]
        seen = battle.foe(1)
        assert (seen["species"], seen["ability"]) == ("zoroark", "illusion")
        assert {move["id"] for move in seen["moves"] if move["known"]} == {"nastyplot", "splash"}
        assert battle.field(1)["opposing_boost_spa"] == battle.field(0)["own_boost_spa"] == 2
        battle.play("switch 2", "splash")
        chansey = battle.foe(1)
        assert (chansey["species"], chansey["hp"]) == ("chansey", 1.0)
        assert not any(move["known"] for move in chansey["moves"])
        assert sum(member["known"] for member in battle.state(1)["opposing"]) == 2


@pytest.mark.parametrize("generation", [1, 2, 4, 5, 9])
def test_transform_copies_moves_and_types(generation: int) -> None:
    model = pokemon("Charizard", "Flamethrower", "Swords Dance")
    with ScriptedBattle(generation, [pokemon("Ditto", "Transform", ability="Limber")], [model]) as battle:
        battle.play("transform", "swordsdance")
        for member in (battle.own(0), battle.foe(1)):
            assert (member["species"], member["base_species"]) == ("charizard", "ditto")
            assert (member["type_1"], member["type_2"]) == ("fire", "flying")
            assert {move["id"] for move in member["moves"] if move["known"]} == {
                "flamethrower",
                "swordsdance",
            }
        assert battle.field(0)["own_volatile_transform"] and battle.field(1)["opposing_volatile_transform"]
        # The request of the copy has shown the whole set of its model.
        assert {move["id"] for move in battle.foe(0)["moves"] if move["known"]} == {
            "flamethrower",
            "swordsdance",
        }


def test_fake_out_works_in_the_first_turn_only() -> None:
    with ScriptedBattle(9, [CHANSEY, BLISSEY], [CHANSEY]) as battle:
        assert battle.field(0)["own_first_turn"] and battle.field(1)["opposing_first_turn"]
        battle.play("splash", "splash")
        assert not battle.field(0)["own_first_turn"] and not battle.field(1)["opposing_first_turn"]
        assert battle.field(1)["opposing_active_turns"] == 2
        battle.play("switch 2", "splash")
        assert battle.field(0)["own_first_turn"] and battle.field(1)["opposing_first_turn"]


def test_protecting_in_a_row_is_counted() -> None:
    with ScriptedBattle(9, [pokemon("Blissey", "Protect", "Splash")], [CHANSEY]) as battle:
        battle.play("protect", "splash")
        assert battle.field(0)["own_protect_count"] == battle.field(1)["opposing_protect_count"] == 1
        battle.play("splash", "splash")
        assert battle.field(0)["own_protect_count"] == battle.field(1)["opposing_protect_count"] == 0


def test_encore_and_disable_name_their_move() -> None:
    first = pokemon("Alakazam", "Encore", "Disable", "Splash", ability="Magic Guard")
    with ScriptedBattle(9, [first], [BLISSEY]) as battle:
        battle.play("splash", "toxic")
        battle.play("encore", "splash")
        for member in (battle.own(1), battle.foe(0)):
            assert move_of(member, "toxic")["encored"]
        assert battle.field(0)["opposing_volatile_encore"] and battle.field(0)["opposing_encore_turns"] == 1
        battle.play("disable", "toxic")
        assert move_of(battle.foe(0), "toxic")["disabled"]
        assert not move_of(battle.foe(0), "toxic")["usable"]


def test_a_suppressed_and_a_changed_ability_are_seen() -> None:
    first = pokemon("Swalot", "Gastro Acid", "Worry Seed", "Splash", ability="Sticky Hold")
    with ScriptedBattle(8, [first], [pokemon("Gyarados", "Splash", ability="Intimidate"), BLISSEY]) as battle:
        assert battle.foe()["ability"] == "intimidate"
        battle.play("gastroacid", "splash")
        assert battle.foe(0)["ability_suppressed"] and battle.own(1)["ability_suppressed"]
        battle.play("splash", "switch 2")
        battle.play("worryseed", "splash")
        assert (battle.foe(0)["ability"], battle.own(1)["ability"]) == ("insomnia", "insomnia")
        assert battle.own(1)["base_ability"] == "naturalcure"
        battle.play("splash", "switch 1")
        assert not battle.foe(0)["ability_suppressed"]


def test_terastallizing_shows_the_type() -> None:
    first = pokemon("Blissey", "Splash", extra="Tera Type: Ghost")
    with ScriptedBattle(9, [first], [CHANSEY]) as battle:
        assert battle.field(0)["can_terastallize"] and battle.own()["tera_type"] == "ghost"
        assert battle.foe(1)["tera_type"] == ""
        battle.play("tera splash", "splash")
        for member in (battle.own(0), battle.foe(1)):
            assert member["terastallized"] and (member["tera_type"], member["type_1"]) == ("ghost", "ghost")
        assert battle.field(0)["own_used_terastallize"] and battle.field(1)["opposing_used_terastallize"]


def test_mega_evolution_changes_forme_ability_and_item() -> None:
    first = pokemon("Venusaur", "Splash", item="Venusaurite", ability="Overgrow")
    with ScriptedBattle(7, [first], [CHANSEY]) as battle:
        battle.play("mega splash", "splash")
        for member in (battle.own(0), battle.foe(1)):
            assert (member["species"], member["ability"]) == ("venusaurmega", "thickfat")
            assert member["item"] == "venusaurite"
        assert battle.field(1)["opposing_used_mega"]


def test_dynamax_lasts_three_turns() -> None:
    with ScriptedBattle(8, [pokemon("Blissey", "Splash", "Pound")], [CHANSEY]) as battle:
        battle.play("dynamax splash", "splash")
        assert battle.field(1)["opposing_dynamax_turns"] == battle.field(0)["own_dynamax_turns"] == 2
        assert battle.field(1)["opposing_volatile_dynamax"]
        battle.play("splash", "splash")
        battle.play("splash", "splash")
        assert (
            not battle.field(1)["opposing_volatile_dynamax"]
            and battle.field(1)["opposing_dynamax_turns"] == 0
        )


def test_baton_pass_hands_on_what_it_hands_on() -> None:
    first = pokemon("Ninjask", "Swords Dance", "Substitute", "Baton Pass", ability="Speed Boost")
    with ScriptedBattle(9, [first, BLISSEY], [CHANSEY]) as battle:
        battle.play("swordsdance", "splash")
        battle.play("substitute", "splash")
        battle.play("batonpass", "splash")
        battle.play("switch 2")
        for field, side in ((battle.field(0), "own"), (battle.field(1), "opposing")):
            assert field[f"{side}_boost_atk"] == 2 and field[f"{side}_volatile_substitute"]


def test_wrap_holds_its_victim_in_generation_1() -> None:
    with ScriptedBattle(
        1, [pokemon("Dragonite", "Wrap")], [pokemon("Snorlax", "Body Slam", "Rest")]
    ) as battle:
        held = False
        for _ in range(6):
            battle.play("wrap", "bodyslam")
            held = held or bool(battle.field(0)["opposing_volatile_partiallytrapped"])
            assert (
                battle.field(0)["opposing_volatile_partiallytrapped"]
                == battle.field(1)["own_volatile_partiallytrapped"]
            )
        assert held


def test_haze_ends_a_toxic_counter_in_generation_1() -> None:
    venusaur = pokemon("Venusaur", "Toxic", "Haze")
    with ScriptedBattle(1, [venusaur], [pokemon("Snorlax", "Harden", "Rest")]) as battle:
        for _ in range(3):  # it may miss
            battle.play("toxic", "harden")
        assert battle.foe()["status_tox"]
        battle.play("haze", "harden")
        assert not battle.foe()["status_tox"] and not battle.foe()["status_psn"]


def test_future_sight_and_wish_are_pending() -> None:
    first = pokemon("Jirachi", "Future Sight", "Wish", "Splash", ability="Serene Grace")
    with ScriptedBattle(9, [first], [CHANSEY]) as battle:
        battle.play("futuresight", "splash")
        assert battle.field(0)["opposing_future_move_turns"] == battle.field(1)["own_future_move_turns"] == 2
        battle.play("wish", "splash")
        assert battle.field(0)["own_wish"] and battle.field(1)["opposing_wish"]
        battle.play("splash", "splash")
        assert not battle.field(0)["own_wish"] and not battle.field(0)["opposing_future_move"]


def test_a_healing_wish_waits() -> None:
    first = [pokemon("Chansey", "Healing Wish", ability="Natural Cure"), BLISSEY]
    with ScriptedBattle(9, first, [CHANSEY]) as battle:
        battle.play("healingwish", "splash")
        assert battle.field(0)["own_healing_wish"] and battle.field(0)["force_switch"]


def test_revival_is_seen_by_both() -> None:
    first = [pokemon("Rabsca", "Revival Blessing", "Splash"), pokemon("Electrode", "Explosion")]
    with ScriptedBattle(9, first, [BLISSEY]) as battle:
        battle.play("switch 2", "splash")
        battle.play("explosion", "splash")
        battle.play("switch 1")
        assert battle.field(1)["opposing_fainted"] == 1
        battle.play("revivalblessing", "splash")
        assert battle.field(0)["reviving"]
        battle.play("switch 2")
        assert battle.field(0)["own_fainted"] == battle.field(1)["opposing_fainted"] == 0


def test_hazards_have_layers() -> None:
    first = pokemon("Skarmory", "Spikes", "Stealth Rock", "Toxic Spikes", "Splash", ability="Sturdy")
    with ScriptedBattle(9, [first], [CHANSEY]) as battle:
        for move in ("spikes", "spikes", "stealthrock", "toxicspikes"):
            battle.play(move, "splash")
        for field, side in ((battle.field(0), "opposing"), (battle.field(1), "own")):
            assert [field[f"{side}_{name}"] for name in ("spikes", "stealthrock", "toxicspikes")] == [2, 1, 1]


def test_mimic_puts_a_move_in_its_place() -> None:
    for generation in (2, 9):
        first = pokemon("Mew", "Mimic", "Splash", ability="Synchronize")
        with ScriptedBattle(generation, [first], [pokemon("Blissey", "Splash", "Soft-Boiled")]) as battle:
            battle.play("splash", "softboiled")
            battle.play("mimic", "splash")
            seen = {move["id"] for move in battle.foe(1)["moves"] if move["known"]}
            assert len(seen) == 2 and "mimic" not in seen
