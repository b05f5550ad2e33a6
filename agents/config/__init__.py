"""The settings of a training run: schema, reading, checks. Knows no torch."""

from agents.config.loading import build_config, load_config
from agents.config.schema import NetworkConfig, TrainConfig

__all__ = ["NetworkConfig", "TrainConfig", "build_config", "load_config"]
