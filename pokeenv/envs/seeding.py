"""Seeds: one integer fixes a battle's random numbers and both its generated teams."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pokeenv.engine import SEED_WORDS

MAX_SEED = 2**63 - 1
_TEAM_WORDS = SEED_WORDS // 3


def draw_seed(rng: np.random.Generator) -> int:
    """A battle seed in `[0, 2**63 - 1)`."""
    return int(rng.integers(MAX_SEED))


def seed_words(seed: int, *, swap_teams: bool = False) -> NDArray[np.uint16]:
    """The simulator's seeds for a battle seed.

    Args:
        seed: battle seed.
        swap_teams: give each seat the team that the other seat would get.

    Returns:
        uint16 `(SEED_WORDS,)`: four words for the battle, four for p1's team, four for p2's.
    """
    words = np.random.SeedSequence(seed).generate_state(SEED_WORDS // 2).view(np.uint16).copy()
    if swap_teams:
        first, second = words[_TEAM_WORDS : 2 * _TEAM_WORDS].copy(), words[2 * _TEAM_WORDS :].copy()
        words[_TEAM_WORDS : 2 * _TEAM_WORDS], words[2 * _TEAM_WORDS :] = second, first
    return words


class BattleSeeds:
    """The seeds of every battle of a vector env, and the random generators for teams from files.

    A slot never depends on the length of the battles in other slots: each has its own generator or, with
    `numbered`, plays every N-th battle of one list. The first battles of that list are the same whatever the
    number of slots. With `mirrored`, slots 2j and 2j + 1 draw the same seeds.
    """

    def __init__(self, num_battles: int, seed: int, *, mirrored: bool, numbered: bool = False) -> None:
        """Make the generators."""
        self._mirrored = mirrored
        self._seed = seed
        slots = [slot // 2 if mirrored else slot for slot in range(num_battles)]
        self._stride = slots[-1] + 1 if numbered else 0
        self._next = slots
        self.generators = [np.random.default_rng([seed, slot]) for slot in slots]

    def swaps_teams(self, battle: int) -> bool:
        """True if the teams of this slot are exchanged."""
        return self._mirrored and battle % 2 == 1

    def draw(self, battle: int) -> tuple[int, NDArray[np.uint16]]:
        """Seed of the slot's next battle, and its words."""
        if self._stride:
            self.generators[battle] = np.random.default_rng([self._seed, self._next[battle]])
            self._next[battle] += self._stride
        seed = draw_seed(self.generators[battle])
        return seed, seed_words(seed, swap_teams=self.swaps_teams(battle))
