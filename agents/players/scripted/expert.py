"""`expert`: the rule-based player whose estimates consider items, abilities, terrain and Tailwind."""

from __future__ import annotations

from agents.players.scripted.rule_based import RuleBasedAgent


class ExpertAgent(RuleBasedAgent):
    """Plays as `rule` does, but knows what known items and abilities, terrain and Tailwind do.

    These are the estimates that networks with `network.worth` have as inputs, so it suits them as a teacher.
    `rule` remains without them, because its results are compared over time. It plays singles only.
    """

    name = "expert"
    actives = 1  # singles only
    modified = True
