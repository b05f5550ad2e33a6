"""A configuration from a file, from overrides, or from a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agents.config.reading import check_settings, read_settings
from agents.config.schema import TrainConfig


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
