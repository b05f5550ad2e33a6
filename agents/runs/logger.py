"""Metrics of a run: `metrics.jsonl`, one JSON object per update, and TensorBoard beside it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np

from agents.checkpoints.files import write_atomically
from agents.episodes.episode_batch import EpisodeBatch
from agents.evaluate.match_result import ELO_PER_UNIT, wilson_interval
from agents.selfplay.opponents import BattleResult, OpponentPool
from pokeenv import SINGLES

if TYPE_CHECKING:
    from torch.utils.tensorboard.writer import SummaryWriter


def _kind(action: int) -> str:
    words = SINGLES.names[action].split()  # "switch 2", "move 1", "move 1 terastallize"
    return "gimmick" if len(words) > 2 else words[0]


ACTIONS_OF_KIND = {
    kind: [action for action in range(SINGLES.num_actions) if _kind(action) == kind]
    for kind in ("move", "switch", "gimmick")
}


class MetricsLogger:
    """Writes metrics by step; a resumed run leaves no trace of the steps it plays again."""

    def __init__(self, run_dir: Path, *, tensorboard: bool, resume_step: int = 0) -> None:
        """Open the files.

        Args:
            run_dir: folder of the run.
            tensorboard: also write TensorBoard events, into `run_dir/tensorboard`.
            resume_step: last step that stays; later ones are removed.
        """
        path = run_dir / "metrics.jsonl"
        if path.exists():
            kept = "".join(line + "\n" for line in _lines_until(path, resume_step))
            write_atomically(path, kept.encode())
        self._file = path.open("a", encoding="utf-8")
        self._writer: SummaryWriter | None = None
        if tensorboard:
            # Imported here: it takes a second that runs without TensorBoard need not wait for.
            from torch.utils.tensorboard.writer import SummaryWriter

            self._writer = SummaryWriter(str(run_dir / "tensorboard"), purge_step=resume_step + 1)

    def write(self, metrics: Mapping[str, float], step: int) -> None:
        """Append one line. Numbers that are not finite become null in JSON.

        Args:
            metrics: numbers by name; a slash in a name groups them in TensorBoard.
            step: number of the update.
        """
        line = {"step": step} | {
            name: value if math.isfinite(value) else None for name, value in metrics.items()
        }
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()
        if self._writer is not None:
            for name, value in metrics.items():
                self._writer.add_scalar(name, value, step)
            self._writer.flush()  # what a kill must not take: a resumed run does not write it again

    def close(self) -> None:
        """Close the files; more than once is fine."""
        self._file.close()
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def __enter__(self) -> MetricsLogger:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the files."""
        self.close()


def read_metrics(path: Path) -> list[dict[str, float | None]]:
    """Read `metrics.jsonl`; lines that are torn or damaged are left out."""
    text = path.read_text(encoding="utf-8", errors="replace")
    return [metrics for line in text.splitlines() if (metrics := parse_metrics(line)) is not None]


def parse_metrics(line: str) -> dict[str, float | None] | None:
    """The numbers of one update, by name, or None for a line that holds none."""
    try:
        metrics = json.loads(line)
    except ValueError:
        return None
    if not isinstance(metrics, dict) or not isinstance(metrics.get("step"), int):
        return None
    wrong = [value for value in metrics.values() if not isinstance(value, int | float | None)]
    return None if wrong else metrics


def rollout_metrics(
    batch: EpisodeBatch, results: Sequence[BattleResult], reward_components: Mapping[str, float]
) -> dict[str, float]:
    """What the battles of one update were like.

    Args:
        batch: the episodes learnt from.
        results: the battles that ended.
        reward_components: what each has paid while the episodes were collected.

    Returns:
        Numbers by name; `rollout/action_entropy` is that of moves, switches and gimmicks as played (nats).
    """
    lengths = batch.episode_lengths.float()
    metrics = {
        "rollout/decisions": float(batch.num_decisions),
        "rollout/episode_length": lengths.mean().item(),
        "rollout/reward": batch.rewards.sum().item() / batch.num_episodes,
    }
    metrics |= {f"reward/{name}": paid / batch.num_episodes for name, paid in reward_components.items()}
    actions = batch.actions.numpy()
    shares = {kind: float(np.isin(actions, numbers).mean()) for kind, numbers in ACTIONS_OF_KIND.items()}
    metrics |= {f"rollout/{kind}": share for kind, share in shares.items()}
    metrics["rollout/action_entropy"] = -sum(share * math.log(share) for share in shares.values() if share)
    if results:
        metrics["rollout/turns"] = sum(result.turns for result in results) / len(results)
        metrics["rollout/truncated"] = sum(result.truncated for result in results) / len(results)
    return metrics


def pool_metrics(pool: OpponentPool) -> dict[str, float]:
    """How the learner stands against its opponents: win rates with 95% intervals, and the league.

    A member's rating is in Elo points above the learner, from the decayed win rate against it.
    """
    metrics: dict[str, float] = {}
    for name, scores in pool.scores().items():
        low, high = wilson_interval(sum(scores), len(scores))
        metrics |= {
            f"win_rate/{name}": sum(scores) / len(scores),
            f"win_rate_low/{name}": low,
            f"win_rate_high/{name}": high,
        }
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
    """The few numbers to watch, on one line: speed, loss, entropy, win rates."""
    parts = [f"{metrics['time/decisions_per_s']:,.0f} decisions/s", f"loss {metrics['loss']:.3f}"]
    if "entropy" in metrics:
        parts.append(f"entropy {metrics['entropy']:.2f}")
    wins = [f"{name[9:]} {value:.2f}" for name, value in metrics.items() if name.startswith("win_rate/")]
    if wins:
        parts.append("wins: " + " ".join(wins))
    return ", ".join(parts)


def _lines_until(path: Path, last_step: int) -> list[str]:
    lines = read_metrics(path)
    return [json.dumps(line) for line in lines if (line["step"] or 0) <= last_step]
