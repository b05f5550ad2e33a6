"""Settings from YAML and `key=value`: read, checked against a pydantic model, explained in one line.

All texts about a key (in `--help`, in the documentation, in errors) come from its field: annotation, range,
default and description.
"""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import annotated_types
from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, core_schema
from typing_extensions import Self

from agents.errors import ConfigError
from pokeenv import parse_yaml, read_yaml, shown


class Section(BaseModel):
    """Settings, strict and closed: no unknown key, no silent conversion of `true` to 1, no infinity.

    A field may have an alias: its key in files, where the name in the code is another one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    @classmethod
    def of(cls, **values: Any) -> Self:
        """Settings by the names of their fields; those left out have their defaults.

        Raises:
            ConfigError: names every fault with its key, value and way out.
        """
        aliases = {name: field.alias for name, field in cls.model_fields.items() if field.alias}
        data = {aliases.get(name, name): value for name, value in values.items()}
        return check_settings(cls, data, (), cls.__name__)

    def model_dump(self, **options: Any) -> dict[str, Any]:
        """The values by their keys in files."""
        return super().model_dump(**{"by_alias": True} | options)

    def model_dump_json(self, **options: Any) -> str:
        """The values as JSON, by their keys in files."""
        return super().model_dump_json(**{"by_alias": True} | options)


class OneOf:
    """Annotation of a text that must be a key of a registry.

    Args:
        registry: read at each check, so that entries may be added.
    """

    def __init__(self, registry: Mapping[str, object]) -> None:
        """Keep the registry."""
        self.registry = registry

    def __str__(self) -> str:
        """The allowed names."""
        return ", ".join(self.registry)

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Text, then one of the names."""
        return core_schema.no_info_after_validator_function(self._check, core_schema.str_schema(strict=True))

    def _check(self, name: str) -> str:
        if name not in self.registry:
            raise ValueError(f"{name!r} is not one of {self}")
        return name


PathText = Annotated[str, Field(min_length=1, pattern=r"^[^\x00]+$")]
"""Text that can name a file."""

_Settings = TypeVar("_Settings", bound=Section)
_TYPES = {bool: "true/false", int: "integer", float: "number", str: "text"}
_WANTED = {
    "integer": "an integer",
    "number": "a number",
    "true/false": "true or false",
    "text": "text that is not empty",
    "list": "a list",
}


@dataclass(frozen=True)
class Key:
    """One key of the settings, as text.

    Attributes:
        name: dotted name.
        type: `integer`, `number`, `true/false`, `text`, `choice` or `list`.
        optional: True if null is allowed.
        range: allowed values, such as `8 to 4096` or the choices; "" for any value.
        default: as YAML.
        meaning: description of its effect.
    """

    name: str
    type: str
    optional: bool
    range: str
    default: str
    meaning: str

    @property
    def wanted(self) -> str:
        """A description of valid values, such as `an integer from 1 to 100`."""
        if self.type == "choice":
            words = f"one of {self.range}"
        else:
            words = _WANTED.get(self.type, self.type)
            words += f" from {self.range}" if self.range[:1].isdigit() else f" {self.range}".rstrip()
        return words + (" or null" if self.optional else "")


def sections_of(model: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """Nested models by name of the field; "" is the model itself."""
    nested = {name: field.annotation for name, field in model.model_fields.items()}
    return {"": model} | {
        name: part for name, part in nested.items() if isinstance(part, type) and issubclass(part, BaseModel)
    }


def keys_of(model: type[BaseModel]) -> dict[str, Key]:
    """Every key by dotted name, in the order of the fields, sections last."""
    sections = sections_of(model)
    return {
        key.name: key
        for section, part in sections.items()
        for key in _keys_of_section(part, f"{section}." if section else "")
        if key.name not in sections
    }


def _keys_of_section(model: type[BaseModel], prefix: str) -> Iterator[Key]:
    for name, field in model.model_fields.items():
        annotation, optional = field.annotation, False
        metadata = list(field.metadata)
        if get_origin(annotation) in (Union, types.UnionType):
            parts = [part for part in get_args(annotation) if part is not type(None)]
            annotation, optional = parts[0], True
        if get_origin(annotation) is Annotated:
            annotation, *inner = get_args(annotation)
            metadata += [item for info in inner if isinstance(info, FieldInfo) for item in info.metadata]
        kind = _TYPES.get(annotation, "list")  # type: ignore[arg-type]
        allowed = _range(metadata, kind)
        if get_origin(annotation) is Literal:
            kind, allowed = "choice", ", ".join(get_args(annotation))
        if isinstance(field.json_schema_extra, dict):
            kind, allowed = "choice", str(field.json_schema_extra["allowed"])
        if names := [item for item in metadata if isinstance(item, OneOf)]:
            kind, allowed = "choice", str(names[0])
        default = _yaml(field.default)
        yield Key(prefix + (field.alias or name), kind, optional, allowed, default, field.description or "")


def _yaml_names(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _range(metadata: Sequence[object], kind: str) -> str:
    low = high = even = ""
    for item in metadata:
        if isinstance(item, annotated_types.Ge):
            low = f"{item.ge}"
        elif isinstance(item, annotated_types.Gt):
            low = f"> {item.gt}"
        elif isinstance(item, annotated_types.Le):
            high = f"{item.le}"
        elif isinstance(item, annotated_types.Lt):
            high = f"{item.lt - 1}" if kind == "integer" else f"below {item.lt}"  # type: ignore[operator]
        elif isinstance(item, annotated_types.MultipleOf):
            even = ", even" if item.multiple_of == 2 else f", multiple of {item.multiple_of}"
    if low and high:
        return (f"{low}, <= {high}" if low.startswith(">") else f"{low} to {high}") + even
    if low:
        return (low if low.startswith(">") else f">= {low}") + even
    return (f"<= {high}" if high else "") + even


def _yaml(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def read_settings(path: Path) -> dict[str, Any]:
    """Read a file of `key: value` lines; an empty file leaves all defaults.

    Raises:
        ConfigError: the file cannot be read or has other content.
    """
    data = read_yaml(path, ConfigError)
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: must hold 'key: value' lines, not {shown(data)}")
    for part in (data, *(value for value in data.values() if isinstance(value, dict))):
        if wrong := [key for key in part if not isinstance(key, str)]:
            raise ConfigError(f"{path}: keys must be names, not {shown(wrong[0])}")
    return data


def check_settings(
    model: type[_Settings], data: Mapping[str, Any], overrides: Sequence[str], source: str
) -> _Settings:
    """Check nested values with overrides.

    Args:
        model: class of the settings.
        data: nested mapping by key.
        overrides: `"key.sub=value"` texts; the value is YAML, or plain text for keys that are text.
        source: name of the origin, for messages.

    Returns:
        The checked, frozen settings.

    Raises:
        ConfigError: names every fault with its key, file or override, value and way out.
    """
    merged = copy_nested(data)
    origin: dict[str, str] = {}
    for override in overrides:
        name, value = _parse_override(model, override)
        assign(merged, name, value)
        origin[name] = f"override {override!r}"
    try:
        return model.model_validate(merged)
    except ValidationError as error:
        faults = [_explain(model, details, source, origin) for details in error.errors()]
        raise ConfigError("\n".join(faults)) from None


def _parse_override(model: type[BaseModel], override: str) -> tuple[str, Any]:
    name, separator, text = override.partition("=")
    name, text, keys = name.strip(), text.strip(), keys_of(model)
    if not separator or not name:
        raise ConfigError(f"override {override!r}: write key=value or key.sub=value")
    if values := [key for key in keys if name.startswith(key + ".")]:
        raise ConfigError(f"override {override!r}: {values[0]!r} is a value, not a section")
    if name not in keys and name not in sections_of(model):
        raise ConfigError(f"override {override!r}: {_unknown(model, name, text)}")
    key = keys.get(name)
    if key is not None and key.type == "text" and text[:1] not in ("'", '"'):
        # A path or a format id is plain text: no number, no date, no comment after a hash.
        return name, None if key.optional and text in ("", "null", "~") else text
    try:
        return name, parse_yaml(text, ConfigError)
    except ConfigError as error:
        raise ConfigError(f"override {override!r}: {error}") from None


def copy_nested(data: Mapping[str, Any]) -> dict[str, Any]:
    """A copy whose sections are copies."""
    return {key: copy_nested(value) if isinstance(value, Mapping) else value for key, value in data.items()}


def assign(data: dict[str, Any], name: str, value: Any) -> None:
    """Set the value of a dotted key."""
    section, _, last = name.rpartition(".")
    part = data.setdefault(section, {}) if section else data
    if isinstance(part, dict):  # else checking reports the fault of the file
        part[last] = value


def suggest_key(model: type[BaseModel], dotted: str) -> str | None:
    """The existing dotted key nearest to a misspelt one, or None when nothing is near."""
    known = {name: list(_yaml_names(part)) for name, part in sections_of(model).items()}
    section, _, last = dotted.rpartition(".")
    prefix = f"{section}." if section else ""
    if near := difflib.get_close_matches(last, known.get(section, []), n=1, cutoff=0.6):
        return prefix + near[0]
    everywhere = {name: f"{part}.{name}" if part else name for part, names in known.items() for name in names}
    if near := difflib.get_close_matches(last, list(everywhere), n=1, cutoff=0.75):
        return everywhere[near[0]]
    return None


def _explain(model: type[BaseModel], details: ErrorDetails, source: str, origin: Mapping[str, str]) -> str:
    """One line for one fault: where, which key, which value, why, and the way out."""
    name = ".".join(str(part) for part in details["loc"])
    place = next(
        (text for key, text in origin.items() if name and f"{name}.".startswith(f"{key}.")),
        source,
    )
    if not name:  # a rule about several keys, whose text names them
        return f"{place}: {details['msg'].removeprefix('Value error, ')}"
    value = details["input"]
    if details["type"] == "extra_forbidden":
        return f"{place}: {_unknown(model, name, value)}"
    if (section := sections_of(model).get(name)) is not None:
        first = next(iter(section.model_fields))
        return f"{place}: {name}: {shown(value)} is not a section; set its keys, such as {name}.{first}"
    key = keys_of(model).get(name)
    if key is None:  # a part of a list
        return f"{place}: {name}: {shown(value)} is not text"
    near = difflib.get_close_matches(str(value), key.range.split(", ")) if key.type == "choice" else []
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"{place}: {name}: {shown(value)} is not {key.wanted} ({key.meaning}){hint}"


def _unknown(model: type[BaseModel], name: str, value: object) -> str:
    near = suggest_key(model, name)
    section = sections_of(model).get(name.rpartition(".")[0], model)
    there = ", ".join(_yaml_names(section)) if section is not model else "see train_selfplay.py --help"
    hint = f"did you mean {near!r}?" if near else f"keys here: {there}"
    return f"unknown key {name!r} (value {shown(value)}); {hint}"
