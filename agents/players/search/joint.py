"""Answers to a request: one decision, or the two that the Pokémon of a side make in a row in doubles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.estimates.battle_view import FIELD as SINGLES_FIELD
from agents.estimates.doubles_board import FIELD
from agents.players.search.policy import ModelPolicy, most_probable
from pokeenv import DOUBLES, Engine, row_of

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NOTHING = -1  # in place of an action where a seat has no decision
_PASS = 0
_DECIDING_LEFT, _DECIDING_RIGHT = FIELD["deciding_left"], FIELD["deciding_right"]
_LEFT_PASSES = FIELD["left_passes"]


@dataclass(frozen=True)
class Answers:
    """Answers to a request, the most probable ones first.

    Attributes:
        actions: `(N, 2)` actions of both decisions; -1 where there is none.
        chances: `(N,)` probabilities of the policy: the product over both decisions.
    """

    actions: Ints
    chances: Floats


NO_ANSWER = Answers(np.full((1, 2), NOTHING), np.ones(1))
"""Of a seat that does not act."""


@dataclass(frozen=True)
class Start:
    """A battle in which seats make the first of their decisions.

    Attributes:
        slot: the battle's slot.
        firsts: first actions of each seat, at least one; -1 alone for a seat that does not act.
    """

    slot: int
    firsts: tuple[Ints, Ints]


Seconds = list[Floats | None]
"""By first action: probabilities `(A,)` of the second decision; None if none follows."""


def has_pairs(num_actions: int) -> bool:
    """True if a request may ask for two decisions."""
    return num_actions == DOUBLES.num_actions


def both_rows(slots: Ints) -> Ints:
    """`(B, 2)` rows of both seats of battles `(B,)`."""
    rows: Ints = np.stack([row_of(slots, 0), row_of(slots, 1)], axis=1)
    return rows


def must_switch(engine: Engine, rows: Ints) -> Bools:
    """`(B,)` true for acting rows `(B,)` that must replace Pokémon within a turn."""
    field = FIELD if has_pairs(engine.action_masks.shape[1]) else SINGLES_FIELD
    asked: Bools = engine.observations[rows, field["force_switch"]] > 0
    return asked


def begins(observations: NDArray[np.float32]) -> Bools:
    """`(B,)` true where an observation of doubles is that of the left Pokémon's decision."""
    left: Bools = observations[:, _DECIDING_LEFT] > 0
    return left


def continues(observations: NDArray[np.float32], firsts: Ints) -> Bools:
    """`(B,)` true where observations of doubles are those of the second decision after first ones.

    The next request, too, may be for the right Pokémon alone; then the left one is marked as passing.

    Args:
        observations: `(B, D)` of seats that act.
        firsts: `(B,)` actions of the left Pokémon that the seats have chosen last.
    """
    passes = observations[:, _LEFT_PASSES] > 0
    second: Bools = (observations[:, _DECIDING_RIGHT] > 0) & (passes == (firsts == _PASS))
    return second


def second_decisions(
    engine: Engine, model: ModelPolicy, starts: Sequence[Start], slots: Sequence[int]
) -> list[tuple[Seconds, Seconds]]:
    """The second decisions that follow first ones, of both seats.

    A seat learns nothing between its decisions, so one battle serves both seats.

    Args:
        engine: the engine of the battles.
        model: model of both players.
        starts: the battles, which do not change.
        slots: free slots, in which copies are played.

    Returns:
        For each start, the second decisions of both seats.
    """
    found: list[tuple[Seconds, Seconds]] = [
        ([None] * len(start.firsts[0]), [None] * len(start.firsts[1])) for start in starts
    ]
    tasks = [
        (number, place)
        for number, start in enumerate(starts)
        for place in range(max(len(firsts) for firsts in start.firsts))
    ]
    for begin in range(0, len(tasks), len(slots)):
        part = tasks[begin : begin + len(slots)]
        into = np.array(slots[: len(part)], dtype=np.int64)
        sources = np.array([starts[number].slot for number, _ in part], dtype=np.int64)
        actions = np.array(
            [
                [firsts[min(place, len(firsts) - 1)] for firsts in starts[number].firsts]
                for number, place in part
            ]
        )
        starting = both_rows(sources)
        is_left = np.stack([begins(engine.observations[rows]) for rows in starting.T], axis=1)
        is_left &= engine.acting[starting]
        engine.advance(into.tolist(), actions, sources=sources.tolist())
        rows = both_rows(into)
        due = is_left & engine.acting[rows]
        for seat in (0, 1):
            due[:, seat] &= continues(engine.observations[rows[:, seat]], actions[:, seat])
        if not due.any():
            continue
        for (line, seat), chances in zip(
            np.argwhere(due).tolist(), model.probabilities(engine, rows[due]), strict=True
        ):
            number, place = part[line]
            if place < len(found[number][seat]):
                found[number][seat][place] = chances
    return found


def answers_of(
    firsts: Ints, chances: Floats, seconds: Seconds | None, number: int, least: float = 0.0
) -> Answers:
    """The most probable answers.

    Args:
        firsts: `(F,)` first actions.
        chances: `(F,)` their probabilities.
        seconds: the second decisions after them; None: none follows.
        number: of answers, at most.
        least: probability that an answer beyond the first needs.
    """
    pairs: list[tuple[int, int]] = []
    weights: list[float] = []
    for first, chance, after in zip(
        firsts.tolist(), chances.tolist(), seconds or [None] * len(firsts), strict=True
    ):
        if after is None:
            pairs.append((first, NOTHING))
            weights.append(chance)
            continue
        for second in most_probable(after, number).tolist():
            pairs.append((first, second))
            weights.append(chance * float(after[second]))
    kept = most_probable(np.array(weights), number, least)
    return Answers(np.array(pairs)[kept], np.array(weights)[kept])
