"""Ratings from matches of all pairs: the Bradley-Terry model, with intervals from a bootstrap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import choix
import numpy as np
from numpy.typing import NDArray

from agents.match_result import ELO_PER_UNIT, PAIR_SCORES, MatchResult

# Strength of the prior, in wins: without it, an agent that never lost would have no finite rating.
_PRIOR = 0.1
_RESAMPLES = 500


@dataclass(frozen=True)
class Rating:
    """An agent's strength among those that played, in Elo points; their mean is 0.

    Attributes:
        name: of the agent.
        elo: most probable rating.
        interval: 95% bootstrap interval.
    """

    name: str
    elo: float
    interval: tuple[float, float]

    def to_json(self) -> dict[str, Any]:
        """Numbers by name."""
        return {
            "agent": self.name,
            "elo": round(self.elo, 1),
            "interval": [round(bound, 1) for bound in self.interval],
        }


def bradley_terry(results: Mapping[tuple[str, str], MatchResult], seed: int = 0) -> list[Rating]:
    """Rate agents by their matches (Bradley and Terry 1952, doi:10.2307/2334029).

    A tie counts as half a win for each. The bootstrap draws mirrored pairs of battles, which share teams and
    luck, not single battles.

    Args:
        results: matches by the names of both agents, seen from the first.
        seed: of the bootstrap.

    Returns:
        Ratings, best first.
    """
    names = list(dict.fromkeys(name for pair in results for name in pair))
    places = {name: place for place, name in enumerate(names)}
    matches = [(places[a], places[b], np.array(result.pair_counts)) for (a, b), result in results.items()]
    rng = np.random.default_rng(seed)
    rated = _rate(len(names), matches)
    resampled = np.array(
        [
            _rate(len(names), [(a, b, rng.multinomial(n.sum(), n / n.sum())) for a, b, n in matches])
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


def _rate(num_agents: int, matches: Sequence[tuple[int, int, NDArray[np.int64]]]) -> NDArray[np.float64]:
    """Elo points (agents,) from how many mirrored pairs gave the first agent each of `PAIR_SCORES`."""
    wins = np.zeros((num_agents, num_agents))
    for first, second, counts in matches:
        score = 2 * float(counts @ np.array(PAIR_SCORES))
        wins[first, second] += score
        wins[second, first] += 2 * float(counts.sum()) - score
    strengths: NDArray[np.float64] = choix.ilsr_pairwise_dense(wins, alpha=_PRIOR, max_iter=1000)
    elo: NDArray[np.float64] = ELO_PER_UNIT * (strengths - strengths.mean())
    return elo
