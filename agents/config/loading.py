"""A configuration from a file, from overrides, or from a checkpoint."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from agents.config.reading import assign, check_settings, copy_nested, keys_of, read_settings
from agents.config.schema import TrainConfig
from agents.errors import ConfigError
from agents.registry import PRETRAINED

INPUT_PATHS = ("reward_config", "teams_dir", "load_model")
"""Keys that name a file or a folder which the run reads."""

LATER_KEYS: Mapping[str, Any] = {
    "checkpoint_minutes": 10,
    "collection.source": "inline",
    "collection.staleness": 1,
    "collection.max_staleness": None,
    "collection.actors": 2,
    "collection.battles_per_actor": None,
    "collection.address": None,
    "collection.deterministic": True,
    "network.outlook": True,
    "network.worth": False,
    "network.usual_moves": False,
    "noise_scale_interval": 0,
    "episodes_per_update_final": None,
    "batch_size_final": None,
    "teacher": None,
    "teacher_coef": 1.0,
    "teacher_until": 0.33,
    "search_coef": 1.0,
    "search_targets.share": 0.0,
    "search_targets.sims": 16,
    "search_targets.worlds": 4,
    "search_targets.own": 4,
    "search_targets.opposing": 4,
    "search_targets.depth": 0,
    "search_targets.trust": 0.8,
    "search_targets.anchor": 0.02,
}
"""Keys that came after version 2 of the checkpoint format, with the values that earlier runs behaved by."""


def load_config(path: str | Path | None, overrides: Sequence[str] = ()) -> TrainConfig:
    """Read and check a configuration.

    A file that the configuration reads (see `INPUT_PATHS`) is looked for in the working folder, then beside
    the configuration file.

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
    config = build_config(read_settings(Path(path)), overrides, source=str(path))
    overridden = {override.partition("=")[0].strip() for override in overrides}
    paths = {
        name: _find_file(name, value, Path(path))
        for name in INPUT_PATHS
        if (value := getattr(config, name)) is not None and name not in overridden
        if name != "reward_config" or config.reward == "composite"
        if value not in PRETRAINED
    }
    return config.model_copy(update=paths)


def _find_file(name: str, value: str, config_file: Path) -> str:
    """A file that a configuration names, as a path from the working folder.

    Raises:
        ConfigError: it is in neither place.
    """
    beside = config_file.parent / value
    found = next((place for place in (value, str(beside)) if os.path.exists(place)), None)
    if found is None:
        places = dict.fromkeys((os.path.abspath(value), os.path.abspath(beside)))
        raise ConfigError(
            f"{config_file}: {name}: {value!r} is neither in the working folder nor beside this file: "
            f"no {' and no '.join(places)}"
        )
    return found


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
    complete = copy_nested(data)
    for key, value in LATER_KEYS.items():
        if key not in given:
            assign(complete, key, value)
    return build_config(complete, source=source)


def _dotted(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in data.items():
        if isinstance(value, Mapping):
            yield from ((f"{key}.{inner}", content) for inner, content in value.items())
        else:
            yield key, value
