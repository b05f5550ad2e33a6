"""Compares decoded observations with the simulator's own state of the battle."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import Any

from pokeenv.observation import (
    BOOSTS,
    DOUBLES_VOLATILES,
    EXTENDED_SCREENS,
    GMAX_DAMAGE,
    HAZARDS,
    PLACES,
    ROOMS,
    SCREENS,
    STATUSES,
    TERRAINS,
    TURN_GUARDS,
    VOLATILES,
    WEATHERS,
)

# Flags that the simulator keeps elsewhere than in a volatile of the same name.
ELSEWHERE = {
    "slowstart",
    "transform",
    "typechange",
    "mimic",
    "choicelock",
    "lockedmove",
    "partiallytrapped",
    "autotomize",
}

# Effects of moves that protect their user for one turn.
TRUE_PROTECTS = {
    "protect",
    "maxguard",
    "banefulbunker",
    "kingsshield",
    "obstruct",
    "spikyshield",
    "silktrap",
    "burningbulwark",
}

Problem = tuple[str, Any, Any]  # field, as seen, as it is


def to_id(name: str) -> str:
    """Showdown's id of a name."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def problems(state: dict[str, Any], truth: dict[str, Any], seat: int) -> list[Problem]:
    """Differences between a seat's decoded observation and the simulator's state.

    Args:
        state: result of `pokeenv.decode`.
        truth: result of `EmbeddedShowdown.true_state`.
        seat: 0 or 1.
    """
    found = list(_field(state["field"], truth))
    for which, side in ((seat, "own"), (1 - seat, "opposing")):
        true_side = truth["sides"][which]
        team = true_side["pokemon"]
        # Illusions, which deceive the other seat, have their own tests.
        hidden = side == "opposing" and any("illusion" in (p["ability"], p["baseAbility"]) for p in team)
        found += _side(state["field"], side, true_side)
        for pokemon in team:
            if pokemon["active"] and not hidden:
                name = _place_name(side, pokemon["place"], len(true_side["slotConditions"]))
                found += _active(state["field"], name, pokemon)
        if side == "own":
            for pokemon in team:
                found += _own(state["own"][pokemon["teamSlot"]], pokemon, state["field"]["generation"])
        elif not hidden:
            doubles = len(true_side["slotConditions"]) > 1
            found += _opposing(state["opposing"], team, state["field"]["generation"], doubles=doubles)
    return found


def _field(field: dict[str, Any], truth: dict[str, Any]) -> Iterator[Problem]:
    yield from _same("turn", field["turn"], truth["turn"])
    for name, ids in (("weather", WEATHERS), ("terrain", TERRAINS)):
        seen = [each for each in ids if field[f"{name}_{each}"]]
        true = truth[name]
        yield from _same(name, seen, [true["id"]] if true["id"] else [])
        least, most = field[f"{name}_turns"], field[f"{name}_turns_most"]
        yield from _between(f"{name}_turns", least, true.get("duration", 0), most)
    for room in ROOMS:
        yield from _same(room, field[room], truth["pseudoWeather"].get(room, {}).get("duration", 0))


def _side(field: dict[str, Any], side: str, truth: dict[str, Any]) -> Iterator[Problem]:
    conditions = truth["conditions"]
    for hazard in HAZARDS:
        true = conditions.get(hazard)
        yield from _same(f"{side}_{hazard}", field[f"{side}_{hazard}"], true.get("layers", 1) if true else 0)
    for screen in SCREENS:
        yield from _same(f"{side}_{screen}", field[f"{side}_{screen}"], screen in conditions)
        if screen in conditions:
            least = field[f"{side}_{screen}_turns"]
            most = field[f"{side}_{screen}_turns_most"] if screen in EXTENDED_SCREENS else least
            yield from _between(f"{side}_{screen}_turns", least, conditions[screen].get("duration", 0), most)
    for guard in TURN_GUARDS:
        if f"{side}_{guard}" in field:
            yield from _same(f"{side}_{guard}", field[f"{side}_{guard}"], guard in conditions)
    for condition in GMAX_DAMAGE:
        true_turns = conditions.get(condition, {}).get("duration", 0)
        yield from _same(f"{side}_{condition}", field[f"{side}_{condition}"], true_turns)
    for place, waiting in enumerate(truth["slotConditions"]):
        yield from _place(field, _place_name(side, place, len(truth["slotConditions"])), waiting)


def _place_name(side: str, place: int, places: int) -> str:
    """Beginning of the names of a place's fields."""
    return side if places == 1 else f"{side}_{PLACES[place]}"


def _place(field: dict[str, Any], side: str, waiting: dict[str, Any]) -> Iterator[Problem]:
    future = waiting.get("futuremove")
    yield from _same(f"{side}_future_move", field[f"{side}_future_move"], future is not None)
    if future and "duration" in future:
        yield from _same(f"{side}_future_move_turns", field[f"{side}_future_move_turns"], future["duration"])
    yield from _same(f"{side}_wish", field[f"{side}_wish"], "wish" in waiting)
    wishes = {"healingwish", "lunardance"} & set(waiting)
    yield from _same(f"{side}_healing_wish", field[f"{side}_healing_wish"], bool(wishes))


def _active(field: dict[str, Any], name: str, truth: dict[str, Any]) -> Iterator[Problem]:
    """Fields of an active Pokémon; `name` begins them and begins with its side."""
    side, doubles = name.partition("_")[0], "_" in name
    volatiles = truth["volatiles"]
    for boost in BOOSTS:
        yield from _same(f"{name}_boost_{boost}", field[f"{name}_boost_{boost}"], truth["boosts"][boost])
    for volatile in VOLATILES | DOUBLES_VOLATILES if doubles else VOLATILES:
        seen = field[f"{name}_volatile_{volatile}"]
        if volatile == "transform":
            yield from _same(f"{name}_transform", seen, truth["transformed"])
        elif volatile == "choicelock" and side == "own" and truth["ability"] != "gorillatactics":
            klutz = truth["ability"] == "klutz" and not truth["abilityIgnored"]
            free = {"dynamax", "embargo"} & set(volatiles) or field["magicroom"] or klutz
            locked = truth["item"].startswith("choice") and "choicelock" in volatiles and not free
            yield from _same(f"{name}_choicelock", seen, locked)
        elif volatile in ("unburden", "truant") and side == "opposing" and not seen:
            continue  # its ability may be unknown
        elif volatile == "twoturnmove" and field["generation"] < 4 and field["force_switch"]:
            continue  # the simulator ends it with the turn, though it has struck
        elif volatile in ("protect", "followme"):
            names = {"protect": TRUE_PROTECTS, "followme": {"followme", "spotlight"}}[volatile]
            yield from _same(f"{name}_{volatile}", seen, bool(names & set(volatiles)))
        elif volatile not in ELSEWHERE:
            yield from _same(f"{name}_{volatile}", seen, volatile in volatiles)
        elif volatile == "lockedmove" and (side == "own" or (seen and "confusion" not in volatiles)):
            # A confused Pokémon's rampage ends without a message; the end of an opposing one may be
            # unnoticed.
            yield from _same(
                f"{name}_{volatile}", seen, bool({"lockedmove", "rollout", "iceball"} & set(volatiles))
            )
        elif volatile == "partiallytrapped" and field["generation"] > 1:
            yield from _same(f"{name}_{volatile}", seen, volatile in volatiles)
    stages = volatiles.get("stockpile", {}).get("layers", 0)
    yield from _same(f"{name}_stockpile", field[f"{name}_stockpile"], stages)
    perish = volatiles.get("perishsong", {}).get("duration", 0)
    yield from _same(f"{name}_perish", field[f"{name}_perish"], min(3, perish))
    if doubles:
        switches = math.log(volatiles.get("allyswitch", {}).get("counter", 1), 3)
        yield from _same(f"{name}_ally_switches", field[f"{name}_ally_switches"], min(6, round(switches)))
    if field["generation"] > 2:
        counter = volatiles.get("stall", {}).get("counter", 1)
        count = round(math.log(counter, 3 if field["generation"] > 5 else 2))
        yield from _same(f"{name}_protect_count", field[f"{name}_protect_count"], count)
    yield from _same(f"{name}_active_turns", field[f"{name}_active_turns"], min(16, truth["activeTurns"]))
    if field["generation"] > 2:
        yield from _same(f"{name}_first_turn", field[f"{name}_first_turn"], truth["moveActions"] == 0)


def _common(seen: dict[str, Any], truth: dict[str, Any], side: str, generation: int) -> Iterator[Problem]:
    yield from _same(f"{side}.active", seen["active"], truth["active"])
    yield from _same(f"{side}.fainted", seen["fainted"], truth["fainted"])
    yield from _same(f"{side}.level", seen["level"], truth["level"])
    if truth["fainted"]:
        return
    status = [each for each in STATUSES if seen[f"status_{each}"]]
    yield from _same(f"{side}.status", status, [truth["status"]] if truth["status"] else [])
    # A Pokémon with Early Bird sleeps half as long, even before the ability is seen.
    knows_rest = side == "own" or truth["ability"] != "earlybird" or seen["ability"] == "earlybird"
    started, left = truth["statusState"].get("startTime"), truth["statusState"].get("time")
    if truth["status"] == "slp" and started is not None and truth["active"] and knows_rest:
        yield from _same(f"{side}.sleep_turns", seen["sleep_turns"], started - left)
    if truth["status"] == "tox" and generation > 2 and truth["active"]:
        yield from _same(f"{side}.toxic_turns", seen["toxic_turns"], truth["statusState"]["stage"])
    yield from _same(f"{side}.species", seen["species"], truth["species"], _same_forme)
    types = [seen["type_1"], seen["type_2"]]
    true_types = [to_id(each) for each in truth["types"] if each != "???"]
    yield from _same(f"{side}.types", [each for each in types if each], true_types)
    yield from _same(f"{side}.type_3", seen["type_3"], to_id(truth["addedType"] or ""))
    yield from _same(f"{side}.terastallized", seen["terastallized"], bool(truth["terastallized"]))
    if generation == 9:
        yield from _same(f"{side}.times_attacked", seen["times_attacked"], min(6, truth["timesAttacked"]))
    # In generation 4 the simulator gives U-turn and similar moves to the incoming Pokémon; in generation 1 a
    # two-turn move is the last one only after it has struck, while the messages name it from the start.
    handed_on = ("uturn", "batonpass", "healingwish", "lunardance")
    charging = generation == 1 and "twoturnmove" in truth["volatiles"]
    if truth["active"] and truth["lastMove"] not in ("", *handed_on) and not charging:
        yield from _same(f"{side}.last_move", seen["last_move"], truth["lastMove"], _same_move)


def _own(seen: dict[str, Any], truth: dict[str, Any], generation: int) -> Iterator[Problem]:
    yield from _common(seen, truth, "own", generation)
    yield from _same("own.hp", seen["hp"], truth["hp"] / truth["maxhp"], _close)
    yield from _same("own.item", seen["item"], truth["item"] or "none")
    if truth["fainted"]:
        return
    yield from _same("own.illusion", seen["illusion"], truth["illusion"] is not None and truth["active"])
    # Requests do not show copied moves up to generation 6, nor exchanged items up to generation 4.
    exchanged = generation < 5 and truth["ability"] != truth["baseAbility"]
    if seen["ability"] or not (truth["transformed"] or exchanged):
        yield from _same("own.ability", seen["ability"], truth["ability"])
    yield from _same("own.base_ability", seen["base_ability"], truth["baseAbility"])
    if truth["active"]:
        yield from _same("own.ability_suppressed", seen["ability_suppressed"], truth["abilityIgnored"])
    for move, true in zip(seen["moves"], truth["moves"], strict=False):
        yield from _same("own.move.id", move["id"], true["id"], _same_move)
        if true["maxpp"]:
            yield from _same("own.move.pp", round(move["pp"] * move["max_pp"]), true["pp"])
            yield from _same("own.move.max_pp", move["max_pp"], true["maxpp"])


def _opposing(
    seen: list[dict[str, Any]], team: list[dict[str, Any]], generation: int, *, doubles: bool
) -> Iterator[Problem]:
    # An opposing Pressure that generation 3 never announces costs the Pokémon beside it a PP.
    silent = doubles and generation == 3 and any(pokemon["ability"] == "pressure" for pokemon in team)
    # The move that became a Z-Move or Max Move may be unknown.
    hidden_cost = silent or generation in (7, 8)
    picked = len(team) < sum(pokemon["known"] for pokemon in seen)  # Team Preview has shown the others too
    for pokemon in seen:
        if not pokemon["known"]:
            continue
        same = [
            t
            for t in team
            if t["level"] == pokemon["level"] and _same_forme(t["baseSpecies"], pokemon["base_species"])
        ]
        if len(same) != 1:
            if not same and not picked:
                yield ("opposing.base_species", pokemon["base_species"], [t["baseSpecies"] for t in team])
            continue
        truth = same[0]
        yield from _common(pokemon, truth, "opposing", generation)
        if truth["fainted"]:
            continue
        if not truth["active"] and truth["baseAbility"] == "regenerator":
            continue
        yield from _same("opposing.hp", pokemon["hp"], truth["hp"] / truth["maxhp"], _about)
        if pokemon["item"]:
            yield from _same("opposing.item", pokemon["item"], truth["item"] or "none")
        if pokemon["ability"] and truth["active"]:
            yield from _same("opposing.ability", pokemon["ability"], truth["ability"])
        if pokemon["base_ability"]:
            yield from _same("opposing.base_ability", pokemon["base_ability"], truth["baseAbility"])
        for move in pokemon["moves"]:
            if move["known"]:
                yield from _opposing_move(move, truth, hidden_cost)


def _opposing_move(move: dict[str, Any], truth: dict[str, Any], hidden_cost: bool) -> Iterator[Problem]:
    true = next((each for each in truth["moves"] if _same_move(move["id"], each["id"])), None)
    if true is None:
        yield ("opposing.move.id", move["id"], [each["id"] for each in truth["moves"]])
        return
    if true["virtual"]:
        yield from _same("opposing.move.pp", round(move["pp"] * move["max_pp"]), true["pp"])
        return
    used = true["maxpp"] - true["pp"]
    seen = round(move["max_pp"] * (1 - move["pp"]))
    equal = int.__le__ if hidden_cost else int.__eq__
    yield from _same(f"opposing.move.pp_used {move['id']}", seen, used, equal)


def _same(
    name: str, seen: Any, true: Any, equal: Callable[[Any, Any], bool] = lambda one, two: bool(one == two)
) -> Iterator[Problem]:
    if not equal(seen, true):
        yield (name, seen, true)


def _between(name: str, least: int, true: int, most: int) -> Iterator[Problem]:
    if not least <= true <= most:
        yield (name, (least, most), true)


def _close(one: float, two: float) -> bool:
    return abs(one - two) < 1e-6


def _about(one: float, two: float) -> bool:
    return abs(one - two) <= 0.0211  # HP are shown in hundredths or in 48ths


def _same_move(one: str, two: str) -> bool:
    return one == two or (one.startswith("hiddenpower") and two.startswith("hiddenpower"))


def _same_forme(one: str, two: str) -> bool:
    """Cosmetic and G-Max formes count as their species."""
    return one.startswith(two) or two.startswith(one)
