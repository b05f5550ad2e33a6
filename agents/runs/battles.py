"""`Battles`: the place of a run's battles, chosen by `collection.source`."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

from agents.agent import RLAgent
from agents.config import TrainConfig
from agents.runs.build import check_search, make_envs, make_search
from agents.runs.process_battles import ProcessBattles
from agents.runs.ray_battles import RayBattles
from agents.selfplay.opponents import OpponentPool
from agents.selfplay.rollout import Rollout
from agents.selfplay.training_source import TrainingSource


class Battles(Protocol):
    """The place of a run's battles; its simulators run from the start."""

    def begin(
        self, agent: RLAgent, pool: OpponentPool, folder: Path, *, seed: int, version: int
    ) -> TrainingSource:
        """Begin battles.

        Args:
            agent: the learner.
            pool: its opponents.
            folder: folder of the run, with the files of its league.
            seed: seed of the battles and of all agents' sampling.
            version: number of updates that made the learner's weights.
        """

    def close(self) -> None:
        """End the simulators; calling it again has no effect."""


class InlineBattles:
    """Battles in this process."""

    def __init__(self, config: TrainConfig) -> None:
        """Start the simulators.

        Raises:
            PokeenvError: a setting cannot be used here.
        """
        self._config = config
        with ExitStack() as stack:
            self.envs = [stack.enter_context(env) for env in make_envs(config)]
            self._close = stack.pop_all()

    def begin(self, agent: RLAgent, pool: OpponentPool, folder: Path, *, seed: int, version: int) -> Rollout:
        """See `Battles.begin`."""
        search = make_search(self._config, agent)
        if search is not None:
            self._close.callback(search.close)
        return Rollout(
            self.envs,
            agent,
            pool,
            gamma=self._config.gamma,
            gae_lambda=self._config.gae_lambda,
            seed=seed,
            version=version,
            search=search,
        )

    def close(self) -> None:
        """End the simulators."""
        self._close.close()


def open_battles(config: TrainConfig) -> Battles:
    """Start the simulators in the place that `collection.source` names.

    Raises:
        PokeenvError: a setting cannot be used here.
    """
    check_search(config)
    source = config.collection.source
    if source == "ray":
        return RayBattles(config)
    if source == "process" or (source == "auto" and usable_cores() > 1):
        return ProcessBattles(config)
    return InlineBattles(config)


def usable_cores() -> int:
    """Number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
