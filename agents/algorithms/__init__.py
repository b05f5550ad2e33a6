"""Policy-gradient algorithms, standard and over sequences."""

from collections.abc import Callable

from agents.algorithms.base import BaseAlgorithm, Networks
from agents.algorithms.batching.episodes import SequencePPOAlgorithm, SequenceReinforceAlgorithm
from agents.algorithms.ppo import PPOAlgorithm
from agents.algorithms.reinforce import ReinforceAlgorithm
from agents.errors import DivergedError

ALGORITHMS: dict[str, Callable[..., BaseAlgorithm]] = {
    "ppo": PPOAlgorithm,
    "reinforce": ReinforceAlgorithm,
    "sequence_ppo": SequencePPOAlgorithm,
    "sequence_reinforce": SequenceReinforceAlgorithm,
}

__all__ = [
    "ALGORITHMS",
    "BaseAlgorithm",
    "DivergedError",
    "Networks",
    "PPOAlgorithm",
    "ReinforceAlgorithm",
    "SequencePPOAlgorithm",
    "SequenceReinforceAlgorithm",
]
