"""`expert`: the rule-based player whose estimates consider items, abilities, terrain and Tailwind."""

from __future__ import annotations

from agents.estimates.battle_view import Bools, Floats
from agents.players.scripted.rule_based import RuleBasedAgent
from pokeenv import SINGLES, UnsupportedFormatError


class ExpertAgent(RuleBasedAgent):
    """Plays as `rule` does, but knows what known items and abilities, terrain and Tailwind do.

    These are the estimates that networks with `network.worth` have as inputs, so it suits them as a teacher.
    `rule` remains without them, because its results are compared over time. It plays singles only.
    """

    name = "expert"
    modified = True

    def score(self, observations: Floats, legal: Bools) -> Floats:
        """See `RuleBasedAgent.score`.

        Raises:
            UnsupportedFormatError: the battles are doubles.
        """
        if legal.shape[1] != SINGLES.num_actions:
            raise UnsupportedFormatError("expert plays singles only; in doubles take rule")
        return super().score(observations, legal)
