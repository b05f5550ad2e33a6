"""The documentation page of a layout: `docs/observation.md`, `docs/observation-doubles.md`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pokeenv.observation.fields import Field
from pokeenv.observation.kinds import (
    DOUBLES_LAYOUTS,
    DOUBLES_MEANINGS,
    LAYOUTS,
    MEANINGS,
    MOVE_NOTE,
    POKEMON_NOTE,
)
from pokeenv.observation.layout import LAYOUT, Layout

_HEADING = (
    "# The observation",
    "",
    "Generated from `pokeenv.LAYOUT` by `python -m pokeenv layout > docs/observation.md`; do not edit.",
)
_DOUBLES_HEADING = (
    "# The observation in doubles",
    "",
    "Generated from `pokeenv.DOUBLES_LAYOUT`; do not edit. The command is",
    "`python -m pokeenv layout --doubles > docs/observation-doubles.md`.",
    "Left and right are Showdown's positions a and b of a side.",
)


def layout_markdown(layout: Layout = LAYOUT) -> str:
    """The documentation page of a layout; those of `LAYOUT` and `DOUBLES_LAYOUT` lie in `docs/`."""
    return "\n".join(_page(layout)) + "\n"


def _page(layout: Layout) -> Iterator[str]:
    own, opposing = layout.pokemon_offset("own", 0), layout.pokemon_offset("opposing", 0)
    moves = layout.move_offset(0)
    size, move_size = layout.pokemon_size, layout.move_size
    yield from (
        *(_DOUBLES_HEADING if layout.actives > 1 else _HEADING),
        "",
        f"One float32 vector of {layout.size} numbers per seat, from the messages to this seat's client:",
        "the own side is exact; the opposing side contains only revealed facts and their consequences.",
        "`pokeenv.decode` returns natural units: the number in the vector times the scale given here.",
        "",
        "| block | starts at | size |",
        "|---|---|---|",
        f"| field | 0 | {layout.field_size} |",
        f"| own Pokémon `slot` (0-5, team order) | {own} + {size} x slot | {size} |",
        f"| opposing Pokémon `slot` (0-5, order of appearance) | {opposing} + {size} x slot | {size} |",
        f"| move `m` (0-3) of a Pokémon | its start + {moves} + {move_size} x m | {move_size} |",
    )
    yield from ("", "Ids are positions in `pokeenv.VOCABULARY`; 0 means unknown or none.", "")
    yield from _table("Field block: `field.NAME`", "index", layout.field_block)
    yield from _table(
        "Pokémon block: `own.SLOT.NAME`, `opposing.SLOT.NAME`", "index - start", layout.pokemon_block
    )
    yield from (POKEMON_NOTE, "")
    yield from _table("Move block: `own.SLOT.move.M.NAME`", "index - start", layout.move_block)
    yield from (MOVE_NOTE, "")
    layouts, meanings = (LAYOUTS, MEANINGS) if layout.actives == 1 else (DOUBLES_LAYOUTS, DOUBLES_MEANINGS)
    for kind, variant in layouts.items():
        if variant.extra_block:
            extra = [field for field in variant.fields if field.offset >= variant.extra_offset]
            yield from _table(f'Behind all that, with `observation="{kind}"`: `NAME`', "index", extra)
            yield from (meanings[kind], "")


def _table(title: str, index: str, block: Sequence[Field]) -> Iterator[str]:
    yield from (f"## {title}", "", f"| {index} | name | range | scale | meaning |", "|---|---|---|---|---|")
    for field in block:
        kind = f"id of {field.vocabulary}" if field.kind == "id" else field.kind
        span = kind if field.kind != "scalar" else f"{field.low:g} to {field.high:g}"
        yield f"| {field.offset} | `{field.name}` | {span} | {field.scale:g} | {field.meaning} |"
    yield ""
