"""The interface of memories, which keep features of an episode's earlier decisions."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn

from agents.config import NetworkSettings

Hidden = tuple[Tensor, ...]
"""Hidden state of S sequences: tensors (1, S, ...), zero where an episode starts; empty without memory."""


class Memory(nn.Module, ABC):
    """Maps features of a sequence's decisions to features that depend on earlier decisions too.

    `agents.registry.MEMORIES` lists the memories; each is made from the width of the features and the
    settings of the network.

    Args:
        feature_size: F, width of the features.
        settings: settings of the network.

    Attributes:
        size: H, width of the outputs.
        block_length: decisions that are computed as one block; memory use grows evenly over its multiples.
    """

    size: int
    block_length: int = 1

    def __init__(self, feature_size: int, settings: NetworkSettings) -> None:
        """Store the width of the outputs."""
        super().__init__()
        self.size = settings.lstm_hidden_size

    @abstractmethod
    def initial_state(self, batch_size: int) -> Hidden:
        """The zero state (1, B, ...), in which every episode starts."""

    @abstractmethod
    def forward(
        self, features: Tensor, hidden: Hidden | None, lengths: Tensor | None = None
    ) -> tuple[Tensor, Hidden]:
        """Outputs for padded sequences.

        Args:
            features: (T, B, F).
            hidden: state before the first step; None: zeros.
            lengths: (B,) real steps per sequence; the returned state is the one after each sequence's last
                real step.

        Returns:
            outputs (T, B, H) and the state after the last step.
        """

    @abstractmethod
    def step(self, features: Tensor, hidden: Hidden) -> tuple[Tensor, Hidden]:
        """Outputs (B, H) for one decision (B, F) of each of B sequences, and the state after it."""
