"""Does memory pay, and does seeing damage? Four variants of learning, with several seeds.

    python -m benchmarks.ablation [--decisions 400000] [--seeds 3] [--battles 400] [--processes 2]

Trains every variant with every seed on the same number of decisions (`config/train_config.yml` with one
worker and half its battles), measures it greedily against `max` and `random`, and writes
`docs/results/ablation.json`, `docs/ablation.md` and `docs/ablation.svg`. Finished trainings are kept in
`runs/ablation`, by their settings, and not repeated. Needs matplotlib (extra `bench`).
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Sequence
from pathlib import Path

from agents.checkpoints.files import write_atomically
from benchmarks.extras import need
from benchmarks.page import ablation_page
from benchmarks.results import report
from benchmarks.trials import (
    Result,
    Trial,
    by_variant,
    deviation_between_seeds,
    draw,
    mean_and_margin,
    run_all,
)

VARIANTS = {
    "feed-forward": ["network.use_lstm=false"],
    "LSTM, whole episodes": ["network.use_lstm=true", "sequence_learning.bptt_length=0"],
    "LSTM, segments of 16": ["network.use_lstm=true", "sequence_learning.bptt_length=16"],
    "LSTM, whole episodes, damage seen": [
        "network.use_lstm=true",
        "sequence_learning.bptt_length=0",
        "network.observation=damage",
    ],
}
COMMON = ["num_workers=1", "parallel=32", "tensorboard=false"]
OPPONENTS = ("max", "random")


def summarise(results: Sequence[Result]) -> dict[str, dict[str, float]]:
    """Figures of each variant at the end of its trainings: mean and margin of the win rates, CPU seconds."""
    figures = {}
    for variant, own in by_variant(results).items():
        last = [result["curve"][-1] for result in own]
        found = {"trainer_cpu_s": float(statistics.median(point["trainer_cpu_s"] for point in last))}
        for opponent in OPPONENTS:
            rates = [point["win_rates"][opponent] for point in last]
            mean, margin = mean_and_margin(rates, *deviation_between_seeds([rates]))
            found |= {f"win_rate_{opponent}": round(mean, 3), f"margin_{opponent}": round(margin, 3)}
        figures[variant] = found
    return figures


def main() -> None:
    """Train, measure, write the files."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ablation", description=__doc__.split("\n")[0])
    parser.add_argument("--decisions", type=int, default=400_000, help="decisions of each training")
    parser.add_argument("--seeds", type=int, default=3, choices=range(2, 16))
    parser.add_argument("--battles", type=int, default=400, help="battles per opponent at the end")
    parser.add_argument("--processes", type=int, default=2, help="concurrent trainings")
    args = parser.parse_args()
    need("bench", "matplotlib")  # now, not after hours of training
    trials = [
        Trial(
            variant=variant,
            seed=seed,
            config="config/train_config.yml",
            overrides=(*VARIANTS[variant], *COMMON),
            budget=args.decisions,
            unit="decisions",
            battles=args.battles,
            opponents=OPPONENTS,
        )
        # Seed by seed, so that an interrupted run has comparable results.
        for seed in range(args.seeds)
        for variant in VARIANTS
    ]
    results = run_all(trials, Path("runs/ablation"), args.processes)
    draw(results, "decisions", "decisions learnt from", Path("docs/ablation.svg"))
    settings = {name: getattr(args, name) for name in ("decisions", "seeds", "battles")}
    report("ablation", "gen1randombattle", settings, summarise(results), save="ablation")
    write_atomically(Path("docs/ablation.md"), ablation_page().encode())


if __name__ == "__main__":
    main()
