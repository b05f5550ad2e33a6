"""Ratings from matches of all pairs: the Bradley-Terry model, with intervals from a Bayesian bootstrap."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import choix
import numpy as np
from numpy.typing import NDArray

from agents.evaluate.match_result import ELO_PER_UNIT, PAIR_SCORES, MatchResult

# Every two agents start with this imaginary number of mirrored pairs for each of `PAIR_SCORES`: together half
# a win for each agent (Jeffreys' prior). Without them, the rating of an agent that never lost would be
# infinite.
_PRIOR = 0.1
_RESAMPLES = 500


@dataclass(frozen=True)
class Rating:
    """An agent's strength in Elo points, relative to the mean of all agents.

    Attributes:
        name: name of the agent.
        elo: most probable rating.
        interval: 95% interval of the Bayesian bootstrap; very wide for an agent that never lost.
    """

    name: str
    elo: float
    interval: tuple[float, float]

    def to_json(self) -> dict[str, Any]:
        """The rating as numbers by name."""
        return {
            "agent": self.name,
            "elo": round(self.elo, 1),
            "interval": [round(bound, 1) for bound in self.interval],
        }


def bradley_terry(results: Mapping[tuple[str, str], MatchResult], seed: int = 0) -> list[Rating]:
    """Rate agents by their matches (Bradley and Terry 1952, doi:10.2307/2334029).

    A tie counts as half a win for each. The uncertainty lies in how often a mirrored pair of battles, which
    share teams and luck, has each of `PAIR_SCORES`: the Bayesian bootstrap (Rubin 1981,
    doi:10.1214/aos/1176345338) draws these shares from their Dirichlet posterior. A plain bootstrap would
    repeat a one-sided result in every draw and give an interval of width 0.

    Args:
        results: results by the names of both agents, from the first agent's point of view.
        seed: seed of the bootstrap.

    Returns:
        Ratings, best first.
    """
    # In alphabetical order: results come in any order from several processes, and the draws follow the names.
    names = sorted({name for pair in results for name in pair})
    places = {name: place for place, name in enumerate(names)}
    pairs = {pair: np.full(len(PAIR_SCORES), _PRIOR) for pair in itertools.combinations(range(len(names)), 2)}
    for (a, b), result in results.items():
        first, second = places[a], places[b]
        counts = np.array(result.pair_counts)[:: 1 if first < second else -1]  # from agent b's view
        pairs[min(first, second), max(first, second)] += counts
    rng = np.random.default_rng(seed)
    rated = _rate(len(names), pairs)
    resampled = np.array(
        [
            _rate(len(names), {pair: n.sum() * rng.dirichlet(n) for pair, n in pairs.items()})
            for _ in range(_RESAMPLES)
        ]
    )  # (resamples, agents)
    low, high = np.quantile(resampled, (0.025, 0.975), axis=0)
    ratings = [
        Rating(name, float(rated[place]), (float(low[place]), float(high[place])))
        for name, place in places.items()
    ]
    return sorted(ratings, key=lambda rating: -rating.elo)


def format_ratings(ratings: Sequence[Rating]) -> str:
    """Table for people: one line per agent."""
    wide = max([len(rating.name) for rating in ratings] + [5])
    lines = [f"{'agent':<{wide}}    Elo  95% interval"]
    for rating in ratings:
        low, high = rating.interval
        lines.append(f"{rating.name:<{wide}}  {rating.elo:+5.0f}  [{low:+.0f}, {high:+.0f}]")
    return "\n".join(lines)


def _rate(num_agents: int, pairs: Mapping[tuple[int, int], NDArray[np.float64]]) -> NDArray[np.float64]:
    """Elo points `(agents,)` from the numbers of mirrored pairs with each of `PAIR_SCORES`."""
    wins = np.zeros((num_agents, num_agents))
    for (first, second), counts in pairs.items():
        wins[first, second] = 2 * counts @ np.array(PAIR_SCORES)
        wins[second, first] = 2 * counts[::-1] @ np.array(PAIR_SCORES)  # not total - wins: it may be tiny
    strengths: NDArray[np.float64] = choix.ilsr_pairwise_dense(wins, max_iter=1000)
    elo: NDArray[np.float64] = ELO_PER_UNIT * (strengths - strengths.mean())
    return elo
