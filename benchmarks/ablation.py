"""Does memory pay, and does seeing damage? Four variants of learning, with several seeds.

    python -m benchmarks.ablation [--decisions 400000] [--seeds 3] [--battles 400] [--processes 2]

Trains every variant with every seed on the same number of decisions (`config/train_config.yml` with one
worker and half its battles), measures it greedily against `max` and `random`, and writes
`docs/results/ablation.json`, `docs/ablation.md` and `docs/ablation.svg`. Finished trainings are kept in
`runs/ablation`, by their settings, and not repeated. Needs matplotlib (extra `bench`).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from agents.checkpoints.files import write_atomically
from agents.config import TrainConfig, load_config
from agents.episodes.source import collect
from agents.evaluate.matches import evaluate_agent
from agents.runs.build import make_agent, make_envs, make_pool, seed_of, set_learning_rate
from agents.selfplay.rollout import Rollout
from benchmarks.extras import need
from benchmarks.page import ablation_page
from benchmarks.results import report

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
POINTS = 4  # measurements during a training
T_95 = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}  # Student's t by the number of seeds


def configure(variant: str, seed: int) -> TrainConfig:
    """Configuration of one training."""
    return load_config("config/train_config.yml", [*VARIANTS[variant], *COMMON, f"seed={seed}"])


def train(variant: str, seed: int, decisions: int, battles: int) -> dict[str, Any]:
    """Train once; measure during the training and at the end."""
    config = configure(variant, seed)
    torch.set_num_threads(1)
    agent = make_agent(config)
    curve: list[dict[str, Any]] = []
    started, done, updates = time.process_time(), 0, 0

    def measure(number: int) -> dict[str, float]:
        results = evaluate_agent(
            agent,
            OPPONENTS,
            config.battle_format,
            number,
            seed=1000 + seed,
            greedy=True,
            parallel=32,
            turn_limit=config.turn_limit,
        )
        return {name: round(result.win_rate, 4) for name, result in results.items()}

    with ExitStack() as stack:
        envs = [stack.enter_context(env) for env in make_envs(config)]
        pool = make_pool(config, agent, Path(stack.enter_context(TemporaryDirectory())))
        rollout = Rollout(
            envs, agent, pool, gamma=config.gamma, gae_lambda=config.gae_lambda, seed=seed_of(config, 0)
        )
        while done < decisions:
            batch = collect(rollout, config.episodes_per_update)
            progress = min(1.0, done / decisions)
            set_learning_rate(agent, config, progress)
            agent.update(batch, progress=progress)
            done += batch.num_decisions
            updates += 1
            pool.refresh(agent, updates)
            if len(curve) < POINTS - 1 and done >= (len(curve) + 1) * decisions / POINTS:
                curve.append({"decisions": done, **measure(battles // 4 * 2)})
    curve.append({"decisions": done, **measure(battles)})
    return {
        "variant": variant,
        "seed": seed,
        "curve": curve,
        "updates": updates,
        "python_cpu_s": round(time.process_time() - started),
    }


def run_all(args: argparse.Namespace) -> list[dict[str, Any]]:
    """All trainings, each in its own process."""
    folder = Path("runs/ablation") / f"{args.decisions}-{args.battles}"
    folder.mkdir(parents=True, exist_ok=True)

    def run(job: tuple[str, int]) -> dict[str, Any]:
        variant, seed = job
        asked = hashlib.sha256(configure(variant, seed).model_dump_json().encode()).hexdigest()
        path = folder / f"{asked[:16]}.json"
        if not path.exists():
            command = [sys.executable, "-m", "benchmarks.ablation", "--train", variant, str(seed), str(path)]
            command += ["--decisions", str(args.decisions), "--battles", str(args.battles)]
            subprocess.run(command, check=True)
        result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        print(f"{variant}, seed {seed}: {result['curve'][-1]}", flush=True)
        return result

    # Seed by seed, so that an interrupted run has comparable results.
    jobs = [(variant, seed) for seed in range(args.seeds) for variant in VARIANTS]
    with ThreadPoolExecutor(args.processes) as pool:
        return list(pool.map(run, jobs))


def mean_and_margin(values: Sequence[float]) -> tuple[float, float]:
    """Mean over seeds, and half the width of its 95% interval (Student's t)."""
    margin = T_95[len(values)] * statistics.stdev(values) / len(values) ** 0.5
    return statistics.mean(values), margin


def summarise(results: Sequence[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Figures of each variant at the end of its trainings: mean and margin of the win rates, CPU seconds."""
    figures = {}
    for variant in VARIANTS:
        own = [result for result in results if result["variant"] == variant]
        found = {"trainer_cpu_s": float(statistics.median(result["python_cpu_s"] for result in own))}
        for opponent in OPPONENTS:
            mean, margin = mean_and_margin([result["curve"][-1][opponent] for result in own])
            found |= {f"win_rate_{opponent}": round(mean, 3), f"margin_{opponent}": round(margin, 3)}
        figures[variant] = found
    return figures


def draw(results: Sequence[dict[str, Any]], path: Path) -> None:
    """Win rates over decisions: a line for each variant, with the seeds' range as a band."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(OPPONENTS), figsize=(9, 3.4), layout="constrained")
    for axis, opponent in zip(axes, OPPONENTS, strict=True):
        for variant in VARIANTS:
            curves = [result["curve"] for result in results if result["variant"] == variant]
            points = list(zip(*curves, strict=True))
            decisions = [statistics.mean(point["decisions"] for point in at) for at in points]
            rates = [[point[opponent] for point in at] for at in points]
            (line,) = axis.plot(decisions, [statistics.mean(at) for at in rates], label=variant)
            axis.fill_between(
                decisions,
                [min(at) for at in rates],
                [max(at) for at in rates],
                alpha=0.2,
                color=line.get_color(),
            )
        axis.set(title=f"against {opponent}", xlabel="decisions learnt from", ylabel="win rate", ylim=(0, 1))
        axis.grid(alpha=0.3)
    axes[0].legend(frameon=False, loc="upper left")
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Train, measure, write the files."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ablation", description=__doc__.split("\n")[0])
    parser.add_argument("--decisions", type=int, default=400_000, help="decisions of each training")
    parser.add_argument("--seeds", type=int, default=3, choices=sorted(T_95))
    parser.add_argument("--battles", type=int, default=400, help="battles per opponent at the end")
    parser.add_argument("--processes", type=int, default=2, help="concurrent trainings")
    parser.add_argument("--train", nargs=3, metavar=("VARIANT", "SEED", "FILE"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    need("bench", "matplotlib")  # now, not after hours of training
    if args.train:
        variant, seed, path = args.train
        result = train(variant, int(seed), args.decisions, args.battles)
        write_atomically(Path(path), json.dumps(result).encode())
        return
    results = run_all(args)
    draw(results, Path("docs/ablation.svg"))
    settings = {name: getattr(args, name) for name in ("decisions", "seeds", "battles")}
    report("ablation", "gen1randombattle", settings, summarise(results), save="ablation")
    write_atomically(Path("docs/ablation.md"), ablation_page().encode())


if __name__ == "__main__":
    main()
