"""Scenes, read from observations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pokeenv.actions import DOUBLES, SINGLES, Action, ActionSpace, legal_actions
from pokeenv.engine import RUNNING, TRUNCATED, Engine
from pokeenv.engine.rows import battle_of, seat_of
from pokeenv.engine.signals import SIGNALS
from pokeenv.observation import (
    BOOSTS,
    DOUBLES_VOLATILES,
    EXTENDED_SCREENS,
    GMAX_DAMAGE,
    HAZARDS,
    NAMES,
    PLACES,
    ROOMS,
    SCREENS,
    STATS,
    STATUSES,
    TERRAINS,
    TURN_GUARDS,
    VOLATILES,
    WEATHERS,
    decode,
    make_layout,
)
from pokeenv.render.scene import Choice, Move, Pokemon, Scene, Side

_OUTCOME = SIGNALS.index("outcome")

BOOST_LABELS = dict(zip(BOOSTS, ("Atk", "Def", "SpA", "SpD", "Spe", "Acc", "Eva"), strict=True))

# Effects that are not moves, or have a better known name.
_LABELS = {
    "sandstorm": "Sandstorm",
    "sunnyday": "Sun",
    "raindance": "Rain",
    "snowscape": "Snow",
    "desolateland": "Extremely harsh sun",
    "primordialsea": "Heavy rain",
    "deltastream": "Strong winds",
    "attract": "In love",
    "choicelock": "Choice locked",
    "commanded": "Commanded",
    "commanding": "Commanding",
    "confusion": "Confused",
    "dynamax": "Dynamax",
    "flashfire": "Flash Fire",
    "foresight": "Identified",
    "lockedmove": "Rampaging",
    "mustrecharge": "Must recharge",
    "partiallytrapped": "Bound",
    "protosynthesis": "Protosynthesis",
    "quarkdrive": "Quark Drive",
    "slowstart": "Slow Start",
    "transform": "Transformed",
    "trapped": "Cannot leave",
    "truant": "Loafs next",
    "twoturnmove": "Charging",
    "typechange": "Type changed",
    "unburden": "Unburden",
    "yawn": "Drowsy",
}
_PHASES = {
    "team_preview": "Team Preview",
    "reviving": "choose a Pokémon to revive",
    "force_switch": "choose a switch",
}

_SPACES = (SINGLES, DOUBLES)

_NO_ACTIONS: Mapping[int, Action] = MappingProxyType({})

Names = Mapping[str, Mapping[str, str]]
"""Display name by vocabulary and id: `names["moves"]["swordsdance"] == "Swords Dance"`."""


def read_scene(
    observation: NDArray[np.float32],
    *,
    names: Names = NAMES,
    narration: Sequence[Mapping[str, Any]] = (),
    actions: Mapping[int, Action] = _NO_ACTIONS,
    title: str = "",
    result: str = "",
) -> Scene:
    """Build the scene of an observation.

    Args:
        observation: base observation of one seat.
        actions: the legal actions by number.
        names: see `Names`; ids without a name are shown unchanged.
        narration: the battle in sentences, by turn, for the messages; see `Engine.narrate`.
        title: heading, such as the battle format.
        result: see `Scene`.
    """
    state = decode(observation)
    field = state["field"]
    messages: list[Sequence[str]] = [turn["messages"] for turn in narration if turn["messages"]]
    reader = _Reader(field, names)
    place = next((place for place in PLACES if field.get(f"deciding_{place}")), "")
    phase = "" if result else next((label for key, label in _PHASES.items() if field[key]), "")
    phase = ", ".join(filter(None, (place and f"choose for the {place} one", phase)))
    opposing = reader.side("opposing", "Opponent", state["opposing"])
    own = reader.side("own", "You", state["own"])
    # Slots of the whole team; those that a Team Preview did not pick are empty.
    slots = [slot for slot, pokemon in enumerate(state["own"]) if pokemon["known"]]
    members = dict(zip(slots, own.team, strict=True))
    return Scene(
        title=title,
        turn=narration[-1]["turn"] if narration else field["turn"],
        phase=phase,
        field=tuple(reader.field_effects()),
        own=own,
        opposing=opposing,
        messages=tuple(messages[-1]) if messages else (),
        result=result,
        choices=tuple(_choices(actions, members, own, opposing, place)),
    )


class _Reader:
    """Reads the decoded blocks of one observation."""

    def __init__(self, field: Mapping[str, Any], names: Names) -> None:
        self._field = field
        self._names = names

    def name(self, table: str, name_id: str) -> str:
        return self._names.get(table, {}).get(name_id, name_id)

    def label(self, effect: str) -> str:
        """Name of an effect: its own label, or the name of the move that causes it."""
        return _LABELS.get(effect) or self.name("moves", effect)

    def field_effects(self) -> Iterator[str]:
        field = self._field
        for kind, effects in (("weather", WEATHERS), ("terrain", TERRAINS)):
            for effect in effects:
                if field[f"{kind}_{effect}"]:
                    yield self.label(effect) + self._turns(f"{kind}_turns", extended=True)
        for room in ROOMS:
            if field[room]:
                yield self.label(room) + self._turns(room)

    def side(self, side: str, title: str, team: Sequence[Mapping[str, Any]]) -> Side:
        known = tuple(self._pokemon(side, pokemon) for pokemon in team if pokemon["known"])
        unseen = self._field[f"{side}_team_size"] - len(known)
        return Side(title, known, max(0, unseen), tuple(self._conditions(side)), spare=max(0, -unseen))

    def _turns(self, name: str, *, extended: bool = False) -> str:
        """Remaining turns, as in " (3)", or " (3-6)" if an item may prolong it."""
        least = self._field[name]
        most = self._field[f"{name}_most"] if extended else least
        if not most:
            return ""
        return f" ({least})" if least == most else f" ({least}-{most})"

    def _conditions(self, side: str) -> Iterator[str]:
        field = self._field
        for hazard in HAZARDS:
            layers = field[f"{side}_{hazard}"]
            if layers:
                yield self.label(hazard) + (f" x{layers}" if layers > 1 else "")
        for screen in SCREENS:
            if field[f"{side}_{screen}"]:
                yield self.label(screen) + self._turns(
                    f"{side}_{screen}_turns", extended=screen in EXTENDED_SCREENS
                )
        for condition in GMAX_DAMAGE:
            if field[f"{side}_{condition}"]:
                yield self.label(condition) + self._turns(f"{side}_{condition}")
        for guard in TURN_GUARDS:
            if field.get(f"{side}_{guard}"):
                yield self.label(guard)
        for name, where in self._places(side):
            if field[f"{name}_future_move"]:
                yield "Future attack" + where + self._turns(f"{name}_future_move_turns")
            for condition, label in (("wish", "Wish"), ("healing_wish", "Healing Wish")):
                if field[f"{name}_{condition}"]:
                    yield label + where

    def _places(self, side: str) -> Iterator[tuple[str, str]]:
        """Beginning of the names of a place's fields, and its name for people; one place in singles."""
        if f"{side}_wish" in self._field:
            yield side, ""
        else:
            yield from ((f"{side}_{place}", f" ({place})") for place in PLACES)

    def _pokemon(self, side: str, pokemon: Mapping[str, Any]) -> Pokemon:
        active = pokemon["active"]
        place = next((place for place in PLACES if pokemon.get(place)), "")
        name = f"{side}_{place}" if place else side
        # Nothing is shown for items or abilities in generations that lack them.
        none = "no item" if self._field["generation"] > 1 else ""
        item = none if pokemon["item"] == "none" else self.name("items", pokemon["item"])
        ability = self.name("abilities", pokemon["ability"]) if self._field["generation"] > 2 else ""
        types = dict.fromkeys(pokemon[f"type_{place}"] for place in (1, 2, 3))
        return Pokemon(
            name=self.name("species", pokemon["species"]),
            level=pokemon["level"],
            hp=pokemon["hp"],
            status="" if pokemon["fainted"] else _status(pokemon),
            active=active,
            fainted=pokemon["fainted"],
            types=tuple(self.name("types", name) for name in types if name),
            tera_type=self.name("types", pokemon["tera_type"]),
            terastallized=pokemon["terastallized"],
            ability=ability,
            item=item,
            moves=tuple(self._move(move) for move in pokemon["moves"] if move["known"]),
            base_stats={stat: pokemon[f"base_{stat}"] for stat in STATS},
            stats={stat: pokemon[f"stat_{stat}"] for stat in STATS} if side == "own" else {},
            boosts=self._boosts(name) if active else {},
            volatiles=tuple(self._volatiles(name, pokemon)) if active else (),
            place=place,
        )

    def _move(self, move: Mapping[str, Any]) -> Move:
        return Move(
            id=move["id"],
            name=self.name("moves", move["id"]),
            type=self.name("types", move["type"]),
            category=next((category for category in ("physical", "special") if move[category]), "status"),
            power=round(move["power"]),
            accuracy=move["accuracy"],
            pp=round(move["pp"] * move["max_pp"]),
            max_pp=move["max_pp"],
            priority=move["priority"],
            effectiveness=max(value for key, value in move.items() if key.startswith("effectiveness")),
            stab=move["stab"],
            usable=move["usable"],
        )

    def _boosts(self, side: str) -> dict[str, int]:
        stages = {label: self._field[f"{side}_boost_{boost}"] for boost, label in BOOST_LABELS.items()}
        return {label: stage for label, stage in stages.items() if stage}

    def _volatiles(self, side: str, pokemon: Mapping[str, Any]) -> Iterator[str]:
        field = self._field
        if pokemon["illusion"]:
            yield "Illusion"
        for label, key in (("Perish", "perish"), ("Stockpile", "stockpile")):
            if field[f"{side}_{key}"]:
                yield f"{label} {field[f'{side}_{key}']}"
        for volatile in VOLATILES | DOUBLES_VOLATILES:
            if field.get(f"{side}_volatile_{volatile}"):
                turns = self._turns(f"{side}_dynamax_turns") if volatile == "dynamax" else ""
                yield self.label(volatile) + turns


def _choices(
    actions: Mapping[int, Action], members: Mapping[int, Pokemon], own: Side, opposing: Side, place: str
) -> Iterator[Choice]:
    deciding = next((pokemon for pokemon in own.actives if pokemon.place == place), None)
    moves = deciding.moves if deciding is not None else ()
    names = {(side.title, each.place): each.name for side in (own, opposing) for each in side.actives}
    lone = sum(action.kind == "move" for action in actions.values()) == 1
    for number, action in actions.items():
        move = pokemon = None
        if action.kind == "switch":
            pokemon = members[action.slot]
        elif action.slot < len(moves) and not (lone and not moves[action.slot].usable):
            # Struggle, Recharge and generation 1's Fight take the place of a move that is not usable.
            move = moves[action.slot]
        target = ""
        if action.target:
            side, aim = (opposing if action.target > 0 else own), PLACES[abs(action.target) - 1]
            target = names.get((side.title, aim), f"the {aim} place")
        yield Choice(number, action.kind, action.slot, action.gimmick, move, pokemon, target)


def _status(pokemon: Mapping[str, Any]) -> str:
    status = next((name for name in STATUSES if pokemon[f"status_{name}"]), "")
    turns = {"slp": pokemon["sleep_turns"], "tox": pokemon["toxic_turns"]}.get(status)
    return status.upper() + (f" {turns}" if turns else "")


def scene_of(obs: Mapping[str, NDArray[Any]]) -> Scene:
    """The scene of an environment's observation, as a player or a policy gets it.

    It holds what the numbers hold: no messages, no title and no result.

    Args:
        obs: `{"observation": (D,), "action_mask": (A,)}`.

    Raises:
        ValueError: no action space has as many actions as the mask.
    """
    mask = obs["action_mask"]
    space = next((space for space in _SPACES if space.num_actions == len(mask)), None)
    if space is None:
        sizes = " or ".join(str(space.num_actions) for space in _SPACES)
        raise ValueError(f"an action mask has {sizes} numbers, not {len(mask)}")
    size = make_layout(actives=space.actives).size
    return read_scene(obs["observation"][:size], actions=_legal(mask, space))


def _legal(mask: NDArray[np.int8], space: ActionSpace) -> dict[int, Action]:
    return {number: space.decode(number) for number in legal_actions(mask)}


def make_scene(engine: Engine, row: int, *, forfeited: bool = False) -> Scene:
    """The current view of one row of an engine.

    Args:
        engine: engine of the battle.
        row: a seat of a battle.
        forfeited: True if the seat has forfeited.

    Raises:
        CapabilityError: the engine does not narrate battles.
    """
    battle = battle_of(row)
    outcome = float(engine.signals[row, _OUTCOME])
    return read_scene(
        engine.observations[row, : make_layout(actives=engine.action_space.actives).size],
        narration=engine.narrate(battle, seat_of(row)),
        actions=_legal(engine.action_masks[row], engine.action_space),
        title=engine.battle_format.id,
        result=_result(int(engine.statuses[battle]), outcome, forfeited),
    )


def _result(status: int, outcome: float, forfeited: bool) -> str:
    if forfeited:
        return "You lost by forfeit"
    if status == RUNNING:
        return ""
    if status == TRUNCATED:
        return "Stopped by the turn limit"
    return "You won" if outcome > 0 else "You lost" if outcome < 0 else "A tie"
