"""What a training run consists of, made from a configuration or from a checkpoint.

The loop itself is in `train_selfplay.py`.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml

from agents.agent import RLAgent
from agents.algorithms import ALGORITHMS, BaseAlgorithm
from agents.checkpoints.checkpoint import Progress, load_checkpoint, require_same_network, restore_agent
from agents.checkpoints.files import write_atomically
from agents.checkpoints.run_folder import RunFolder, find_checkpoint
from agents.config import TrainConfig, build_config, load_config
from agents.config.opponent_mix import LEAGUE
from agents.devices import pick_device
from agents.errors import CheckpointError, ConfigError
from agents.networks import build_networks, parameters_of
from agents.players.loading import load_agent
from agents.selfplay.league import League
from agents.selfplay.opponents import OpponentPool
from pokeenv import CompositeReward, PokeenvError, RewardFunction, SelfPlayVectorEnv, make_reward


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
    check_names(config)
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
    check_names(config)
    # A damaged file of the league is told here; the pool that plays is made once the run has its folder.
    make_pool(config, agent, path.parent).load_state_dict(checkpoint.opponents, path.parent)
    saved = checkpoint.progress.update, checkpoint.config
    return Run(config, agent, checkpoint.progress, path, checkpoint.opponents, saved)


def check_names(config: TrainConfig) -> None:
    """Look at what is needed only after hours: the final opponents, and where the final model goes.

    Raises:
        CheckpointError: an opponent of the evaluation is unknown, or the model cannot be written.
    """
    pick_reward(config)
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


def make_algorithm(config: TrainConfig, recurrent: bool) -> BaseAlgorithm:
    """The configured algorithm; recurrent networks get the one that learns from sequences."""
    learning = config.sequence_learning
    options: dict[str, Any] = {
        "value_coef": config.value_coef,
        "entropy_coef": config.entropy_coef,
        "entropy_coef_final": config.entropy_coef_final,
        "magnet": config.magnet,
        "magnet_coef": config.magnet_coef,
        "magnet_decay": config.magnet_decay,
        "aux_coef": config.aux_coef,
        "precision": config.precision,
        "grad_clip_norm": learning.grad_clip_norm,
        "seed": config.seed,
    }
    if config.algorithm == "ppo":
        options |= {
            "clip_range": config.clip_range,
            "value_clip_range": config.value_clip_range,
            "epochs": config.ppo_epochs,
            "batch_size": config.batch_size,
            "target_kl": config.target_kl,
        }
    if not recurrent:
        return ALGORITHMS[config.algorithm](**options)
    if not learning.enabled:
        raise ConfigError("a recurrent network needs sequence_learning.enabled: true")
    options |= {"bptt_length": learning.bptt_length, "memory_limit_mb": learning.memory_limit_mb}
    return ALGORITHMS[f"sequence_{config.algorithm}"](**options)


def make_agent(config: TrainConfig) -> RLAgent:
    """Fresh networks with their optimizer and algorithm."""
    network = config.network
    memory = network.memory if network.recurrent else None
    device = pick_device(config.device, memory=memory, force=config.force_device)
    policy_net, value_net = build_networks(config.network, seed=config.seed)
    algorithm = make_algorithm(config, policy_net.recurrent)
    parameters = [*parameters_of(policy_net, value_net), *algorithm.extra_parameters(policy_net)]
    optimizer = torch.optim.Adam(parameters, lr=config.lr, eps=1e-5)
    return RLAgent(policy_net, value_net, optimizer, algorithm, device=device)


def make_pool(config: TrainConfig, agent: RLAgent, folder: Path) -> OpponentPool:
    """The opponents of the configuration; a league keeps its snapshots in the run's folder."""
    return OpponentPool(
        config.opponent_ratios,
        agent,
        seed=config.seed,
        win_rate_threshold=config.win_rate_threshold,
        win_rate_window=config.win_rate_window,
        league=League(
            folder / LEAGUE,
            size=config.league.size,
            sampling=config.league.sampling,
            decay=config.league.decay,
            keep_files=config.keep_checkpoints,
        ),
        league_interval=config.league.interval,
    )


def pick_reward(config: TrainConfig) -> RewardFunction:
    """The reward function; potential-based shaping must discount as the learner does."""
    reward = make_reward("win_loss" if config.reward == "win_loss" else Path(str(config.reward_config)))
    if isinstance(reward, CompositeReward) and reward.potential_based and reward.gamma != config.gamma:
        raise ConfigError(
            f"{config.reward_config}: gamma {reward.gamma} is not the learner's gamma {config.gamma}"
        )
    return reward


def make_envs(config: TrainConfig) -> Iterator[SelfPlayVectorEnv]:
    """Share the battles between two environments: one simulates while the policy decides for the other."""
    reward = pick_reward(config)
    halves = min(2, config.num_workers)
    for half in range(halves):
        yield SelfPlayVectorEnv(
            config.battle_format,
            config.parallel // halves + (half < config.parallel % halves),
            num_workers=config.num_workers // halves + (half < config.num_workers % halves),
            reward=reward,
            teams=config.teams_dir,
            turn_limit=config.turn_limit,
            observation=config.network.observation,
        )


def seed_of(config: TrainConfig, update: int) -> int:
    """Seed of the battles that begin after `update` updates."""
    return int(np.random.SeedSequence([config.seed, update]).generate_state(1)[0])


def set_schedules(agent: RLAgent, config: TrainConfig, progress: float) -> float:
    """Set what the schedules give for a share of the run that is done; return the learning rate."""
    progress = min(1.0, progress)
    lr = config.lr * (1.0 - progress if config.lr_schedule == "linear" else 1.0)
    assert agent.optimizer is not None and agent.algorithm is not None
    agent.algorithm.progress = progress
    for group in agent.optimizer.param_groups:
        group["lr"] = lr
    return lr


class StopSignal:
    """Remembers the signal that asks for a clean end; a second one ends at once."""

    number = 0

    def requested(self) -> bool:
        """Whether a signal has come."""
        return self.number != 0

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take Ctrl-C and SIGTERM while this lasts."""
        before = {number: signal.signal(number, self._remember) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _remember(self, number: int, frame: object) -> None:
        if self.requested():
            raise KeyboardInterrupt
        self.number = number
