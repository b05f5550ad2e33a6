"""The opponent's choice as a seat sees it: a label that the seat's observation can explain.

An action numbers moves and team members in the order of the seat that takes it, which the other seat does not
know. Here a move is a slot of the opposing Pokémon in the observation of the seat that predicts it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agents.estimates.battle_view import Floats, Ints, cut_blocks
from pokeenv import NO_ACTION, ActionSpace, Layout

MOVES_SEEN = 4
ANOTHER_MOVE, SWITCH = MOVES_SEEN, MOVES_SEEN + 1
NUM_CHOICES = MOVES_SEEN + 2
"""The four moves that the observation shows, another move, and any switch."""

_PLACES = ("left", "right")


def choices_seen(
    observations: Floats,
    opposing: Floats,
    masks: NDArray[np.int8],
    actions: NDArray[np.int64],
    layout: Layout,
    action_space: ActionSpace,
) -> NDArray[np.int64]:
    """The opponent's choices in the same step, as the seats see them.

    Args:
        observations: `(B, D)` of the seats.
        opposing: `(B, D)` of their opponents.
        masks: `(B, A)` legal actions of the opponents.
        actions: `(B,)` of the opponents; `NO_ACTION` where they do not act.
        layout: layout of the observations.
        action_space: actions of both.

    Returns:
        `(B,)` choices; `NO_ACTION` where the opponent had no choice between moves, passes, or, in doubles,
        decides for another place than the seat.
    """
    moved, switched = np.isin(actions, action_space.moves), np.isin(actions, action_space.switches)
    legal = masks > 0
    free = (legal.sum(axis=1) > 1) & legal[:, action_space.moves].any(axis=1)
    place = _place_of(observations, layout)
    known = (moved | switched) & free & (place == _place_of(opposing, layout))
    ids = _active_moves(opposing, 0, place, layout)
    seen = _active_moves(observations, 1, place, layout)
    rows = np.arange(len(actions))
    slots = action_space.slots[np.maximum(actions, 0)]
    used = ids[rows, np.clip(slots, 0, MOVES_SEEN - 1)]
    match = (seen == used[:, None]) & (used > 0)[:, None]
    moves = np.where(match.any(axis=1), match.argmax(axis=1), ANOTHER_MOVE)
    choices = np.where(moved, moves, SWITCH)
    return np.where(known, choices, NO_ACTION).astype(np.int64)


def _place_of(observations: Floats, layout: Layout) -> Ints:
    """`(B,)` 1 where the right Pokémon of the seat decides, else 0."""
    if layout.actives == 1:
        return np.zeros(len(observations), dtype=np.intp)
    place: Ints = (observations[:, layout.offsets["field.deciding_right"]] > 0.5).astype(np.intp)
    return place


def _active_moves(observations: Floats, side: int, place: Ints, layout: Layout) -> Ints:
    """`(B, 4)` ids of the moves of a side's active Pokémon at a place, as an observation shows them."""
    _, team, moves = cut_blocks(observations, layout)
    names = [field.name for field in layout.pokemon_block]
    flags = ("active",) if layout.actives == 1 else _PLACES
    on_field = team[:, side][:, :, [names.index(flag) for flag in flags]]  # (B, 6, places)
    rows = np.arange(len(observations))
    slot = on_field[rows, :, place].argmax(axis=1)
    move_id = next(field.offset for field in layout.move_block if field.name == "id")
    ids: Ints = moves[rows, side, slot][..., move_id].astype(np.intp)
    return ids
