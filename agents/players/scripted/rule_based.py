"""The rule-based opponent: it estimates the result of each action and takes the best one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from agents.players.scripted.attacks import attack_values
from agents.players.scripted.battle_view import FIELD, BattleView, Bools, Floats, natural
from agents.players.scripted.duel import Values, ko_chance
from agents.players.scripted.estimates import BattleEstimates
from agents.players.scripted.scored_agent import MOVES, SWITCHES, ScoringAgent
from agents.players.scripted.support_moves import support_values

# HP that a switch has to gain beyond the duel model: the opponent may answer it with another switch.
_SWITCH_COST, _RESTLESS_COST = 0.4, 2.0


class RuleBasedAgent(ScoringAgent):
    """Plays every action one turn ahead and the duel that follows to its end, with expected damage.

    The worth of an action is the HP that its Pokémon keeps in the duel minus the HP that the opponent keeps.
    So the agent switches from a lost duel to one that it wins despite the attack on the new Pokémon, or lets
    a weak Pokémon faint where that costs less. It heals, boosts, inflicts status conditions or terastallizes
    where that turns the duel. Hazards and their removal count by the Pokémon on the bench.
    """

    name = "rule"

    def score(self, observations: Floats, legal: Bools) -> Floats:
        """Worth of every action, less the HP that it stakes."""
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
    """`(B, 6)` worth of a switch to each Pokémon, which an attack hits unless the row is `free` `(B, 1)`.

    Forced switches count as free, although the opponent may still attack after a pivoting move.
    """
    view = estimates.view
    answers = estimates.of_opponent(estimates.moves_now)[:, None]
    taken = np.where(free, 0.0, answers * estimates.taken_coming_in) + estimates.entry_damage
    falls = ko_chance(taken, estimates.hp)
    # A Pokémon that switches in has not used its turn, and nor has an opponent that did not attack it.
    pause, duel = estimates.of_opponent(estimates.pause)[:, None], estimates.team_duel
    opposing_pause = np.where(free, pause, duel.opposing_pause)
    duel = replace(duel, pause=estimates.pause[:, 0], opposing_pause=opposing_pause)
    left = np.broadcast_to(estimates.left[:, None], falls.shape)
    value = duel.value(np.maximum(estimates.hp - taken, 0.01), left)
    # A Pokémon has to use a move before it switches out: two agents that answer switches with switches
    # would never finish.
    settled = (view.of_active(0, "last_move") > 0) | (
        natural("field.turn", view.field[:, FIELD["turn"]]) < 1.5
    )
    cost = np.where(settled, _SWITCH_COST, _RESTLESS_COST)[:, None]
    return (1 - falls) * value - falls * left - estimates.hp - np.where(free, 0.0, cost)
