"""Policy and value networks without state: each has a trunk, which two may share, and a head."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from agents.config import NetworkSettings
from agents.networks.memories.base import Hidden, Memory
from agents.networks.packing import SequencePlan
from pokeenv import Layout, ObservationKind, make_layout, observation_kind_of


class Encoding(NamedTuple):
    """Encoded observations.

    Attributes:
        features: (N, F) features; they pass through the memory if there is one.
        tokens: (N, K, E) tokens for the pointer head; they bypass the memory. None if the head needs none.
        opposing_moves: (N, 4, E) tokens of the moves that the opposing active Pokémon has shown, for the
            auxiliary head; they bypass the memory too. None: there are none.
    """

    features: Tensor
    tokens: Tensor | None = None
    opposing_moves: Tensor | None = None


class Encoder(nn.Module, ABC):
    """Maps observations to features in two steps; the first does not depend on weights.

    Two encoders of the same class and kind of observation make the same inputs, so the first step runs once
    for both. `agents.registry.ENCODERS` lists the encoders.

    Args:
        settings: settings of the network.
        policy: True for the encoder of a policy network, False for one of a separate value network.
        actives: active Pokémon of a side: 1 in singles, 2 in doubles.

    Attributes:
        doubles: True if the class also reads doubles.
        actives: active Pokémon of a side.
        observation_kind: kind of observation to read; of a richer kind, only the beginning is read.
        feature_size: F, width of the features.
        pointer_size: E, width of the tokens for a pointer head; None: there is none.
        opposing_size: E, width of the tokens of the opposing active Pokémon's moves; None: there are none.
        candidate_size: E, width of the tokens for a scorer head; None: there is none. A policy without
            tokens has a linear head.
    """

    doubles: ClassVar[bool] = False
    feature_size: int
    pointer_size: int | None = None
    opposing_size: int | None = None
    candidate_size: int | None = None

    def __init__(self, settings: NetworkSettings, *, policy: bool, actives: int = 1) -> None:
        """Store the kind of observation."""
        super().__init__()
        self.observation_kind: ObservationKind = settings.observation
        self.actives = actives

    @property
    def layout(self) -> Layout:
        """Layout of the observations to read."""
        return make_layout(
            self.observation_kind, self.actives
        )  # not stored, because copies of a network would copy it

    def prepare(self, observations: Tensor) -> Tensor:
        """Observations (N, D) with the numbers that are worth computing once for a whole update behind them.

        `read` takes observations with and without them.
        """
        return observations

    @abstractmethod
    def read(self, obs: Tensor) -> Any:
        """Inputs of the layers for observations (N, D); they depend only on class and kind."""

    @abstractmethod
    def encode(self, inputs: Any) -> Encoding | Tensor:
        """Features (N, F), or features and tokens, from inputs that `read` has made."""

    def forward(self, obs: Any) -> Encoding | Tensor:
        """Features of observations (N, D), or of the inputs that `read` has made from them."""
        return self.encode(self.read(obs) if isinstance(obs, Tensor) else obs)


class Trunk(nn.Module):
    """Encoder -> memory (if any): a network without its head.

    The encoder sees flat decisions `(N, ...)`; only the memory needs `(T, B, ...)`. Every method that takes
    flat observations `(N, D)` also takes the inputs that an `Encoder` has made from them.

    Args:
        encoder: maps observations (N, D) to features (N, F) or to an `Encoding`; any module.
        memory: maps features of sequences to features that depend on the past; None: feed-forward.
    """

    def __init__(self, encoder: nn.Module, memory: Memory | None = None) -> None:
        """Keep the parts; see the class."""
        super().__init__()
        self.encoder = encoder
        self.memory = memory

    @property
    def recurrent(self) -> bool:
        """True if there is a hidden state."""
        return self.memory is not None

    @property
    def size(self) -> int:
        """Width of the features that the head gets."""
        size = self.encoder.feature_size if self.memory is None else self.memory.size
        assert isinstance(size, int)
        return size

    @property
    def observation_kind(self) -> ObservationKind:
        """The kind of observation that the encoder reads."""
        return observation_kind_of(self.encoder)

    def initial_state(self, batch_size: int) -> Hidden:
        """The zero state, in which every episode starts: tensors (1, B, ...); empty without memory."""
        return () if self.memory is None else self.memory.initial_state(batch_size)

    def encode(self, obs: Any) -> Encoding:
        """Features of observations (N, D) before the memory, in one pass over real decisions."""
        encoding = self.encoder(obs)
        return encoding if isinstance(encoding, Encoding) else Encoding(encoding)

    def remember(
        self, features: Tensor, hidden: Hidden | None = None, lengths: Tensor | None = None
    ) -> tuple[Tensor, Hidden]:
        """Run the memory over features (T, B, F); see `Memory.forward`."""
        if self.memory is None:
            return features, ()
        outputs, end = self.memory(features, hidden, lengths)
        return outputs, end

    def step(self, obs: Any, hidden: Hidden) -> tuple[Encoding, Hidden]:
        """Run one decision (B, D) of each of B sequences; return the encoding and the state after it."""
        encoding = self.encode(obs)
        if self.memory is None:
            return encoding, ()
        features, after = self.memory.step(encoding.features, hidden)
        return encoding._replace(features=features), after

    def evaluate(self, obs: Any, plan: SequencePlan | None = None, initial: Hidden | None = None) -> Encoding:
        """Encodings of flat decisions for the head; see `Network.evaluate`."""
        encoding = self.encode(obs)
        features = encoding.features
        if self.memory is None:
            return encoding
        if plan is None:
            return encoding._replace(features=self.remember(features.unsqueeze(0))[0].squeeze(0))
        outputs = []
        state = initial and tuple(part.index_select(1, plan.order) for part in initial)
        for slab in plan.slabs:
            padded = features.index_select(0, slab.flatten()).view(*slab.shape, -1)
            running = state and tuple(part[:, : slab.shape[1]] for part in state)
            block, state = self.remember(padded, running)
            outputs.append(block.flatten(0, 1))
        return encoding._replace(features=torch.cat(outputs).index_select(0, plan.inverse))  # (N, H)


class Network(nn.Module):
    """Trunk -> head.

    Args:
        trunk: makes features, and tokens for heads that need them.
        head: maps features (N, F) and, if the trunk gives tokens, tokens (N, K, E) to outputs.
        scalar_output: True for a value network: its head reads only features and gives (N, 1), and the
            network gives (N,).
        auxiliary_head: for a policy network: maps features (N, F) and, if the trunk gives them, tokens of the
            opposing moves to logits (N, C) of the opponent's choice in the same step. It shapes the trunk
            during updates and is not used for acting. None: there is none.
    """

    def __init__(
        self,
        trunk: Trunk,
        head: nn.Module,
        *,
        scalar_output: bool = False,
        auxiliary_head: nn.Module | None = None,
    ) -> None:
        """Keep the parts; see the class."""
        super().__init__()
        self.trunk = trunk
        self.head = head
        self.auxiliary_head = auxiliary_head
        self.scalar_output = scalar_output

    @property
    def recurrent(self) -> bool:
        """True if there is a hidden state."""
        return self.trunk.recurrent

    def initial_state(self, batch_size: int) -> Hidden:
        """The zero state, in which every episode starts: tensors (1, B, ...); empty without memory."""
        return self.trunk.initial_state(batch_size)

    def decode(self, encoding: Encoding) -> Tensor:
        """Outputs for the trunk's encoding of N decisions: logits (N, A), or values (N,)."""
        if self.scalar_output:
            values: Tensor = self.head(encoding.features).squeeze(-1)
            return values
        return _apply(self.head, encoding.features, encoding.tokens)

    def predict_opponent(self, encoding: Encoding) -> Tensor | None:
        """Logits (N, C) of the opponent's choice in the same step; None without an auxiliary head."""
        if self.auxiliary_head is None:
            return None
        return _apply(self.auxiliary_head, encoding.features, encoding.opposing_moves)

    def forward(
        self, obs: Tensor, hidden: Hidden | None = None, *, lengths: Tensor | None = None
    ) -> tuple[Tensor, Hidden]:
        """Outputs for padded sequences.

        Args:
            obs: (T, B, D).
            hidden: state before the first step; None: zeros.
            lengths: (B,) real steps per sequence; None: all T steps are real.

        Returns:
            logits (T, B, A) or values (T, B), and the state after each sequence's last step.
        """
        time, batch = obs.shape[:2]
        encoding = self.trunk.encode(obs.flatten(0, 1))
        features, end = self.trunk.remember(encoding.features.view(time, batch, -1), hidden, lengths)
        outputs = self.decode(encoding._replace(features=features.flatten(0, 1)))
        return outputs.view(time, batch, *outputs.shape[1:]), end

    def step(self, obs: Tensor, hidden: Hidden) -> tuple[Tensor, Hidden]:
        """One decision of each of B sequences, for acting.

        Args:
            obs: (B, D).
            hidden: state before the decision.

        Returns:
            logits (B, A) or values (B,), and the state after the decision.
        """
        encoding, after = self.trunk.step(obs, hidden)
        return self.decode(encoding), after

    def evaluate(
        self, obs: Tensor, plan: SequencePlan | None = None, initial: Hidden | None = None
    ) -> Tensor:
        """Outputs for flat decisions, for updates; only the memory processes padding.

        Args:
            obs: (N, D) observations of the decisions; a recurrent network needs them in the plan's order.
            plan: the S sequences that the N decisions form; None: each decision is a sequence of its own.
            initial: state (1, S, ...) before each sequence; None: zeros.

        Returns:
            logits (N, A) or values (N,).
        """
        return self.decode(self.trunk.evaluate(obs, plan, initial))


def _apply(head: nn.Module, features: Tensor, tokens: Tensor | None) -> Tensor:
    outputs: Tensor = head(features) if tokens is None else head(features, tokens)
    return outputs
