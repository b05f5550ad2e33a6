"""What a network remembers of an episode's earlier decisions, behind one small interface."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from agents.networks.layers import AttentionBlock, init_recurrent, linear

Hidden = tuple[Tensor, ...]
"""Hidden state of S sequences: tensors (1, S, ...), zero where an episode starts; empty without memory."""


class Memory(nn.Module, ABC):
    """Maps features of a sequence's decisions to features that know the decisions before.

    Attributes:
        size: H, width of the outputs.
    """

    size: int

    @abstractmethod
    def initial_state(self, batch_size: int) -> Hidden:
        """The zero state (1, B, ...) in which every episode starts."""

    @abstractmethod
    def forward(
        self, features: Tensor, hidden: Hidden | None, lengths: Tensor | None = None
    ) -> tuple[Tensor, Hidden]:
        """Outputs for padded sequences.

        Args:
            features: (T, B, F).
            hidden: state before the first step; None: zeros.
            lengths: (B,) real steps per sequence; the state returned is then the one after each
                sequence's own last step.

        Returns:
            outputs (T, B, H) and the state after the last step.
        """

    @abstractmethod
    def step(self, features: Tensor, hidden: Hidden) -> tuple[Tensor, Hidden]:
        """Outputs (B, H) for one decision (B, F) of each of B sequences, and the state after it."""


class RecurrentMemory(Memory):
    """A recurrent layer of torch's; steps run its cell with the very same weights.

    Args:
        layer: of one layer and one direction.
    """

    def __init__(self, layer: nn.LSTM | nn.GRU) -> None:
        """Keep the layer with fresh weights."""
        super().__init__()
        self.layer = layer
        self.size = layer.hidden_size
        init_recurrent(layer)

    def forward(
        self, features: Tensor, hidden: Hidden | None, lengths: Tensor | None = None
    ) -> tuple[Tensor, Hidden]:
        """See `Memory.forward`."""
        inputs: Tensor | PackedSequence = features
        if lengths is not None:
            inputs = pack_padded_sequence(features, lengths.cpu(), enforce_sorted=False)
        start = hidden[0] if hidden is not None and len(hidden) == 1 else hidden
        outputs, end = self.layer(inputs, start)
        if lengths is not None:
            outputs, _ = pad_packed_sequence(outputs, total_length=len(features))
        return outputs, end if isinstance(end, tuple) else (end,)

    def _zeros(self, batch_size: int) -> Tensor:
        return next(self.layer.parameters()).new_zeros(1, batch_size, self.size)


class LSTMMemory(RecurrentMemory):
    """A long short-term memory; the state is h and c, each (1, B, H).

    Args:
        feature_size: width of the features that come in.
        size: H, width of the state and of the outputs.
    """

    def __init__(self, feature_size: int, size: int) -> None:
        """Make the layer."""
        super().__init__(nn.LSTM(feature_size, size))

    def initial_state(self, batch_size: int) -> Hidden:
        """Zeros: h and c."""
        return self._zeros(batch_size), self._zeros(batch_size)

    def step(self, features: Tensor, hidden: Hidden) -> tuple[Tensor, Hidden]:
        """See `Memory.step`; the cell is up to three times faster than nn.LSTM over one step."""
        h, c = torch.lstm_cell(features, (hidden[0][0], hidden[1][0]), *self.layer.all_weights[0])
        return h, (h.unsqueeze(0), c.unsqueeze(0))


class GRUMemory(RecurrentMemory):
    """A gated recurrent unit; the state is h (1, B, H).

    Args:
        feature_size: width of the features that come in.
        size: H, width of the state and of the outputs.
    """

    def __init__(self, feature_size: int, size: int) -> None:
        """Make the layer."""
        super().__init__(nn.GRU(feature_size, size))

    def initial_state(self, batch_size: int) -> Hidden:
        """Zeros."""
        return (self._zeros(batch_size),)

    def step(self, features: Tensor, hidden: Hidden) -> tuple[Tensor, Hidden]:
        """See `Memory.step`."""
        h = torch.gru_cell(features, hidden[0][0], *self.layer.all_weights[0])
        return h, (h.unsqueeze(0),)


class AttentionMemory(Memory):
    """Causal attention: each decision sees itself and the `context_length - 1` before it.

    A learned number per head and distance says how much decisions that far back count, so that the same
    past gives the same outputs wherever in an episode it stands. The state holds the keys and values of
    the decisions that may still be seen, each (1, B, heads, C - 1, H / heads), newest last, and how many
    decisions there have been (1, B, 1): places before an episode's start are not seen.

    Args:
        feature_size: width of the features that come in.
        size: H, width of the outputs; a multiple of `num_heads`.
        num_heads: attention heads.
        context_length: C, decisions seen, the present one included.

    Raises:
        ValueError: sizes do not fit each other.
    """

    def __init__(self, feature_size: int, size: int, num_heads: int, context_length: int) -> None:
        """Make the layers."""
        super().__init__()
        if size % num_heads or context_length < 1:
            raise ValueError(
                f"attention needs a width that is a multiple of its heads, and a context of at least 1, "
                f"not width {size}, {num_heads} heads, context {context_length}"
            )
        self.size = size
        self.context_length = context_length
        self.enter = linear(feature_size, size)
        self.block = AttentionBlock(size, num_heads)
        self.nearness = nn.Parameter(torch.zeros(num_heads, context_length))
        self.norm = nn.LayerNorm(size)

    def initial_state(self, batch_size: int) -> Hidden:
        """Zeros: keys, values and the number of decisions."""
        heads, past = len(self.nearness), self.context_length - 1
        keys = self.nearness.new_zeros(1, batch_size, heads, past, self.size // heads)
        return keys, keys.clone(), self.nearness.new_zeros(1, batch_size, 1)

    def forward(
        self, features: Tensor, hidden: Hidden | None, lengths: Tensor | None = None
    ) -> tuple[Tensor, Hidden]:
        """See `Memory.forward`; time and memory grow with T * C, not with T * T."""
        time, batch = features.shape[:2]
        tokens = self.enter(features).transpose(0, 1)  # (B, T, H)
        query, keys, values = self.block.project(tokens)  # each (B, heads, T, H / heads)
        lead = 0  # places of the past in front of the new ones
        if hidden is not None:
            lead = self.context_length - 1
            keys = torch.cat([hidden[0][0], keys], 2)
            values = torch.cat([hidden[1][0], values], 2)
        mixed = []
        for start in range(lead, lead + time, self.context_length):
            stop = min(start + self.context_length, lead + time)
            first = max(0, start - self.context_length + 1)
            bias = self._bias(first, start, stop)
            if hidden is not None:
                bias = bias.masked_fill(self._empty(hidden[2][0], first, stop), -torch.inf)
            mixed.append(
                functional.scaled_dot_product_attention(
                    query[:, :, start - lead : stop - lead],
                    keys[:, :, first:stop],
                    values[:, :, first:stop],
                    attn_mask=bias.to(query.dtype),
                )
            )
        outputs: Tensor = self.norm(self.block.finish(tokens, torch.cat(mixed, 2))).transpose(0, 1)
        # As the parameters, not as the features: in bf16 one more than 256 is 256.
        steps = self.nearness.new_full((batch,), time) if lengths is None else lengths.to(self.nearness)
        count = steps.view(1, batch, 1) + (0 if hidden is None else hidden[2])
        return outputs, (self._last(keys, time, lengths), self._last(values, time, lengths), count)

    def step(self, features: Tensor, hidden: Hidden) -> tuple[Tensor, Hidden]:
        """See `Memory.step`: one query against the cached keys."""
        outputs, after = self(features.unsqueeze(0), hidden)
        return outputs.squeeze(0), after

    def _bias(self, first: int, start: int, stop: int) -> Tensor:
        """What is added to the products of queries at places start..stop with keys from `first` on."""
        place = torch.arange(first, stop, device=self.nearness.device)
        distance = place[start - first :, None] - place  # (stop - start, stop - first)
        unseen = (distance < 0) | (distance >= self.context_length)
        bias = self.nearness[:, distance.clamp(0, self.context_length - 1)]
        return bias.masked_fill(unseen, -torch.inf)  # (heads, stop - start, stop - first)

    def _empty(self, count: Tensor, first: int, stop: int) -> Tensor:
        """(B, 1, 1, stop - first): places before an episode's start, given the decisions so far (B, 1)."""
        place = torch.arange(first, stop, device=count.device)
        return (self.context_length - 1 - place > count)[:, None, None, :]

    def _last(self, parts: Tensor, time: int, lengths: Tensor | None) -> Tensor:
        """The last C - 1 of parts (B, heads, lead + T, E) up to each sequence's end, zeros in front."""
        past = self.context_length - 1
        if lengths is None:
            parts = parts[:, :, max(0, parts.shape[2] - past) :]
            missing = past - parts.shape[2]
            # A pad of nothing would copy the whole cache at every step.
            return (functional.pad(parts, (0, 0, missing, 0)) if missing else parts).unsqueeze(0)
        parts = functional.pad(parts, (0, 0, past + time - parts.shape[2], 0))  # (B, heads, C - 1 + T, E)
        place = lengths.to(parts.device)[:, None] + torch.arange(past, device=parts.device)  # (B, C - 1)
        index = place[:, None, :, None].expand(-1, parts.shape[1], -1, parts.shape[3])
        return parts.gather(2, index).unsqueeze(0)
