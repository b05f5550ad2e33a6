"""Policy and value networks: a trunk, which two networks may share, and a head each; stateless."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from agents.networks.memories.recurrent import Hidden, Memory
from agents.networks.packing import SequencePlan
from pokeenv import Layout, ObservationKind, make_layout, observation_kind_of


class Encoding(NamedTuple):
    """What an encoder makes of N observations.

    Attributes:
        features: (N, F) goes through the memory when there is one.
        tokens: (N, K, E) goes past the memory, straight to the head (pointer logits); None if unused.
    """

    features: Tensor
    tokens: Tensor | None = None


class Encoder(nn.Module, ABC):
    """Maps observations to features in two parts, of which the first knows no weights.

    Two networks of the same class of encoder read an observation of the same kind alike, and so once for
    both.

    Args:
        observation: kind of observation that is read; of a richer one its beginning.
    """

    def __init__(self, observation: ObservationKind = "base") -> None:
        """Note what is read."""
        super().__init__()
        self.observation_kind = observation

    @property
    def layout(self) -> Layout:
        """Of the observations that are read."""
        return make_layout(self.observation_kind)  # not kept: copies of a network would copy it

    @abstractmethod
    def read(self, obs: Tensor) -> Any:
        """What of observations (N, D) goes into the layers; follows from class and kind alone."""

    @abstractmethod
    def encode(self, reading: Any) -> Encoding | Tensor:
        """Features (N, F), or more, of what was read."""

    def forward(self, obs: Any) -> Encoding | Tensor:
        """Features of observations (N, D), or of what `read` made of them."""
        return self.encode(self.read(obs) if isinstance(obs, Tensor) else obs)


class Trunk(nn.Module):
    """Encoder -> memory (if any): everything of a network but its head.

    The encoder sees flat decisions `(N, ...)`; only the memory needs `(T, B, ...)`. Wherever flat
    observations `(N, D)` are asked for, what an `Encoder` has read of them will do as well.

    Args:
        encoder: maps observations (N, D) to features (N, F) or to an `Encoding`; any module.
        memory: maps features of sequences to features that know the past; None: feed-forward.
    """

    def __init__(self, encoder: nn.Module, memory: Memory | None = None) -> None:
        """Keep the parts; see the class."""
        super().__init__()
        self.encoder = encoder
        self.memory = memory

    @property
    def recurrent(self) -> bool:
        """Whether there is a hidden state."""
        return self.memory is not None

    @property
    def observation_kind(self) -> ObservationKind:
        """The kind of observation that the encoder reads."""
        return observation_kind_of(self.encoder)

    def initial_state(self, batch_size: int) -> Hidden:
        """The zero state in which every episode starts: tensors (1, B, ...); empty without memory."""
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
        """One decision (B, D) of each of B sequences; the encoding for the head, and the state after it."""
        encoding = self.encode(obs)
        if self.memory is None:
            return encoding, ()
        features, after = self.memory.step(encoding.features, hidden)
        return Encoding(features, encoding.tokens), after

    def evaluate(self, obs: Any, plan: SequencePlan | None = None, initial: Hidden | None = None) -> Encoding:
        """Encodings of flat decisions for the head; see `Network.evaluate`."""
        features, tokens = self.encode(obs)
        if self.memory is None:
            return Encoding(features, tokens)
        if plan is None:
            return Encoding(self.remember(features.unsqueeze(0))[0].squeeze(0), tokens)
        outputs = []
        state = initial and tuple(part.index_select(1, plan.order) for part in initial)
        for slab in plan.slabs:
            padded = features.index_select(0, slab.flatten()).view(*slab.shape, -1)
            running = state and tuple(part[:, : slab.shape[1]] for part in state)
            block, state = self.remember(padded, running)
            outputs.append(block.flatten(0, 1))
        return Encoding(torch.cat(outputs).index_select(0, plan.inverse), tokens)  # (N, H)


class Network(nn.Module):
    """Trunk -> head.

    Args:
        trunk: makes features, and tokens for heads that want them.
        head: maps features (N, F) and, when the trunk gives tokens, tokens (N, K, E) to outputs.
        scalar_output: a value network: the head reads features alone and gives (N, 1), the network (N,).
    """

    def __init__(self, trunk: Trunk, head: nn.Module, *, scalar_output: bool = False) -> None:
        """Keep the parts; see the class."""
        super().__init__()
        self.trunk = trunk
        self.head = head
        self.scalar_output = scalar_output

    @property
    def recurrent(self) -> bool:
        """Whether there is a hidden state."""
        return self.trunk.recurrent

    def initial_state(self, batch_size: int) -> Hidden:
        """The zero state in which every episode starts: tensors (1, B, ...); empty without memory."""
        return self.trunk.initial_state(batch_size)

    def decode(self, encoding: Encoding) -> Tensor:
        """Outputs of what the trunk made of N decisions: logits (N, A), or values (N,)."""
        features, tokens = encoding
        if self.scalar_output:
            values: Tensor = self.head(features).squeeze(-1)
            return values
        logits: Tensor = self.head(features) if tokens is None else self.head(features, tokens)
        return logits

    def forward(
        self, obs: Tensor, hidden: Hidden | None = None, *, lengths: Tensor | None = None
    ) -> tuple[Tensor, Hidden]:
        """Outputs for padded sequences.

        Args:
            obs: (T, B, D).
            hidden: state before the first step; None: zeros.
            lengths: (B,) real steps per sequence; without it all T steps are real.

        Returns:
            logits (T, B, A) or values (T, B), and the state after each sequence's last step.
        """
        time, batch = obs.shape[:2]
        encoding = self.trunk.encode(obs.flatten(0, 1))
        features, end = self.trunk.remember(encoding.features.view(time, batch, -1), hidden, lengths)
        outputs = self.decode(Encoding(features.flatten(0, 1), encoding.tokens))
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
        """Outputs for flat decisions, for updates: only the memory ever sees padding.

        Args:
            obs: (N, D) decisions; a recurrent network needs them in the plan's order.
            plan: how the N decisions form S sequences. None: every decision is a sequence of its own.
            initial: state (1, S, ...) before each sequence; None: zeros.

        Returns:
            logits (N, A) or values (N,).
        """
        return self.decode(self.trunk.evaluate(obs, plan, initial))
