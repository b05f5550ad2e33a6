"""Mixed strategies of a game of one simultaneous choice, in which the opponent knows its hidden team.

The own side chooses a row; it does not know the world. The opponent knows the world and chooses one of its
columns. Payoffs are the own side's; the opponent's are their negatives.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

ITERATIONS = 100
_NOTHING = 1e-300  # instead of a sum that nothing is divided by


@dataclass(frozen=True)
class Solution:
    """Strategies of both sides.

    Attributes:
        own: `(A,)` probabilities of the rows.
        opposing: `(C,)` probabilities of the columns; those of each world sum to 1.
        values: `(A,)` payoff of each row against `opposing`, in expectation over the worlds.
    """

    own: Numbers
    opposing: Numbers
    values: Numbers

    @property
    def value(self) -> float:
        """Payoff of both strategies against each other."""
        return float(self.own @ self.values)


def solve(
    payoffs: Numbers,
    worlds: NDArray[np.intp],
    model: Numbers,
    trust: float = 0.0,
    iterations: int = ITERATIONS,
) -> Solution:
    """Solve the game by regret matching with alternating updates and linear averages (arXiv:1407.5042).

    With probability `trust` the opponent follows the model; otherwise it plays its best. The strategies are
    an equilibrium of that game up to an error that falls with the iterations. With `trust` 1 the own strategy
    is the best response to the model; with 0 it is the equilibrium.

    Args:
        payoffs: `(A, C)` of the own side.
        worlds: `(C,)` number of the world to which each column belongs, from 0 without gaps; all worlds have
            the same probability.
        model: `(C,)` expected strategy of the opponent; the columns of each world sum to 1.
        trust: probability that the opponent follows the model, in [0, 1].
        iterations: of regret matching.

    Raises:
        ValueError: the shapes differ, or there is nothing to choose.
    """
    rows, columns = payoffs.shape
    if worlds.shape != (columns,) or model.shape != (columns,) or not rows or not columns:
        raise ValueError(f"need columns for payoffs {payoffs.shape}, got {worlds.shape} and {model.shape}")
    belongs = worlds == np.arange(worlds.max() + 1)[:, None]  # (W, C)
    if not belongs.any(axis=1).all():
        raise ValueError(f"worlds {worlds.tolist()} have gaps")
    if trust == 1.0:
        return _best_response(payoffs, model / (worlds.max() + 1), model)
    sizes = belongs.sum(axis=1)
    place = (worlds, np.cumsum(belongs, axis=1)[worlds, np.arange(columns)] - 1)  # world and number in it
    shape = (len(belongs), int(sizes.max()))
    there = np.arange(shape[1]) < sizes[:, None]  # (W, C')
    table = np.zeros((rows, *shape))
    table[:, place[0], place[1]] = payoffs / len(belongs)
    expected = np.zeros(shape)
    expected[place] = trust * model
    equal = there / sizes[:, None]
    flat = table.reshape(rows, -1)
    own_regrets, opposing_regrets = np.zeros(rows), np.zeros(shape)
    own_sum, opposing_sum = np.zeros(rows), np.zeros(shape)
    own, free = np.full(rows, 1.0 / rows), equal
    for iteration in range(1, iterations + 1):
        values = flat @ (expected + (1.0 - trust) * free).ravel()
        own_regrets = np.maximum(own_regrets + values - own @ values, 0.0)
        total = own_regrets.sum()
        own = own_regrets / total if total > 0 else np.full(rows, 1.0 / rows)
        costs = -(own @ flat).reshape(shape)
        gains = costs - np.einsum("wc,wc->w", free, costs)[:, None]
        opposing_regrets = np.maximum(opposing_regrets + gains, 0.0) * there
        totals = opposing_regrets.sum(axis=1, keepdims=True)
        free = np.where(totals > 0, opposing_regrets / np.maximum(totals, _NOTHING), equal)
        own_sum += iteration * own
        opposing_sum += iteration * free
    free = opposing_sum / opposing_sum.sum(axis=1, keepdims=True)
    opposing = trust * model + (1.0 - trust) * free[place]
    return Solution(own_sum / own_sum.sum(), opposing, payoffs @ opposing / len(belongs))


def _best_response(payoffs: Numbers, chances: Numbers, model: Numbers) -> Solution:
    """The best rows against columns with these chances `(C,)`, all with the same probability."""
    values = payoffs @ chances
    best = values >= values.max() - 1e-12
    return Solution(best / best.sum(), model, values)
