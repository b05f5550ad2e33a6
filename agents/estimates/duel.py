"""The result of a duel between two Pokémon: a small model of the turns to come.

HP and damage are fractions of full HP. The worth of a position is the HP that the own side keeps minus the HP
that the opponent keeps when one of the two has fainted. Arrays broadcast against each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.floating]

_ROLLS = np.array([0.93, 1.0, 1.07])  # mean damage over the damage of a high, a middle and a low roll
_NOTHING = 1e-3  # smallest damage and HP, so that nothing is divided by 0
_SHARPNESS = 1.6  # a lead of one turn wins 83 of 100 duels
_FEW_TURNS = 8.0  # maximum lead that counts; it keeps exp() small


def ko_chance(hit: Values, hp: Values) -> Values:
    """Chance that a hit of mean damage `hit` takes all of `hp`; rolls range from 0.92 to 1.08 of the mean."""
    chance: Values = np.clip((hit / np.maximum(hp, _NOTHING) - 0.92) / 0.16, 0.0, 1.0)
    return chance


def hits_to_ko(hp: Values, hit: Values) -> Values:
    """Number of hits that take all of `hp`; it is fractional if it depends on the rolls."""
    ratio = np.maximum(hp, _NOTHING) / np.maximum(hit, _NOTHING)
    low, middle, high = (np.ceil(ratio * roll) for roll in _ROLLS)
    hits: Values = (low + middle + high) / 3
    return hits


@dataclass(frozen=True)
class Duel:
    """Two Pokémon that attack each other until one has fainted.

    Attributes:
        hits: `(..., 4)` damage of a hit of the own attacks.
        accuracy: `(..., 4)` chance that each attack is made and hits.
        taken: expected damage by the opponent in a turn.
        first: 1 if the own Pokémon moves first, 0 if it moves second, a value between if unknown.
        pause: turns that the own Pokémon loses before it can move (asleep, frozen, recharging).
        opposing_pause: turns that the opponent loses.
        drain: damage at the end of a turn to the own Pokémon.
        opposing_drain: damage at the end of a turn to the opponent.
    """

    hits: Values
    accuracy: Values
    taken: Values
    first: Values
    pause: Values
    opposing_pause: Values
    drain: Values
    opposing_drain: Values

    def value(self, hp: Values, left: Values) -> Values:
        """Worth of the duel from here, between `-left` and `hp`.

        Args:
            hp: the own Pokémon's HP, above 0.
            left: the opponent's HP.
        """
        blows = self.hits + self.opposing_drain[..., None]
        own_turns = (hits_to_ko(left[..., None], blows) / self.accuracy).min(axis=-1) + self.pause
        opposing_turns = hits_to_ko(hp, self.taken + self.drain) + self.opposing_pause
        lead = np.clip(opposing_turns - own_turns + self.first - 0.5, -_FEW_TURNS, _FEW_TURNS)
        wins = 1 / (1 + np.exp(-_SHARPNESS * lead))
        # The winner is hit in every turn before the last, and in the last too if it moves second.
        taken_in = np.maximum(own_turns - self.first - self.opposing_pause, 0)
        dealt_in = np.maximum(opposing_turns - (1 - self.first) - self.pause, 0)
        rate = (self.hits * self.accuracy).max(axis=-1) + self.opposing_drain
        kept = np.maximum(hp - (self.taken + self.drain) * taken_in, 0)
        remains = np.maximum(left - rate * dealt_in, 0)
        value: Values = wins * kept - (1 - wins) * remains
        return value
