"""Command lines of small training runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

# Two updates per checkpoint; snapshots, all kinds of opponents and truncated battles take part.
TINY = {
    "battle_format": "gen1randombattle",
    "seed": 3,
    "parallel": 4,
    "num_workers": 2,
    "turn_limit": 30,
    "episodes": 17,
    "episodes_per_update": 4,
    "checkpoint_interval": 2,
    "ppo_epochs": 2,
    "batch_size": 60,
    "opponent_mix": "'self:0.4,random:0.3,league:0.3'",
    "league.size": 2,
    "league.interval": 1,
    "win_rate_threshold": 0.2,
    "win_rate_window": 1,
    "entropy_coef_final": 0.0,
    "magnet": "ema",
    "magnet_coef": 0.1,
    "aux_coef": 0.1,
    "tensorboard": "false",
    "network.hidden_size": 16,
    "network.lstm_hidden_size": 16,
    "network.embedding_size": 4,
    "evaluation.battles": 0,
}


def arguments(checkpoint_dir: Path, **overrides: Any) -> list[str]:
    """Arguments of the training script for a tiny run; `a__b` overrides the key `a.b`."""
    settings = (
        TINY | {"checkpoint_dir": checkpoint_dir} | {k.replace("__", "."): v for k, v in overrides.items()}
    )
    options = [option for key, value in settings.items() for option in ("--set", f"{key}={value}")]
    config = checkpoint_dir / "empty.yml"
    checkpoint_dir.mkdir(parents=True, exist_ok=True)
    config.write_text("", encoding="utf-8")
    return ["--config", str(config), *options]
