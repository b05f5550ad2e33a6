"""Policy-gradient algorithms, over single decisions or over sequences. `agents.registry` lists them."""

from agents.algorithms.base import BaseAlgorithm, Networks
from agents.algorithms.batching import Batching, Decisions, Episodes
from agents.algorithms.ppo import PPOAlgorithm
from agents.algorithms.reinforce import ReinforceAlgorithm
from agents.algorithms.sequence import SequencePPOAlgorithm, SequenceReinforceAlgorithm
from agents.errors import DivergedError

__all__ = [
    "BaseAlgorithm",
    "Batching",
    "Decisions",
    "DivergedError",
    "Episodes",
    "Networks",
    "PPOAlgorithm",
    "ReinforceAlgorithm",
    "SequencePPOAlgorithm",
    "SequenceReinforceAlgorithm",
]
