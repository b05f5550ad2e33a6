"""The magnet: a policy that the learner stays near, here a moving average of the learner's weights."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch

from agents.networks import Network


class MovingAverage:
    """An exponential moving average of a policy's parameters: a policy that lags behind.

    Args:
        decay: share of the old average that each step keeps, in [0, 1).
    """

    def __init__(self, decay: float) -> None:
        """Start without parameters; they come from the first policy."""
        self.decay = decay
        self._network: Network | None = None
        self._loaded: Mapping[str, Any] | None = None

    def network(self, policy: Network) -> Network:
        """The average as a separate frozen network; at first a copy of `policy`."""
        if self._network is None:
            self._network = copy.deepcopy(_acting(policy)).requires_grad_(False)
            if self._loaded is not None:
                self._network.load_state_dict(self._loaded)
        return self._network

    @torch.no_grad()
    def follow(self, policy: Network) -> None:
        """Move a step towards the policy's current parameters."""
        pairs = zip(self.network(policy).parameters(), _acting(policy).parameters(), strict=True)
        for mean, parameter in pairs:
            mean.lerp_(parameter, 1.0 - self.decay)

    def state_dict(self) -> Mapping[str, Any] | None:
        """The parameters; None before the first policy."""
        return self._loaded if self._network is None else self._network.state_dict()

    def load_state_dict(self, state: Mapping[str, Any] | None) -> None:
        """Continue from `state_dict`."""
        # Copied, because the state may share its tensors with an average that is still in use.
        self._loaded, self._network = copy.deepcopy(state), None


def _acting(policy: Network) -> Network:
    """The same network without its auxiliary head."""
    return Network(policy.trunk, policy.head)
