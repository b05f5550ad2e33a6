"""The flat encoder of `basic` and `lstm` networks: fixed places for "my active" and "their active"."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn

from agents.networks.embedding import BlockEmbedding, Blocks, pokemon_columns, take_active
from agents.networks.layers import linear
from agents.networks.sizes import NUM_POKEMON
from pokeenv import LAYOUT


class FlatEncoder(nn.Module):
    """Field block, a code of both active Pokémon, and a short code of every team slot, side by side.

    Slots are stable in a battle, so the Pokémon on the field may stand anywhere in the vector; the encoder
    moves the two active blocks, moves included, to fixed inputs. Each of the 12 blocks, without its moves,
    also goes through one shared small layer; these codes keep their slots' places (switch i goes to own
    slot i).

    Args:
        hidden_size: width of the hidden layers and of the features.
        num_layers: hidden layers, at least one.
        embedding_size: width of an id's embedding.
    """

    def __init__(self, hidden_size: int, num_layers: int, embedding_size: int) -> None:
        """Make the layers."""
        super().__init__()
        self.active = BlockEmbedding(pokemon_columns(moves=True), embedding_size)
        self.bench = BlockEmbedding(pokemon_columns(moves=False), embedding_size)
        active_size, bench_size = hidden_size // 2, max(8, 3 * hidden_size // 32)
        self.active_code = linear(self.active.size, active_size)
        self.bench_code = linear(self.bench.size, bench_size)
        input_size = LAYOUT.field_size + 2 * active_size + NUM_POKEMON * bench_size
        widths = [input_size] + [hidden_size] * num_layers
        self.layers = nn.ModuleList(linear(a, b) for a, b in itertools.pairwise(widths))
        self.feature_size = hidden_size

    def forward(self, obs: Tensor) -> Tensor:
        """Features (N, ``feature_size``) of observations (N, D)."""
        blocks = Blocks(obs)
        places, present = blocks.active_slots()
        pokemon = blocks.pokemon.flatten(0, 1)  # (12N, pokemon size)
        active = take_active(pokemon, places, present).flatten(0, 1)  # (2N, pokemon size)
        active_codes = torch.relu(self.active_code(self.active(active))).view(len(obs), -1)
        bench_codes = torch.relu(self.bench_code(self.bench(pokemon))).view(len(obs), -1)
        features = torch.cat([blocks.field, active_codes, bench_codes], dim=1)
        for layer in self.layers:
            features = torch.relu(layer(features))
        return features
