"""The `candidate` encoder: a token for each choice, with the expected fight that the choice leads to."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from agents.config import NetworkSettings
from agents.estimates import outlook
from agents.networks.encoders.blocks import MOVES_PER_POKEMON, TEAM_SIZE, shared_size, take_active
from agents.networks.encoders.tokens import PokemonTokens, TokenInputs
from agents.networks.layers import RELU_GAIN, linear
from agents.networks.network import Encoder, Encoding

_TOKEN_SHARE = 8 / 3  # width of the hidden layers over the width of a token


class CandidateInputs(NamedTuple):
    """N observations, split for the encoder.

    Attributes:
        tokens: inputs of the tokens.
        outlook: (N, `agents.estimates.outlook.SIZE`), or (N, 0) without outlook.
    """

    tokens: TokenInputs
    outlook: Tensor


class CandidateEncoder(Encoder):
    """Tokens of two layers, a residual context, and for each choice its token beside the opponent's.

    With `outlook` in the settings, the estimates of `agents.estimates.outlook` are part of the context and
    of the tokens of own Pokémon and moves.

    Attributes:
        feature_size: width of the features.
        candidate_size: width of a choice's token.
    """

    def __init__(self, settings: NetworkSettings, *, policy: bool) -> None:
        """Make the layers; see `Encoder`."""
        super().__init__(settings, policy=policy)
        size = max(16, 8 * round(settings.hidden_size / _TOKEN_SHARE / 8))
        self.with_outlook = settings.outlook
        numbers = outlook.SIZE if settings.outlook else 0
        self.token_size = size
        self.tokens = PokemonTokens(size, settings.embedding_size)
        per_pokemon = size + (len(outlook.POKEMON_NUMBERS) if settings.outlook else 0)
        per_move = size + (len(outlook.MOVE_NUMBERS) if settings.outlook else 0)
        self.own = linear(per_pokemon, size)
        self.opposing = linear(size, size)
        self.norm_tokens = nn.LayerNorm(size)
        pooled = shared_size(self.layout) + numbers + 6 * size  # actives, means and maxima of both teams
        self.context = linear(pooled, settings.hidden_size)
        self.blocks = nn.ModuleList(Residual(settings.hidden_size) for _ in range(settings.num_layers - 1))
        self.norm = nn.LayerNorm(settings.hidden_size)
        self.feature_size = settings.hidden_size
        self.candidate_size = 2 * size if policy else None
        if policy:
            self.move = linear(per_move, size)

    def prepare(self, observations: Tensor) -> Tensor:
        """See `Encoder.prepare`: the outlook goes behind the observations."""
        size = self.layout.size
        if not self.with_outlook:
            return observations
        return torch.cat([observations[:, :size], self._outlook(observations)], dim=1)

    def read(self, obs: Tensor) -> CandidateInputs:
        """See `Encoder.read`."""
        inputs, size = self.tokens.read(obs, self.layout), self.layout.size
        if not self.with_outlook:
            return CandidateInputs(inputs, obs[:, :0])
        prepared = obs.shape[1] == size + outlook.SIZE
        return CandidateInputs(inputs, obs[:, size:] if prepared else self._outlook(obs))

    def encode(self, inputs: CandidateInputs) -> Encoding:
        """Features (N, F) and, for a policy, tokens (N, 10, `candidate_size`): own slots, then own moves."""
        read, numbers = inputs
        pokemon, moves = self.tokens(read)
        own_numbers, move_numbers = self._split(numbers)
        own = torch.cat([pokemon[:, :TEAM_SIZE], own_numbers], dim=2)
        teams = torch.cat([self.own(own), self.opposing(pokemon[:, TEAM_SIZE:])], dim=1)
        teams = self.norm_tokens(torch.relu(teams) + pokemon)  # (N, 12, E)
        known = (teams * read.known.unsqueeze(2)).view(-1, 2, TEAM_SIZE, self.token_size)
        active = take_active(teams, read.slots, read.present)  # (N, 2, E)
        pooled = [active.flatten(1), known.mean(2).flatten(1), known.amax(2).flatten(1)]
        features = torch.relu(self.context(torch.cat([read.shared, numbers, *pooled], dim=1)))
        for block in self.blocks:
            features = block(features)
        features = self.norm(features)
        if self.candidate_size is None:
            return Encoding(features)
        own_moves = take_active(moves.flatten(2), read.slots, read.present)[:, 0]  # (N, 4E)
        own_moves = own_moves.view(-1, MOVES_PER_POKEMON, self.token_size)
        own_moves = torch.relu(self.move(torch.cat([own_moves, move_numbers], dim=2)))
        candidates = torch.cat([teams[:, :TEAM_SIZE], own_moves], dim=1)  # (N, 10, E)
        return Encoding(features, torch.cat([candidates, candidates * active[:, 1:]], dim=2))

    def _split(self, numbers: Tensor) -> tuple[Tensor, Tensor]:
        """Outlook of each own Pokémon (N, 6, _) and of each move of the own active (N, 4, _)."""
        pokemon = numbers.shape[1] and TEAM_SIZE * len(outlook.POKEMON_NUMBERS)
        return (
            numbers[:, :pokemon].view(len(numbers), TEAM_SIZE, -1 if pokemon else 0),
            numbers[:, pokemon:].view(len(numbers), MOVES_PER_POKEMON, -1 if pokemon else 0),
        )

    @staticmethod
    def _outlook(observations: Tensor) -> Tensor:
        return torch.from_numpy(outlook.outlook(observations.cpu().numpy())).to(observations.device)


class Residual(nn.Module):
    """A pre-norm layer whose output is added to its input.

    Args:
        size: width of both.
    """

    def __init__(self, size: int) -> None:
        """Make the layers."""
        super().__init__()
        self.norm = nn.LayerNorm(size)
        self.layer = linear(size, size, RELU_GAIN)

    def forward(self, features: Tensor) -> Tensor:
        """Features (N, size) of features (N, size)."""
        changed: Tensor = features + torch.relu(self.layer(self.norm(features)))
        return changed
