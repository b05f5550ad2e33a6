"""Short names for PPO and REINFORCE over sequences."""

from __future__ import annotations

from typing import Any

from agents.algorithms.batching.episodes import DEFAULTS, Episodes
from agents.algorithms.ppo import PPOAlgorithm
from agents.algorithms.reinforce import ReinforceAlgorithm


class SequencePPOAlgorithm(PPOAlgorithm):
    """`PPOAlgorithm(batching=Episodes(bptt_length, memory_limit_mb), ...)`."""

    sequence = True

    def __init__(
        self,
        bptt_length: int = DEFAULTS.bptt_length,
        *,
        memory_limit_mb: float = DEFAULTS.memory_limit_mb,
        **keywords: Any,
    ) -> None:
        """Make the algorithm."""
        super().__init__(batching=Episodes(bptt_length, memory_limit_mb), **keywords)


class SequenceReinforceAlgorithm(ReinforceAlgorithm):
    """`ReinforceAlgorithm(batching=Episodes(bptt_length, memory_limit_mb), ...)`."""

    sequence = True

    def __init__(
        self,
        bptt_length: int = DEFAULTS.bptt_length,
        *,
        memory_limit_mb: float = DEFAULTS.memory_limit_mb,
        **keywords: Any,
    ) -> None:
        """Make the algorithm."""
        super().__init__(batching=Episodes(bptt_length, memory_limit_mb), **keywords)
