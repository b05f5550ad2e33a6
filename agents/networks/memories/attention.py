"""Causal attention over the decisions of an episode."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from agents.config import NetworkSettings
from agents.networks.layers import AttentionBlock, linear
from agents.networks.memories.base import Hidden, Memory


class AttentionMemory(Memory):
    """Causal attention: each decision sees itself and the `context_length - 1` before it.

    A learned bias per head and distance weighs decisions by their age, so that the same past gives the same
    outputs anywhere in an episode. The state holds the keys and values of the decisions that may still be
    seen, each (1, B, heads, C - 1, H / heads), newest last. It also holds the number of decisions so far (1,
    B, 1), which masks the places before the episode's start. H is the width, C the `context_length`.

    Raises:
        ValueError: the width is not a multiple of the heads.
    """

    def __init__(self, feature_size: int, settings: NetworkSettings) -> None:
        """Make the layers."""
        super().__init__(feature_size, settings)
        size, num_heads, context_length = self.size, settings.num_heads, settings.context_length
        if size % num_heads:
            raise ValueError(
                f"attention needs a width that is a multiple of its heads, "
                f"not width {size}, {num_heads} heads"
            )
        self.context_length = self.block_length = context_length
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
        lead = 0  # number of past places before the new ones
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
        # The dtype of the parameters, not of the features: in bf16, 256 + 1 is 256.
        steps = self.nearness.new_full((batch,), time) if lengths is None else lengths.to(self.nearness)
        count = steps.view(1, batch, 1) + (0 if hidden is None else hidden[2])
        return outputs, (self._last(keys, time, lengths), self._last(values, time, lengths), count)

    def step(self, features: Tensor, hidden: Hidden) -> tuple[Tensor, Hidden]:
        """See `Memory.step`: one query against the cached keys."""
        outputs, after = self(features.unsqueeze(0), hidden)
        return outputs.squeeze(0), after

    def _bias(self, first: int, start: int, stop: int) -> Tensor:
        """Bias of the products of queries at places start..stop with keys from `first` on."""
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
            # Even an empty pad would copy the whole cache at every step.
            return (functional.pad(parts, (0, 0, missing, 0)) if missing else parts).unsqueeze(0)
        parts = functional.pad(parts, (0, 0, past + time - parts.shape[2], 0))  # (B, heads, C - 1 + T, E)
        place = lengths.to(parts.device)[:, None] + torch.arange(past, device=parts.device)  # (B, C - 1)
        index = place[:, None, :, None].expand(-1, parts.shape[1], -1, parts.shape[3])
        return parts.gather(2, index).unsqueeze(0)
