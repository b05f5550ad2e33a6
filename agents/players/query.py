"""Settings behind the name of an agent: `NAME?key=value&key=value`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.errors import CheckpointError
from pokeenv import did_you_mean


def read_query(name: str, query: str, types: Mapping[str, type]) -> dict[str, Any]:
    """Values of the part behind the question mark.

    Args:
        name: the whole name, for messages.
        query: `key=value` texts, joined by `&`; may be empty.
        types: type of each setting, by key.

    Raises:
        CheckpointError: a key is unknown, or a value is not of its type.
    """
    values: dict[str, Any] = {}
    for part in query.split("&") if query else ():
        key, _, text = part.partition("=")
        if key not in types:
            known = ", ".join(types)
            raise CheckpointError(
                f"{name!r}: unknown setting {key!r}{did_you_mean(key, types)}; known: {known}"
            )
        try:
            values[key] = types[key](text)
        except ValueError:
            raise CheckpointError(f"{name!r}: {key}={text!r} is not a number") from None
    return values
