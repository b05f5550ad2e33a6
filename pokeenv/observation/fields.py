"""The table of fields: every number of the observation, block by block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pokeenv.observation.names import (
    AIMS,
    BOOSTS,
    DOUBLES_VOLATILES,
    EXTENDED_SCREENS,
    GIMMICKS,
    GMAX_DAMAGE,
    HAZARDS,
    MOVES_PER_POKEMON,
    PLACES,
    ROOMS,
    SCREENS,
    STATS,
    STATUSES,
    TEAM_SIZE,
    TERRAINS,
    TIMED_VOLATILES,
    TURN_GUARDS,
    VOCABULARY,
    VOLATILES,
    WEATHERS,
)

Kind = Literal["flag", "scalar", "id"]
Vocabulary = Literal["species", "moves", "items", "abilities", "types"]


@dataclass(frozen=True)
class Field:
    """One number of the observation.

    Attributes:
        name: name within its block, or with its block in `Layout.fields`.
        offset: position from the start of its block, or of the observation in `Layout.fields`.
        low: smallest value.
        high: largest value.
        kind: "flag" (0 or 1), "id" (a position in a vocabulary) or "scalar".
        meaning: description, in natural units (those before division by `scale`).
        vocabulary: name of an id's vocabulary.
        scale: the natural value is `number * scale`.
        whole: True if the natural value is a whole number.
    """

    name: str
    offset: int
    low: float
    high: float
    kind: Kind
    meaning: str
    vocabulary: Vocabulary | None = None
    scale: float = 1.0
    whole: bool = False


class BlockBuilder:
    """Collects the fields of one block and numbers them in order."""

    def __init__(self) -> None:
        """Start with no field."""
        self.fields: list[Field] = []

    def scalar(
        self, name: str, meaning: str, low: float = 0.0, high: float = 1.0, *, scale: float = 1.0
    ) -> None:
        """A number in `[low, high]`; its natural value is the number times `scale`."""
        self.fields.append(Field(name, len(self.fields), low, high, "scalar", meaning, None, scale))

    def count(self, name: str, meaning: str, scale: int, *, low: float = 0.0, high: float = 1.0) -> None:
        """A whole number, divided by `scale`; larger values are clipped to `scale * high`."""
        self.fields.append(
            Field(name, len(self.fields), low, high, "scalar", meaning, None, float(scale), True)
        )

    def flag(self, name: str, meaning: str) -> None:
        """0 or 1."""
        self.fields.append(Field(name, len(self.fields), 0.0, 1.0, "flag", meaning))

    def id(self, name: str, vocabulary: Vocabulary, meaning: str) -> None:
        """A position in a vocabulary."""
        high = float(len(VOCABULARY[vocabulary]) - 1)
        self.fields.append(Field(name, len(self.fields), 0.0, high, "id", meaning, vocabulary))


def move_block(actives: int = 1) -> tuple[Field, ...]:
    """Template of one move, where a side has one or two active Pokémon."""
    block = BlockBuilder()
    block.flag("known", "the move is known")
    block.flag("usable", "it can be chosen, as far as known: PP left, not disabled, no other move forced")
    block.flag("disabled", "own active: the request says so; opposing: Disable is known to hold it")
    block.flag("encored", "Encore forces it")
    block.flag("locked", "the only move that can be used: Choice item, rampage, charge (as far as known)")
    block.id("id", "moves", "move")
    block.id("type", "types", "type of the move (Hidden Power and Tera Blast as they would be used)")
    block.flag("physical", "physical category")
    block.flag("special", "special category")
    block.flag("status", "status category")
    block.scalar("power", "base power, 0 where it varies or there is none", scale=250)
    block.scalar("accuracy", "accuracy in [0, 1]; 1 for moves that cannot miss")
    block.scalar("pp", "fraction of PP left (opposing: as far as seen)")
    block.count("max_pp", "greatest PP (opposing: taken to be raised to the most)", 64)
    block.count("priority", "priority", 7, low=-1.0)
    for place in _places(actives):
        block.scalar(
            f"effectiveness{place and f'_{place}'}",
            f"type effectiveness against the other side's {_active(place)}, by types"
            " (0 unless it deals damage)",
            high=2.0,
            scale=4,
        )
    block.flag("stab", "same type as a type of its user")
    if actives > 1:
        for aim, meaning in AIMS.items():
            block.flag(aim, meaning)
    return tuple(block.fields)


def pokemon_block(actives: int = 1) -> tuple[Field, ...]:
    """Template of one Pokémon, without its moves, where a side has one or two active Pokémon."""
    block = BlockBuilder()
    block.flag("known", "this team slot is known")
    block.flag("active", "on the field")
    block.flag("fainted", "fainted")
    block.flag("revealed", "has been on the field (own: as the opponent has seen it)")
    block.scalar("hp", "HP fraction (own exact, opposing as shown)")
    block.count("level", "level", 100)
    block.flag("male", "male")
    block.flag("female", "female")
    block.id("species", "species", "current species or forme")
    block.id("base_species", "species", "species or forme that it has again after it left the field")
    block.id("type_1", "types", "first current type")
    block.id("type_2", "types", "second current type")
    block.id("type_3", "types", "type added by Forest's Curse or Trick-or-Treat")
    block.id("tera_type", "types", "Tera type (own: always in generation 9; opposing: once shown)")
    block.flag("terastallized", "has terastallized")
    block.flag(
        "illusion",
        "own: looks like another Pokémon to the opponent; opposing: is surely another than it looks",
    )
    block.id("ability", "abilities", "current ability (opposing: once shown, or the only one possible)")
    block.id("base_ability", "abilities", "ability that it has again after it left the field")
    block.flag("ability_suppressed", "its ability has no effect (Gastro Acid, Neutralizing Gas)")
    block.id("item", "items", "item; 1 = known to hold none")
    block.id("last_item", "items", "item that it is known to have used up or lost last")
    block.id("last_move", "moves", "last move used since it came in")
    for status in STATUSES:
        block.flag(f"status_{status}", f"has the status {status}")
    block.count("sleep_turns", "turns slept of this sleep", 7)
    block.flag("resting", "sleeps by Rest")
    block.count("toxic_turns", "how often Toxic has hurt since it came in: sixteenths last lost", 15)
    block.count("times_attacked", "hits taken (Rage Fist), up to 6", 6)
    for stat in STATS:
        block.count(f"base_{stat}", f"base {stat} of the current forme", 255)
    for stat in STATS:
        block.count(f"stat_{stat}", f"own team: {stat} before boosts; opposing: 0", 1000, high=2.0)
    if actives > 1:
        for place in PLACES:
            block.flag(place, f"on the field, the {place} one of its side")
    return tuple(block.fields)


def field_block(actives: int = 1) -> tuple[Field, ...]:
    """Template of the field block: the request, the field, both sides and their active Pokémon."""
    block = BlockBuilder()
    _request_fields(block)
    if actives > 1:
        _choice_fields(block)
    _whole_field_fields(block)
    for side in ("own", "opposing"):
        _side_fields(block, side)
        for place in _places(actives):
            _place_fields(block, side, place)
        _side_end_fields(block, side)
        if actives > 1:
            for guard in TURN_GUARDS:
                block.flag(f"{side}_{guard}", f"{guard} protects the {side} side this turn")
        for place in _places(actives):
            _active_fields(block, side, place)
    return tuple(block.fields)


def _places(actives: int) -> tuple[str, ...]:
    return ("",) if actives == 1 else PLACES


def _active(place: str) -> str:
    return f"{place} active Pokémon" if place else "active Pokémon"


def _choice_fields(block: BlockBuilder) -> None:
    """The decision that is due where a request asks for two, and the answer to the first one."""
    for place in PLACES:
        block.flag(f"deciding_{place}", f"the decision is that of the {place} own active Pokémon")
    block.flag("left_passes", "the left one has left the switch to the right one, or cannot choose")
    for slot in range(TEAM_SIZE):
        block.flag(
            f"left_switches_to_{slot}", f"the left one will be replaced by the team member in slot {slot}"
        )
    for move in range(MOVES_PER_POKEMON):
        block.flag(f"left_uses_move_{move}", f"the left one will use its move {move}")
    for gimmick in GIMMICKS:
        block.flag(f"left_uses_{gimmick}", f"the left one will use {gimmick}")
    for target, name in _TARGETS.items():
        block.flag(f"left_aims_at_{name}", f"the left one's move is aimed at target {target}")


_TARGETS = {-2: "own_right", -1: "own_left", 1: "opposing_left", 2: "opposing_right"}


def _request_fields(block: BlockBuilder) -> None:
    block.count("turn", "turn", 100, high=10.0)
    block.count("generation", "generation", 9)
    block.flag("force_switch", "a switch must be chosen")
    block.flag("team_preview", "team preview: the next team member to lead with or to bring is chosen")
    block.flag("reviving", "a fainted team member is chosen to be revived")
    block.flag("trapped", "own active cannot switch out")
    block.flag("maybe_trapped", "own active may be unable to switch out")
    block.flag("maybe_disabled", "some own moves may turn out to be disabled (Imprison)")
    block.flag("maybe_locked", "own active may turn out to be locked into a move")
    for gimmick in GIMMICKS:
        block.flag(f"can_{gimmick}", f"{gimmick} can be chosen now")


def _whole_field_fields(block: BlockBuilder) -> None:
    for weather in WEATHERS:
        block.flag(f"weather_{weather}", f"weather is {weather}")
    block.count("weather_turns", "least number of turns the weather lasts yet, 0 where unlimited", 8)
    block.count("weather_turns_most", "greatest number of turns the weather lasts yet, 0 where unlimited", 8)
    for terrain in TERRAINS:
        block.flag(f"terrain_{terrain}", f"terrain is {terrain}")
    block.count("terrain_turns", "least number of turns the terrain lasts yet", 8)
    block.count("terrain_turns_most", "greatest number of turns the terrain lasts yet", 8)
    for room in ROOMS:
        block.count(room, f"turns {room} lasts yet, 0 when it is not up", 8)


def _side_fields(block: BlockBuilder, side: str) -> None:
    for hazard, layers in HAZARDS.items():
        block.count(f"{side}_{hazard}", f"layers of {hazard} on the {side} side", layers)
    for screen in SCREENS:
        block.flag(f"{side}_{screen}", f"{screen} is up on the {side} side")
        if screen in EXTENDED_SCREENS:
            block.count(f"{side}_{screen}_turns", f"least turns it lasts yet, {side} side", 8)
            block.count(
                f"{side}_{screen}_turns_most", f"greatest number of turns it lasts yet, {side} side", 8
            )
        else:
            block.count(f"{side}_{screen}_turns", f"turns it lasts yet, {side} side", 8)
    for condition in GMAX_DAMAGE:
        block.count(f"{side}_{condition}", f"turns {condition} hurts the {side} side yet", 4)


def _place_fields(block: BlockBuilder, side: str, place: str) -> None:
    """Effects that wait in a place for the Pokémon that is there then."""
    name = f"{side}_{place}_" if place else f"{side}_"
    where = f"{place} place of the {side} side" if place else f"{side} side"
    block.flag(f"{name}future_move", f"Future Sight or Doom Desire will hit the {where}")
    block.count(f"{name}future_move_turns", f"turns until it hits the {where}", 3)
    block.flag(f"{name}wish", f"a Wish made on the {where} is pending")
    block.flag(f"{name}healing_wish", f"a Healing Wish or Lunar Dance waits on the {where}")


def _side_end_fields(block: BlockBuilder, side: str) -> None:
    block.count(f"{side}_team_size", f"team size of the {side} side", 6)
    block.count(f"{side}_fainted", f"fainted Pokémon of the {side} side", 6)
    block.count(f"{side}_revealed", f"Pokémon of the {side} side that have been seen", 6)
    for gimmick in GIMMICKS:
        block.flag(f"{side}_used_{gimmick}", f"the {side} side has used {gimmick}")


def _active_fields(block: BlockBuilder, side: str, place: str) -> None:
    name = f"{side}_{place}" if place else side
    who = f"{side} {place} active" if place else f"{side} active"
    for boost in BOOSTS:
        block.count(f"{name}_boost_{boost}", f"{boost} stage of the {who}", 6, low=-1.0)
    volatiles = VOLATILES | DOUBLES_VOLATILES if place else VOLATILES
    for volatile, meaning in volatiles.items():
        block.flag(f"{name}_volatile_{volatile}", f"the {who} {meaning}")
    for volatile in TIMED_VOLATILES:
        unit = "tries to move" if volatile == "confusion" else "ends of turn"
        block.count(f"{name}_{volatile}_turns", f"{unit} of the {who} since {volatile} began", 8)
    block.count(f"{name}_perish", f"perish count of the {who}, 0 when not doomed", 3)
    block.count(f"{name}_stockpile", f"stockpile level of the {who}", 3)
    block.count(f"{name}_fallen", f"fainted allies that Supreme Overlord of the {who} counts", 5)
    block.count(f"{name}_dynamax_turns", f"turns Dynamax lasts yet for the {who}", 3)
    for stat in STATS[1:]:
        meaning = f"{stat} of the {who} is raised by Protosynthesis or Quark Drive"
        block.flag(f"{name}_paradox_{stat}", meaning)
    block.count(f"{name}_protect_count", f"protecting moves of the {who} that worked in a row", 6)
    if place:
        block.count(f"{name}_ally_switches", f"Ally Switches of the {who} that worked in a row", 6)
    block.count(f"{name}_active_turns", f"turns the {who} has been out, this one included", 16)
    block.flag(f"{name}_first_turn", f"the {who} has not tried to move since it came in (Fake Out)")
    block.flag(f"{name}_moved", f"the {who} has moved this turn (in the middle of a turn)")
