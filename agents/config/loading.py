"""A configuration from a file, from overrides, or from a checkpoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from agents.config.reading import check_settings, keys_of, read_settings
from agents.config.schema import TrainConfig
from agents.errors import ConfigError

LATER_KEYS: Mapping[str, Any] = {
    "collection.source": "inline",
    "collection.staleness": 1,
    "collection.max_staleness": "null",
    "network.outlook": True,
    "teacher": "null",
    "teacher_coef": 1.0,
    "teacher_until": 0.33,
}
"""Keys that came after version 2 of the checkpoint format, with the values that earlier runs behaved by."""


def load_config(path: str | Path | None, overrides: Sequence[str] = ()) -> TrainConfig:
    """Read and check a configuration.

    Args:
        path: YAML file; None takes the defaults.
        overrides: `"key.sub=value"` texts that replace values of the file.

    Returns:
        The checked, frozen configuration.

    Raises:
        ConfigError: names every fault with its key, file, value and way out.
    """
    if path is None:
        return build_config({}, overrides, source="configuration")
    return build_config(read_settings(Path(path)), overrides, source=str(path))


def build_config(data: Mapping[str, Any], overrides: Sequence[str] = (), *, source: str) -> TrainConfig:
    """Check nested values, such as those kept in a checkpoint.

    Args:
        data: nested mapping by key.
        overrides: as in `load_config`.
        source: name of the origin for messages.

    Returns:
        The checked, frozen configuration.

    Raises:
        ConfigError: as in `load_config`.
    """
    return check_settings(TrainConfig, data, overrides, source)


def restore_config(data: Mapping[str, Any], *, source: str) -> TrainConfig:
    """The configuration of a checkpoint, which holds every key, except those that its version did not have.

    Args:
        data: nested mapping by key.
        source: name of the checkpoint for messages.

    Raises:
        ConfigError: a key is missing, or as in `load_config`.
    """
    given = dict(_dotted(data))
    if missing := [key for key in keys_of(TrainConfig) if key not in given and key not in LATER_KEYS]:
        raise ConfigError(f"{source}: lacks {', '.join(missing)}")
    later = [f"{key}={value}" for key, value in LATER_KEYS.items() if key not in given]
    return build_config(data, later, source=source)


def _dotted(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in data.items():
        if isinstance(value, Mapping):
            yield from ((f"{key}.{inner}", content) for inner, content in value.items())
        else:
            yield key, value
