"""The parts of a training run, each made from its configuration."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import torch

from agents.agent import RLAgent
from agents.algorithms import BaseAlgorithm, Decisions, Episodes
from agents.config import TrainConfig
from agents.config.opponent_mix import LEAGUE
from agents.devices import pick_device
from agents.errors import CheckpointError, ConfigError
from agents.networks import ActorCritic, build_networks
from agents.players.loading import load_agent
from agents.players.search.beliefs import NO_BELIEFS, Beliefs
from agents.players.search.heard_worlds import HeardWorlds
from agents.players.search.settings import SearchSettings
from agents.players.search.targets import SearchTargets
from agents.players.teacher import Teacher
from agents.registry import ALGORITHMS, load
from agents.selfplay.league import League
from agents.selfplay.opponents import OpponentPool
from pokeenv import (
    CompositeReward,
    ReadsProtocol,
    RewardFunction,
    SelfPlayVectorEnv,
    UnsupportedFormatError,
    check_readable,
    make_layout,
    make_reward,
    parse_format,
)


def make_algorithm(config: TrainConfig) -> BaseAlgorithm:
    """The configured algorithm; for recurrent networks it learns from whole episodes or segments."""
    algorithm: type[BaseAlgorithm] = load(ALGORITHMS[config.algorithm])
    learning = config.sequence_learning
    recurrent = config.network.recurrent
    return algorithm(
        algorithm.settings_class.from_run(config),
        batching=Episodes(learning.bptt_length, learning.memory_limit_mb) if recurrent else Decisions(),
        grad_clip_norm=learning.grad_clip_norm,
        precision=config.precision,
        seed=config.seed,
    )


def make_agent(config: TrainConfig) -> RLAgent:
    """New networks with their optimizer and algorithm."""
    network = config.network
    memory = network.memory if network.recurrent else None
    device = pick_device(config.device, memory=memory, force=config.force_device)
    action_space = parse_format(config.battle_format, has_teams=None).action_space
    networks = build_networks(network, action_space, seed=config.seed, auxiliary=config.aux_coef > 0)
    optimizer = torch.optim.Adam(ActorCritic(*networks).parameters(), lr=config.lr, eps=1e-5)
    return RLAgent(*networks, optimizer, make_algorithm(config), device=device)


def make_teacher(config: TrainConfig) -> Teacher | None:
    """The configured teacher, if any.

    Raises:
        ConfigError: it cannot be loaded, reads more than the learner's observations contain, or reads
            messages instead.
    """
    if config.teacher is None:
        return None
    try:
        agent = load_agent(config.teacher)
        if isinstance(agent, ReadsProtocol):
            raise ConfigError(
                f"teacher: {config.teacher} follows battles by their messages and cannot label observations; "
                "choose rule, max or a checkpoint"
            )
        actives = parse_format(config.battle_format, has_teams=None).action_space.actives
        check_readable(agent, make_layout(config.network.observation, actives).size)
    except (CheckpointError, ImportError, ValueError) as error:
        raise ConfigError(f"teacher: {error}") from None
    return Teacher(agent)


def check_search(config: TrainConfig) -> None:
    """Refuse searches of the learner's decisions in formats whose battles cannot be imagined.

    Raises:
        ConfigError: the format is one of them.
    """
    if not config.search_targets.share:
        return
    battle_format = parse_format(config.battle_format, has_teams=None)
    if battle_format.action_space.actives > 1:
        raise ConfigError(
            f"search_targets.share: decisions of doubles are not searched, as in {battle_format.id}"
        )
    try:
        NO_BELIEFS.check_format(battle_format)
    except UnsupportedFormatError as error:
        raise ConfigError(f"search_targets.share: {error}") from None


def make_search(config: TrainConfig, learner: RLAgent) -> SearchTargets | None:
    """The searches of a share of the learner's decisions, if any; the caller closes them.

    Where players bring their teams, the opponent is expected to have one of the run's teams.
    """
    values = config.search_targets.model_dump()
    share = values.pop("share")
    if not share:
        return None
    open_worlds = partial(HeardWorlds, beliefs=Beliefs(config.teams_dir or ""))
    return SearchTargets(learner, SearchSettings(**values), share, open_worlds)


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


def make_training_reward(config: TrainConfig) -> RewardFunction:
    """The reward function of the training battles.

    Raises:
        ConfigError: potential-based shaping and the learner have different discounts.
    """
    reward = make_reward("win_loss" if config.reward == "win_loss" else Path(str(config.reward_config)))
    if isinstance(reward, CompositeReward) and reward.potential_based and reward.gamma != config.gamma:
        raise ConfigError(
            f"{config.reward_config}: gamma {reward.gamma} is not the learner's gamma {config.gamma}; "
            "potential-based shaping needs the same value in both"
        )
    return reward


def make_envs(config: TrainConfig) -> Iterator[SelfPlayVectorEnv]:
    """The environments, which share the battles: one simulates while the policy decides for the other."""
    reward = make_training_reward(config)
    num_envs = min(2, config.num_workers)
    for number in range(num_envs):
        yield SelfPlayVectorEnv(
            config.battle_format,
            share(config.parallel, num_envs, number),
            num_workers=share(config.num_workers, num_envs, number),
            reward=reward,
            teams=config.teams_dir,
            turn_limit=config.turn_limit,
            observation=config.network.observation,
        )


def share(total: int, parts: int, number: int) -> int:
    """Size of part `number` of a total that is split as evenly as possible."""
    return total // parts + (number < total % parts)


def seed_of(config: TrainConfig, update: int) -> int:
    """Seed of the battles that begin after `update` updates."""
    return int(np.random.SeedSequence([config.seed, update]).generate_state(1)[0])


def set_learning_rate(agent: RLAgent, config: TrainConfig, progress: float) -> float:
    """Set and return the learning rate of the schedule; `progress` is the share of the run done, [0, 1]."""
    lr = config.lr * (1.0 - progress if config.lr_schedule == "linear" else 1.0)
    assert agent.optimizer is not None
    for group in agent.optimizer.param_groups:
        group["lr"] = lr
    return lr
