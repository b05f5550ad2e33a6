"""Results of matches: win rates, their intervals, and tables."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

Z_95 = 1.959963984540054
"""Two-sided 95% quantile of the normal distribution."""

ELO_PER_UNIT = 400 / math.log(10)
"""Elo points per unit of log-odds: 400 points are odds of ten to one."""

PAIR_SCORES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Possible mean scores of an agent in the two battles of a seed."""


@dataclass(frozen=True)
class MatchResult:
    """Result of a match, from agent A's point of view.

    Attributes:
        wins: battles A won.
        losses: battles A lost.
        ties: battles without a winner, including those that the turn limit ended.
        truncated: ties that the turn limit ended.
        turns: mean number of turns of a battle.
        battles_per_s: battles per second of wall time.
        pair_counts: number of mirrored pairs with each of `PAIR_SCORES`. The battles of a pair share teams
            and luck, so a bootstrap must draw pairs, not battles.
    """

    wins: int
    losses: int
    ties: int
    truncated: int
    turns: float
    battles_per_s: float
    pair_counts: tuple[int, ...] = ()

    @property
    def battles(self) -> int:
        """Number of battles."""
        return self.wins + self.losses + self.ties

    @property
    def win_rate(self) -> float:
        """Share of battles won; a tie counts half."""
        return (self.wins + self.ties / 2) / self.battles if self.battles else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """95% Wilson interval of the win rate."""
        return wilson_interval(self.wins + self.ties / 2, self.battles)

    def to_json(self) -> dict[str, Any]:
        """The result as numbers by name."""
        return {
            "battles": self.battles,
            "wins": self.wins,
            "losses": self.losses,
            "ties": self.ties,
            "truncated": self.truncated,
            "win_rate": round(self.win_rate, 4),
            "interval": [round(bound, 4) for bound in self.interval],
            "mean_turns": round(self.turns, 2),
            "battles_per_s": round(self.battles_per_s, 2),
            "pair_counts": list(self.pair_counts),
        }


def wilson_interval(score: float, battles: int, z: float = Z_95) -> tuple[float, float]:
    """Wilson score interval of a share (Wilson 1927, doi:10.1080/01621459.1927.10502953).

    Ties that count half give the score less variance than the binomial that the formula assumes, so the
    interval is then too wide rather than too narrow.

    Args:
        score: battles won; a tie counts half.
        battles: battles played.
        z: quantile of the normal distribution.

    Returns:
        Lower and upper bound; (0, 1) without battles.
    """
    if battles <= 0:
        return 0.0, 1.0
    share = score / battles
    scale = 1 + z * z / battles
    centre = share + z * z / (2 * battles)
    margin = z * math.sqrt(share * (1 - share) / battles + z * z / (4 * battles * battles))
    return max(0.0, (centre - margin) / scale), min(1.0, (centre + margin) / scale)


SHOWN_SETTINGS = ("battle_format", "battles", "turn_limit", "seed", "parallel", "greedy")
"""Arguments of `format_settings`."""


def format_settings(
    *, battle_format: str, battles: int, turn_limit: int, seed: int, parallel: int, greedy: bool
) -> str:
    """The settings of matches on one line, for the head of a table."""
    return (
        f"{battle_format}, {battles} battles per pair, turn limit {turn_limit}, seed {seed}, "
        f"{parallel} battles at a time, {'greedy' if greedy else 'sampled'}, seats mirrored"
    )


def format_table(results: dict[tuple[str, str], MatchResult]) -> str:
    """Table for people: one line per match, with the 95% interval."""
    names = [(a, b) for a, b in results]
    wide_a = max([len(a) for a, _ in names] + [5])
    wide_b = max([len(b) for _, b in names] + [8])
    head = f"{'agent':<{wide_a}}  {'opponent':<{wide_b}}"
    lines = [f"{head}  win rate  95% interval    wins  losses  ties  turns  battles/s"]
    for (a, b), result in results.items():
        low, high = result.interval
        lines.append(
            f"{a:<{wide_a}}  {b:<{wide_b}}  {result.win_rate:8.3f}  [{low:.3f}, {high:.3f}]  "
            f"{result.wins:6d}  {result.losses:6d}  {result.ties:4d}  {result.turns:5.1f}  "
            f"{result.battles_per_s:9.1f}"
        )
    return "\n".join(lines)
