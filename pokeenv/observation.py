"""The observation: one table of fields, from which everything else is made.

`LAYOUT` gives the Gymnasium space, the decoder, the documentation table and, as JSON, the offsets
that the worker's encoder writes to. One flat float32 vector holds, in this order:

* the field block: turn, request, weather, terrain, rooms, both sides' hazards and screens, and the
  state that only an active Pokémon has (boosts, volatiles);
* six blocks for the own team in team order (action ``i`` switches to block ``i``);
* six blocks for the opposing team in the order in which it was revealed.

Every Pokémon block ends with four move blocks. Identifiers (species, move, item, ability, type)
are exact small integers for embedding tables, 0 meaning "unknown or none".
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib import resources
from typing import Any, Literal

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from pokeenv.actions import NUM_ACTIONS

TEAM_SIZE = 6
MOVES_PER_POKEMON = 4

STATUSES = ("brn", "par", "slp", "frz", "psn", "tox")
STATS = ("hp", "atk", "def", "spa", "spd", "spe")
BOOSTS = ("atk", "def", "spa", "spd", "spe", "accuracy", "evasion")
WEATHERS = (
    "sandstorm",
    "sunnyday",
    "raindance",
    "hail",
    "snowscape",
    "desolateland",
    "primordialsea",
    "deltastream",
)
TERRAINS = ("electricterrain", "grassyterrain", "psychicterrain", "mistyterrain")
ROOMS = ("trickroom", "gravity", "magicroom", "wonderroom")
SCREENS = ("reflect", "lightscreen", "auroraveil", "safeguard", "mist", "tailwind")
# Hazards with their greatest number of layers.
HAZARDS = {"stealthrock": 1, "spikes": 3, "toxicspikes": 2, "stickyweb": 1}
VOLATILES = (
    "aquaring",
    "attract",
    "charge",
    "confusion",
    "curse",
    "destinybond",
    "disable",
    "dynamax",
    "embargo",
    "encore",
    "flashfire",
    "focusenergy",
    "foresight",
    "healblock",
    "imprison",
    "ingrain",
    "leechseed",
    "lightscreen",
    "magnetrise",
    "mist",
    "mustrecharge",
    "nightmare",
    "partiallytrapped",
    "protosynthesis",
    "quarkdrive",
    "reflect",
    "saltcure",
    "slowstart",
    "smackdown",
    "substitute",
    "syrupbomb",
    "tarshot",
    "taunt",
    "throatchop",
    "torment",
    "transform",
    "twoturnmove",
    "typechange",
    "uproar",
    "yawn",
)

Kind = Literal["flag", "scalar", "id"]
Vocabulary = Literal["species", "moves", "items", "abilities", "types"]


@dataclass(frozen=True)
class Field:
    """One number of the observation (offsets count from the start of its block in a template)."""

    name: str
    offset: int
    low: float
    high: float
    kind: Kind
    meaning: str
    vocabulary: Vocabulary | None = None


class _Block:
    """Collects the fields of one block, numbering them as they come."""

    def __init__(self) -> None:
        self.fields: list[Field] = []

    def scalar(self, name: str, meaning: str, low: float = 0.0, high: float = 1.0) -> None:
        self.fields.append(Field(name, len(self.fields), low, high, "scalar", meaning))

    def flag(self, name: str, meaning: str) -> None:
        self.fields.append(Field(name, len(self.fields), 0.0, 1.0, "flag", meaning))

    def id(self, name: str, vocabulary: Vocabulary, meaning: str) -> None:
        high = float(len(VOCABULARY[vocabulary]) - 1)
        self.fields.append(Field(name, len(self.fields), 0.0, high, "id", meaning, vocabulary))


def _load_vocabulary() -> dict[str, tuple[str, ...]]:
    text = resources.files("pokeenv").joinpath("vocabulary.json").read_text(encoding="utf-8")
    return {name: tuple(ids) for name, ids in json.loads(text).items()}


VOCABULARY: dict[str, tuple[str, ...]] = _load_vocabulary()
"""Showdown ids by vocabulary; an id's place in its tuple is the number seen in the observation.

Place 0 is "" (unknown or none). In ``items`` place 1 is "none": known to hold nothing.
"""


def _move_block() -> tuple[Field, ...]:
    block = _Block()
    block.flag("known", "the move is known")
    block.flag("usable", "own active: not disabled and with PP left; others: PP left as far as known")
    block.id("id", "moves", "move")
    block.id("type", "types", "type of the move (Hidden Power and Tera Blast as they would be used)")
    block.flag("physical", "physical category")
    block.flag("special", "special category")
    block.flag("status", "status category")
    block.scalar("power", "base power / 250, 0 where it varies or there is none")
    block.scalar("accuracy", "accuracy in [0, 1]; 1 for moves that cannot miss")
    block.scalar("pp", "fraction of PP left (opposing: as far as seen)")
    block.scalar("priority", "priority / 7", -1.0, 1.0)
    block.scalar(
        "effectiveness",
        "type effectiveness / 4 against the other side's active Pokémon, by types (0 unless it deals damage)",
        0.0,
        2.0,
    )
    block.flag("stab", "same type as a type of its user")
    return tuple(block.fields)


def _pokemon_block() -> tuple[Field, ...]:
    block = _Block()
    block.flag("known", "this team slot is known")
    block.flag("active", "on the field")
    block.flag("fainted", "fainted")
    block.scalar("hp", "HP fraction (own exact, opposing as shown)")
    block.scalar("level", "level / 100")
    block.id("species", "species", "current species or forme")
    block.id("type_1", "types", "first current type")
    block.id("type_2", "types", "second current type")
    block.id("tera_type", "types", "Tera type (own: always in generation 9; opposing: once shown)")
    block.flag("terastallized", "has terastallized")
    block.id("ability", "abilities", "ability (opposing: once shown, or the only one possible)")
    block.id("item", "items", "item; 1 = known to hold none")
    block.id("last_move", "moves", "last move used since it came in")
    for status in STATUSES:
        block.flag(f"status_{status}", f"has the status {status}")
    block.scalar("sleep_turns", "turns seen asleep / 7, clipped")
    block.scalar("toxic_turns", "turns seen badly poisoned / 15, clipped")
    for stat in STATS:
        block.scalar(f"base_{stat}", f"base {stat} of the current forme / 255")
    for stat in STATS:
        block.scalar(f"stat_{stat}", f"own team: {stat} before boosts / 1000, clipped; opposing: 0")
    return tuple(block.fields)


def _field_block() -> tuple[Field, ...]:
    block = _Block()
    block.scalar("turn", "turn / 100, clipped")
    block.scalar("generation", "generation / 9")
    block.flag("force_switch", "a switch must be chosen")
    block.flag("team_preview", "team preview: the next team member to lead with or to bring is chosen")
    block.flag("reviving", "a fainted team member is chosen to be revived")
    block.flag("trapped", "own active cannot switch out")
    block.flag("maybe_trapped", "own active may be unable to switch out")
    for gimmick in ("mega", "zmove", "dynamax", "terastallize"):
        block.flag(f"can_{gimmick}", f"{gimmick} can be chosen now")
    for weather in WEATHERS:
        block.flag(f"weather_{weather}", f"weather is {weather}")
    block.scalar("weather_turns", "least number of turns the weather lasts yet / 8, 0 where unlimited")
    for terrain in TERRAINS:
        block.flag(f"terrain_{terrain}", f"terrain is {terrain}")
    block.scalar("terrain_turns", "least number of turns the terrain lasts yet / 8")
    for room in ROOMS:
        block.scalar(f"{room}", f"turns {room} lasts yet / 8, 0 when it is not up")
    for side in ("own", "opposing"):
        for hazard, layers in HAZARDS.items():
            block.scalar(f"{side}_{hazard}", f"layers of {hazard} on the {side} side / {layers}")
        for screen in SCREENS:
            block.flag(f"{side}_{screen}", f"{screen} is up on the {side} side")
            block.scalar(f"{side}_{screen}_turns", f"least turns it lasts yet / 8, {side} side")
        block.flag(f"{side}_future_move", f"Future Sight or Doom Desire will hit the {side} side")
        block.flag(f"{side}_wish", f"a Wish made on the {side} side is pending")
        block.scalar(f"{side}_team_size", f"team size of the {side} side / 6")
        block.scalar(f"{side}_fainted", f"fainted Pokémon of the {side} side / 6")
        block.scalar(f"{side}_revealed", f"Pokémon of the {side} side that have been seen / 6")
        for gimmick in ("mega", "zmove", "dynamax", "terastallize"):
            block.flag(f"{side}_used_{gimmick}", f"the {side} side has used {gimmick}")
        for boost in BOOSTS:
            block.scalar(f"{side}_boost_{boost}", f"{boost} stage of the {side} active / 6", -1.0, 1.0)
        for volatile in VOLATILES:
            meaning = f"the {side} active has {volatile}"
            if volatile == "partiallytrapped":
                meaning += " (never in generation 1, which does not announce it)"
            block.flag(f"{side}_volatile_{volatile}", meaning)
        block.scalar(f"{side}_perish", f"perish count of the {side} active / 3, 0 when not doomed")
        block.scalar(f"{side}_stockpile", f"stockpile level of the {side} active / 3")
        block.scalar(f"{side}_dynamax_turns", f"turns Dynamax lasts yet for the {side} active / 3")
    return tuple(block.fields)


@dataclass(frozen=True)
class Layout:
    """Where every number of the observation stands.

    Attributes:
        field_block: template of the field block; it starts at offset 0.
        pokemon_block: template of one Pokémon, without its moves.
        move_block: template of one move.
    """

    field_block: tuple[Field, ...]
    pokemon_block: tuple[Field, ...]
    move_block: tuple[Field, ...]

    @property
    def field_size(self) -> int:
        """Numbers in the field block."""
        return len(self.field_block)

    @property
    def pokemon_size(self) -> int:
        """Numbers in one Pokémon block, its four move blocks included."""
        return len(self.pokemon_block) + MOVES_PER_POKEMON * len(self.move_block)

    @property
    def move_size(self) -> int:
        """Numbers in one move block."""
        return len(self.move_block)

    @property
    def size(self) -> int:
        """Numbers in one observation."""
        return self.field_size + 2 * TEAM_SIZE * self.pokemon_size

    def pokemon_offset(self, side: Literal["own", "opposing"], slot: int) -> int:
        """Offset of the block of ``slot`` (0-5) of a side."""
        index = slot if side == "own" else TEAM_SIZE + slot
        return self.field_size + index * self.pokemon_size

    def move_offset(self, move: int) -> int:
        """Offset of move ``move`` (0-3), counted from the start of its Pokémon's block."""
        return len(self.pokemon_block) + move * self.move_size

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """All fields with absolute offsets and full names such as ``own.0.move.2.power``."""
        return tuple(self._expand())

    def _expand(self) -> Iterator[Field]:
        yield from (_moved(field, "field", 0) for field in self.field_block)
        for side in ("own", "opposing"):
            for slot in range(TEAM_SIZE):
                start = self.pokemon_offset(side, slot)
                name = f"{side}.{slot}"
                yield from (_moved(field, name, start) for field in self.pokemon_block)
                for move in range(MOVES_PER_POKEMON):
                    offset = start + self.move_offset(move)
                    yield from (_moved(f, f"{name}.move.{move}", offset) for f in self.move_block)

    @cached_property
    def offsets(self) -> dict[str, int]:
        """Full field name to absolute offset."""
        return {field.name: field.offset for field in self.fields}

    @cached_property
    def hash(self) -> str:
        """Digest of names, order, ranges and vocabularies: equal hashes mean equal meaning."""
        content = [asdict(field) for field in self.fields]
        text = json.dumps([content, VOCABULARY], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def space(self) -> spaces.Dict:
        """The Gymnasium space of one seat: ``observation`` and ``action_mask``."""
        low = np.array([field.low for field in self.fields], dtype=np.float32)
        high = np.array([field.high for field in self.fields], dtype=np.float32)
        return spaces.Dict(
            {
                "observation": spaces.Box(low, high, dtype=np.float32),
                "action_mask": spaces.Box(0, 1, (NUM_ACTIONS,), dtype=np.int8),
            }
        )

    def to_json(self) -> dict[str, Any]:
        """What the worker's encoder needs: block templates by name, sizes and constants."""
        return {
            "size": self.size,
            "fieldSize": self.field_size,
            "pokemonSize": self.pokemon_size,
            "moveSize": self.move_size,
            "movesStart": len(self.pokemon_block),
            "field": {field.name: field.offset for field in self.field_block},
            "pokemon": {field.name: field.offset for field in self.pokemon_block},
            "move": {field.name: field.offset for field in self.move_block},
            "statuses": STATUSES,
            "stats": STATS,
            "boosts": BOOSTS,
            "weathers": WEATHERS,
            "terrains": TERRAINS,
            "rooms": ROOMS,
            "screens": SCREENS,
            "hazards": HAZARDS,
            "volatiles": VOLATILES,
        }


def _moved(field: Field, prefix: str, start: int) -> Field:
    return Field(
        f"{prefix}.{field.name}",
        start + field.offset,
        field.low,
        field.high,
        field.kind,
        field.meaning,
        field.vocabulary,
    )


LAYOUT = Layout(_field_block(), _pokemon_block(), _move_block())
OBS_SIZE = LAYOUT.size


def decode(observation: NDArray[np.float32]) -> dict[str, Any]:
    """Turn one observation into a nested dictionary for people.

    Args:
        observation: ``(OBS_SIZE,)`` vector.

    Returns:
        ``{"field": {...}, "own": [six dicts], "opposing": [six dicts]}``; each Pokémon has a list
        ``moves`` of four dicts. Ids become Showdown ids, flags become booleans.

    Raises:
        ValueError: the vector does not have ``OBS_SIZE`` numbers.
    """
    if observation.shape != (OBS_SIZE,):
        raise ValueError(f"an observation has shape ({OBS_SIZE},), not {observation.shape}")

    def read(block: tuple[Field, ...], start: int) -> dict[str, Any]:
        return {field.name: _value(field, float(observation[start + field.offset])) for field in block}

    def team(side: Literal["own", "opposing"]) -> list[dict[str, Any]]:
        members = []
        for slot in range(TEAM_SIZE):
            start = LAYOUT.pokemon_offset(side, slot)
            member = read(LAYOUT.pokemon_block, start)
            member["moves"] = [
                read(LAYOUT.move_block, start + LAYOUT.move_offset(move)) for move in range(MOVES_PER_POKEMON)
            ]
            members.append(member)
        return members

    return {"field": read(LAYOUT.field_block, 0), "own": team("own"), "opposing": team("opposing")}


def _value(field: Field, number: float) -> bool | float | str:
    if field.kind == "flag":
        return number > 0.5
    if field.kind == "id":
        assert field.vocabulary is not None
        return VOCABULARY[field.vocabulary][int(number)]
    return number
