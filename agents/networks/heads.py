"""Heads: from a trunk's features to logits of the actions, values, or logits of the opponent's choice."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from agents.estimates.opponent_choices import MOVES_SEEN, NUM_CHOICES
from agents.networks.encoders.blocks import MOVES_PER_POKEMON, TARGETS, TEAM_SIZE
from agents.networks.layers import POLICY_GAIN, RELU_GAIN, VALUE_GAIN, linear
from agents.networks.network import Encoder, Trunk
from pokeenv import ActionSpace


def policy_head(trunk: Trunk, action_space: ActionSpace) -> nn.Module:
    """Head of a policy: for the tokens that the trunk's encoder gives, or else a linear layer."""
    encoder = trunk.encoder
    assert isinstance(encoder, Encoder)
    if encoder.candidate_size is not None:
        return ScorerHead(trunk.size, encoder.candidate_size, action_space)
    if encoder.pointer_size is not None:
        return PointerHead(trunk.size, encoder.pointer_size, action_space)
    return linear(trunk.size, action_space.num_actions, POLICY_GAIN)


def value_head(feature_size: int) -> nn.Linear:
    """Head of a value network."""
    return linear(feature_size, 1, VALUE_GAIN)


def auxiliary_head(trunk: Trunk, seed: int) -> nn.Module:
    """A head that predicts the opponent's choice; see `Network.auxiliary_head`.

    Args:
        trunk: the policy's trunk.
        seed: seed of the weights; the global random state is left alone.
    """
    encoder = trunk.encoder
    assert isinstance(encoder, Encoder)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if encoder.opposing_size is None:
            return nn.Linear(trunk.size, NUM_CHOICES)
        return OpponentHead(trunk.size, encoder.opposing_size)


class OpponentHead(nn.Module):
    """Logits of the opponent's choice: a two-layer perceptron over the features and the token of each choice.

    The choices are those of `agents.estimates.opponent_choices`. The moves seen have tokens of the encoder,
    another move and a switch have learnt ones.

    Args:
        feature_size: width of the features.
        token_size: width of a move's token.
    """

    def __init__(self, feature_size: int, token_size: int) -> None:
        """Make the layers."""
        super().__init__()
        size = max(16, feature_size // 4)
        self.of_features = linear(feature_size, size, RELU_GAIN)
        self.of_token = nn.Linear(token_size, size, bias=False)
        self.others = nn.Parameter(0.1 * torch.randn(NUM_CHOICES - MOVES_SEEN, size))
        self.scores = linear(size, 1, POLICY_GAIN)

    def forward(self, features: Tensor, opposing_moves: Tensor) -> Tensor:
        """Logits (N, C) of features (N, F) and moves (N, 4, E)."""
        moves = self.of_token(opposing_moves)
        tokens = torch.cat([moves, self.others.expand(len(moves), -1, -1)], dim=1)
        joint = torch.relu(self.of_features(features).unsqueeze(1) + tokens)  # (N, C, H)
        logits: Tensor = self.scores(joint).squeeze(2)
        return logits


class TokenHead(nn.Module):
    """Base of the heads that score tokens: a query for switches, and one for moves with each gimmick.

    Args:
        action_space: actions; a switch points to a team slot, a move to a move of the active Pokémon.

    Raises:
        ValueError: an action points to a slot that has no token.
    """

    def __init__(self, action_space: ActionSpace) -> None:
        """Find the place of each action."""
        super().__init__()
        self.num_queries = 1 + len(action_space.gimmicks)
        self.places: Tensor  # (A,) place of each action in the flattened scores (queries, tokens)
        # Not persistent: it follows from the action space.
        self.register_buffer("places", torch.tensor(_places(action_space)), persistent=False)

    def forward(self, features: Tensor, tokens: Tensor) -> Tensor:
        """Logits (N, A).

        Args:
            features: (N, F).
            tokens: (N, K, E): the six own team slots, then the four moves of the own active Pokémon, in
                doubles once for each target, and the pass.
        """
        return self.score(features, tokens).flatten(1).index_select(1, self.places)

    def score(self, features: Tensor, tokens: Tensor) -> Tensor:
        """Scores (N, Q, K) of each token for each query; see `forward`."""
        raise NotImplementedError


class PointerHead(TokenHead):
    """Logits of moves and switches: products of queries with the tokens of the possible choices.

    Args:
        feature_size: width of the features.
        token_size: width of a token.
        action_space: see `TokenHead`.

    Raises:
        ValueError: see `TokenHead`.
    """

    def __init__(self, feature_size: int, token_size: int, action_space: ActionSpace) -> None:
        """Make the layers."""
        super().__init__(action_space)
        self.queries = linear(feature_size, self.num_queries * token_size, POLICY_GAIN)
        self.keys = linear(token_size, token_size, 1.0)
        self.token_size = token_size

    def score(self, features: Tensor, tokens: Tensor) -> Tensor:
        """See `TokenHead.score`."""
        queries = self.queries(features).view(-1, self.num_queries, self.token_size)  # (N, Q, E)
        keys: Tensor = self.keys(tokens)
        products: Tensor = queries @ keys.transpose(1, 2) / math.sqrt(self.token_size)
        return products


class ScorerHead(TokenHead):
    """Logits of moves and switches: a two-layer perceptron over the features and the token of each choice.

    Args:
        feature_size: width of the features.
        token_size: width of a token.
        action_space: see `TokenHead`.

    Raises:
        ValueError: see `TokenHead`.
    """

    def __init__(self, feature_size: int, token_size: int, action_space: ActionSpace) -> None:
        """Make the layers."""
        super().__init__(action_space)
        size = max(16, feature_size // 2)
        # One layer over both, whose product with the features is computed once for all tokens.
        self.of_features = linear(feature_size, size, RELU_GAIN)
        self.of_token = nn.Linear(token_size, size, bias=False)
        nn.init.orthogonal_(self.of_token.weight, RELU_GAIN)
        self.scores = linear(size, self.num_queries, POLICY_GAIN)

    def score(self, features: Tensor, tokens: Tensor) -> Tensor:
        """See `TokenHead.score`."""
        joint = torch.relu(self.of_features(features).unsqueeze(1) + self.of_token(tokens))  # (N, K, H)
        scores: Tensor = self.scores(joint).transpose(1, 2)
        return scores


def _places(action_space: ActionSpace) -> list[int]:
    targets = TARGETS if action_space.actives > 1 else (0,)
    num_moves = MOVES_PER_POKEMON * len(targets)
    num_tokens = TEAM_SIZE + num_moves + (action_space.actives > 1)  # the last one is the pass
    places = []
    for action in action_space.actions:
        query = 1 + action_space.gimmicks.index(action.gimmick) if action.kind == "move" else 0
        if action.kind == "pass":
            places.append(num_tokens - 1)
            continue
        is_switch = action.kind == "switch"
        if not 0 <= action.slot < (TEAM_SIZE if is_switch else MOVES_PER_POKEMON):
            raise ValueError(
                f"action {action} of action space {action_space.name!r} points to a slot without a token; "
                f"there are {TEAM_SIZE} team slots and {MOVES_PER_POKEMON} moves"
            )
        token = action.slot
        if not is_switch:
            token = TEAM_SIZE + action.slot * len(targets) + targets.index(action.target)
        places.append(query * num_tokens + token)
    return places
