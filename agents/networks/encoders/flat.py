"""The flat encoder of `basic` and `lstm` networks: fixed places for "my active" and "their active"."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import torch
from torch import Tensor, nn

from agents.networks.encoders.block_linear import (
    BlockLinear,
    Blocks,
    Reading,
    pokemon_columns,
    pokemon_starts,
    shared_size,
    take_active,
)
from agents.networks.layers import linear
from agents.networks.network import Encoder
from agents.networks.sizes import NUM_POKEMON
from pokeenv import ObservationKind


class FlatReading(NamedTuple):
    """What a flat encoder reads of N observations: what is no Pokémon's (N, _), 2N active and 12N blocks."""

    shared: Tensor
    active: Reading
    bench: Reading


class FlatEncoder(Encoder):
    """Field block, a code of both active Pokémon, and a short code of every team slot, side by side.

    Slots are stable in a battle, so the Pokémon on the field may stand anywhere in the vector; the encoder
    moves the two active blocks, moves included, to fixed inputs. Each of the 12 blocks, without its moves,
    also goes through one shared small layer; these codes keep their slots' places (switch i goes to own
    slot i).

    Args:
        hidden_size: width of the hidden layers and of the features.
        num_layers: hidden layers, at least one.
        embedding_size: width of an id's embedding.
        observation: kind of observation that is read.
    """

    def __init__(
        self, hidden_size: int, num_layers: int, embedding_size: int, observation: ObservationKind = "base"
    ) -> None:
        """Make the layers."""
        super().__init__(observation)
        active_size, bench_size = hidden_size // 2, max(8, 3 * hidden_size // 32)
        self.active = BlockLinear(pokemon_columns(moves=True), [0], embedding_size, active_size)
        self.bench = BlockLinear(pokemon_columns(moves=False), pokemon_starts(), embedding_size, bench_size)
        input_size = shared_size(self.layout) + 2 * active_size + NUM_POKEMON * bench_size
        widths = [input_size] + [hidden_size] * num_layers
        self.layers = nn.ModuleList(linear(a, b) for a, b in itertools.pairwise(widths))
        self.feature_size = hidden_size

    def read(self, obs: Tensor) -> FlatReading:
        """See `Encoder.read`."""
        blocks = Blocks(obs, self.layout)
        active = take_active(blocks.pokemon, *blocks.active_slots()).flatten(0, 1)  # (2N, pokemon size)
        return FlatReading(blocks.shared, self.active.read(active), self.bench.read(obs))

    def encode(self, reading: FlatReading) -> Tensor:
        """Features (N, `feature_size`)."""
        count = len(reading.shared)
        active_codes = self.active(reading.active).view(count, -1)
        bench_codes = self.bench(reading.bench).view(count, -1)
        features = torch.cat([reading.shared, torch.relu(active_codes), torch.relu(bench_codes)], dim=1)
        for layer in self.layers:
            features = torch.relu(layer(features))
        return features
