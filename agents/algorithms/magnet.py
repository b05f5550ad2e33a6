"""What an update evaluates together: policy, value network, magnet, auxiliary head; a shared trunk once."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from agents.algorithms.precision import autocast
from agents.networks import Encoding, Hidden, Network, SequencePlan, Trunk, read_once, trunks_of
from pokeenv import SINGLES


class Outputs(NamedTuple):
    """What the models say about M decisions, in float32.

    Attributes:
        logits: (M, A) of the policy.
        values: (M,) or None.
        magnet_logits: (M, A) of the policy that the magnet pulls towards, without gradient, or None.
        opponent_logits: (M, 26) of what the opponent does in the same step, or None.
    """

    logits: Tensor
    values: Tensor | None
    magnet_logits: Tensor | None
    opponent_logits: Tensor | None


@dataclass(frozen=True)
class Models:
    """The networks of an update.

    Attributes:
        policy: gives logits.
        value: gives values; None: there are none.
        magnet: a policy to stay near, frozen; None: there is none.
        auxiliary: predicts the opponent's action from the features of the policy's trunk; None: not asked.
        precision: in which they run; see `agents.algorithms.precision`.
    """

    policy: Network
    value: Network | None = None
    magnet: Network | None = None
    auxiliary: nn.Linear | None = None
    precision: str = "fp32"

    @property
    def trunks(self) -> tuple[Trunk, ...]:
        """All trunks, each once: the policy's, the value network's if it has its own, the magnet's.

        Hidden states are held in this order.
        """
        own = trunks_of(self.policy, self.value)
        return own if self.magnet is None else (*own, self.magnet.trunk)

    @property
    def recurrent(self) -> bool:
        """Whether any of them has a hidden state."""
        return any(trunk.recurrent for trunk in self.trunks)

    @property
    def parameter_groups(self) -> dict[str, list[nn.Parameter]]:
        """Parameters that learn, by the name of their gradient's norm; a shared trunk makes one group."""
        policy = list(self.policy.parameters())
        if self.auxiliary is not None:
            policy += self.auxiliary.parameters()
        if self.value is None:
            return {"grad_norm_policy": policy}
        if self.value.trunk is self.policy.trunk:
            return {"grad_norm": policy + list(self.value.head.parameters())}
        return {"grad_norm_policy": policy, "grad_norm_value": list(self.value.parameters())}

    def evaluate(
        self,
        obs: Tensor,
        plan: SequencePlan | None = None,
        states: Sequence[Hidden | None] | None = None,
    ) -> Outputs:
        """Outputs for flat decisions.

        Args:
            obs: (M, D).
            plan: how the decisions form S sequences; None: each stands alone.
            states: per trunk, the hidden state (1, S, ...) before each sequence; None: zeros.
        """
        states = (None,) * len(self.trunks) if states is None else states
        with self.autocast(obs.device):
            inputs, pairs = self.read(obs), zip(self.trunks, states, strict=True)
            return self.decode([trunk.evaluate(inputs, plan, state) for trunk, state in pairs])

    def autocast(self, device: torch.device) -> torch.autocast:
        """The context in which the networks run on a device."""
        return autocast(self.precision, device)

    def read(self, obs: Tensor) -> Any:
        """What all trunks read of observations (M, D), in place of these."""
        return read_once(self.trunks, obs)

    def decode(self, encodings: Sequence[Encoding]) -> Outputs:
        """Outputs of what each of the trunks made of M decisions."""
        own = len(trunks_of(self.policy, self.value))
        return Outputs(
            self.policy.decode(encodings[0]).float(),
            None if self.value is None else self.value.decode(encodings[own - 1]).float(),
            None if self.magnet is None else self.magnet.decode(encodings[-1]).float(),
            None if self.auxiliary is None else self.auxiliary(encodings[0].features).float(),
        )


def auxiliary_head(policy_net: Network, seed: int) -> nn.Linear:
    """A linear layer from the features of the policy's trunk to the opponent's 26 actions.

    Args:
        policy_net: its device and the width of its features are taken.
        seed: seed of the weights; the global random state is left alone.
    """
    trunk = policy_net.trunk
    width = trunk.encoder.feature_size if trunk.memory is None else trunk.memory.size
    assert isinstance(width, int)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Linear(width, SINGLES.num_actions).to(next(policy_net.parameters()).device)


class MovingAverage:
    """An exponential moving average of a policy's parameters: a policy that lags behind.

    Args:
        decay: share of the old average that stays when it follows, in [0, 1).
    """

    def __init__(self, decay: float) -> None:
        """Start without parameters; the first policy seen gives them."""
        self.decay = decay
        self._network: Network | None = None
        self._loaded: Mapping[str, Any] | None = None

    def network(self, policy: Network) -> Network:
        """The average as a network of its own, frozen; at first a copy of `policy`."""
        if self._network is None:
            self._network = copy.deepcopy(policy).requires_grad_(False)
            if self._loaded is not None:
                self._network.load_state_dict(self._loaded)
        return self._network

    @torch.no_grad()
    def follow(self, policy: Network) -> None:
        """Move a step towards the policy's present parameters."""
        for mean, parameter in zip(self.network(policy).parameters(), policy.parameters(), strict=True):
            mean.lerp_(parameter, 1.0 - self.decay)

    def state_dict(self) -> Mapping[str, Any] | None:
        """The parameters; None before the first policy was seen."""
        return self._loaded if self._network is None else self._network.state_dict()

    def load_state_dict(self, state: Mapping[str, Any] | None) -> None:
        """Continue from `state_dict`."""
        # A copy: the state may hold the very tensors of an average that goes on.
        self._loaded, self._network = copy.deepcopy(state), None
