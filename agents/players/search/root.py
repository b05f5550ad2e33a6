"""`Root`: the results of the imagined battles of one decision, and the strategy that they lead to."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from agents.players.search.joint import NO_ANSWER, Answers, answers_of
from agents.players.search.matrix_game import Solution, solve
from agents.players.search.policy import most_probable
from agents.players.search.settings import SearchSettings

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_GOLDEN = 0.6180339887498949
_LEAST_LOG = -8.0
_ANCHORED = 4  # scenarios after which `anchor` counts in full


@dataclass
class WorldColumns:
    """One imagined world: the opponent's actions in it, and the payoffs of the own ones against them.

    Attributes:
        slot: the battle's slot.
        seat: the own seat in it.
        actions: `(C, 2)` answers of the opponent that are tried, as in `Answers`.
        model: `(C,)` their probabilities.
        sums: `(A, C)` sums of the values of the positions that followed.
        counts: `(C,)` positions of each own answer.
    """

    slot: int
    seat: int
    actions: Ints
    model: Floats
    sums: Floats
    counts: Ints
    drawn: int = 0


@dataclass
class Root:
    """A decision that is searched, in doubles with the one that follows.

    Attributes:
        row: the seat, as the agent numbers it.
        answers: own answers that are tried.
        rng: draws of this decision.
        worlds: worlds imagined so far.
        sims: positions valued so far.
    """

    row: int
    answers: Answers
    rng: np.random.Generator
    worlds: list[WorldColumns] = field(default_factory=list)
    sims: int = 0

    @classmethod
    def of(cls, row: int, prior: Floats, settings: SearchSettings, rng: np.random.Generator) -> Root:
        """A root without results, whose answers are one decision each.

        Args:
            row: the seat, as the agent numbers it.
            prior: `(A,)` probabilities of the policy for all actions.
            settings: extent of the search.
            rng: draws of this decision.
        """
        firsts = most_probable(prior, settings.own)
        return cls(row, answers_of(firsts, prior[firsts], None, settings.own), rng)

    def add_world(self, slot: int, seat: int, opposing: Answers | None) -> None:
        """Add an imagined world.

        Args:
            slot: the battle's slot.
            seat: the own seat in it.
            opposing: the opponent's answers; None if it does not act.
        """
        answers = opposing or NO_ANSWER
        model = answers.chances / answers.chances.sum()
        shape = (len(self.answers.actions), len(model))
        counts = np.zeros(len(model), dtype=np.int64)
        columns = WorldColumns(slot, seat, answers.actions, model, np.zeros(shape), counts)
        columns.drawn = int(self.rng.integers(1 << 16))
        self.worlds.append(columns)

    def next_scenario(self, number: int) -> tuple[WorldColumns, int, int]:
        """The world, the opponent's action (as a column) and the luck's seed for all own actions.

        Worlds take turns. In each, the opponent's actions come in proportion to the model, spread evenly.

        Args:
            number: scenarios before this one.
        """
        world = self.worlds[number % len(self.worlds)]
        quantile = (world.drawn * _GOLDEN) % 1.0
        world.drawn += 1
        column = int(np.searchsorted(np.cumsum(world.model), quantile, side="right"))
        return world, min(column, len(world.actions) - 1), int(self.rng.integers(1 << 63))

    def add(self, world: WorldColumns, column: int, values: Floats) -> None:
        """Add the values `(A,)` of the positions after all own actions in a scenario.

        An unknown value, NaN, becomes the mean of the others; a scenario without a known value is left out.
        """
        known = ~np.isnan(values)
        if not known.any():
            return
        values = np.where(known, values, values[known].mean())
        world.sums[:, column] += values
        world.counts[column] += 1
        self.sims += len(values)

    def solve(self, settings: SearchSettings) -> Solution | None:
        """The strategy over `answers`, with values without the anchor; None before the first result.

        Columns without results are left out, and the model of their world is scaled up. An own answer is
        worth `anchor` more for each factor e of its probability, and less the more scenarios there are.
        """
        payoffs: list[Floats] = []
        worlds: list[Ints] = []
        model: list[Floats] = []
        for columns in self.worlds:
            tried = columns.counts > 0
            if not tried.any():
                continue
            payoffs.append(columns.sums[:, tried] / columns.counts[tried])
            # Scenarios follow the model only roughly; the model's own probabilities weigh them.
            model.append(columns.model[tried] / columns.model[tried].sum())
            worlds.append(np.full(int(tried.sum()), len(worlds)))
        if not payoffs:
            return None
        likely = np.maximum(np.log(np.maximum(self.answers.chances, 1e-12)), _LEAST_LOG)
        scenarios = sum(int(columns.counts.sum()) for columns in self.worlds)
        extra = settings.anchor * _ANCHORED / scenarios * (likely - likely.max())
        table = np.concatenate(payoffs, axis=1) + extra[:, None]
        solution = solve(table, np.concatenate(worlds), np.concatenate(model), settings.trust)
        return replace(solution, values=solution.values - extra)
