"""The search: it plays own and opposing actions in imagined battles and values the positions that follow.

Simultaneous moves, one answer deep: every scenario is an imagined world, an answer of the opponent and a
seed of luck, the same for all own answers, so that their values differ by the answers alone. An answer is an
action; in doubles it may be one action for each Pokémon.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.players.search.joint import (
    NOTHING,
    Answers,
    Seconds,
    Start,
    answers_of,
    both_rows,
    has_pairs,
    must_switch,
    second_decisions,
)
from agents.players.search.policy import ModelPolicy, most_probable
from agents.players.search.root import Root, WorldColumns
from agents.players.search.settings import SearchSettings
from agents.players.search.values import RUNNING, RowValue, position_values
from agents.players.search.worlds import Worlds
from pokeenv import Engine, other_row, row_of

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_PLAYOUT_STEPS = 400  # a playout of a battle that never ends stops here
_SWITCH_STEPS = 12  # decisions about replacements within a turn, at most
_UNLIKELY = 0.02  # answers of the opponent up to this probability are left out
_MS_OF_WORLD = 12.0  # of a limit of time, for each imagined world: four times as long as imagining takes


@dataclass(frozen=True)
class _Scenario:
    root: Root
    world: WorldColumns
    column: int
    seed: int


class Searcher:
    """Searches decisions in the imagined battles of one engine.

    Args:
        worlds: source of imagined battles.
        model: model of both players.
        value: values of positions.
        settings: extent of the search.
    """

    def __init__(self, worlds: Worlds, model: ModelPolicy, value: RowValue, settings: SearchSettings) -> None:
        """Keep the parts."""
        self._worlds = worlds
        self._model = model
        self._value = value
        self._settings = settings

    @property
    def _pairs(self) -> bool:
        return has_pairs(self._worlds.engine.action_masks.shape[1])

    def search(self, roots: Sequence[Root]) -> None:
        """Add results to roots until their budget is spent; a root with one action needs none."""
        began = time.perf_counter()
        open_roots = [root for root in roots if self._pairs or len(root.answers.actions) > 1]
        settings, slots = self._settings, self._worlds.slots
        group = max(1, len(slots) // (4 * settings.worlds))  # at least three quarters of the slots play on
        for first in range(0, len(open_roots), group):
            part = open_roots[first : first + group]
            done = (first + len(part)) / len(open_roots)
            deadline = began + done * len(open_roots) * settings.ms / 1000 if settings.ms else np.inf
            used = self._imagine(part)
            self._expand([root for root in part if len(root.answers.actions) > 1], slots[used:], deadline)

    def _scenarios(self, root: Root) -> int:
        """Scenarios that a root's simulations allow; each takes one for every own action."""
        if not self._settings.sims:
            return 1 << 30
        return self._settings.sims // len(root.answers.actions)

    def _imagine(self, roots: Sequence[Root]) -> int:
        """Imagine the worlds of roots; return the number of slots that they take."""
        engine, settings, used = self._worlds.engine, self._settings, 0
        imagined: list[tuple[Root, int, int]] = []
        for root in roots:
            number = min(settings.worlds, self._scenarios(root))
            if settings.ms:
                number = min(number, max(1, int(settings.ms / _MS_OF_WORLD)))
            into = list(self._worlds.slots[used : used + number])
            used += number
            seats = self._worlds.imagine(root.row, root.rng.integers(1 << 63, size=number).tolist(), into)
            imagined += [(root, slot, seat) for slot, seat in zip(into, seats, strict=False)]
        opposing = np.array([other_row(row_of(slot, seat)) for _, slot, seat in imagined], dtype=np.int64)
        imagined, opposing = self._playable(imagined, opposing)
        acting = engine.acting[opposing]
        chances: list[Floats | None] = [None] * len(imagined)
        if acting.any():
            priced = self._model.probabilities(engine, opposing[acting])
            for place, line in zip(np.flatnonzero(acting).tolist(), priced, strict=True):
                chances[place] = line
        answers = self._answers(imagined, chances, self._worlds.slots[used:])
        for (root, slot, seat), theirs in zip(imagined, answers, strict=True):
            root.add_world(slot, seat, theirs)
        return used

    def _answers(
        self,
        imagined: Sequence[tuple[Root, int, int]],
        chances: Sequence[Floats | None],
        slots: Sequence[int],
    ) -> list[Answers | None]:
        """The opponent's answers in imagined worlds, from the probabilities of its first action.

        In doubles the roots get their answers with both actions, which their first worlds show.
        """
        engine, settings = self._worlds.engine, self._settings
        theirs = [None if line is None else most_probable(line, settings.opposing) for line in chances]
        seconds: list[tuple[Seconds | None, Seconds | None]] = [(None, None)] * len(imagined)
        if self._pairs:
            starts = []
            for (root, slot, seat), firsts in zip(imagined, theirs, strict=True):
                both = root.answers.actions[:, 0], np.array([NOTHING]) if firsts is None else firsts
                starts.append(Start(slot, both if seat == 0 else both[::-1]))
            found = second_decisions(engine, self._model, starts, slots)
            seconds = [
                pair if seat == 0 else pair[::-1] for pair, (*_, seat) in zip(found, imagined, strict=True)
            ]
        answered: set[int] = set()
        for (root, *_), (own, _) in zip(imagined, seconds, strict=True):
            if own is not None and id(root) not in answered:
                answered.add(id(root))
                firsts, likely = root.answers.actions[:, 0], root.answers.chances
                root.answers = answers_of(firsts, likely, own, settings.own)
        return [
            None
            if firsts is None or line is None
            else answers_of(firsts, line[firsts], after, settings.opposing, least=_UNLIKELY)
            for firsts, line, (_, after) in zip(theirs, chances, seconds, strict=True)
        ]

    def _playable(
        self, imagined: list[tuple[Root, int, int]], opposing: Ints
    ) -> tuple[list[tuple[Root, int, int]], Ints]:
        """Leave out worlds that forbid an own action that is tried: the draw contradicts the true request."""
        masks = self._worlds.engine.action_masks[other_row(opposing)] > 0
        kept = [
            place
            for place, (root, _, _) in enumerate(imagined)
            if masks[place][root.answers.actions[:, 0]].all()
        ]
        return [imagined[place] for place in kept], opposing[kept]

    def _expand(self, roots: Sequence[Root], slots: Sequence[int], deadline: float) -> None:
        """Play scenarios of all roots by turns."""
        done = {id(root): 0 for root in roots}
        seconds = 0.0  # of the longest step so far
        rounds = 1 if deadline < np.inf else len(slots)  # else as many as fit
        while True:
            batch: list[_Scenario] = []
            taken, waiting = 0, list(roots)
            for _ in range(rounds):
                waiting = [root for root in waiting if root.worlds and done[id(root)] < self._scenarios(root)]
                for root in waiting:
                    if taken + len(root.answers.actions) <= len(slots):
                        batch.append(_Scenario(root, *root.next_scenario(done[id(root)])))
                        done[id(root)] += 1
                        taken += len(root.answers.actions)
            before = time.perf_counter()
            if not batch or before + seconds > deadline:
                return
            self._play(batch, slots)
            seconds = max(seconds, time.perf_counter() - before)

    def _play(self, batch: Sequence[_Scenario], slots: Sequence[int]) -> None:
        """Play all own answers in scenarios and add their values to the roots."""
        engine = self._worlds.engine
        sources, answers, seeds, seats = [], [], [], []
        for each in batch:
            world = each.world
            for answer in each.root.answers.actions:
                pair = [world.actions[each.column], answer]
                answers.append(pair if world.seat == 1 else pair[::-1])
                sources.append(world.slot)
                seeds.append(each.seed)
                seats.append(world.seat)
        into = np.array(slots[: len(sources)], dtype=np.int64)
        actions = np.array(answers)  # (B, seat, decision)
        own = row_of(np.array(sources, dtype=np.int64), 0) + np.array(seats)
        # A replacement alone shows nothing of the turn to come.
        depths = self._settings.depth + must_switch(engine, own)
        engine.advance(into.tolist(), actions[..., 0], sources=sources, seeds=seeds)
        broken = self._play_second(engine, into, actions[..., 1])
        self._replace(engine, into[~broken])
        if depths.any():
            self._play_out(engine, into, depths)
        values = position_values(engine, into, np.array(seats), self._value)
        values[broken] = np.nan
        start = 0
        for each in batch:
            end = start + len(each.root.answers.actions)
            each.root.add(each.world, each.column, values[start:end])
            start = end

    def _play_second(self, engine: Engine, slots: Ints, actions: Ints) -> Bools:
        """Play the second decisions `(B, 2)` of battles of doubles.

        Returns:
            `(B,)` true for battles that forbid such an action: the draw contradicts the true request.
        """
        broken = np.zeros(len(slots), dtype=bool)
        if not self._pairs:
            return broken
        rows = both_rows(slots)
        due = actions != NOTHING
        legal = np.take_along_axis(engine.action_masks[rows], np.maximum(actions, 0)[..., None], axis=2)[
            ..., 0
        ]
        broken |= (due & ((legal == 0) | ~engine.acting[rows])).any(axis=1)
        going = due.any(axis=1) & ~broken
        if going.any():
            engine.advance(slots[going].tolist(), actions[going])
        return broken

    def _replace(self, engine: Engine, slots: Ints) -> None:
        """Let the policy replace Pokémon within a turn, so that a turn begins in the positions."""
        for _ in range(_SWITCH_STEPS):
            rows = both_rows(slots)
            acting = engine.acting[rows] & (engine.statuses[slots] == RUNNING)[:, None]
            switching = np.zeros_like(acting)
            switching[acting] = must_switch(engine, rows[acting])
            waiting = switching.any(axis=1)
            if not waiting.any():
                return
            slots, rows, acting = slots[waiting], rows[waiting], acting[waiting]
            self._play_policy(engine, slots, rows, acting)

    def _play_out(self, engine: Engine, slots: Ints, depths: Ints) -> None:
        """Let the policy play both sides until `(B,)` more turns have begun, or the battle has ended."""
        last = engine.turns[slots] + depths
        for _ in range(_PLAYOUT_STEPS):
            going = slots[(engine.statuses[slots] == RUNNING) & (engine.turns[slots] < last)]
            if not len(going):
                return
            rows = both_rows(going)
            self._play_policy(engine, going, rows, engine.acting[rows])

    def _play_policy(self, engine: Engine, slots: Ints, rows: Ints, acting: Bools) -> None:
        """Let the policy play the acting seats `(B, 2)` of battles."""
        actions = np.full(rows.shape, NOTHING, dtype=np.int64)
        actions[acting] = self._model.best(engine, rows[acting])
        engine.advance(slots.tolist(), actions)
