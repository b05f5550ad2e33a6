"""Observations and their table, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pokeenv.observation.fields import Field
from pokeenv.observation.kinds import LAYOUTS, MEANINGS, MOVE_NOTE, POKEMON_NOTE
from pokeenv.observation.layout import LAYOUT, Layout
from pokeenv.observation.names import MOVES_PER_POKEMON, TEAM_SIZE, VOCABULARY


def decode(observation: NDArray[np.float32], layout: Layout | None = None) -> dict[str, Any]:
    """Turn one observation into a nested dictionary for people.

    Args:
        observation: `(layout.size,)` vector.
        layout: what it was made with; None finds the one of `LAYOUTS` by the vector's length.

    Returns:
        `{"field": {...}, "own": [six dicts], "opposing": [six dicts]}`; each Pokémon has a list
        `moves` of four dicts. An observation "damage" has `"damage"` besides,
        `{"own_move": [four dicts], "opposing_move": [four dicts]}`. Ids become Showdown ids,
        flags booleans, and numbers natural ones: turns, levels, stages and stats as whole numbers
        (`turn: 14`, `own_boost_atk: 2`), fractions as they are (`hp: 0.53`).

    Raises:
        ValueError: the vector does not have `layout.size` numbers.
    """
    if layout is None:
        layout = next((one for one in LAYOUTS.values() if observation.shape == (one.size,)), LAYOUT)
    if observation.shape != (layout.size,):
        raise ValueError(f"an observation has shape ({layout.size},), not {observation.shape}")
    numbers: list[float] = observation.tolist()

    def read(block: tuple[Field, ...], start: int) -> dict[str, Any]:
        return {field.name: _natural(field, numbers[start + field.offset]) for field in block}

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
        block, group, place, number = name.split(".")
        members = state.setdefault(block, {}).setdefault(group, [])
        if int(place) == len(members):
            members.append({})
        members[int(place)][number] = value
    return state


def _natural(field: Field, number: float) -> bool | int | float | str:
    if field.kind == "flag":
        return number > 0.5
    if field.kind == "id":
        assert field.vocabulary is not None
        return VOCABULARY[field.vocabulary][int(number)]
    natural = number * field.scale
    # A float32 of a third is not a third: whole numbers are rounded back, others to what float32 holds.
    return round(natural) if field.whole else float(np.format_float_positional(np.float32(natural)))


def layout_markdown(layout: Layout = LAYOUT) -> str:
    """The documentation page of a layout: `docs/observation.md` is this text for `LAYOUT`."""
    return "\n".join(_page(layout)) + "\n"


def _page(layout: Layout) -> Iterator[str]:
    own, opposing = layout.pokemon_offset("own", 0), layout.pokemon_offset("opposing", 0)
    moves = layout.move_offset(0)
    size, move_size = layout.pokemon_size, layout.move_size
    yield from (
        "# The observation",
        "",
        "Generated from `pokeenv.LAYOUT` by `python -m pokeenv layout > docs/observation.md`; do not edit.",
        "",
        f"One float32 vector of {layout.size} numbers per seat, made from what this seat's client is sent:",
        "the own side is exact, of the opposing side there is only what was shown or follows from it.",
        "`pokeenv.decode` reads it in natural units: the number in the vector times the scale given here.",
        "",
        "| block | starts at | size |",
        "|---|---|---|",
        f"| field | 0 | {layout.field_size} |",
        f"| own Pokémon `slot` (0-5, team order) | {own} + {size} x slot | {size} |",
        f"| opposing Pokémon `slot` (0-5, order of appearance) | {opposing} + {size} x slot | {size} |",
        f"| move `m` (0-3) of a Pokémon | its start + {moves} + {move_size} x m | {move_size} |",
    )
    yield from ("", "Ids are places in `pokeenv.VOCABULARY`; 0 is unknown or none.", "")
    yield from _table("Field block: `field.NAME`", "index", layout.field_block)
    yield from _table(
        "Pokémon block: `own.SLOT.NAME`, `opposing.SLOT.NAME`", "index - start", layout.pokemon_block
    )
    yield from (POKEMON_NOTE, "")
    yield from _table("Move block: `own.SLOT.move.M.NAME`", "index - start", layout.move_block)
    yield from (MOVE_NOTE, "")
    for kind, variant in LAYOUTS.items():
        if variant.extra_block:
            extra = [field for field in variant.fields if field.offset >= variant.extra_offset]
            yield from _table(f'Behind all that, with `observation="{kind}"`: `NAME`', "index", extra)
            yield from (MEANINGS[kind], "")


def _table(title: str, index: str, block: Sequence[Field]) -> Iterator[str]:
    yield from (f"## {title}", "", f"| {index} | name | range | scale | meaning |", "|---|---|---|---|---|")
    for field in block:
        kind = f"id of {field.vocabulary}" if field.kind == "id" else field.kind
        span = kind if field.kind != "scalar" else f"{field.low:g} to {field.high:g}"
        yield f"| {field.offset} | `{field.name}` | {span} | {field.scale:g} | {field.meaning} |"
    yield ""
