"""What a training run consists of, made from a configuration or from a checkpoint.

The loop itself is in `train_selfplay.py`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import yaml

from agents.agent import RLAgent
from agents.checkpoints.checkpoint import Progress, load_checkpoint, require_same_network, restore_agent
from agents.checkpoints.files import write_atomically
from agents.checkpoints.run_folder import RunFolder, find_checkpoint
from agents.config import TrainConfig, build_config, load_config
from agents.errors import CheckpointError
from agents.players.loading import load_agent
from agents.runs.build import make_agent, make_pool, make_training_reward
from agents.selfplay.opponents import OpponentPool
from pokeenv import PokeenvError


@dataclass
class Run:
    """What a run consists of; see `start_run` and `resume_run`."""

    config: TrainConfig
    agent: RLAgent
    done: Progress = field(default_factory=Progress)
    goes_on_from: Path | None = None
    opponents: Mapping[str, Any] | None = None  # their state in the newest checkpoint
    _saved: tuple[int, TrainConfig] | None = None  # updates and configuration of the newest checkpoint
    _folder: RunFolder | None = None

    def open_folder(self) -> OpponentPool:
        """Make the run's folder, or take that of the checkpoint it goes on from; nothing is written before.

        Returns:
            The opponents, who may keep a league in the folder.

        Raises:
            CheckpointError: it cannot be made, or another process holds it.
        """
        config = self.config
        where = config.checkpoint_dir, config.keep_checkpoints
        if self.goes_on_from is None:
            self._folder = RunFolder.new(*where)
        else:
            self._folder = RunFolder.of_checkpoint(self.goes_on_from, *where)
        content = yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False)
        write_atomically(self._folder.path / "config.yml", content.encode())
        self._pool = make_pool(config, self.agent, self._folder.path)
        if self.goes_on_from is not None and self.opponents is not None:
            self._pool.load_state_dict(self.opponents, self.goes_on_from.parent)
        return self._pool

    @property
    def begun(self) -> bool:
        """Whether the run has its folder."""
        return self._folder is not None

    @property
    def folder(self) -> RunFolder:
        """The run's folder, once it is open."""
        assert self._folder is not None, "open_folder() comes first"
        return self._folder

    def close(self) -> None:
        """Let other processes write into the folder."""
        if self._folder is not None:
            self._folder.close()

    def save(self) -> Path:
        """Write a checkpoint; one of the same update and configuration is there already and stays.

        Whoever plays on after a checkpoint draws opponents. Those draws are dropped like the battles they
        were for: another checkpoint of the same update holds the opponents of the first, so that runs go
        on from it as from that.
        """
        path, now = self.folder.checkpoint_path(self.done), (self.done.update, self.config)
        if self._saved == now and path.exists():
            return path
        if self._saved is None or self._saved[0] != self.done.update or self.opponents is None:
            if self._pool.league is not None:
                self._pool.league.count_save()
            self.opponents = self._pool.state_dict()
        self._saved = now
        return self.folder.save(
            config=self.config, agent=self.agent, progress=self.done, opponents=self.opponents
        )


def start_run(config: TrainConfig) -> Run:
    """A run from its beginning, with the weights of `load_model` if there is one."""
    agent = make_agent(config)
    if config.load_model is not None:
        path = find_checkpoint(config.load_model)
        checkpoint = load_checkpoint(path)
        require_same_network(checkpoint, config.network, str(path))
        restore_agent(checkpoint, agent, optimizer=not config.reset_optimizer, source=str(path))
    check_final_steps(config)
    return Run(config, agent)


def resume_run(path: Path, config_path: str | None, overrides: Sequence[str]) -> Run:
    """A run from a checkpoint, with its own configuration unless another file is given."""
    RunFolder(path.parent).require_free()
    checkpoint = load_checkpoint(path)
    if config_path is not None:
        config = load_config(config_path, overrides)
    else:
        config = build_config(checkpoint.config.model_dump(mode="json"), overrides, source=str(path))
    require_same_network(checkpoint, config.network, str(path))
    agent = make_agent(config)
    restore_agent(checkpoint, agent, source=str(path))
    torch.set_rng_state(checkpoint.torch_rng)
    check_final_steps(config)
    # A damaged file of the league is told here; the pool that plays is made once the run has its folder.
    make_pool(config, agent, path.parent).load_state_dict(checkpoint.opponents, path.parent)
    saved = checkpoint.progress.update, checkpoint.config
    return Run(config, agent, checkpoint.progress, path, checkpoint.opponents, saved)


def check_final_steps(config: TrainConfig) -> None:
    """Look at what is needed only after hours: the final opponents, and where the final model goes.

    Raises:
        CheckpointError: an opponent of the evaluation is unknown, or the model cannot be written.
    """
    make_training_reward(config)
    if config.evaluation.interval or config.evaluation.battles:
        for name in config.evaluation.opponents:
            try:
                load_agent(name)
            except (PokeenvError, ImportError) as error:
                raise CheckpointError(f"evaluation.opponents: {error}") from None
    if config.save_model is not None:
        target = Path(config.save_model).absolute()
        above = next(folder for folder in target.parents if folder.exists())
        if target.is_dir() or not above.is_dir() or not os.access(above, os.W_OK):
            raise CheckpointError(f"save_model: {config.save_model}: no file can be written there")
