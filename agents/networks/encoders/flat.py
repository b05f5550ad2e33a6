"""The flat encoder of `basic` and `lstm` networks: fixed places for "my active" and "their active"."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import torch
from torch import Tensor, nn

from agents.config import NetworkSettings
from agents.networks.encoders.block_linear import BlockLinear, SplitInputs
from agents.networks.encoders.blocks import (
    NUM_POKEMON,
    Blocks,
    pokemon_columns,
    pokemon_starts,
    shared_size,
    take_active,
)
from agents.networks.layers import linear
from agents.networks.network import Encoder


class FlatInputs(NamedTuple):
    """N observations, split for the flat encoder.

    Attributes:
        shared: (N, _) fields that belong to no Pokémon; see `Blocks`.
        active: blocks of the active Pokémon, 2N or, in doubles, 4N, moves included.
        bench: blocks of 12N Pokémon without moves.
    """

    shared: Tensor
    active: SplitInputs
    bench: SplitInputs


class FlatEncoder(Encoder):
    """Field block, a code of each active Pokémon, and a short code of every team slot, side by side.

    Slots do not change in a battle, so the block of the active Pokémon may be anywhere in the vector; the
    encoder moves the active blocks, moves included, to fixed inputs; in doubles the deciding Pokémon comes
    first. Each of the 12 blocks, without its moves, also passes through one small shared layer; these codes
    keep the order of the slots (switch i chooses own slot i).

    Attributes:
        feature_size: width of the features.
    """

    doubles = True

    def __init__(self, settings: NetworkSettings, *, policy: bool, actives: int = 1) -> None:
        """Make the layers; see `Encoder`."""
        super().__init__(settings, policy=policy, actives=actives)
        layout = self.layout
        hidden_size, embedding_size = settings.hidden_size, settings.embedding_size
        active_size, bench_size = hidden_size // 2, max(8, 3 * hidden_size // 32)
        active_columns = pokemon_columns(moves=True, layout=layout)
        bench_columns = pokemon_columns(moves=False, layout=layout)
        self.active = BlockLinear(active_columns, [0], embedding_size, active_size)
        self.bench = BlockLinear(bench_columns, pokemon_starts(layout), embedding_size, bench_size)
        input_size = shared_size(layout) + 2 * actives * active_size + NUM_POKEMON * bench_size
        widths = [input_size] + [hidden_size] * settings.num_layers
        self.layers = nn.ModuleList(linear(a, b) for a, b in itertools.pairwise(widths))
        self.feature_size = hidden_size

    def read(self, obs: Tensor) -> FlatInputs:
        """See `Encoder.read`."""
        blocks = Blocks(obs, self.layout)
        active = take_active(blocks.pokemon, *blocks.active_slots()).flatten(0, 1)  # (2N or 4N, pokemon size)
        return FlatInputs(blocks.shared, self.active.read(active), self.bench.read(obs))

    def encode(self, inputs: FlatInputs) -> Tensor:
        """Features (N, `feature_size`)."""
        count = len(inputs.shared)
        active_codes = self.active(inputs.active).view(count, -1)
        bench_codes = self.bench(inputs.bench).view(count, -1)
        features = torch.cat([inputs.shared, torch.relu(active_codes), torch.relu(bench_codes)], dim=1)
        for layer in self.layers:
            features = torch.relu(layer(features))
        return features
