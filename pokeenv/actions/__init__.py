"""Action spaces: the meaning of each action's number."""

from pokeenv.actions.doubles import DOUBLES
from pokeenv.actions.singles import SINGLES
from pokeenv.actions.space import NO_ACTION, Action, ActionSpace, legal_actions

__all__ = ["DOUBLES", "NO_ACTION", "SINGLES", "Action", "ActionSpace", "legal_actions"]
