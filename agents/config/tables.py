"""Tables of all keys of the settings: for terminals, and for `docs/`."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from pydantic import BaseModel

from agents.config.reading import Key, keys_of, sections_of

_HEAD = ("key", "type", "range", "default", "meaning")
_ALLOWED_WIDTH, _DEFAULT_WIDTH = 21, 16


def terminal_table(model: type[BaseModel], width: int = 110) -> str:
    """All keys in aligned columns, cells wrapped, each section under its own heading.

    Args:
        model: the settings.
        width: maximum length of a line.
    """
    lines: list[str] = []
    for heading, keys in _groups(model).items():
        widths = [max(len(key.name) for key in keys), _ALLOWED_WIDTH, _DEFAULT_WIDTH]
        widths.append(width - sum(widths) - 2 * len(widths))
        lines += ["", heading] if heading else _row(("key", "allowed", "default", "meaning"), widths)
        for key in keys:
            name, kind, allowed, default, meaning = _cells(key)
            both = allowed if key.type == "choice" else f"{kind}, {allowed}".removesuffix(", ")
            lines += _row((name, both, default, meaning), widths)
    return "\n".join(lines)


def markdown_tables(model: type[BaseModel]) -> str:
    """The same for a page of documentation: one table per section."""
    lines: list[str] = []
    for heading, keys in _groups(model).items():
        lines += [f"## {heading}" if heading else "## At the top level", ""]
        lines += [f"| {' | '.join(_HEAD)} |", "|---" * len(_HEAD) + "|"]
        for key in keys:
            name, kind, allowed, default, meaning = _cells(key)
            lines.append(f"| `{name}` | {kind} | {allowed} | `{default}` | {meaning} |")
        lines.append("")
    return "\n".join(lines)


def _groups(model: type[BaseModel]) -> dict[str, list[Key]]:
    """Keys by heading, which describes the section."""
    keys = keys_of(model)
    headings = {
        name: f"{name}: {model.model_fields[name].description}" if name else "" for name in sections_of(model)
    }
    return {
        heading: [key for key in keys.values() if key.name.rpartition(".")[0] == section]
        for section, heading in headings.items()
    }


def _cells(key: Key) -> tuple[str, ...]:
    kind = f"{key.type} or null" if key.optional else key.type
    return key.name, kind, key.range, key.default, key.meaning


def _row(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    wrapped = [
        textwrap.wrap(cell, width, break_on_hyphens=False) for cell, width in zip(cells, widths, strict=True)
    ]
    height = max(map(len, wrapped))
    columns = [part + [""] * (height - len(part)) for part in wrapped]
    return [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in zip(*columns, strict=True)
    ]
