"""Damage of every move action of one of the two own Pokémon in doubles, by target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.estimates.battle_view import Floats
from agents.estimates.doubles_damage import SPREAD, DoublesDamage
from agents.estimates.gimmicks import GIMMICK_GAIN, GIMMICKS, TERASTALLIZE, tera_gain
from pokeenv import DOUBLES

TARGETS = tuple(dict.fromkeys(DOUBLES.decode(int(action)).target for action in DOUBLES.moves))
SHAPE = (len(GIMMICKS), 4, len(TARGETS))
"""The moves of `DOUBLES` by gimmick, move and target."""

NO_TARGET = TARGETS.index(0)
OPPOSING_TARGETS = (TARGETS.index(1), TARGETS.index(2))
ALLY_TARGETS = (TARGETS.index(-2), TARGETS.index(-1))
"""Index of the target that is the ally of the left and of the right Pokémon."""

assert DOUBLES.gimmicks == GIMMICKS


@dataclass(frozen=True)
class Attacks:
    """The moves of one place.

    Attributes:
        hits: `(B, 5, 4, 5, 3)` mean damage of each move action, by gimmick, move and target, to the left and
            the right opponent and to the ally.
        chances: `(B, 5, 4, 5, 3)` chance of that damage.
    """

    hits: Floats
    chances: Floats

    @classmethod
    def of(cls, damage: DoublesDamage, place: int) -> Attacks:
        """The moves of the own Pokémon in `place` (0 left, 1 right)."""
        view, rows = damage.view, np.arange(len(damage.view))
        slot, ally = view.slots[:, 0, place], view.slots[:, 0, 1 - place]
        present = np.stack([*view.present[:, 1].T, view.present[:, 0, 1 - place]], axis=1)[:, None, :]
        targets = np.stack([*(6 + view.slots[:, 1].T), ally], axis=1)[:, None, :]  # (B, 1, 3)
        hits = damage.hits[rows[:, None, None], slot[:, None, None], np.arange(4)[None, :, None], targets]
        hits = hits * present  # (B, 4, 3)
        spread, aimed, aims_at_ally = (
            view.of_move(name)[rows, 0, slot] > 0.5 for name in ("spread", "aimed", "aims_at_ally")
        )
        aim = np.zeros((len(rows), 4, len(TARGETS), 3), dtype=np.float32)  # chance to hit, by target aimed at
        alone = (present[..., 0] ^ present[..., 1])[..., None]
        for index, target in enumerate(OPPOSING_TARGETS):
            aim[:, :, target, index] = 1.0
            # A move at an empty place hits the other opponent.
            aim[:, :, target] = np.where(alone, present * [1.0, 1.0, 0.0], aim[:, :, target])
        aim[:, :, ALLY_TARGETS[place], 2] = 1.0
        random = np.where(alone, 1.0, 0.5) * [1.0, 1.0, 0.0]
        all_hit = np.ones((len(rows), 4, 3))
        all_hit[..., 2] = aims_at_ally
        aim[:, :, NO_TARGET] = np.where(spread[..., None], all_hit, np.where(aimed[..., None], 0.0, random))
        several = (all_hit * present).sum(axis=2) > 1
        weaker = np.ones((len(rows), 4, len(TARGETS), 1), dtype=np.float32)
        weaker[:, :, NO_TARGET, 0] = np.where(spread & several, SPREAD, 1.0)
        accuracy = view.of_move("accuracy")[rows, 0, slot][:, :, None, None]
        gain = np.broadcast_to(GIMMICK_GAIN[None, :, None], (len(rows), len(GIMMICKS), 4)).copy()
        types, stab = (view.of_move(name)[rows, 0, slot] for name in ("type", "stab"))
        tera = view.of_pokemon("tera_type")[rows, 0, slot][:, None]
        gain[:, TERASTALLIZE] = tera_gain(types, tera, stab > 0.5)
        return cls(
            hits=gain[..., None, None] * (hits[:, :, None, :] * weaker)[:, None],
            chances=np.broadcast_to((aim * accuracy)[:, None], (len(rows), *SHAPE, 3)),
        )
