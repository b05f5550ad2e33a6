"""Trials: short trainings of one configuration's variants with equal budgets, measured on their way.

    python -m benchmarks.trials TRIAL.json RESULT.json

runs one trial; `run_all` calls it for each variant and seed, in a process of its own.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import torch

from agents.agent import RLAgent
from agents.checkpoints.checkpoint import load_checkpoint, restore_agent
from agents.checkpoints.files import write_atomically
from agents.checkpoints.run_folder import find_checkpoint
from agents.config import TrainConfig, load_config
from agents.episodes.source import collect
from agents.evaluate.matches import evaluate_agent
from agents.registry import load
from agents.runs.battles import InlineBattles
from agents.runs.build import make_agent, make_pool, make_teacher, seed_of, set_learning_rate
from agents.selfplay.opponents import OpponentPool
from agents.selfplay.training_source import TrainingSource
from benchmarks.family import family_cpu_s

# Student's t for 95%, by degrees of freedom from 1.
T_95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145)
Result = dict[str, Any]


@dataclass(frozen=True)
class Trial:
    """One training with a budget.

    Attributes:
        variant: name of the variant.
        seed: seed of everything.
        config: configuration file.
        overrides: `KEY=VALUE` texts.
        budget: end of the training, in `unit`; schedules run over it.
        unit: `cpu_s`: CPU seconds of this process and of all below it, without measurements; or `decisions`.
        battles: battles per opponent at the end; half of them at the points before.
        opponents: agents to play against, greedily.
        points: measurements, the one at the end included.
        case: entry point of a `Case` whose battles replace those of the configuration.
    """

    variant: str
    seed: int
    config: str
    overrides: tuple[str, ...]
    budget: float
    unit: str
    battles: int
    opponents: tuple[str, ...]
    points: int = 4
    case: str = ""

    def load(self) -> TrainConfig:
        """The configuration."""
        return load_config(self.config, [*self.overrides, f"seed={self.seed}"])

    def key(self) -> str:
        """A name made from everything that the result depends on, besides the program."""
        facts = [self.load().model_dump_json(), self.budget, self.unit, self.battles, self.opponents]
        facts += [self.points, *([self.case] if self.case else [])]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


class Case(Protocol):
    """The battles of a trial."""

    def begin(
        self, config: TrainConfig, agent: RLAgent, folder: Path, stack: ExitStack
    ) -> tuple[TrainingSource, OpponentPool]:
        """Begin the battles to learn from.

        Args:
            config: the configuration of the trial.
            agent: the learner.
            folder: a folder for the pool's files.
            stack: ends the simulators when it closes.
        """

    def measure(self, agent: RLAgent, config: TrainConfig, trial: Trial, battles: int) -> dict[str, Any]:
        """`win_rates` of the learner by opponent, and other figures, by name."""


class ConfiguredCase:
    """The battles that the configuration describes."""

    def begin(
        self, config: TrainConfig, agent: RLAgent, folder: Path, stack: ExitStack
    ) -> tuple[TrainingSource, OpponentPool]:
        """See `Case.begin`."""
        battles = stack.enter_context(closing(InlineBattles(config)))
        pool = make_pool(config, agent, folder)
        return battles.begin(agent, pool, folder, seed=seed_of(config, 0), version=0), pool

    def measure(self, agent: RLAgent, config: TrainConfig, trial: Trial, battles: int) -> dict[str, Any]:
        """Win rates against the trial's opponents; both seats play the same battles in every variant."""
        results = evaluate_agent(
            agent,
            trial.opponents,
            config.battle_format,
            battles,
            seed=1000 + trial.seed,
            greedy=True,
            parallel=32,
            turn_limit=config.turn_limit,
            teams=config.teams_dir,
        )
        return {"win_rates": {name: round(result.win_rate, 4) for name, result in results.items()}}


def run(trial: Trial) -> Result:
    """Train once; measure during the training and at the end.

    Battles are played in this process and its simulators (`collection.source` has no effect), so that no work
    is left over when the budget is measured.
    """
    config = trial.load()
    torch.set_num_threads(1)
    agent, teacher = make_agent(config), make_teacher(config)
    case: Case = load(trial.case)() if trial.case else ConfiguredCase()
    if config.load_model is not None:
        restore_agent(load_checkpoint(find_checkpoint(config.load_model)), agent, optimizer=False)
    curve: list[Result] = []
    cpu_s, trainer_cpu_s, decisions, episodes, updates = 0.0, 0.0, 0, 0, 0
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        source, pool = case.begin(config, agent, folder, stack)
        progress = 0.0
        while progress < 1.0:
            before = family_cpu_s(), time.process_time()
            batch = collect(source, config.episodes_at(progress))
            if teacher is not None:
                batch = teacher.label(batch)
            set_learning_rate(agent, config, progress)
            agent.update(batch, progress=progress)
            updates += 1
            pool.refresh(agent, updates)
            source.version = updates
            cpu_s += family_cpu_s() - before[0]
            trainer_cpu_s += time.process_time() - before[1]
            decisions += batch.num_decisions
            episodes += batch.num_episodes
            progress = min(1.0, (cpu_s if trial.unit == "cpu_s" else decisions) / trial.budget)
            if progress < (len(curve) + 1) / trial.points:
                continue
            point: Result = {"cpu_s": round(cpu_s, 1), "trainer_cpu_s": round(trainer_cpu_s, 1)}
            point |= {"decisions": decisions, "episodes": episodes}
            count = trial.battles if progress == 1.0 else max(2, trial.battles // 4 * 2)
            point |= case.measure(agent, config, trial, count) | {"update": agent.metrics}
            # An update may pass several points; every curve has all of them.
            while len(curve) < trial.points and progress >= (len(curve) + 1) / trial.points:
                curve.append(point)
    return asdict(trial) | {"curve": curve, "updates": updates}


def run_all(trials: Sequence[Trial], folder: Path, processes: int) -> list[Result]:
    """Run each trial in its own process, except those whose results are in the folder."""
    folder.mkdir(parents=True, exist_ok=True)

    def result_of(trial: Trial) -> Result:
        path = folder / f"{trial.key()}.json"
        if not path.exists():
            order = path.with_suffix(".trial.json")
            write_atomically(order, json.dumps(asdict(trial)).encode())
            subprocess.run([sys.executable, "-m", "benchmarks.trials", order, path], check=True)
            order.unlink()
        # The same training may have been run under another name.
        result: Result = json.loads(path.read_text(encoding="utf-8")) | {"variant": trial.variant}
        print(f"{trial.variant}, seed {trial.seed}: {result['curve'][-1]['win_rates']}", file=sys.stderr)
        return result

    with ThreadPoolExecutor(processes) as pool:
        return list(pool.map(result_of, trials))


def mean_and_margin(values: Sequence[float], deviation: float, freedom: int) -> tuple[float, float]:
    """Mean over seeds, and half the width of its 95% interval.

    Args:
        values: one per seed.
        deviation: standard deviation between seeds.
        freedom: degrees of freedom of its estimate.
    """
    t = T_95[freedom - 1] if freedom <= len(T_95) else 1.96 + 2.5 / freedom
    return statistics.mean(values), t * deviation / math.sqrt(len(values))


def deviation_between_seeds(groups: Sequence[Sequence[float]]) -> tuple[float, int]:
    """Standard deviation between seeds, pooled over groups of seeds, and its degrees of freedom."""
    freedom = sum(len(group) - 1 for group in groups)
    squares = sum((value - statistics.mean(group)) ** 2 for group in groups for value in group)
    return math.sqrt(squares / freedom), freedom


def pooled_means(groups: Sequence[Sequence[float]]) -> list[tuple[float, float | None]]:
    """Mean of each group of seeds with its margin, from the deviation pooled over all groups.

    A margin is None if every group has only one seed.
    """
    if max(map(len, groups)) == 1:
        return [(statistics.mean(group), None) for group in groups]
    pooled = deviation_between_seeds(groups)
    return [mean_and_margin(group, *pooled) for group in groups]


def by_variant(results: Sequence[Result]) -> Mapping[str, list[Result]]:
    """Results of each variant, in the order of the first seed."""
    found: dict[str, list[Result]] = {}
    for result in results:
        found.setdefault(result["variant"], []).append(result)
    return found


def draw(results: Sequence[Result], x: str, label: str, path: Path) -> None:
    """Win rates: a plot for each opponent, a line for each variant, the seeds' range as a band.

    Args:
        results: all results.
        x: what to draw over, `decisions` or `cpu_s`.
        label: label of that axis.
        path: file to write.
    """
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    opponents = results[0]["opponents"]
    size = (4.5 * len(opponents), 3.4)
    figure, axes = plt.subplots(1, len(opponents), figsize=size, layout="constrained", squeeze=False)
    for axis, opponent in zip(axes[0], opponents, strict=True):
        for variant, own in by_variant(results).items():
            points = list(zip(*(result["curve"] for result in own), strict=True))
            places = [statistics.mean(point[x] for point in at) for at in points]
            rates = [[point["win_rates"][opponent] for point in at] for at in points]
            (line,) = axis.plot(places, [statistics.mean(at) for at in rates], label=variant)
            low, high = [min(at) for at in rates], [max(at) for at in rates]
            axis.fill_between(places, low, high, alpha=0.2, color=line.get_color())
        axis.set(title=f"against {opponent}", xlabel=label, ylabel="win rate", ylim=(0, 1))
        axis.grid(alpha=0.3)
    axes[0][0].legend(frameon=False, loc="upper left")
    figure.savefig(path, metadata={"Date": None})


def main(argv: Sequence[str] | None = None) -> None:
    """Run one trial."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trials", description=__doc__.split("\n")[0])
    parser.add_argument("trial", type=Path, help="JSON of a trial")
    parser.add_argument("result", type=Path, help="file to write")
    args = parser.parse_args(argv)
    trial = json.loads(args.trial.read_text(encoding="utf-8"))
    trial |= {name: tuple(trial[name]) for name in ("overrides", "opponents")}
    write_atomically(args.result, json.dumps(run(Trial(**trial))).encode())


if __name__ == "__main__":
    main()
