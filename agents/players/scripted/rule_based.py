"""The rule-based opponent: it estimates the result of each action and takes the best one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from agents.estimates.battle_estimates import BattleEstimates
from agents.estimates.battle_view import FIELD, BattleView, Bools, Floats, natural
from agents.estimates.duel import Values, ko_chance
from agents.players.scripted.attacks import attack_values
from agents.players.scripted.doubles_rule import doubles_rule_scores
from agents.players.scripted.scored_agent import MOVES, SWITCHES, ScoringAgent
from agents.players.scripted.support_moves import support_values
from pokeenv import DOUBLES

# HP that a switch must gain beyond the duel model, because the opponent may answer with a switch.
_SWITCH_COST, _RESTLESS_COST = 0.4, 2.0


class RuleBasedAgent(ScoringAgent):
    """Simulates one turn of each action and the rest of the duel, with expected damage.

    The worth of an action is the HP that its Pokémon keeps in the duel minus the HP that the opponent keeps.
    The agent therefore switches from a lost duel to one that it wins despite the attack on the new Pokémon,
    or lets a weak Pokémon faint if that costs less. It heals, boosts, inflicts status conditions or
    terastallizes if that turns the duel. The value of hazards and of their removal grows with the number of
    Pokémon on the bench. In doubles it plays one turn of each pair of choices; see `doubles_rule`.
    """

    name = "rule"

    def score(self, observations: Floats, legal: Bools) -> Floats:
        """Worth of every action, minus the HP that it stakes."""
        if legal.shape[1] == DOUBLES.num_actions:
            return doubles_rule_scores(observations, legal)
        view = BattleView.read(observations)
        estimates = BattleEstimates(view)
        attacks = attack_values(estimates)
        attacks[:, 0] = np.maximum(attacks[:, 0], support_values(estimates))  # without a gimmick
        scores = np.empty(legal.shape, dtype=np.float32)
        scores[:, MOVES] = attacks.reshape(len(scores), -1)
        scores[:, MOVES] -= estimates.of_active(estimates.hp)[:, None]
        must: Bools = ~np.any(legal[:, MOVES], axis=1)
        scores[:, SWITCHES] = _switches(estimates, must[:, None])
        return scores


def _switches(estimates: BattleEstimates, free: Bools) -> Values:
    """`(B, 6)` worth of a switch to each Pokémon, which is attacked unless the row is `free` `(B, 1)`.

    Forced switches count as free, although the opponent may still attack after a pivoting move.
    """
    view = estimates.view
    answers = estimates.of_opponent(estimates.moves_now)[:, None]
    taken = np.where(free, 0.0, answers * estimates.taken_coming_in) + estimates.entry_damage
    falls = ko_chance(taken, estimates.hp)
    # A Pokémon that switches in has not used its turn; neither has an opponent that did not attack it.
    pause, duel = estimates.of_opponent(estimates.pause)[:, None], estimates.team_duel
    opposing_pause = np.where(free, pause, duel.opposing_pause)
    duel = replace(duel, pause=estimates.pause[:, 0], opposing_pause=opposing_pause)
    left = np.broadcast_to(estimates.left[:, None], falls.shape)
    value = duel.value(np.maximum(estimates.hp - taken, 0.01), left)
    # A switch costs more before the active has used a move. Otherwise two agents could answer switches with
    # switches forever.
    settled = (view.of_active(0, "last_move") > 0) | (
        natural("field.turn", view.field[:, FIELD["turn"]]) < 1.5
    )
    cost = np.where(settled, _SWITCH_COST, _RESTLESS_COST)[:, None]
    return (1 - falls) * value - falls * left - estimates.hp - np.where(free, 0.0, cost)
