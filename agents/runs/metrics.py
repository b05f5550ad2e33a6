"""Metrics of one update: its battles, the win rates against every opponent, the league."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from agents.episodes.episode_batch import EpisodeBatch
from agents.evaluate.match_result import ELO_PER_UNIT, wilson_interval
from agents.selfplay.opponents import OpponentPool
from agents.selfplay.training_source import TrainingSource

KINDS = ("move", "switch", "gimmick")
SHOWN_NODES = 3  # in the progress line, each with its speed


def rollout_metrics(batch: EpisodeBatch, source: TrainingSource, version: int) -> dict[str, float]:
    """Metrics of the battles of one update.

    Args:
        batch: the episodes of the update.
        source: the source from which they were taken.
        version: number of updates before this one.

    Returns:
        Numbers by name; `rollout/action_entropy` is the entropy of the shares of moves, switches and gimmicks
        (nats), `rollout/staleness` the mean number of updates since an episode began.
    """
    lengths = batch.episode_lengths.float()
    metrics = {
        "rollout/decisions": float(batch.num_decisions),
        "rollout/episode_length": lengths.mean().item(),
        "rollout/reward": batch.rewards.sum().item() / batch.num_episodes,
    }
    paid = source.reward_components
    metrics |= {f"reward/{name}": total / batch.num_episodes for name, total in paid.items()}
    metrics["rollout/staleness"] = version - batch.versions.double().mean().item()
    actions = batch.actions.numpy()
    kinds = np.array(["gimmick" if action.gimmick else action.kind for action in source.action_space.actions])
    shares = {kind: float((kinds[actions] == kind).mean()) for kind in KINDS}
    metrics |= {f"rollout/{kind}": share for kind, share in shares.items()}
    metrics["rollout/action_entropy"] = -sum(share * math.log(share) for share in shares.values() if share)
    if len(batch.strategies):
        metrics["rollout/searched"] = (batch.strategies.sum(1) > 0).float().mean().item()
    if results := source.results:
        metrics["rollout/turns"] = sum(result.turns for result in results) / len(results)
        metrics["rollout/truncated"] = sum(result.truncated for result in results) / len(results)
    return metrics | dict(source.figures())


def pool_metrics(pool: OpponentPool) -> dict[str, float]:
    """Metrics of the opponents: the learner's win rates with 95% intervals, and the league's ratings.

    The rating of a member is its Elo points above the learner, from the decayed win rate against it.
    """
    metrics: dict[str, float] = {}
    for name, scores in pool.scores().items():
        low, high = wilson_interval(sum(scores), len(scores))
        metrics |= {
            f"win_rate/{name}": sum(scores) / len(scores),
            f"win_rate_low/{name}": low,
            f"win_rate_high/{name}": high,
        }
    if pool.replacements is not None:
        count, win_rate = pool.replacements
        metrics["self/replacements"] = float(count)
        if win_rate is not None:
            metrics["self/win_rate_when_replaced"] = win_rate
    if pool.league is not None and pool.league.members:
        ratings = [
            ELO_PER_UNIT * math.log(1 / member.win_rate - 1) if 0 < member.win_rate < 1 else math.nan
            for member in pool.league.members
        ]
        metrics |= {
            "league/members": float(len(ratings)),
            "league/rating_oldest": ratings[0],
            "league/rating_newest": ratings[-1],
            "league/rating_hardest": max(ratings),
        }
    return metrics


def summary_line(metrics: Mapping[str, float]) -> str:
    """The most important metrics on one line: speed, loss, entropy, actors and their nodes, win rates."""
    parts = [f"{metrics['time/decisions_per_s']:,.0f} decisions/s", f"loss {metrics['loss']:.3f}"]
    if "entropy" in metrics:
        parts.append(f"entropy {metrics['entropy']:.2f}")
    if "collection/actors" in metrics:
        parts.append(
            f"{metrics['collection/actors']:.0f} actors{_rates_of_nodes(metrics)}, "
            f"staleness {metrics['rollout/staleness']:.1f}, {metrics['collection/dropped']:.0f} dropped"
        )
    wins = [f"{name[9:]} {value:.2f}" for name, value in metrics.items() if name.startswith("win_rate/")]
    if wins:
        parts.append("wins: " + " ".join(wins))
    return ", ".join(parts)


def _rates_of_nodes(metrics: Mapping[str, float]) -> str:
    """Decisions per second of each node, or of the slowest and the fastest one if there are many."""
    prefix = "collection/decisions_per_s/"
    rates = {name.removeprefix(prefix): rate for name, rate in metrics.items() if name.startswith(prefix)}
    if len(rates) > SHOWN_NODES:
        return f" ({len(rates)} nodes, {min(rates.values()):,.0f} to {max(rates.values()):,.0f} decisions/s)"
    return f" ({', '.join(f'{node} {rate:,.0f}/s' for node, rate in rates.items())})" if rates else ""
