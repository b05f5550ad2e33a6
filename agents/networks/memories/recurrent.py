"""Recurrent memories: LSTM and GRU."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from agents.config import NetworkSettings
from agents.networks.layers import init_recurrent
from agents.networks.memories.base import Hidden, Memory


class RecurrentMemory(Memory):
    """A recurrent layer of torch; steps run its cell with the same weights.

    Class attributes:
        layer_class: layer of torch, used with one layer and one direction.
    """

    layer_class: type[nn.LSTM] | type[nn.GRU]

    def __init__(self, feature_size: int, settings: NetworkSettings) -> None:
        """Make the layer."""
        super().__init__(feature_size, settings)
        self.layer = self.layer_class(feature_size, self.size)
        init_recurrent(self.layer)

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
    """A long short-term memory; the state is h and c, each (1, B, H)."""

    layer_class = nn.LSTM

    def initial_state(self, batch_size: int) -> Hidden:
        """Zeros."""
        return self._zeros(batch_size), self._zeros(batch_size)

    def step(self, features: Tensor, hidden: Hidden) -> tuple[Tensor, Hidden]:
        """See `Memory.step`; the cell is up to three times faster than nn.LSTM over one step."""
        h, c = torch.lstm_cell(features, (hidden[0][0], hidden[1][0]), *self.layer.all_weights[0])
        return h, (h.unsqueeze(0), c.unsqueeze(0))


class GRUMemory(RecurrentMemory):
    """A gated recurrent unit; the state is h (1, B, H)."""

    layer_class = nn.GRU

    def initial_state(self, batch_size: int) -> Hidden:
        """Zeros."""
        return (self._zeros(batch_size),)

    def step(self, features: Tensor, hidden: Hidden) -> tuple[Tensor, Hidden]:
        """See `Memory.step`."""
        h = torch.gru_cell(features, hidden[0][0], *self.layer.all_weights[0])
        return h, (h.unsqueeze(0),)
