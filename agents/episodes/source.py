"""`EpisodeSource`: anything that gives whole episodes; `collect` makes a batch of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from agents.episodes.episode_batch import Episode, EpisodeBatch
from agents.errors import StopRequested


class EpisodeSource(Protocol):
    """A source of whole episodes: battles in this process or in others, or episodes of a data set.

    The log-probabilities and values of an episode come from the policy that played it, even if that policy is
    older than the one that learns.

    Attributes:
        gamma: discount per decision, for the advantages.
        gae_lambda: lambda of generalised advantage estimation.
    """

    gamma: float
    gae_lambda: float

    @property
    def num_finished(self) -> int:
        """Finished episodes that have not been taken."""

    def advance(self) -> None:
        """Do some work, such as one step of some battles; more episodes may be finished afterwards."""

    def take_episodes(self) -> Sequence[Episode]:
        """Hand over the finished episodes."""


def collect(
    source: EpisodeSource, num_episodes: int, should_stop: Callable[[], bool] = lambda: False
) -> EpisodeBatch:
    """Wait until a source has finished enough episodes, and make a batch of all finished ones.

    Args:
        source: the source, such as a `Rollout`.
        num_episodes: minimum number of episodes.
        should_stop: called before each `advance`.

    Returns:
        The finished episodes with their advantages and returns.

    Raises:
        StopRequested: `should_stop` returned True; finished episodes remain in the source.
    """
    episodes = collect_episodes(source, num_episodes, should_stop)
    return EpisodeBatch.from_episodes(episodes, source.gamma, source.gae_lambda)


def collect_episodes(
    source: EpisodeSource, num_episodes: int, should_stop: Callable[[], bool]
) -> Sequence[Episode]:
    """Wait until a source has finished enough episodes, and take all that it has finished; see `collect`."""
    while source.num_finished < num_episodes:
        if should_stop():
            raise StopRequested
        source.advance()
    return source.take_episodes()
