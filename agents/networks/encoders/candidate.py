"""The `candidate` encoder: a token for each choice, with the expected fight that the choice leads to."""

from __future__ import annotations

from types import ModuleType
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from agents.config import NetworkSettings
from agents.estimates import action_worth, doubles_outlook, outlook
from agents.estimates.battle_estimates import BattleEstimates
from agents.estimates.battle_view import BattleView
from agents.networks.encoders.blocks import (
    MOVES_PER_POKEMON,
    TEAM_SIZE,
    opposing_moves,
    shared_size,
    take_active,
)
from agents.networks.encoders.targets import TargetTokens, targets_of
from agents.networks.encoders.tokens import PokemonTokens, TokenInputs
from agents.networks.layers import RELU_GAIN, linear
from agents.networks.network import Encoder, Encoding

_TOKEN_SHARE = 8 / 3  # width of the hidden layers over the width of a token


class CandidateInputs(NamedTuple):
    """N observations, split for the encoder.

    Attributes:
        tokens: inputs of the tokens.
        outlook: (N, `CandidateEncoder.numbers`) estimates.
    """

    tokens: TokenInputs
    outlook: Tensor


class CandidateEncoder(Encoder):
    """Tokens of two layers, a residual context, and for each choice its token beside the opponent's.

    With `outlook` in the settings, the estimates of `agents.estimates.outlook` are part of the context and
    of the tokens of own Pokémon and moves. In doubles they are those of `agents.estimates.doubles_outlook`,
    and a move has a token for each of its targets, beside that of the target. With `worth`, those of
    `agents.estimates.action_worth` are too, and both consider items, abilities and terrain. With
    `usual_moves`, they expect the usual moves of the opponent's species.

    Attributes:
        numbers: estimates of an observation.
        feature_size: width of the features.
        candidate_size: width of a choice's token.
    """

    doubles = True

    def __init__(self, settings: NetworkSettings, *, policy: bool, actives: int = 1) -> None:
        """Make the layers; see `Encoder`.

        Raises:
            ValueError: estimates in doubles that only singles have.
        """
        super().__init__(settings, policy=policy, actives=actives)
        for name in ("worth", "usual_moves"):
            if actives > 1 and getattr(settings, name):
                raise ValueError(f"network.{name}: these estimates exist in singles only; set it to false")
        size = max(16, 8 * round(settings.hidden_size / _TOKEN_SHARE / 8))
        self.with_outlook, self.with_worth = settings.outlook, settings.worth
        self.with_usual = settings.usual_moves
        self.numbers = sum(estimates.SIZE for estimates in self.estimates)
        self.token_size = size
        self.tokens = PokemonTokens(size, settings.embedding_size, self.layout)
        per_pokemon = size + sum(len(estimates.POKEMON_NUMBERS) for estimates in self.estimates)
        per_move = size + sum(len(estimates.MOVE_NUMBERS) for estimates in self.estimates)
        self.own = linear(per_pokemon, size)
        self.opposing = linear(size, size)
        self.norm_tokens = nn.LayerNorm(size)
        # The active Pokémon, means and maxima of both teams.
        pooled = shared_size(self.layout) + self.numbers + (2 * actives + 4) * size
        self.context = linear(pooled, settings.hidden_size)
        self.blocks = nn.ModuleList(Residual(settings.hidden_size) for _ in range(settings.num_layers - 1))
        self.norm = nn.LayerNorm(settings.hidden_size)
        self.feature_size = settings.hidden_size
        self.candidate_size = 2 * size if policy else None
        self.opposing_size = size if policy else None
        if policy:
            self.move = linear(per_move, size)
        self.aims = TargetTokens(size) if policy and actives > 1 else None

    @property
    def estimates(self) -> tuple[ModuleType, ...]:
        """Modules whose numbers the encoder reads, in their order."""
        outlooks = doubles_outlook if self.actives > 1 else outlook
        chosen = ((outlooks, self.with_outlook), (action_worth, self.with_worth))
        return tuple(module for module, wanted in chosen if wanted)

    def prepare(self, observations: Tensor) -> Tensor:
        """See `Encoder.prepare`: the estimates go behind the observations."""
        size = self.layout.size
        if not self.numbers:
            return observations
        return torch.cat([observations[:, :size], self._estimate(observations)], dim=1)

    def read(self, obs: Tensor) -> CandidateInputs:
        """See `Encoder.read`."""
        inputs, size = self.tokens.read(obs, self.layout), self.layout.size
        if not self.numbers:
            return CandidateInputs(inputs, obs[:, :0])
        prepared = obs.shape[1] == size + self.numbers
        return CandidateInputs(inputs, obs[:, size:] if prepared else self._estimate(obs))

    def encode(self, inputs: CandidateInputs) -> Encoding:
        """Features (N, F) and, for a policy, tokens (N, 10, `candidate_size`): own slots, then own moves.

        In doubles the tokens are (N, 27, `candidate_size`): each move once for each target, and the pass.
        """
        read, numbers = inputs
        pokemon, moves = self.tokens(read)
        own_numbers, move_numbers = self._split(numbers)
        own = torch.cat([pokemon[:, :TEAM_SIZE], own_numbers], dim=2)
        teams = torch.cat([self.own(own), self.opposing(pokemon[:, TEAM_SIZE:])], dim=1)
        teams = self.norm_tokens(torch.relu(teams) + pokemon)  # (N, 12, E)
        known = (teams * read.known.unsqueeze(2)).view(-1, 2, TEAM_SIZE, self.token_size)
        active = take_active(teams, read.slots, read.present)  # (N, P, E)
        pooled = [active.flatten(1), known.mean(2).flatten(1), known.amax(2).flatten(1)]
        features = torch.relu(self.context(torch.cat([read.shared, numbers, *pooled], dim=1)))
        for block in self.blocks:
            features = block(features)
        features = self.norm(features)
        if self.candidate_size is None:
            return Encoding(features)
        per_active = take_active(moves.flatten(2), read.slots, read.present)  # (N, P, 4E)
        opposing = opposing_moves(per_active, read.swapped)
        own_moves = per_active[:, 0].view(-1, MOVES_PER_POKEMON, self.token_size)
        own_moves = torch.relu(self.move(torch.cat([own_moves, move_numbers], dim=2)))
        if self.aims is not None:
            assert read.swapped is not None
            own_moves = self.aims(own_moves, active, read.swapped)
        candidates = torch.cat([teams[:, :TEAM_SIZE], own_moves], dim=1)  # (N, K, E)
        choices = torch.cat([candidates, candidates * self._faced(active, read)], dim=2)
        return Encoding(features, choices, opposing)

    def _faced(self, active: Tensor, read: TokenInputs) -> Tensor:
        """Tokens (N, K or 1, E) of what the choices meet: the opponent, in doubles the target of the move.

        A choice without target meets the mean of both opponents.
        """
        if read.swapped is None:
            return active[:, 1:]
        both = active[:, 2:].mean(1, keepdim=True)
        targets = targets_of(active, read.swapped)
        targets = torch.cat([targets[:, :2], both, targets[:, 3:]], dim=1).repeat(1, MOVES_PER_POKEMON, 1)
        return torch.cat([both.expand(-1, TEAM_SIZE, -1), targets, both], dim=1)

    def _split(self, numbers: Tensor) -> tuple[Tensor, Tensor]:
        """Estimates of each own Pokémon (N, 6, _) and of each move of the own active (N, 4, _)."""
        count = len(numbers)
        pokemon = [numbers.new_empty(count, TEAM_SIZE, 0)]
        moves = [numbers.new_empty(count, MOVES_PER_POKEMON, 0)]
        sizes = [estimates.SIZE for estimates in self.estimates]
        for own, estimates in zip(torch.split(numbers, sizes, dim=1), self.estimates, strict=True):
            size = TEAM_SIZE * len(estimates.POKEMON_NUMBERS)
            pokemon.append(own[:, :size].view(count, TEAM_SIZE, -1))
            moves.append(own[:, size:].view(count, MOVES_PER_POKEMON, -1))
        return torch.cat(pokemon, dim=2), torch.cat(moves, dim=2)

    def _estimate(self, observations: Tensor) -> Tensor:
        seen = observations.cpu().numpy()
        if self.actives > 1:
            numbers = doubles_outlook.outlook(seen)
        else:
            # One object for all, which computes what they share once.
            read = BattleEstimates(BattleView.read(seen), modified=self.with_worth, usual=self.with_usual)
            numbers = np.concatenate([estimates.numbers(read) for estimates in self.estimates], axis=1)
        return torch.from_numpy(numbers).to(observations.device)


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
