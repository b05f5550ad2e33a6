"""`ActorCritic`: policy, value and auxiliary heads on one trunk or two, evaluated together."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from agents.config.learning import Precision
from agents.devices import autocast
from agents.networks.memories.base import Hidden
from agents.networks.network import Encoder, Encoding, Network, Trunk
from agents.networks.packing import SequencePlan


class Outputs(NamedTuple):
    """Outputs for M decisions, in float32.

    Attributes:
        logits: (M, A) logits of the policy.
        values: (M,) value estimates, or None without a value network.
        reference_logits: (M, A) logits of the reference policy, or None.
        opponent_logits: (M, C) logits of the opponent's choice in the same step, or None without auxiliary
            head.
    """

    logits: Tensor
    values: Tensor | None
    reference_logits: Tensor | None
    opponent_logits: Tensor | None


class ActorCritic:
    """A policy network and, for values, a value network; a shared trunk runs only once.

    Args:
        policy_net: gives logits; its auxiliary head, if any, is evaluated too.
        value_net: gives values; None: there are none.
        reference: a frozen policy that is evaluated too, such as a magnet; None: there is none.
        precision: precision of the networks in `evaluate`; see `agents.devices.autocast`.

    Attributes:
        trunks: all trunks without repetition: the policy's, the value network's own, the reference's.
            Hidden states are held in this order.
    """

    def __init__(
        self,
        policy_net: Network,
        value_net: Network | None = None,
        *,
        reference: Network | None = None,
        precision: Precision = "fp32",
    ) -> None:
        """Keep the networks."""
        self.policy_net = policy_net
        self.value_net = value_net
        self.reference = reference
        self.precision = precision
        self.shared = value_net is not None and value_net.trunk is policy_net.trunk
        own = (policy_net.trunk,) if value_net is None or self.shared else (policy_net.trunk, value_net.trunk)
        self.trunks: tuple[Trunk, ...] = own if reference is None else (*own, reference.trunk)
        self._value_trunk = len(own) - 1

    @property
    def recurrent(self) -> bool:
        """True if any trunk has a hidden state."""
        return any(trunk.recurrent for trunk in self.trunks)

    def initial_state(self, batch_size: int) -> tuple[Hidden, ...]:
        """Per trunk, the zero state, in which every episode starts."""
        return tuple(trunk.initial_state(batch_size) for trunk in self.trunks)

    def step(self, obs: Tensor, states: Sequence[Hidden]) -> tuple[Tensor, Tensor | None, tuple[Hidden, ...]]:
        """One decision of each of B sequences, for acting.

        Args:
            obs: (B, D).
            states: per trunk, the hidden state before the decision.

        Returns:
            logits (B, A), values (B,) or None, and per trunk the state after the decision.
        """
        inputs = self.read(obs)
        steps = [trunk.step(inputs, state) for trunk, state in zip(self.trunks, states, strict=True)]
        encodings = [encoding for encoding, _ in steps]
        values = None if self.value_net is None else self.value_net.decode(encodings[self._value_trunk])
        return self.policy_net.decode(encodings[0]), values, tuple(after for _, after in steps)

    def values(self, obs: Tensor, states: Sequence[Hidden]) -> Tensor | None:
        """Values (B,) of one decision of each of B sequences, or None; arguments are those of `step`."""
        if self.value_net is None:
            return None
        return self.value_net.step(obs, states[self._value_trunk])[0]

    def evaluate(
        self,
        obs: Tensor,
        plan: SequencePlan | None = None,
        states: Sequence[Hidden | None] | None = None,
    ) -> Outputs:
        """Outputs for flat decisions, for updates.

        Args:
            obs: (M, D).
            plan: the S sequences that the decisions form; None: each decision is a sequence of its own.
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
        """Inputs that all encoders share for observations (N, D); the observations if encoders differ."""
        first, kind = self.trunks[0].encoder, self.trunks[0].observation_kind
        alike = all(
            type(trunk.encoder) is type(first) and trunk.observation_kind == kind for trunk in self.trunks
        )
        return first.read(obs) if isinstance(first, Encoder) and alike else obs

    def decode(self, encodings: Sequence[Encoding]) -> Outputs:
        """Outputs for each trunk's encoding of M decisions."""
        opponent = self.policy_net.predict_opponent(encodings[0])
        return Outputs(
            self.policy_net.decode(encodings[0]).float(),
            None if self.value_net is None else self.value_net.decode(encodings[self._value_trunk]).float(),
            None if self.reference is None else self.reference.decode(encodings[-1]).float(),
            None if opponent is None else opponent.float(),
        )

    def parameters(self) -> list[nn.Parameter]:
        """All trainable parameters without repetition, for the optimizer."""
        value = [] if self.value_net is None else [self.value_net.trunk, self.value_net.head]
        modules = [*self._acting_part(self.policy_net).values(), *value, *self._auxiliary_part()]
        return list(nn.ModuleList(modules).parameters())  # a shared parameter comes once

    def parameter_groups(self) -> dict[str, list[nn.Parameter]]:
        """Trainable parameters by the name of their gradient's norm; a shared trunk makes one group."""
        policy = [
            parameter
            for module in (*self._acting_part(self.policy_net).values(), *self._auxiliary_part())
            for parameter in module.parameters()
        ]
        if self.value_net is None:
            return {"grad_norm_policy": policy}
        if self.shared:
            return {"grad_norm": policy + list(self.value_net.head.parameters())}
        return {"grad_norm_policy": policy, "grad_norm_value": list(self.value_net.parameters())}

    def to(self, device: torch.device) -> ActorCritic:
        """Move the networks in place, so that an existing optimizer still holds their parameters."""
        for network in (self.policy_net, self.value_net):
            if network is not None:
                network.to(device)
        return self

    def copy(self, *, with_values: bool = True) -> ActorCritic:
        """The networks with their own weights, without auxiliary head and reference.

        Args:
            with_values: copy the value network too.
        """
        policy = Network(self.policy_net.trunk, self.policy_net.head)
        # Together, because they may share a trunk.
        return ActorCritic(*copy.deepcopy((policy, self.value_net if with_values else None)))

    def state_dict(self) -> dict[str, Any]:
        """Weights of policy and value network; a shared trunk's are stored with the policy."""
        value = None if self.value_net is None else self._own_part(self.value_net).state_dict()
        return {"policy_net": self._acting_part(self.policy_net).state_dict(), "value_net": value}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Load weights from `state_dict`; a value network that has none there keeps its weights.

        Raises:
            RuntimeError: the networks have another shape, or only one of the two pairs shares its trunk.
        """
        self._acting_part(self.policy_net).load_state_dict(state["policy_net"])
        if self.value_net is not None and state["value_net"] is not None:
            self._own_part(self.value_net).load_state_dict(state["value_net"])

    @staticmethod
    def _acting_part(network: Network) -> nn.ModuleDict:
        """A network without its auxiliary head."""
        return nn.ModuleDict({"trunk": network.trunk, "head": network.head})

    def _auxiliary_part(self) -> list[nn.Module]:
        auxiliary = self.policy_net.auxiliary_head
        return [] if auxiliary is None else [auxiliary]

    def _own_part(self, value_net: Network) -> nn.Module:
        """The part of the value network that the policy network does not have."""
        return value_net.head if self.shared else value_net
