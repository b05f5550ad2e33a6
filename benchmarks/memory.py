"""Does memory pay where it must? Networks with and without memory against `benchmarks.carousel`.

    python -m benchmarks.memory [--decisions 100000] [--seeds 3] [--variants NAME ...] [--battles 400]
        [--scripted 400] [--processes 1] [--save]

Measures the scripted players, then trains every variant with every seed on the same number of decisions and
measures it greedily. Finished trainings and scripted players are kept in `runs/memory`, by their settings,
and not repeated: a measurement that was interrupted continues. `--save` writes `docs/results/memory.json`,
`docs/memory.md` and `docs/memory.svg` (needs matplotlib, extra `bench`).
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agents.checkpoints.files import write_atomically
from benchmarks import carousel
from benchmarks import results as result_files
from benchmarks.extras import need
from benchmarks.page import memory_page
from benchmarks.trials import Result, Trial, by_variant, draw, pooled_means, run_all

FOLDER = Path("runs/memory")
VARIANTS = {
    "feed-forward": ["network.type=basic"],
    "LSTM, whole episodes": ["network.memory=lstm"],
    "LSTM, segments of 4": ["network.memory=lstm", "sequence_learning.bptt_length=4"],
    "GRU, whole episodes": ["network.memory=gru"],
    "attention over 32 decisions": ["network.memory=attention", "network.context_length=32"],
}
COMMON = [
    f"battle_format={carousel.FORMAT}",
    "network.hidden_size=64",
    "network.lstm_hidden_size=64",
    "network.num_layers=1",
    "network.embedding_size=8",
    "network.shared=true",
    "num_workers=1",
    "parallel=32",
    "episodes_per_update=32",
    "batch_size=128",
    "lr=0.006",
    "gae_lambda=0.8",
    "entropy_coef=0.005",
    "precision=fp32",
    "tensorboard=false",
]
MEASURES = ("win_rate", "right")


def overrides_of(variant: str) -> tuple[str, ...]:
    """The settings of a variant, over `config/train_config.yml`."""
    own = VARIANTS[variant]
    kind = [] if any(key.startswith("network.type=") for key in own) else ["network.type=lstm"]
    return (*COMMON, *kind, *own)


def trials(variants: Sequence[str], decisions: int, seeds: int, battles: int) -> list[Trial]:
    """All trainings, seed by seed, so that an interrupted run has comparable results."""
    return [
        Trial(
            variant=variant,
            seed=seed,
            config="config/train_config.yml",
            overrides=overrides_of(variant),
            budget=decisions,
            unit="decisions",
            battles=battles,
            opponents=(carousel.NAME,),
            points=5,
            case="benchmarks.carousel:CarouselCase",
        )
        for seed in range(1, seeds + 1)
        for variant in variants
    ]


def scripted(battles: int, folder: Path) -> dict[str, dict[str, float]]:
    """Results of the scripted players, by rule; those in the folder are not measured again."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for rule in carousel.RULES:
        path = folder / f"scripted-{rule.replace(' ', '-')}-{battles}.json"
        if not path.exists():
            measured = carousel.ladder(battles, rules=[rule])[rule]
            write_atomically(path, json.dumps(measured).encode())
        found[rule] = {name: round(value, 3) for name, value in json.loads(path.read_bytes()).items()}
    return found


def summarise(results: Sequence[Result]) -> dict[str, dict[str, Any]]:
    """Figures of each variant at the end: means over the seeds with margins from the pooled deviation."""
    variants = by_variant(results)
    figures: dict[str, dict[str, Any]] = {}
    for variant, own in variants.items():
        last = [result["curve"][-1] for result in own]
        figures[variant] = {
            "overrides": VARIANTS[variant],
            "seeds": len(own),
            "cpu_s": round(statistics.mean(point["cpu_s"] for point in last)),
        }
    for measure in MEASURES:
        groups = [[measured(result["curve"][-1], measure) for result in own] for own in variants.values()]
        for variant, (mean, margin) in zip(variants, pooled_means(groups), strict=True):
            figures[variant][measure] = round(mean, 3)
            if margin is not None:
                figures[variant][f"{measure}_margin"] = round(margin, 3)
    return figures


def measured(point: Mapping[str, Any], measure: str) -> float:
    """A measure of a point of a curve."""
    return float(point["win_rates"][carousel.NAME] if measure == "win_rate" else point[measure])


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, train, write the files."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__.split("\n")[0])
    parser.add_argument("--decisions", type=int, default=100_000, help="decisions of each training")
    parser.add_argument("--seeds", type=int, default=3, choices=range(1, 16))
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--battles", type=int, default=400, help="battles at the end of a training")
    parser.add_argument("--scripted", type=int, default=400, help="battles of each scripted player")
    parser.add_argument("--processes", type=int, default=1, help="concurrent trainings")
    parser.add_argument("--save", action="store_true", help="write docs/results/memory.json and the page")
    args = parser.parse_args(argv)
    if args.save:
        need("bench", "matplotlib")  # now, not after the trainings
    rules = scripted(args.scripted, FOLDER)
    found = run_all(trials(args.variants, args.decisions, args.seeds, args.battles), FOLDER, args.processes)
    figures = {"scripted": rules, "variants": summarise(found)}
    names = ("decisions", "seeds", "battles", "scripted")
    settings = {name: getattr(args, name) for name in names} | {"common": COMMON}
    save = "memory" if args.save else None
    result_files.report("memory", carousel.FORMAT, settings, figures, save=save)
    if args.save:
        draw(found, "decisions", "decisions learnt from", Path("docs/memory.svg"))
        write_atomically(Path("docs/memory.md"), memory_page().encode())


if __name__ == "__main__":
    main()
