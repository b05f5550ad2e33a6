"""Checks of observations against the table of fields."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pokeenv.observation import LAYOUT, STATUSES, TEAM_SIZE, TERRAINS, WEATHERS


def check_observations(observations: NDArray[np.float32], where: str = "observation") -> None:
    """Check numbers against the table of fields.

    Checked: every number is finite and in its range; flags are exactly 0 or 1; ids are whole numbers of
    their vocabulary; counts are whole numbers in their unit; at most one weather and one terrain; at
    most one status, one gender and one category for each Pokémon or move; at most one Pokémon of a
    side is active.

    Args:
        observations: `(..., OBS_SIZE)`; numbers beyond those of `LAYOUT` are only required to be finite.
        where: name of the place in messages.

    Raises:
        AssertionError: an observation breaks the table; the message names field and value.
    """
    observations = np.asarray(observations)
    require(
        observations.shape[-1] >= LAYOUT.size, f"{where} has shape {observations.shape}, not {LAYOUT.size}"
    )
    require(observations.dtype == np.float32, f"{where} has dtype {observations.dtype}, not float32")
    rows = observations.reshape(-1, observations.shape[-1])
    require(bool(np.isfinite(rows).all()), f"{where} holds a number that is not finite")
    rows = rows[:, : LAYOUT.size]
    table = _table()
    faults = (
        ("is out of its range", (rows < table.low) | (rows > table.high)),
        ("is a flag and neither 0 nor 1", table.flags & (rows != 0) & (rows != 1)),
        ("is an id and not a whole number", table.ids & (rows != np.round(rows))),
        (
            "is not a whole number in its unit",
            table.whole & (np.abs(rows * table.scale - np.round(rows * table.scale)) > 1e-3),
        ),
    )
    for fault, wrong in faults:
        if wrong.any():
            row, offset = (int(place) for place in np.argwhere(wrong)[0])
            field = LAYOUT.fields[offset]
            raise AssertionError(
                f"{where}: {field.name} = {rows[row, offset]} {fault} [{field.low}, {field.high}]"
                f" ({field.meaning})"
            )
    for title, members in table.exclusive:
        counts = rows[:, members].sum(axis=1)
        if (counts > 1).any():
            row = int(np.argmax(counts > 1))
            both = [LAYOUT.fields[offset].name for offset in members if rows[row, offset]]
            raise AssertionError(f"{where}: more than one {title} at once: {', '.join(both)}")


class _Table:
    """`LAYOUT` as arrays over its fields."""

    def __init__(self) -> None:
        fields = LAYOUT.fields
        self.low = np.array([field.low for field in fields], dtype=np.float32)
        self.high = np.array([field.high for field in fields], dtype=np.float32)
        self.scale = np.array([field.scale for field in fields])
        self.flags = np.array([field.kind == "flag" for field in fields])
        self.ids = np.array([field.kind == "id" for field in fields])
        self.whole = np.array([field.whole for field in fields])
        self.exclusive = [
            (title, np.array([LAYOUT.offsets[name] for name in names])) for title, names in _exclusive()
        ]


@cache
def _table() -> _Table:
    return _Table()


def _exclusive() -> Iterator[tuple[str, list[str]]]:
    """Groups of flags of which at most one may be set: title and names."""
    yield "weather", [f"field.weather_{name}" for name in WEATHERS]
    yield "terrain", [f"field.terrain_{name}" for name in TERRAINS]
    for side in ("own", "opposing"):
        yield "active Pokémon", [f"{side}.{slot}.active" for slot in range(TEAM_SIZE)]
        for slot in range(TEAM_SIZE):
            yield "status", [f"{side}.{slot}.status_{name}" for name in STATUSES]
            yield "gender", [f"{side}.{slot}.{name}" for name in ("male", "female")]
            for move in range(4):
                names = ("physical", "special", "status")
                yield "category", [f"{side}.{slot}.move.{move}.{name}" for name in names]


def require(condition: bool, message: str) -> None:
    """Raise `AssertionError` with the message unless the condition holds."""
    # Not an assert statement, which `python -O` drops.
    if not condition:
        raise AssertionError(message)
