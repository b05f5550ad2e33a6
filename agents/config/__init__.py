"""The settings of a training run: schema, reading, checks. Knows no torch."""

from agents.config.learning import AlgorithmSettings, NetworkSettings, PPOSettings, SequenceSettings
from agents.config.loading import build_config, load_config
from agents.config.schema import TrainConfig

__all__ = [
    "AlgorithmSettings",
    "NetworkSettings",
    "PPOSettings",
    "SequenceSettings",
    "TrainConfig",
    "build_config",
    "load_config",
]
