"""Which settings learn more? Variants of a configuration with equal CPU time and several seeds.

    python -m benchmarks.learning [--config FILE] [--set KEY=VALUE] [--variants NAME ...]
        [--variant NAME KEY=VALUE ...] [--cpu-minutes 4] [--seeds 2] [--battles 400] [--points 4]
        [--save NAME]

Every variant gets the same CPU time of all its processes. Schedules run over that time, so a dear variant has
fewer decisions. At the end of each quarter, or of another of `--points` parts, the agent plays greedily with
mirrored seats. A finished training is kept in `runs/learning`, by its settings, and not repeated: a
measurement that was interrupted continues. With `load_model`, trainings start from that checkpoint's weights.
`--save NAME` writes `docs/results/learning-NAME.json`, `docs/learning-NAME.svg` (needs matplotlib, extra
`bench`) and `docs/learning.md`.

The interval of a mean comes from the deviation between seeds, pooled over all variants; differences are to
the first variant.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agents.checkpoints.files import write_atomically
from benchmarks import results as result_files
from benchmarks.extras import need
from benchmarks.page import learning_page
from benchmarks.trials import Result, Trial, by_variant, draw, pooled_means, run_all

AS_IT_IS = "as it is"
VARIANTS: dict[str, list[str]] = {
    AS_IT_IS: [],
    "lambda 0.95": ["gae_lambda=0.95"],
    "lambda 0.75": ["gae_lambda=0.75"],
    "lambda 0.5": ["gae_lambda=0.5"],
    "no memory": ["network.use_lstm=false"],
    "memory": ["network.use_lstm=true"],
    "no outlook": ["network.outlook=false"],
    "worth": ["network.worth=true"],
    "no worth": ["network.worth=false"],
    "no usual moves": ["network.usual_moves=false"],
    "less exploration": ["entropy_coef=0.01", "entropy_coef_final=0.002"],
    "entity": ["network.type=entity"],
    "candidate": ["network.type=candidate"],
    "no teacher": ["teacher=null"],
    "teacher": ["teacher=rule"],
    "192 battles at once": ["parallel=192"],
    "one epoch": ["ppo_epochs=1"],
    "two epochs": ["ppo_epochs=2"],
    "clip 0.1": ["clip_range=0.1"],
    "growing batches": ["episodes_per_update_final=1500", "batch_size_final=8192"],
    "constant batches": ["episodes_per_update_final=null", "batch_size_final=null"],
    "no auxiliary loss": ["aux_coef=0"],
    "auxiliary loss": ["aux_coef=0.1"],
    "from scratch": ["teacher=null", "opponent_mix=self:1", "lr=1e-3", "entropy_coef=0.04"],
    "from scratch without worth": [
        *("teacher=null", "opponent_mix=self:1", "lr=1e-3", "entropy_coef=0.04", "network.worth=false"),
    ],
    "entity and memory from scratch": [  # `make reproduce` before there were teachers
        *("teacher=null", "opponent_mix=self:0.5,max:0.1,rule:0.35,league:0.05", "league.interval=75"),
        *("network.type=entity", "network.observation=damage", "network.num_layers=1"),
        *("network.use_lstm=true", "network.lstm_hidden_size=256", "aux_coef=0.1", "target_kl=null"),
        *("network.worth=false", "network.usual_moves=false", "entropy_coef_final=0.002"),
        *("lr=1e-3", "gae_lambda=0.95", "clip_range=0.2", "entropy_coef=0.04", "ppo_epochs=3"),
        *("parallel=64", "episodes_per_update=192", "episodes_per_update_final=null"),
        *("batch_size=1024", "batch_size_final=null"),
    ],
}
SEPARATE = "runs/learning"


def summarise(results: Sequence[Result]) -> dict[str, dict[str, Any]]:
    """Figures of each variant at the end: win rates with margins, differences to the first variant."""
    variants = by_variant(results)
    opponents = results[0]["opponents"]
    figures: dict[str, dict[str, Any]] = {}
    for variant, own in variants.items():
        last = [result["curve"][-1] for result in own]
        figures[variant] = {
            "overrides": list(own[0]["overrides"]),
            "decisions": round(statistics.mean(point["decisions"] for point in last)),
            "cpu_s": round(statistics.mean(point["cpu_s"] for point in last)),
        }
    for opponent in opponents:
        groups = [[result["curve"][-1]["win_rates"][opponent] for result in own] for own in variants.values()]
        means = pooled_means(groups)
        first = means[0][0]
        for variant, (mean, margin) in zip(variants, means, strict=True):
            own = {"win_rate": round(mean, 3), "difference": round(mean - first, 3)}
            if margin is not None:
                own |= {"margin": round(margin, 3), "difference_margin": round(2**0.5 * margin, 3)}
            figures[variant][opponent] = own
    return figures


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.learning", description=__doc__.split("\n")[0])
    parser.add_argument("--config", default="config/reproduce.yml", help="training configuration")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="set in all variants")
    parser.add_argument("--variants", nargs="+", choices=VARIANTS, default=[AS_IT_IS], help="named variants")
    parser.add_argument(
        "--variant", nargs="+", action="append", default=[], metavar=("NAME", "KEY=VALUE"), help="one more"
    )
    parser.add_argument("--cpu-minutes", type=float, default=4.0, help="of each training, all processes")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--battles", type=int, default=400, help="battles per opponent at the end")
    parser.add_argument("--points", type=int, default=4, help="measurements of each training")
    parser.add_argument("--opponents", nargs="+", default=["max", "rule"])
    parser.add_argument("--processes", type=int, default=1, help="concurrent trainings")
    parser.add_argument("--save", metavar="NAME", help="write docs/results/learning-NAME.json and the page")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    """Train, measure, write the files."""
    args = parse_args(argv)
    if args.save:
        need("bench", "matplotlib")  # now, not after hours of training
    variants = {name: VARIANTS[name] for name in args.variants} | {name: keys for name, *keys in args.variant}
    trials = [
        Trial(
            variant=name,
            seed=seed,
            config=args.config,
            # Two simulators on one core cost more than they gain, and curves come from here.
            overrides=("num_workers=1", "tensorboard=false", *args.set, *keys),
            budget=60 * args.cpu_minutes,
            unit="cpu_s",
            battles=args.battles,
            opponents=tuple(args.opponents),
            points=args.points,
        )
        # Seed by seed, so that an interrupted run has comparable results.
        for seed in range(args.first_seed, args.first_seed + args.seeds)
        for name, keys in variants.items()
    ]
    results = run_all(trials, Path(SEPARATE), args.processes)
    figures = {"opponents": args.opponents, "variants": summarise(results)}
    settings = {name: getattr(args, name) for name in ("config", "set", "cpu_minutes", "seeds", "battles")}
    save = args.save and f"learning-{args.save}"
    if save:
        draw(results, "cpu_s", "CPU seconds of all processes", Path(f"docs/{save}.svg"))
    result_files.report("learning", trials[0].load().battle_format, settings, figures, save=save or None)
    if save:
        write_atomically(Path("docs/learning.md"), learning_page().encode())


if __name__ == "__main__":
    main()
