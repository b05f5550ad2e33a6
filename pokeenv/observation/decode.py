"""One observation as a dictionary, for readers."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pokeenv.observation.fields import Field
from pokeenv.observation.kinds import DOUBLES_LAYOUTS, LAYOUTS
from pokeenv.observation.layout import LAYOUT, Layout
from pokeenv.observation.names import MOVES_PER_POKEMON, TEAM_SIZE
from pokeenv.observation.units import value_of


def decode(observation: NDArray[np.float32], layout: Layout | None = None) -> dict[str, Any]:
    """Turn one observation into a nested dictionary for readers.

    Args:
        observation: `(layout.size,)` vector.
        layout: what it was made with; None finds it by the vector's length.

    Returns:
        `{"field": {...}, "own": [six dicts], "opposing": [six dicts]}`; each Pokémon has a list
        `moves` of four dicts. An observation of kind "damage" also has `"damage"`,
        `{"own_move": [four dicts], "opposing_move": [four dicts]}`; in doubles the lists are those of
        `own_left_move`, `own_right_move`, `opposing_left_move` and `opposing_right_move`, and each dict
        has one by target: `opposing_left`, `opposing_right` and `ally`, or `own_left` and `own_right`.
        Ids become Showdown ids, flags become booleans, and numbers are in natural units: turns, levels,
        stages and stats as whole numbers (`turn: 14`, `own_boost_atk: 2`), fractions unchanged
        (`hp: 0.53`).

    Raises:
        ValueError: the vector does not have `layout.size` numbers.
    """
    if layout is None:
        known = (*LAYOUTS.values(), *DOUBLES_LAYOUTS.values())
        layout = next((one for one in known if observation.shape == (one.size,)), LAYOUT)
    if observation.shape != (layout.size,):
        raise ValueError(f"an observation has shape ({layout.size},), not {observation.shape}")
    numbers: list[float] = observation.tolist()

    def read(block: tuple[Field, ...], start: int) -> dict[str, Any]:
        return {field.name: value_of(field, numbers[start + field.offset]) for field in block}

    def team(side: Literal["own", "opposing"]) -> list[dict[str, Any]]:
        members = []
        for slot in range(TEAM_SIZE):
            start = layout.pokemon_offset(side, slot)
            member = read(layout.pokemon_block, start)
            member["moves"] = [
                read(layout.move_block, start + layout.move_offset(move)) for move in range(MOVES_PER_POKEMON)
            ]
            members.append(member)
        return members

    state: dict[str, Any] = {
        "field": read(layout.field_block, 0),
        "own": team("own"),
        "opposing": team("opposing"),
    }
    for name, value in read(layout.extra_block, layout.extra_offset).items():
        block, group, place, *parts, number = name.split(".")
        members = state.setdefault(block, {}).setdefault(group, [])
        if int(place) == len(members):
            members.append({})
        member = members[int(place)]
        for part in parts:
            member = member.setdefault(part, {})
        member[number] = value
    return state
