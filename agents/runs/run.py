"""`open_run`: a training run with all of its parts, new or resumed. The loop is in `train_selfplay.py`."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import yaml

from agents.agent import RLAgent
from agents.checkpoints.checkpoint import Progress, load_checkpoint, require_same_network, restore_agent
from agents.checkpoints.files import write_atomically
from agents.checkpoints.run_folder import RunFolder, find_checkpoint
from agents.config import TrainConfig, build_config
from agents.config.opponent_mix import LEAGUE
from agents.errors import CheckpointError
from agents.players.loading import load_agent
from agents.players.teacher import Teacher
from agents.registry import SCRIPTED, SEARCH
from agents.runs.battles import Battles, open_battles
from agents.runs.build import make_agent, make_pool, make_teacher, make_training_reward, seed_of
from agents.runs.logger import MetricsLogger
from agents.selfplay.league import check_members
from agents.selfplay.opponents import OpponentPool
from agents.selfplay.training_source import TrainingSource
from pokeenv import PokeenvError, check_plays, parse_format


@dataclass(frozen=True)
class SavedState:
    """The parts of a run's newest checkpoint that determine the content of the next one.

    Attributes:
        update: number of updates.
        config: configuration.
        opponents: state of the opponent pool.
    """

    update: int
    config: TrainConfig
    opponents: Mapping[str, Any]


@dataclass(frozen=True)
class RunPlan:
    """A run that has been checked and has written nothing yet.

    Attributes:
        config: the configuration.
        agent: the learner, with the weights that the run starts from.
        progress: counters at the start.
        resumed_from: the checkpoint that the run continues; None for a new run.
        saved: state of that checkpoint.
        torch_rng: state of torch's global generator in that checkpoint.
        teacher: labels the learner's decisions; None: there is none.
    """

    config: TrainConfig
    agent: RLAgent
    progress: Progress = field(default_factory=Progress)
    resumed_from: Path | None = None
    saved: SavedState | None = None
    torch_rng: torch.Tensor | None = None
    teacher: Teacher | None = None


@dataclass
class Run:
    """A training run that is ready to train; see `open_run`.

    Attributes:
        config: the configuration.
        folder: folder of the run, which no other process can write to.
        battles: the place where the battles are played.
        agent: the learner.
        pool: the opponents.
        logger: writes the metrics.
        progress: counters of the updates so far.
        teacher: labels the learner's decisions; None: there is none.
    """

    config: TrainConfig
    folder: RunFolder
    battles: Battles
    agent: RLAgent
    pool: OpponentPool
    logger: MetricsLogger
    progress: Progress
    _saved: SavedState | None = None
    teacher: Teacher | None = None
    _in_between: Path | None = None
    _saved_at: float = field(default_factory=time.monotonic)

    def begin_battles(self) -> TrainingSource:
        """Begin the battles that the next update learns from."""
        version = self.progress.update
        seed = seed_of(self.config, version)
        return self.battles.begin(self.agent, self.pool, self.folder.path, seed=seed, version=version)

    def save_when_due(self) -> None:
        """Write a checkpoint if the last one is older than `checkpoint_minutes`; the next one replaces it.

        It changes nothing else: the battles continue, and the league counts the other checkpoints only. A run
        therefore does not depend on time. A run that is resumed from it drops the running battles.

        Raises:
            CheckpointError: the checkpoint cannot be written.
        """
        limit_s = 60 * self.config.checkpoint_minutes
        if limit_s and time.monotonic() - self._saved_at >= limit_s:
            self._in_between = self._write(self.pool.state_dict(), prune=False)

    def save(self) -> Path:
        """Write a checkpoint, unless there is one of the same update and configuration.

        Opponents that were drawn after a checkpoint belong to battles that a resumed run drops. A second
        checkpoint of the same update therefore stores the opponents of the first, so that both resume in the
        same way.

        Raises:
            CheckpointError: the checkpoint cannot be written.
        """
        path, update = self.folder.checkpoint_path(self.progress), self.progress.update
        if self._saved is not None and self._saved.update == update:
            if self._saved.config == self.config and path.exists():
                return path
            opponents = self._saved.opponents
        else:
            if self.pool.league is not None:
                self.pool.league.count_save()
            opponents = self.pool.state_dict()
        self._saved = SavedState(update, self.config, opponents)
        self._write(opponents)
        self._in_between = None
        return path

    def _write(self, opponents: Mapping[str, Any], *, prune: bool = True) -> Path:
        path = self.folder.save(
            config=self.config,
            agent=self.agent,
            progress=self.progress,
            opponents=opponents,
            replaces=self._in_between,
            prune=prune,
        )
        self._saved_at = time.monotonic()
        return path


def plan_run(
    config: TrainConfig | None = None, *, resume: Path | None = None, overrides: Sequence[str] = ()
) -> RunPlan:
    """Check a run and load the learner's weights, without writing anything.

    Args:
        config: the configuration; None takes that of the checkpoint to resume.
        resume: checkpoint to continue; None starts a new run, from the weights of `load_model` if it is set.
        overrides: `"key=value"` texts that change the checkpoint's own configuration.

    Raises:
        CheckpointError: a checkpoint does not fit, or another process writes to its folder.
        PokeenvError: a setting cannot be used here.
    """
    if resume is None:
        if config is None:
            raise ValueError("a run needs a configuration, or a checkpoint to resume")
        agent = make_agent(config)
        if config.load_model is not None:
            path = find_checkpoint(config.load_model)
            loaded = load_checkpoint(path)
            require_same_network(loaded, config.network, str(path))
            restore_agent(loaded, agent, optimizer=not config.reset_optimizer, source=str(path))
        check_in_advance(config)
        return RunPlan(config, agent, teacher=make_teacher(config))

    RunFolder(resume.parent).require_free()
    checkpoint = load_checkpoint(resume)
    if config is None:
        config = build_config(checkpoint.config.model_dump(mode="json"), overrides, source=str(resume))
    require_same_network(checkpoint, config.network, str(resume))
    agent = make_agent(config)
    restore_agent(checkpoint, agent, source=str(resume))
    check_in_advance(config)
    league = checkpoint.opponents.get("league")
    if league is not None and LEAGUE in config.opponent_ratios:
        check_members(league, resume.parent / LEAGUE, agent)
    progress = checkpoint.progress
    saved = SavedState(progress.update, checkpoint.config, checkpoint.opponents)
    return RunPlan(config, agent, progress, resume, saved, checkpoint.torch_rng, make_teacher(config))


@contextmanager
def open_run(
    config: TrainConfig | None = None, *, resume: Path | None = None, overrides: Sequence[str] = ()
) -> Iterator[Run]:
    """Open a run with all of its parts, and close them when the block ends.

    Args:
        config: as in `plan_run`.
        resume: as in `plan_run`.
        overrides: as in `plan_run`.

    Yields:
        The run, with its folder.

    Raises:
        PokeenvError: as in `plan_run`, or a simulator cannot start, or the folder is in use; nothing has been
            written then.
    """
    plan = plan_run(config, resume=resume, overrides=overrides)
    with ExitStack() as stack:
        battles = open_battles(plan.config)
        stack.callback(battles.close)
        folder = _take_folder(plan)  # nothing is written before this line
        stack.callback(folder.close)
        content = yaml.safe_dump(plan.config.model_dump(mode="json"), sort_keys=False)
        write_atomically(folder.path / "config.yml", content.encode())
        pool = make_pool(plan.config, plan.agent, folder.path)
        if plan.resumed_from is not None and plan.saved is not None:
            pool.load_state_dict(plan.saved.opponents, plan.resumed_from.parent)
        logger = stack.enter_context(
            MetricsLogger(folder.path, tensorboard=plan.config.tensorboard, resume_step=plan.progress.update)
        )
        if plan.torch_rng is not None:
            torch.set_rng_state(plan.torch_rng)
        parts = folder, battles, plan.agent, pool, logger, plan.progress, plan.saved, plan.teacher
        yield Run(plan.config, *parts)


def _take_folder(plan: RunPlan) -> RunFolder:
    """A new folder, or the folder of the checkpoint that the run continues."""
    where = plan.config.checkpoint_dir, plan.config.keep_checkpoints
    if plan.resumed_from is None:
        return RunFolder.new(*where)
    return RunFolder.of_checkpoint(plan.resumed_from, *where)


def check_in_advance(config: TrainConfig) -> None:
    """Check now what a run needs later: its opponents, those of the evaluation, the path of the final model.

    Raises:
        ConfigError: the reward cannot be used.
        CheckpointError: an opponent is unknown or cannot play the format, or the model cannot be written.
    """
    make_training_reward(config)
    key = "opponent" if config.opponent_mix is None else "opponent_mix"
    for name in config.opponent_ratios:
        if name.startswith(SEARCH) or name in SCRIPTED:
            _check_opponent(key, name, config.battle_format)
    if config.teacher in SCRIPTED:
        _check_opponent("teacher", config.teacher, config.battle_format)
    if config.evaluation.interval or config.evaluation.battles:
        for name in config.evaluation.opponents:
            _check_opponent("evaluation.opponents", name, config.battle_format)
    if config.save_model is not None:
        target = Path(config.save_model).absolute()
        above = next(folder for folder in target.parents if folder.exists())
        if target.is_dir() or not above.is_dir() or not os.access(above, os.W_OK):
            raise CheckpointError(f"save_model: {config.save_model}: no file can be written there")


def _check_opponent(key: str, name: str, format_name: str) -> None:
    """Refuse an opponent that cannot be loaded or cannot play the format."""
    battle_format = parse_format(format_name, has_teams=None)
    try:
        check_plays(load_agent(name), battle_format)
    except (PokeenvError, ImportError) as error:
        raise CheckpointError(f"{key}: {error}") from None
