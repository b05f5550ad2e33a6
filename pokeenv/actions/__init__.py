"""Action spaces: what each number of a decision means."""

from pokeenv.actions.singles import SINGLES
from pokeenv.actions.space import NO_ACTION, Action, ActionSpace, legal_actions

__all__ = ["NO_ACTION", "SINGLES", "Action", "ActionSpace", "legal_actions"]
