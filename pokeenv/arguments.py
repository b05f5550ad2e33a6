"""Checks of numbers given as arguments."""

from __future__ import annotations

import operator
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

_INT64 = np.iinfo(np.int64)


def whole_number(name: str, value: Any, *, least: int | None = None) -> int:
    """An argument as an int.

    Args:
        name: name of the argument in errors.
        value: an int, or a numpy integer or 0-d array of integers.
        least: the smallest value allowed; None for no limit.

    Raises:
        TypeError: the value is not an integer; booleans are not integers here.
        ValueError: the value is less than `least`.
    """
    try:
        if isinstance(value, bool | np.bool_):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer, not {value!r:.80}") from None
    if least is not None and number < least:
        raise ValueError(f"{name} must be at least {least}, not {number}")
    return number


def positive_number(name: str, value: Any) -> float:
    """An argument as a float.

    Raises:
        TypeError: the value is not a number.
        ValueError: the value is not greater than 0.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, not {value!r:.80}")
    number = float(value)
    if not number > 0:
        raise ValueError(f"{name} must be greater than 0, not {value}")
    return number


def whole_numbers(name: str, values: Any) -> NDArray[np.int64]:
    """Integers as an int64 array; integers beyond 64 bits become the nearest that fit.

    Raises:
        TypeError: a value is not an integer.
    """
    array = np.asarray(values)
    if array.dtype.kind == "i":
        return array.astype(np.int64, copy=False)
    if array.dtype.kind not in "uO":
        raise TypeError(f"{name} must be integers, not {array.dtype}")
    numbers = [min(max(whole_number(name, value), _INT64.min), _INT64.max) for value in array.flat]
    return np.array(numbers, dtype=np.int64).reshape(array.shape)
