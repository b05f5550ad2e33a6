"""The search: it plays own and opposing actions in imagined battles and values the positions that follow.

Simultaneous moves, one decision deep: every scenario is an imagined world, an action of the opponent and a
seed of luck, the same for all own actions, so that their values differ by the actions alone.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents.players.search.policy import ModelPolicy
from agents.players.search.root import Root, WorldColumns
from agents.players.search.settings import SearchSettings
from agents.players.search.values import RUNNING, RowValue, position_values
from agents.players.search.worlds import Worlds
from pokeenv import Engine, other_row, row_of

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_PLAYOUT_STEPS = 400  # a playout of a battle that never ends stops here


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

    def search(self, roots: Sequence[Root]) -> None:
        """Add results to roots until their budget is spent; a root with one action needs none."""
        began = time.perf_counter()
        open_roots = [root for root in roots if len(root.actions) > 1]
        settings, slots = self._settings, self._worlds.slots
        group = max(1, len(slots) // (4 * settings.worlds))  # at least three quarters of the slots play on
        for first in range(0, len(open_roots), group):
            part = open_roots[first : first + group]
            done = (first + len(part)) / len(open_roots)
            deadline = began + done * len(open_roots) * settings.ms / 1000 if settings.ms else np.inf
            used = self._imagine(part)
            self._expand(part, slots[used:], deadline)

    def _scenarios(self, root: Root) -> int:
        """Scenarios that a root's simulations allow; each takes one for every own action."""
        if not self._settings.sims:
            return 1 << 30
        return self._settings.sims // len(root.actions)

    def _imagine(self, roots: Sequence[Root]) -> int:
        """Imagine the worlds of roots; return the number of slots that they take."""
        engine, settings, used = self._worlds.engine, self._settings, 0
        imagined: list[tuple[Root, int, int]] = []
        for root in roots:
            number = min(settings.worlds, self._scenarios(root))
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
        for (root, slot, seat), line in zip(imagined, chances, strict=True):
            root.add_world(slot, seat, line, settings)
        return used

    def _playable(
        self, imagined: list[tuple[Root, int, int]], opposing: Ints
    ) -> tuple[list[tuple[Root, int, int]], Ints]:
        """Leave out worlds that forbid an own action that is tried: the draw contradicts the true request."""
        masks = self._worlds.engine.action_masks[other_row(opposing)] > 0
        kept = [place for place, (root, _, _) in enumerate(imagined) if masks[place][root.actions].all()]
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
                    if taken + len(root.actions) <= len(slots):
                        batch.append(_Scenario(root, *root.next_scenario(done[id(root)])))
                        done[id(root)] += 1
                        taken += len(root.actions)
            before = time.perf_counter()
            if not batch or before + seconds > deadline:
                return
            self._play(batch, slots)
            seconds = max(seconds, time.perf_counter() - before)

    def _play(self, batch: Sequence[_Scenario], slots: Sequence[int]) -> None:
        """Play all own actions in scenarios and add their values to the roots."""
        engine = self._worlds.engine
        sources, actions, seeds, seats = [], [], [], []
        for each in batch:
            world = each.world
            for action in each.root.actions:
                pair = [int(world.actions[each.column]), int(action)]
                actions.append(pair if world.seat == 1 else pair[::-1])
                sources.append(world.slot)
                seeds.append(each.seed)
                seats.append(world.seat)
        into = np.array(slots[: len(sources)], dtype=np.int64)
        engine.advance(into.tolist(), np.array(actions), sources=sources, seeds=seeds)
        if self._settings.depth:
            self._play_out(engine, into)
        values = position_values(engine, into, np.array(seats), self._value)
        start = 0
        for each in batch:
            end = start + len(each.root.actions)
            each.root.add(each.world, each.column, values[start:end])
            start = end

    def _play_out(self, engine: Engine, slots: Ints) -> None:
        """Let the policy play both sides until `depth` more turns have begun, or the battle has ended."""
        last = engine.turns[slots] + self._settings.depth
        for _ in range(_PLAYOUT_STEPS):
            going = slots[(engine.statuses[slots] == RUNNING) & (engine.turns[slots] < last)]
            if not len(going):
                return
            rows = np.stack([row_of(going, 0), row_of(going, 1)], axis=1)  # (B, 2)
            actions = np.full(rows.shape, -1, dtype=np.int64)
            acting = engine.acting[rows]
            actions[acting] = self._model.best(engine, rows[acting])
            engine.advance(going.tolist(), actions)
