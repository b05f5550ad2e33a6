"""Train an agent by self-play: `python train_selfplay.py --config config/train_config.yml`.

Each run gets a folder with its configuration, metrics, checkpoints and final evaluation. Ctrl-C stops a run
after saving it, and `--resume` continues it. A run that is resumed from one of its scheduled checkpoints
equals an uninterrupted one bit for bit.
"""

from __future__ import annotations

import signal

if __name__ == "__main__":  # until there is something to save, Ctrl-C ends the program without a message
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import argparse
import json
import sys
import time
import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import torch
from tqdm import tqdm

from agents.checkpoints.files import write_atomically
from agents.checkpoints.run_folder import find_checkpoint
from agents.config import TrainConfig, load_config
from agents.config.tables import terminal_table
from agents.episodes.source import collect
from agents.errors import CheckpointError, CollectionError, DivergedError, StopRequested
from agents.evaluate.match_result import SHOWN_SETTINGS, MatchResult, format_settings, format_table
from agents.evaluate.matches import evaluate_agent
from agents.runs.build import seed_of, set_learning_rate
from agents.runs.forecast import Forecast
from agents.runs.metrics import pool_metrics, rollout_metrics, summary_line
from agents.runs.run import Run, open_run
from agents.runs.stop_signal import StopSignal, notice_of_update
from agents.runs.unused import unused_settings
from pokeenv import EngineError, PokeenvError

DEFAULT_CONFIG = "config/train_config.yml"
RESULTS = "evaluation.json"


def train(run: Run, stop: StopSignal) -> None:
    """Train until the configured number of episodes is reached or a stop is requested."""
    config, agent, pool, progress = run.config, run.agent, run.pool, run.progress
    if progress.episodes < config.episodes:
        (run.folder.path / RESULTS).unlink(missing_ok=True)  # it will no longer describe this run
    print(f"{run.folder.path}: {progress.update} updates and {progress.episodes:,} episodes done")
    sys.stderr.writelines(f"note: {line}\n" for line in unused_settings(config))
    with tqdm(total=config.episodes, initial=progress.episodes, unit="episode") as bar:
        source = run.begin_battles()
        memory_plan, forecast, ordered = "", Forecast(), 0  # ordered: episodes of the next batch
        while progress.episodes < config.episodes:
            started = time.perf_counter()
            stop.notice = notice_of_update(progress.update + 1)
            torch.set_num_threads(1)  # acting is little work, and the simulator needs the other cores
            # Nothing is collected ahead of a checkpoint, which therefore need not hold episodes.
            saves = (progress.update + 1) % config.checkpoint_interval == 0
            share_done = min(1.0, progress.episodes / config.episodes)
            size = ordered or config.episodes_at(share_done)
            after = (progress.episodes + size) / config.episodes
            ordered = source.collect_ahead(size, 0 if saves or after >= 1 else config.episodes_at(after))
            batch = collect(source, size, stop.requested)
            collected = time.perf_counter()
            torch.set_num_threads(config.torch_threads)
            if run.teacher is not None:
                batch = run.teacher.label(batch)
            lr = set_learning_rate(agent, config, share_done)
            loss = agent.update(batch, progress=share_done, should_stop=stop.requested)
            progress.add_update(batch.num_episodes, batch.num_decisions)
            pool.refresh(agent, progress.update)
            source.version = progress.update
            updated = time.perf_counter()

            metrics = {"loss": loss, "lr": lr} | agent.metrics
            metrics |= rollout_metrics(batch, source, progress.update - 1)
            metrics |= pool_metrics(pool)
            metrics |= {"time/collect_s": collected - started, "time/update_s": updated - collected}
            metrics |= {"time/decisions_per_s": batch.num_decisions / (updated - started)}
            if config.evaluation.interval and progress.update % config.evaluation.interval == 0:
                with suppress(StopRequested):  # the update's metrics are still written; collect() stops next
                    results = evaluate(run, config.evaluation.interval_battles, stop)
                    metrics |= {f"evaluation/{name}": result.win_rate for name, result in results.items()}
            run.logger.write(metrics, progress.update)
            bar.set_postfix_str(summary_line(metrics), refresh=False)
            bar.update(batch.num_episodes)
            if agent.memory_plan != memory_plan:
                bar.write(memory_plan := agent.memory_plan)
            forecast.after_update(progress, config.episodes, bar.write)

            if saves:
                run.save()
                # Running battles cannot be saved. Because every checkpoint drops them, a run that is resumed
                # from a checkpoint equals the run that was not stopped.
                source.reset(seed_of(config, progress.update))
            else:
                run.save_when_due()


def evaluate(run: Run, battles: int, stop: StopSignal) -> dict[str, MatchResult]:
    """Measure a copy of the learner against the configured opponents, seats mirrored."""
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
    """Write the final checkpoint and the final evaluation: a table for people, JSON for programs."""
    config, path = run.config, run.save()
    print(f"trained on {run.progress.episodes:,} episodes, {run.progress.decisions:,} decisions: {path}")
    if config.save_model is not None:
        target = Path(config.save_model)
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, path.read_bytes())
    if not config.evaluation.battles:
        return
    stop.notice = "stopping: the run is saved, its evaluation is dropped"
    run.battles.close()  # the evaluation has simulators of its own
    results = evaluate(run, config.evaluation.battles, stop)
    content = {name: result.to_json() for name, result in results.items()}
    write_atomically(run.folder.path / RESULTS, (json.dumps(content, indent=2) + "\n").encode())
    values = config.model_dump() | config.evaluation.model_dump()
    print(f"final evaluation: {format_settings(**{name: values[name] for name in SHOWN_SETTINGS})}")
    print(format_table({(run.agent.name, name): result for name, result in results.items()}))


def parse_args(argv: Sequence[str] | None) -> tuple[argparse.Namespace, list[str]]:
    """Read the command line; the second value holds all overrides of configuration keys."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").splitlines()[0],
        epilog="keys of the configuration, for --config and --set:\n\n" + terminal_table(TrainConfig),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--config", help=f"configuration file (default {DEFAULT_CONFIG}; with --resume: the run's own)"
    )
    parser.add_argument("--episodes", help="number of episodes to learn from")
    parser.add_argument("--seed", help="seed of the run")
    parser.add_argument("--device", help="device of the networks: auto, cpu, cuda, cuda:N, mps")
    parser.add_argument(
        "--resume",
        nargs="?",
        const="latest",
        metavar="PATH",
        help="continue from a checkpoint or run folder; without PATH: from the newest checkpoint in the "
        "configuration's checkpoint_dir",
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


def open_requested_run(args: argparse.Namespace, overrides: Sequence[str]) -> AbstractContextManager[Run]:
    """The run that the command line asks for: a new one, or one to resume."""
    if args.resume is None:
        return open_run(load_config(args.config or DEFAULT_CONFIG, overrides))
    where = args.resume
    if where == "latest":
        where = load_config(args.config or DEFAULT_CONFIG, overrides).checkpoint_dir
    resume = find_checkpoint(where)
    if args.config is None:
        return open_run(resume=resume, overrides=overrides)
    return open_run(load_config(args.config, overrides), resume=resume)


def print_resume_hint(run: Run, *, save: bool, options: str = "") -> None:
    """Save the run if asked to, and print the command that continues it."""
    where = None
    try:
        where = run.save() if save else find_checkpoint(run.folder.path)
    except CheckpointError as error:
        if save:
            print(f"error: {error}", file=sys.stderr)
            where = run.folder.path if run.folder.checkpoints() else None
    if where is not None:
        print(f"to resume: python train_selfplay.py --resume {where}{options}", file=sys.stderr)


def train_and_finish(run: Run, stop: StopSignal) -> int:
    """Train and evaluate; return the exit code."""
    try:
        train(run, stop)
        finish(run, stop)
        return 0
    except StopRequested:
        print_resume_hint(run, save=True)
        return 128 + stop.number
    except DivergedError as error:  # not saved: the networks may hold half an update
        print(f"error: update {run.progress.update + 1}: {error}", file=sys.stderr)
        # The same settings would diverge again.
        print_resume_hint(run, save=False, options=f" --set lr={run.config.lr / 2:g}")
        return 1
    except (PokeenvError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        print_resume_hint(run, save=isinstance(error, EngineError | CollectionError))
        return 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    args, overrides = parse_args(argv)
    stop = StopSignal()
    try:
        with stop.listening(), open_requested_run(args, overrides) as run:
            return train_and_finish(run, stop)
    except KeyboardInterrupt:
        print("stopped at once; checkpoints written so far are whole", file=sys.stderr)
        return 128 + signal.SIGINT
    except (PokeenvError, OSError) as error:  # refused: the run has not begun
        print(f"error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    warnings.formatwarning = lambda message, *_args, **_kwargs: f"warning: {message}\n"
    sys.exit(main())
