"""A policy or value network: encoder, optional LSTM, head; stateless (hidden states go in and come out)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from agents.networks.layers import init_lstm
from agents.networks.sequences import SequencePlan

Hidden = tuple[Tensor, ...]
"""Hidden state of B sequences: tensors (num_layers, B, H); the empty tuple for feed-forward networks."""


class Encoding(NamedTuple):
    """What an encoder makes of N observations.

    Attributes:
        features: (N, F) goes through the LSTM when there is one.
        tokens: (N, K, E) goes past the LSTM, straight to the head (pointer logits); None if unused.
    """

    features: Tensor
    tokens: Tensor | None = None


class Network(nn.Module):
    """Encoder -> LSTM (when ``lstm_hidden_size`` > 0) -> head.

    Encoder and head see flat decisions ``(N, ...)``; only the LSTM needs ``(T, B, ...)``.

    Args:
        encoder: maps observations (N, D) to features (N, ``feature_size``) or to an :class:`Encoding`.
        head: maps features (N, F) and, when the encoder gives tokens, tokens (N, K, E) to outputs.
        feature_size: width of the encoder's features.
        lstm_hidden_size: width of the LSTM, 0 for none.
        scalar_output: the head gives (N, 1) and the network (N,): a value network.
    """

    def __init__(
        self,
        encoder: nn.Module,
        head: nn.Module,
        *,
        feature_size: int,
        lstm_hidden_size: int = 0,
        scalar_output: bool = False,
    ) -> None:
        """Keep the parts; see the class."""
        super().__init__()
        self.encoder = encoder
        self.lstm = nn.LSTM(feature_size, lstm_hidden_size) if lstm_hidden_size > 0 else None
        if self.lstm is not None:
            init_lstm(self.lstm)
        self.head = head
        self.scalar_output = scalar_output

    @property
    def recurrent(self) -> bool:
        """Whether there is a hidden state."""
        return self.lstm is not None

    def initial_state(self, batch_size: int) -> Hidden:
        """The zero state in which every episode starts: h and c, each (1, B, H)."""
        if self.lstm is None:
            return ()
        zeros = next(self.lstm.parameters()).new_zeros(1, batch_size, self.lstm.hidden_size)
        return zeros, zeros.clone()

    def encode(self, obs: Tensor) -> Encoding:
        """Features of observations (N, D), in one pass over real decisions."""
        encoding = self.encoder(obs)
        return encoding if isinstance(encoding, Encoding) else Encoding(encoding)

    def decode(self, features: Tensor, tokens: Tensor | None) -> Tensor:
        """Outputs of features (N, F) and tokens (N, K, E): logits (N, A), or values (N,)."""
        outputs: Tensor = self.head(features) if tokens is None else self.head(features, tokens)
        return outputs.squeeze(-1) if self.scalar_output else outputs

    def remember(
        self, features: Tensor, hidden: Hidden, lengths: Tensor | None = None
    ) -> tuple[Tensor, Hidden]:
        """Run the LSTM over features (T, B, F) from ``hidden``.

        Args:
            features: (T, B, F).
            hidden: state before the first step.
            lengths: (B,) real steps per sequence; the state returned is then the one after each
                sequence's own last step.

        Returns:
            outputs (T, B, H) and the state after the last step.
        """
        if self.lstm is None:
            return features, ()
        if lengths is None:
            outputs, (h, c) = self.lstm(features, (hidden[0], hidden[1]))
            return outputs, (h, c)
        packed = pack_padded_sequence(features, lengths.cpu(), enforce_sorted=False)
        packed_outputs, (h, c) = self.lstm(packed, (hidden[0], hidden[1]))
        assert isinstance(packed_outputs, PackedSequence)
        outputs, _ = pad_packed_sequence(packed_outputs, total_length=features.shape[0])
        return outputs, (h, c)

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
        encoding = self.encode(obs.flatten(0, 1))
        start = self.initial_state(batch) if hidden is None else hidden
        features, end = self.remember(encoding.features.view(time, batch, -1), start, lengths)
        outputs = self.decode(features.flatten(0, 1), encoding.tokens)
        return outputs.view(time, batch, *outputs.shape[1:]), end

    def step(self, obs: Tensor, hidden: Hidden) -> tuple[Tensor, Hidden]:
        """One decision of each of B sequences, for acting: an LSTM cell with the LSTM's own weights.

        Args:
            obs: (B, D).
            hidden: state before the decision.

        Returns:
            logits (B, A) or values (B,), and the state after the decision.
        """
        features, tokens = self.encode(obs)
        if self.lstm is None:
            return self.decode(features, tokens), ()
        # nn.LSTM over one time step is up to three times slower than the bare cell.
        h, c = torch.lstm_cell(features, (hidden[0][0], hidden[1][0]), *self.lstm.all_weights[0])
        return self.decode(h, tokens), (h.unsqueeze(0), c.unsqueeze(0))

    def evaluate(
        self, obs: Tensor, plan: SequencePlan | None = None, initial: Hidden | None = None
    ) -> Tensor:
        """Outputs for flat decisions, for updates: only the LSTM ever sees padding.

        Args:
            obs: (N, D) decisions; a recurrent network needs them in the plan's order.
            plan: how the N decisions form S sequences. None: every decision is a sequence of its own.
            initial: state (1, S, H) before each sequence; None: zeros.

        Returns:
            logits (N, A) or values (N,).
        """
        features, tokens = self.encode(obs)
        return self.decode(self._remember_flat(features, plan, initial), tokens)

    def _remember_flat(self, features: Tensor, plan: SequencePlan | None, initial: Hidden | None) -> Tensor:
        if self.lstm is None:
            return features
        if plan is None:
            return self.remember(features.unsqueeze(0), self.initial_state(len(features)))[0].squeeze(0)
        start = self.initial_state(plan.num_sequences) if initial is None else initial
        outputs = []
        for bucket in plan.buckets:
            padded = features.index_select(0, bucket.gather.flatten()).view(*bucket.gather.shape, -1)
            hidden = tuple(state.index_select(1, bucket.members) for state in start)
            outputs.append(self.remember(padded, hidden)[0].flatten(0, 1))
        return torch.cat(outputs).index_select(0, plan.inverse)  # (N, H)
