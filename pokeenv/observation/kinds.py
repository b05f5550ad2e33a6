"""The kinds of observation: the base layout, alone or followed by additional blocks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pokeenv.errors import did_you_mean
from pokeenv.observation.fields import Field
from pokeenv.observation.layout import DOUBLES_LAYOUT, LAYOUT, Layout
from pokeenv.observation.names import MOVES_PER_POKEMON, PLACES

ObservationKind = Literal["base", "damage"]

_ESTIMATES = (
    ("min", 2.0, "least damage of a hit / its target's HP left, clipped"),
    ("expected", 1.0, "mean share of its target's HP left that one use takes, misses included"),
    ("max", 2.0, "greatest damage of a hit / its target's HP left, clipped"),
    ("ko_chance", 1.0, "chance that one use knocks its target out, misses included"),
    ("two_use_ko_chance", 1.0, "chance that two uses knock its target out, misses included"),
)
_Attackers = dict[str, tuple[str, dict[str, str]]]
_ATTACKERS: _Attackers = {
    "own_move": ("own active's move", {"": "the opposing active"}),
    "opposing_move": ("move shown by the opposing active", {"": "the own active"}),
}
_DOUBLES_ATTACKERS: _Attackers = {
    f"{side}_{place}_move": (
        f"own {place} active's move" if side == "own" else f"move shown by the opposing {place} active",
        {f"{target}_{there}": f"the {target} {there} active" for there in PLACES}
        | ({"ally": "its ally"} if side == "own" else {}),
    )
    for side, target in (("own", "opposing"), ("opposing", "own"))
    for place in PLACES
}


MEANINGS: dict[ObservationKind, str] = {
    "damage": (
        "The damage of both active Pokémon's moves to each other, in the order of their move blocks, "
        "computed by `@smogon/calc` from the seat's knowledge. Critical hits count only if they are certain "
        "(generation 1: nearly certain); Substitutes, Disguises and protections are ignored. The own side's "
        "numbers are exact. An opponent is assumed to have a neutral nature, full IVs and 85 EVs in every "
        "stat (generations 1 and 2: full DVs and stat experience), the HP that its bar shows, an item "
        "without effect until its item is known or gone, and no ability until its ability is known. The "
        "numbers are 0 unless both sides have an active Pokémon, if a switch must be chosen, for status "
        "moves, and for moves whose damage cannot be known: Counter and similar moves, Beat Up, Spit Up, "
        "Trump Card, an opponent's Hidden Power."
    )
}
DOUBLES_MEANINGS: dict[ObservationKind, str] = {
    "damage": (
        "The damage of the moves of all four active Pokémon, in the order of their move blocks, computed as"
        " in [singles](observation.md) for each target: an own move against both opposing Pokémon and, if "
        "it can hit it, the ally; an opponent's move against both own ones. A spread move deals 0.75 of its"
        " damage (generation 3: half, and all if it also hits the ally) if it has several targets at the "
        "moment of the decision, whatever the ally does before. The numbers consider known abilities of all"
        " four Pokémon (auras, Ruin, Friend Guard, Battery, Power Spot, Steely Spirit, Flower Gift, Plus "
        "and Minus). Helping Hand, redirection, and moves and abilities that protect a whole side are "
        "ignored. The numbers are 0 where a Pokémon is missing. Both decisions of a request have the same "
        "numbers."
    )
}
"""Descriptions of the additional blocks by kind of observation, in singles and in doubles."""

POKEMON_NOTE = (
    "`stat_*` of a transformed Pokémon are its original stats, to which it returns when it leaves the field: "
    "requests do not contain the copied stats. The damage block uses the copied ones."
)
MOVE_NOTE = (
    "`disabled` of an opponent's move: Disable, Taunt, Torment, Throat Chop, Heal Block, Gravity, a known "
    "Assault Vest, an Imprison of the own active, or a move that cannot be used twice in a row. Moves "
    "that cannot be chosen because another move is forced (Encore, a Choice item, a rampage) are merely not "
    "`usable`."
)


def _damage_block(attackers: _Attackers) -> tuple[Field, ...]:
    fields: list[Field] = []
    for attacker, (of_whom, targets) in attackers.items():
        for move in range(MOVES_PER_POKEMON):
            for target, whom in targets.items():
                for name, high, meaning in _ESTIMATES:
                    field = ".".join(filter(None, ("damage", attacker, str(move), target, name)))
                    text = f"{of_whom}, against {whom}: {meaning}"
                    fields.append(Field(field, len(fields), 0.0, high, "scalar", text))
    return tuple(fields)


LAYOUTS: dict[ObservationKind, Layout] = {
    "base": LAYOUT,
    "damage": replace(LAYOUT, extra_block=_damage_block(_ATTACKERS)),
}
"""Layout of singles by kind of observation. Every one begins with the base layout."""
DOUBLES_LAYOUTS: dict[ObservationKind, Layout] = {
    "base": DOUBLES_LAYOUT,
    "damage": replace(DOUBLES_LAYOUT, extra_block=_damage_block(_DOUBLES_ATTACKERS)),
}
"""The same of doubles."""


def make_layout(observation: ObservationKind = "base", actives: int = 1) -> Layout:
    """Layout of a kind of observation.

    Args:
        observation: the kind.
        actives: active Pokémon of a side: 1 in singles, 2 in doubles.

    Raises:
        ValueError: there is no such kind.
    """
    layouts = DOUBLES_LAYOUTS if actives > 1 else LAYOUTS
    layout = layouts.get(observation)
    if layout is None:
        allowed = ", ".join(map(repr, layouts))
        raise ValueError(
            f"observation={observation!r}{did_you_mean(str(observation), layouts)}; allowed: {allowed}"
        )
    return layout


def observation_kind_of(agent: object) -> ObservationKind:
    """The kind of observation that an agent reads: its `observation_kind`, or the base without one.

    Raises:
        ValueError: the agent names a kind that does not exist.
    """
    kind: ObservationKind = getattr(agent, "observation_kind", "base")
    if not isinstance(kind, str) or kind not in LAYOUTS:
        allowed = ", ".join(map(repr, LAYOUTS))
        raise ValueError(f"{type(agent).__name__}.observation_kind is {kind!r}; allowed: {allowed}")
    return kind


def largest_kind(agents: Iterable[object]) -> ObservationKind:
    """The smallest kind of observation with which all agents can play."""
    kinds = [observation_kind_of(agent) for agent in agents]
    return max(kinds, key=lambda kind: LAYOUTS[kind].size, default="base")


def wrong_game(agent: object, actives: int) -> str | None:
    """Why an agent cannot play battles with so many active Pokémon a side; None if it can.

    Args:
        agent: any agent; one that knows only singles or only doubles has an attribute `actives`, the number
            of a side's active Pokémon that it plays with.
        actives: 1 in singles, 2 in doubles.
    """
    plays = getattr(agent, "actives", actives)
    if plays == actives:
        return None
    games = ("", "singles", "doubles")
    name = getattr(agent, "name", "") or f"a {type(agent).__name__}"
    return (
        f"{name} plays {games[plays]}, and this is a battle of {games[actives]}:"
        " choose another agent or another battle format"
    )


def check_readable(agent: object, size: int) -> int:
    """Return how many of an observation's numbers an agent reads; each layout begins with the base.

    Args:
        agent: any agent; see `wrong_game`.
        size: numbers that there are.

    Raises:
        ValueError: it reads more, or does not play with as many Pokémon on the field.
    """
    kind = observation_kind_of(agent)
    actives = 2 if any(layout.size == size for layout in DOUBLES_LAYOUTS.values()) else 1
    if reason := wrong_game(agent, actives):
        raise ValueError(reason)
    read = make_layout(kind, actives).size
    if read > size:
        raise ValueError(
            f"a {type(agent).__name__} reads observation={kind!r}, {read} numbers, but is given {size}: "
            "make the environment with that argument"
        )
    return read


def slice_for(agent: object, observations: NDArray[np.float32]) -> NDArray[np.float32]:
    """The part of observations `(B, D)` that an agent reads, as a view.

    Raises:
        ValueError: the agent reads more than the observations contain.
    """
    return observations[:, : check_readable(agent, observations.shape[1])]
