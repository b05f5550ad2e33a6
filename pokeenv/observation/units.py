"""Observations in natural units: turns, levels, stats and stages instead of scaled numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from pokeenv.observation.fields import Field
from pokeenv.observation.layout import LAYOUT, Layout
from pokeenv.observation.names import VOCABULARY


def natural(observations: NDArray[np.float32], name: str, layout: Layout = LAYOUT) -> NDArray[Any]:
    """The values of a field in natural units.

        natural(observations, "field.turn")           # (B,) float32, such as 14.0
        natural(observations, "own.*.status_brn")     # (B, 6) bool
        natural(observations, "*.*.move.*.id")        # (B, 2, 6, 4) intp, places in VOCABULARY["moves"]

    Args:
        observations: float32 `(..., D)`; D may exceed the layout's size, as in a richer observation.
        name: full name of a field in `docs/observation.md`. A part `*` selects every side (own, opposing),
            slot or move and makes an axis of the result.
        layout: the layout of the first numbers of the observations.

    Returns:
        `(..., *axes)`: bool for flags, intp for ids, else float32; whole numbers are exact.

    Raises:
        ValueError: the layout has no such field.
    """
    columns = layout.columns(name)
    field = columns.field
    step = observations.strides[-1]
    numbers = as_strided(
        observations[..., field.offset :],
        observations.shape[:-1] + columns.counts,
        observations.strides[:-1] + tuple(step * distance for distance in columns.steps),
        writeable=False,
    )
    if field.kind == "flag":
        return numbers > 0.5
    if field.kind == "id":
        return numbers.astype(np.intp)
    values = numbers * np.float32(field.scale)
    # In float32, 0.27 * 100 is not 27.
    return np.rint(values) if field.whole else values


def write_natural(
    observation: NDArray[np.float32], name: str, value: float | str, layout: Layout = LAYOUT
) -> None:
    """Write the value of a field, given in natural units, into observations.

    Args:
        observation: float32 `(..., D)`; changed in place.
        name: full name of a field, without `*`.
        value: a number or a flag; for an id, its position in the vocabulary or the Showdown id itself.
        layout: the layout of the observation.

    Raises:
        ValueError: the layout has no such field, or the vocabulary has no such id.
    """
    columns = layout.columns(name)
    if columns.counts:
        raise ValueError(f"write_natural() writes one field, not {name!r}")
    observation[..., columns.field.offset] = number_of(columns.field, value)


def number_of(field: Field, value: float | str) -> float:
    """The scaled number of a natural value, clipped to the field's range."""
    if isinstance(value, str):
        if field.vocabulary is None:
            raise ValueError(f"{field.name} is a {field.kind}, not the id {value!r}")
        value = VOCABULARY[field.vocabulary].index(value)
    return min(field.high, max(field.low, value / field.scale))


def value_of(field: Field, number: float) -> bool | int | float | str:
    """The natural value of one number of an observation; ids become Showdown ids."""
    if field.kind == "flag":
        return number > 0.5
    if field.kind == "id":
        assert field.vocabulary is not None
        return VOCABULARY[field.vocabulary][int(number)]
    natural_value = number * field.scale
    # A third is not exact in float32: whole numbers are rounded, others keep float32's digits.
    return (
        round(natural_value) if field.whole else float(np.format_float_positional(np.float32(natural_value)))
    )
