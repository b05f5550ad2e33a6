"""Train an agent by self-play: `python train_selfplay.py --config config/train_config.yml`.

Each run gets a folder with its configuration, metrics, checkpoints and final evaluation. Ctrl-C
stops it cleanly and `--resume` goes on: bit for bit as if it had never stopped, when it goes on
from a checkpoint of the schedule.
"""

from __future__ import annotations

import signal

if __name__ == "__main__":  # until there is something to save, Ctrl-C ends it without a word
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import argparse
import json
import sys
import time
import warnings
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

import torch
from tqdm import tqdm

from agents.checkpoints.files import write_atomically
from agents.checkpoints.run_folder import find_checkpoint
from agents.config import TrainConfig, load_config
from agents.config.tables import terminal_table
from agents.episodes.source import collect
from agents.errors import CheckpointError, DivergedError, StopRequested
from agents.evaluate.match_result import MatchResult, format_table
from agents.evaluate.matches import evaluate_agent
from agents.runs.build import make_envs, seed_of, set_learning_rate
from agents.runs.logger import MetricsLogger
from agents.runs.metrics import pool_metrics, rollout_metrics, summary_line
from agents.runs.run import Run, resume_run, start_run
from agents.runs.stop_signal import StopSignal
from agents.selfplay.rollout import Rollout
from pokeenv import EngineError, PokeenvError

DEFAULT_CONFIG = "config/train_config.yml"
RESULTS = "evaluation.json"


def train(run: Run, stop: StopSignal) -> None:
    """Train until the episodes of the configuration are done, or until told to stop."""
    config, agent, done = run.config, run.agent, run.done
    with ExitStack() as stack:
        envs = [stack.enter_context(env) for env in make_envs(config)]
        pool = run.open_folder()  # whatever can be refused has been by now
        if (
            done.episodes < config.episodes
        ):  # what a finished run was measured at is not what this one will be
            (run.folder.path / RESULTS).unlink(missing_ok=True)
        print(f"{run.folder.path}: from update {done.update} on, {done.episodes:,} episodes done")
        logger = MetricsLogger(run.folder.path, tensorboard=config.tensorboard, resume_step=done.update)
        stack.enter_context(logger)
        bar = stack.enter_context(tqdm(total=config.episodes, initial=done.episodes, unit="episode"))
        seed = seed_of(config, done.update)
        rollout = Rollout(envs, agent, pool, gamma=config.gamma, gae_lambda=config.gae_lambda, seed=seed)
        memory_plan = ""
        while done.episodes < config.episodes:
            started = time.perf_counter()
            torch.set_num_threads(1)  # acting is small work, and the simulator needs the other cores
            batch = collect(rollout, config.episodes_per_update, stop.requested)
            collected = time.perf_counter()
            torch.set_num_threads(config.torch_threads)
            progress = min(1.0, done.episodes / config.episodes)
            lr = set_learning_rate(agent, config, progress)
            loss = agent.update(batch, progress=progress)
            done.count(batch.num_episodes, batch.num_decisions)
            pool.refresh(agent, done.update)
            updated = time.perf_counter()

            metrics = {"loss": loss, "lr": lr} | agent.metrics
            metrics |= rollout_metrics(batch, rollout.results, rollout.reward_components)
            metrics |= pool_metrics(pool)
            metrics |= {"time/collect_s": collected - started, "time/update_s": updated - collected}
            metrics |= {"time/decisions_per_s": batch.num_decisions / (updated - started)}
            if config.evaluation.interval and done.update % config.evaluation.interval == 0:
                with suppress(StopRequested):  # the update's own figures are kept; collect() stops then
                    results = evaluate(run, config.evaluation.interval_battles, stop)
                    metrics |= {f"evaluation/{name}": result.win_rate for name, result in results.items()}
            logger.write(metrics, done.update)
            bar.set_postfix_str(summary_line(metrics), refresh=False)
            bar.update(batch.num_episodes)
            if agent.memory_plan != memory_plan:
                bar.write(memory_plan := agent.memory_plan)

            if done.update % config.checkpoint_interval == 0:
                run.save()
                # Running battles cannot be saved. Dropping them at every checkpoint makes the run that
                # goes on from it equal to the one that did not stop.
                rollout.reset(seed_of(config, done.update))


def evaluate(run: Run, battles: int, stop: StopSignal) -> dict[str, MatchResult]:
    """Measure a copy of the agent against the opponents of the configuration, seats mirrored."""
    settings = run.config.evaluation
    torch.set_num_threads(1)
    total = battles * len(settings.opponents)
    with tqdm(total=total, desc="evaluation", unit="battle", leave=False) as bar:

        def progress(count: int) -> None:
            bar.update(count)
            if stop.requested():
                raise StopRequested

        return evaluate_agent(
            run.agent,
            settings.opponents,
            run.config.battle_format,
            battles,
            seed=run.config.seed,
            greedy=settings.greedy,
            parallel=settings.parallel,
            turn_limit=run.config.turn_limit,
            teams=run.config.teams_dir,
            progress=progress,
        )


def finish(run: Run, stop: StopSignal) -> None:
    """Final checkpoint and final evaluation: a table for people, JSON for machines."""
    path = run.save()
    print(f"trained on {run.done.episodes:,} episodes, {run.done.decisions:,} decisions: {path}")
    if run.config.save_model is not None:
        target = Path(run.config.save_model)
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, path.read_bytes())
    if not run.config.evaluation.battles:
        return
    results = evaluate(run, run.config.evaluation.battles, stop)
    content = {name: result.to_json() for name, result in results.items()}
    write_atomically(run.folder.path / RESULTS, (json.dumps(content, indent=2) + "\n").encode())
    print(
        f"final evaluation: {run.config.battle_format}, seats mirrored, greedy {run.config.evaluation.greedy}"
    )
    print(format_table({(run.agent.name, name): result for name, result in results.items()}))


def parse_args(argv: Sequence[str] | None) -> tuple[argparse.Namespace, list[str]]:
    """Read the command line; the second value holds all overrides of configuration keys."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").splitlines()[0],
        epilog="keys of the configuration, for --config and --set:\n\n" + terminal_table(TrainConfig),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--config", help=f"configuration file (default {DEFAULT_CONFIG}; resuming: the run's own)"
    )
    parser.add_argument("--episodes", help="episodes to learn from")
    parser.add_argument("--seed", help="seed of the run")
    parser.add_argument("--device", help="where networks live: auto, cpu, cuda, cuda:N, mps")
    parser.add_argument(
        "--resume",
        nargs="?",
        const="latest",
        metavar="PATH",
        help="go on from a checkpoint or run folder; without PATH the newest in --config's checkpoint_dir",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="set a key, such as network.hidden_size=128; may be repeated",
    )
    args = parser.parse_args(argv)
    named = [
        f"{key}={value}"
        for key in ("episodes", "seed", "device")
        if (value := getattr(args, key)) is not None
    ]
    return args, [*args.set, *named]


def make_run(args: argparse.Namespace, overrides: Sequence[str]) -> Run:
    """The run that the command line asks for."""
    if args.resume is None:
        return start_run(load_config(args.config or DEFAULT_CONFIG, overrides))
    where = args.resume
    if where == "latest":
        where = load_config(args.config or DEFAULT_CONFIG, overrides).checkpoint_dir
    return resume_run(find_checkpoint(where), args.config, overrides)


def say_how_to_go_on(run: Run, *, save: bool, options: str = "") -> None:
    """The simulator may fail and the user may stop: neither takes away what has been learnt."""
    where = None
    try:
        where = run.save() if save else find_checkpoint(run.folder.path)
    except CheckpointError as error:
        if save:
            print(f"error: {error}", file=sys.stderr)
            where = run.folder.path if run.folder.checkpoints() else None
    if where is not None:
        print(f"to go on: python train_selfplay.py --resume {where}{options}", file=sys.stderr)


def main(argv: Sequence[str] | None = None) -> int:
    """Train and evaluate; return the exit code."""
    args, overrides = parse_args(argv)
    stop = StopSignal()
    run: Run | None = None
    try:
        with stop.listening():
            run = make_run(args, overrides)
            train(run, stop)
            finish(run, stop)
    except KeyboardInterrupt:
        print("stopped at once; checkpoints written so far are whole", file=sys.stderr)
        return 128 + signal.SIGINT
    except DivergedError as error:  # not saved: the networks may hold half an update
        assert run is not None
        print(f"error: update {run.done.update + 1}: {error}", file=sys.stderr)
        # With the same settings it would go the same way once more.
        say_how_to_go_on(run, save=False, options=f" --set lr={run.config.lr / 2:g}")
        return 1
    except (StopRequested, PokeenvError, OSError) as error:
        if not isinstance(error, StopRequested):
            print(f"error: {error}", file=sys.stderr)
        if run is None or not run.begun:
            return 2  # refused: nothing has been written
        say_how_to_go_on(run, save=isinstance(error, (StopRequested, EngineError)))
        return 128 + stop.number if isinstance(error, StopRequested) else 1
    finally:
        if run is not None:
            run.close()
    return 0


if __name__ == "__main__":
    warnings.formatwarning = lambda message, *_args, **_kwargs: f"warning: {message}\n"
    sys.exit(main())
