"""`RemoteSource`: episodes from collectors in other processes, in an order independent of timing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol

from agents.agent import RLAgent
from agents.config import TrainConfig
from agents.episodes.episode_batch import Episode
from agents.runs.collector import Delivery, Order, as_arrays
from agents.selfplay.opponents import OpponentPool
from agents.selfplay.results import BattleResult
from pokeenv import parse_format

POLL_S = 0.2  # maximum wait of one `advance`, so that the training loop notices a request to stop


class Transport(Protocol):
    """The connection to the collectors."""

    def send(self, order: Order) -> None:
        """Send an order, to be answered after those before it; one with a seed drops them instead."""

    def receive(self, timeout_s: float) -> Delivery | None:
        """The next answer; None if it has not come within the time.

        Raises:
            CollectionError: a collector has ended, or has not worked for too long.
            PokeenvError: a collector has failed.
        """

    def figures(self) -> Mapping[str, float]:
        """Figures of the collectors since the last call, for the run's metrics."""


class RemoteSource:
    """A `TrainingSource` whose battles are played elsewhere.

    Every order holds the weights, the opponents and perhaps a seed, and every answer holds all episodes of a
    batch. The episodes therefore depend only on the orders. The opponent pool of the learner is
    authoritative: collectors follow it, and it records the results of their battles.

    Attributes:
        version: as in `TrainingSource`.
        results: as in `TrainingSource`.
        reward_components: as in `TrainingSource`.
        action_space: as in `TrainingSource`.
    """

    def __init__(
        self,
        transport: Transport,
        agent: RLAgent,
        pool: OpponentPool,
        config: TrainConfig,
        *,
        seed: int,
        version: int,
    ) -> None:
        """Keep the parts; the first `advance` sends the first order.

        Args:
            transport: the connection to the collectors.
            agent: the learner.
            pool: its opponents.
            config: configuration of the run.
            seed: seed of the battles and of all agents' sampling.
            version: number of updates that made the learner's weights.
        """
        self.version = version
        self.gamma = config.gamma
        self.gae_lambda = config.gae_lambda
        self.results: Sequence[BattleResult] = ()
        self.reward_components: Mapping[str, float] = {}
        self.action_space = parse_format(config.battle_format, has_teams=None).action_space
        self._transport = transport
        self._agent = agent
        self._pool = pool
        self._num_episodes = config.episodes_per_update
        self._settings = config.collection
        self._figures: Mapping[str, float] = {}
        self.reset(seed)

    def reset(self, seed: int) -> None:
        """Drop the running battles and the episodes that have not been taken."""
        self._seed: int | None = seed
        self._due = 0  # answers
        self._forget_finished()

    def collect_ahead(self, num_episodes: int, following: int) -> int:
        """See `TrainingSource.collect_ahead`; `staleness` allows the next batch.

        Both are played one after the other, without a pause in which the learner receives the first one.
        """
        self._num_episodes = num_episodes
        arrived = self.num_finished >= num_episodes
        if not self._due and not arrived:
            self._send(num_episodes - self.num_finished)
        if not following or not self._settings.staleness:
            return 0
        if self._due + arrived < 2:
            self._send(following)
        return following

    def advance(self) -> None:
        """Order episodes unless some are already ordered, and wait for them briefly."""
        if not self._due:
            missing = self._num_episodes - self.num_finished
            self._send(missing if missing > 0 else self._num_episodes)
        delivery = self._transport.receive(POLL_S)
        if delivery is not None:
            self._due -= 1
            self._take_in(delivery)

    @property
    def num_finished(self) -> int:
        """Episodes that have arrived and have not been taken."""
        return len(self._episodes)

    def take_episodes(self) -> list[Episode]:
        """Hand over the episodes that have arrived; all figures then describe the same period."""
        episodes = self._episodes
        self.results, self.reward_components = self._results, dict(self._paid)
        self._figures = {
            "collection/dropped": float(self._dropped),
            "collection/decisions_per_s": self._decisions / self._seconds if self._seconds else 0.0,
            **self._transport.figures(),
        }
        self._forget_finished()
        return episodes

    def figures(self) -> Mapping[str, float]:
        """Episodes dropped for their age, decisions per second of a collector's work, and the transport's."""
        return self._figures

    def _forget_finished(self) -> None:
        self._episodes: list[Episode] = []
        self._results: list[BattleResult] = []
        self._paid: Counter[str] = Counter()
        self._dropped = self._decisions = 0
        self._seconds = 0.0

    def _send(self, num_episodes: int) -> None:
        self._pool.found_league()
        self._transport.send(
            Order(
                self.version,
                as_arrays(self._agent.network_state_dict()),
                as_arrays(self._pool.state_dict()),
                num_episodes,
                self._seed,
            )
        )
        self._seed = None
        self._due += 1

    def _take_in(self, delivery: Delivery) -> None:
        for result in delivery.results:
            self._pool.record(result)
        self._pool.draws = delivery.draws
        limit = self._settings.max_staleness
        fresh = [each for each in delivery.episodes if limit is None or self.version - each.version <= limit]
        self._episodes += fresh
        self._results += delivery.results
        self._paid.update(delivery.reward_components)
        self._dropped += len(delivery.episodes) - len(fresh)
        self._decisions += delivery.num_decisions
        self._seconds += delivery.seconds


class AsynchronousSource(RemoteSource):
    """A `RemoteSource` that takes deliveries as they come; timing decides which episodes are learnt."""

    _published = -1  # version of the newest order

    def reset(self, seed: int) -> None:
        """Begin the first battles; later, running battles continue, since nothing is reproducible here."""
        if self._published < 0:
            super().reset(seed)

    def collect_ahead(self, num_episodes: int, following: int) -> int:
        """Give the weights and the size of this moment's batch to the collectors, which never wait."""
        self._num_episodes = num_episodes
        self._publish()
        return 0

    def advance(self) -> None:
        """Give the newest weights to the collectors, and wait for a delivery for a moment."""
        self._publish()
        delivery = self._transport.receive(POLL_S)
        if delivery is not None:
            self._take_in(delivery)

    def _publish(self) -> None:
        if self._published != self.version:
            self._send(self._num_episodes)
            self._published = self.version
