"""The rule-based opponent: it estimates the result of each action and takes the best one."""

from __future__ import annotations

import numpy as np

from agents.estimates.action_worth import move_values, switch_values
from agents.estimates.battle_estimates import BattleEstimates
from agents.estimates.battle_view import BattleView, Bools, Floats
from agents.players.scripted.doubles_rule import doubles_rule_scores
from agents.players.scripted.scored_agent import MOVES, SWITCHES, ScoringAgent
from pokeenv import DOUBLES


class RuleBasedAgent(ScoringAgent):
    """Simulates one turn of each action and the rest of the duel, with expected damage.

    The worth of an action is the HP that its Pokémon keeps in the duel minus the HP that the opponent keeps.
    The agent therefore switches from a lost duel to one that it wins despite the attack on the new Pokémon,
    or lets a weak Pokémon faint if that costs less. It heals, boosts, inflicts status conditions or
    terastallizes if that turns the duel. The value of hazards and of their removal grows with the number of
    Pokémon on the bench. In doubles it plays one turn of each pair of choices; see `doubles_rule`.
    """

    name = "rule"
    modified = False  # see `BattleEstimates.modified`

    def score(self, observations: Floats, legal: Bools) -> Floats:
        """Worth of every action, minus the HP that it stakes."""
        if legal.shape[1] == DOUBLES.num_actions:
            return doubles_rule_scores(observations, legal)
        return action_scores(BattleEstimates(BattleView.read(observations), self.modified), legal)


def action_scores(estimates: BattleEstimates, legal: Bools) -> Floats:
    """Worth `(B, A)` of every action of singles, minus the HP that it stakes.

    Args:
        estimates: of B battles.
        legal: `(B, A)` true where legal; a row without legal moves must switch.
    """
    scores = np.empty(legal.shape, dtype=np.float32)
    scores[:, MOVES] = move_values(estimates).reshape(len(scores), -1)
    must: Bools = ~np.any(legal[:, MOVES], axis=1)
    scores[:, SWITCHES] = switch_values(estimates, must[:, None])
    return scores
