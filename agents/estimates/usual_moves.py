"""Moves that species usually have, by generation: those of the sets of generated teams."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from agents.estimates import move_tables as tables
from agents.estimates.battle_view import MOVE, BattleView, Bools, Floats, Ints
from agents.estimates.move_effects import SACRIFICE
from pokeenv import VOCABULARY

_FILE = Path(__file__).with_suffix(".npz")  # made by tools/usual_moves.py
_GENERATIONS = 10  # rows of the tables; 0 is not used
_SLOTS = 4


class UsualMoves(NamedTuple):
    """Tables by generation.

    Attributes:
        ids: `(G, species, K)` moves of a species, 0 for none.
        chances: `(G, species, K)` shares of its sets that have them.
        types: `(G, moves)` type ids.
        power: `(G, moves)` power of a use: times the mean number of hits, and times accuracy.
        physical: `(G, moves)` true for physical attacks.
    """

    ids: Ints
    chances: Floats
    types: Ints
    power: Floats
    physical: Bools

    def unseen(self, view: BattleView) -> tuple[Ints, Floats]:
        """Moves of the opposing actives that have not been shown.

        Returns:
            Ids and chances `(B, K)`; the chances grow as unseen slots become fewer than unseen moves.
        """
        species = view.of_active(1, "species").astype(np.intp)
        base = view.of_active(1, "base_species").astype(np.intp)
        known = self.chances[view.generation, species].any(axis=1)
        species = np.where(known, species, base)
        ids, chances = self.ids[view.generation, species], self.chances[view.generation, species]
        moves = view.moves[view.rows, 1, view.active[:, 1]]
        shown = np.where(moves[..., MOVE["known"]] > 0.5, moves[..., MOVE["id"]], -1)
        chances = chances * (ids[:, :, None] != shown[:, None, :]).all(axis=2)
        slots = _SLOTS - (shown >= 0).sum(axis=1)
        left = slots / np.maximum(chances.sum(axis=1), 1e-3)
        unseen: Floats = np.minimum(chances * left[:, None], 1).astype(np.float32)
        return ids, unseen


@cache
def usual_moves() -> UsualMoves:
    """The tables, read once."""
    with np.load(_FILE) as data:
        size = _GENERATIONS, len(VOCABULARY["species"])
        ids = np.zeros((*size, data["ids"].shape[1]), dtype=np.intp)
        chances = np.zeros(ids.shape, dtype=np.float32)
        of_species = tuple(data["species"].astype(np.intp).T)
        ids[of_species], chances[of_species] = data["ids"], data["shares"] / np.float32(100)
        numbers = np.zeros((_GENERATIONS, len(VOCABULARY["moves"]), 4), dtype=np.float32)
        numbers[tuple(data["moves"].astype(np.intp).T)] = data["numbers"]
    types, powers, physical, accuracy = np.moveaxis(numbers, 2, 0)
    powers = np.where(powers > 0, powers, tables.USUAL_POWER)
    power: Floats = (powers * tables.YIELD * accuracy / 100).astype(np.float32)
    power[:, SACRIFICE] = 0  # no threat of every turn
    return UsualMoves(ids, chances, types.astype(np.intp), power, physical > 0.5)
