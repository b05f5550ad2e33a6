"""Schemas of files that a run writes: they are read strictly, and errors name the fault.

The files may be edited by hand, written by another program, or malicious.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from pokeenv import PokeenvError, shown

_MOST_FAULTS = 3  # maximum number of faults in a message
_T = TypeVar("_T")


_STRICT = ConfigDict(
    extra="forbid", frozen=True, strict=True, allow_inf_nan=False, arbitrary_types_allowed=True
)


class Stored(BaseModel):
    """Part of a file: strict and closed, without infinity and NaN."""

    model_config = _STRICT


def check_stored(schema: type[_T], value: object, source: str, error: type[PokeenvError]) -> _T:
    """Check a value that was read from a file.

    Args:
        schema: a `Stored`, or a container of them.
        value: the value.
        source: name of the file, for messages.
        error: class of the exception.

    Raises:
        PokeenvError: of the class `error`: names the first parts that do not fit the schema.
    """
    try:
        return _adapter(schema).validate_python(value)
    except ValidationError as faults:
        raise error(f"{source}: {_explain(faults)}") from None


def read_stored(schema: type[_T], path: Path, error: type[PokeenvError]) -> _T:
    """Read and check a JSON file.

    Raises:
        PokeenvError: of the class `error`: the file cannot be read, is not JSON, or does not fit the schema.
    """
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise error(f"{path}: cannot be read: {fault.strerror}") from None
    try:
        return _adapter(schema).validate_json(content)
    except ValidationError as faults:
        raise error(f"{path}: {_explain(faults)}") from None


def _adapter(schema: type[_T]) -> TypeAdapter[_T]:
    is_model = isinstance(schema, type) and issubclass(schema, BaseModel)
    return TypeAdapter(schema, config=None if is_model else _STRICT)


def _explain(faults: ValidationError) -> str:
    details = faults.errors(include_url=False)
    more = f"; and {len(details) - _MOST_FAULTS} more" if len(details) > _MOST_FAULTS else ""
    return "; ".join(map(_fault, details[:_MOST_FAULTS])) + more


def _fault(details: ErrorDetails) -> str:
    """One fault: the place, the problem, and the value if it is short."""
    place = ".".join(map(str, details["loc"]))
    prefix = f"{place}: " if place else ""
    kind, value = details["type"], details["input"]
    if kind == "json_invalid":
        return f"not valid JSON: {details['ctx']['error']}"
    if kind == "missing":
        return f"{prefix}missing"
    if kind == "extra_forbidden":
        return f"{prefix}unknown key"
    rule = details["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    rule = rule.replace("Input should be", "must be", 1)
    if kind in ("dict_type", "model_type"):
        rule = "must be a mapping"
    found = shown(value) if isinstance(value, str | int | float | None) else f"a {type(value).__name__}"
    return f"{prefix}{rule}, not {found}" if rule.startswith("must") else f"{prefix}{rule}"
