"""`max`: the attack with the highest expected damage."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.estimates.battle_view import BattleView, Bools, Floats
from agents.estimates.damage import ExpectedDamage
from agents.estimates.gimmicks import gimmick_gain
from agents.players.scripted.max_damage_doubles import doubles_scores
from agents.players.scripted.scored_agent import MOVES, SWITCHES, ScoringAgent
from pokeenv import DOUBLES


class MaxDamageAgent(ScoringAgent):
    """Takes the attack with the highest expected damage.

    It switches only if it must, or if no attack of the active Pokémon does damage and a Pokémon on the bench
    has one that does. It then chooses the Pokémon with the best matchup. It uses a gimmick as soon as that
    makes the best attack stronger. In doubles it does so for each of its Pokémon and for every target; a
    spread move counts for both targets, less the damage to the ally.
    """

    name = "max"

    def score(self, observations: Floats, legal: Bools) -> NDArray[np.floating]:
        """Attacks by expected damage, then switches by matchup, then all other moves."""
        if legal.shape[1] == DOUBLES.num_actions:
            return doubles_scores(observations, legal)
        view = BattleView.read(observations)
        estimates = ExpectedDamage(view)
        scores = np.empty(legal.shape, dtype=np.float32)
        rows, active = view.rows, view.active[:, 0]
        damage, accuracy = estimates.dealt[rows, active], estimates.accuracy[rows, active]
        expected = damage[:, None, :] * gimmick_gain(view) * accuracy[:, None, :]
        scores[:, MOVES] = np.where(expected > 0, expected, -10.0).reshape(len(scores), -1)
        bench_helps = (estimates.offence > 0) | ~legal[:, MOVES].any(axis=1, keepdims=True)
        scores[:, SWITCHES] = np.where(bench_helps, estimates.matchup - 5.0, -20.0)
        return scores
