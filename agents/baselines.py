"""Three opponents that do not learn: random, max damage and rule based.

They know what any policy knows: the observation and the action mask. All of them score the 26
actions of every row at once and take the best legal one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.agent import Agent
from agents.damage import BattleView, Bools, Floats
from agents.rule_based import RuleBasedAgent
from agents.scoring import MOVES, SWITCHES, ScoringAgent, gimmick_gain


class RandomAgent(ScoringAgent):
    """Takes every legal action with the same probability."""

    name = "random"

    def __init__(self) -> None:
        """Not seeded until `begin`."""
        self._rng = np.random.default_rng()

    def begin(self, num_rows: int, seed: int | None = None) -> None:
        """Start anew from `seed`."""
        self._rng = np.random.default_rng(seed)

    def get_state(self) -> Any:
        """The generator."""
        return self._rng

    def set_state(self, state: Any) -> None:
        """Use this generator."""
        self._rng = state

    def score(self, observations: Floats, legal: Bools) -> NDArray[np.floating]:
        """Independent uniform scores: the greatest of the legal ones is any of them."""
        return self._rng.random(legal.shape)


class MaxDamageAgent(ScoringAgent):
    """Takes the attack with the highest expected damage.

    It switches only when it must, or when no attack of the active would do anything and one on
    the bench would, and then to the Pokémon with the best matchup. It uses a gimmick as soon as
    it makes the best attack stronger.
    """

    name = "max"

    def score(self, observations: Floats, legal: Bools) -> NDArray[np.floating]:
        """Attacks by expected damage, then switches by matchup, then all other moves."""
        view = BattleView.read(observations)
        scores = np.empty(legal.shape, dtype=np.float32)
        rows, active = view.rows, view.active[:, 0]
        damage, accuracy = view.damage[rows, active][:, None, :], view.accuracy[rows, active][:, None, :]
        expected = damage * gimmick_gain(view) * accuracy
        scores[:, MOVES] = np.where(expected > 0, expected, -10.0).reshape(len(scores), -1)
        bench_helps = (view.offence > 0) | ~legal[:, MOVES].any(axis=1, keepdims=True)
        scores[:, SWITCHES] = np.where(bench_helps, view.matchup - 5.0, -20.0)
        return scores


BASELINES: dict[str, Callable[[], Agent]] = {
    "random": RandomAgent,
    "max": MaxDamageAgent,
    "rule": RuleBasedAgent,
}
"""Baseline name to its constructor."""
