"""`TrainingSource`: a source of the episodes of a training run, in this process or elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from agents.episodes.source import EpisodeSource
from agents.selfplay.results import BattleResult
from pokeenv import ActionSpace


class TrainingSource(EpisodeSource, Protocol):
    """An `EpisodeSource` that plays with the learner's weights, and the figures of its battles.

    Attributes:
        version: number of updates that made the learner's weights; the training loop sets it.
        action_space: actions of the battles.
    """

    version: int
    action_space: ActionSpace

    @property
    def results(self) -> Sequence[BattleResult]:
        """Battles that finished between the last two calls of `take_episodes`."""

    @property
    def reward_components(self) -> Mapping[str, float]:
        """Total that each component of a composite reward has paid the learner in that period."""

    def collect_ahead(self, num_episodes: int, following: int) -> int:
        """Order a batch unless that has been done, and the next one too if the source may play ahead.

        Args:
            num_episodes: episodes of the batch that is collected next.
            following: episodes of the batch after it; 0: none, since the run ends or `reset` comes between.

        Returns:
            `following` if it is on order, with the weights of now; else 0.
        """

    def reset(self, seed: int) -> None:
        """Drop all running battles and begin new ones with the learner's current weights.

        Args:
            seed: seed of the battles and of all agents' sampling.
        """

    def figures(self) -> Mapping[str, float]:
        """Figures of the batch that was taken last, for the run's metrics; names begin with `collection/`."""
