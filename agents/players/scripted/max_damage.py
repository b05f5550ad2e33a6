"""`max`: the attack with the highest expected damage."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.players.scripted.damage import BattleView, Bools, Floats
from agents.players.scripted.scored_agent import MOVES, SWITCHES, ScoringAgent, gimmick_gain


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
