"""`Collector`: plays a run's battles in a process that does not learn; also its messages."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import torch

from agents.config import TrainConfig
from agents.episodes.episode_batch import Episode
from agents.episodes.source import collect_episodes
from agents.runs.build import make_agent, make_envs, make_pool, make_search
from agents.selfplay.results import BattleResult
from agents.selfplay.rollout import Rollout


@dataclass(frozen=True)
class Order:
    """The learner's request for episodes, with all data on which they depend.

    Attributes:
        version: number of updates that made the weights.
        weights: `RLAgent.network_state_dict`, as arrays.
        opponents: state of the opponent pool, as arrays.
        num_episodes: minimum number of episodes.
        seed: seed of new battles; None: the running battles continue.
    """

    version: int
    weights: Mapping[str, Any]
    opponents: Mapping[str, Any]
    num_episodes: int
    seed: int | None


@dataclass(frozen=True)
class Delivery:
    """The answer to an `Order`.

    Attributes:
        episodes: the finished episodes, in order.
        results: the battles that finished.
        reward_components: total that each component of a composite reward has paid the learner.
        draws: state of the draws of opponents after these battles.
        seconds: time that the collector has worked.
    """

    episodes: Sequence[Episode]
    results: Sequence[BattleResult]
    reward_components: Mapping[str, float]
    draws: Mapping[str, Any]
    seconds: float

    @property
    def num_decisions(self) -> int:
        """Decisions in all episodes."""
        return sum(map(len, self.episodes))


def as_arrays(value: Any) -> Any:
    """Nested dictionaries with arrays in the place of tensors, which take eight times as long to pickle."""
    if isinstance(value, torch.Tensor):
        return value.cpu().numpy()
    if isinstance(value, Mapping):
        return {key: as_arrays(item) for key, item in value.items()}
    return value


def as_tensors(value: Any) -> Any:
    """The inverse of `as_arrays`, on the CPU."""
    if isinstance(value, np.ndarray):
        return torch.tensor(value)  # a copy: arrays of other processes may be read-only
    if isinstance(value, Mapping):
        return {key: as_tensors(item) for key, item in value.items()}
    return value


class Collector:
    """Environments, a copy of the learner and a copy of its opponents, which play on request."""

    def __init__(self, config: TrainConfig) -> None:
        """Start the simulators.

        Raises:
            PokeenvError: a setting cannot be used here.
        """
        self._config = config
        self._rollout: Rollout | None = None
        with ExitStack() as stack:
            self._envs = [stack.enter_context(env) for env in make_envs(config)]
            self._agent = make_agent(config).snapshot("agent")
            self._search = make_search(config, self._agent)
            if self._search is not None:
                stack.callback(self._search.close)
            self._close = stack.pop_all()

    def collect(self, order: Order, league: Path, should_stop: Callable[[], bool]) -> Delivery:
        """Play until enough episodes are finished.

        Args:
            order: the request; the first one has a seed.
            league: parent folder of the folder with the league's files.
            should_stop: called before every step of the battles.

        Raises:
            StopRequested: `should_stop` returned True; the next order must have a seed.
        """
        started = time.perf_counter()
        torch.set_num_threads(1)  # acting needs little work, and the learner needs the other cores
        self._agent.load_network_state_dict(as_tensors(order.weights))
        opponents = as_tensors(order.opponents)
        if self._rollout is None:
            pool = make_pool(self._config, self._agent, league)
            pool.follow(opponents, own_draws=False)
            assert order.seed is not None
            gamma, gae_lambda = self._config.gamma, self._config.gae_lambda
            self._rollout = Rollout(
                self._envs,
                self._agent,
                pool,
                gamma=gamma,
                gae_lambda=gae_lambda,
                seed=order.seed,
                version=order.version,
                search=self._search,
            )
        else:
            self._rollout.version = order.version
            self._rollout.opponents.follow(opponents, own_draws=order.seed is None)
            if order.seed is not None:
                self._rollout.reset(order.seed)
        episodes = collect_episodes(self._rollout, order.num_episodes, should_stop)
        return Delivery(
            episodes,
            self._rollout.results,
            self._rollout.reward_components,
            self._rollout.opponents.draws,
            time.perf_counter() - started,
        )

    def close(self) -> None:
        """End the simulators."""
        self._close.close()

    def __enter__(self) -> Collector:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the simulators."""
        self.close()
