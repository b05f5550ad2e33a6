"""Episode sources from outside the package: `collect` and an update take them like a rollout."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from agents.agent import RLAgent
from agents.config import load_config
from agents.episodes.episode_batch import Episode
from agents.episodes.source import collect
from agents.errors import StopRequested
from agents.runs.build import make_agent
from pokeenv import OBS_SIZE, SINGLES

GOOD, BAD = 3, 8


class CannedEpisodes:
    """Replays given episodes, one in each `advance`; inherits nothing and plays no battle."""

    gamma = 1.0
    gae_lambda = 0.95

    def __init__(self, episodes: Sequence[Episode]) -> None:
        self._waiting = list(episodes)
        self._finished: list[Episode] = []

    @property
    def num_finished(self) -> int:
        return len(self._finished)

    def advance(self) -> None:
        self._finished.append(self._waiting.pop(0))

    def take_episodes(self) -> list[Episode]:
        taken, self._finished = self._finished, []
        return taken


def one_decision(action: int, reward: float) -> Episode:
    """An episode of a single decision, by a policy that chose between two actions at random."""
    masks = np.zeros((1, SINGLES.num_actions), dtype=np.int8)
    masks[0, [GOOD, BAD]] = 1
    return Episode(
        observations=np.zeros((1, OBS_SIZE), dtype=np.float32),
        action_masks=masks,
        actions=np.array([action]),
        log_probs=np.log(np.array([0.5], dtype=np.float32)),
        rewards=np.array([reward], dtype=np.float32),
        values=np.zeros(1, dtype=np.float32),
        terminated=True,
    )


def probability_of_good(agent: RLAgent) -> float:
    episode = one_decision(GOOD, 0.0)
    agent.begin(1, seed=0)
    decision = agent.act(episode.observations, episode.action_masks, np.arange(1), greedy=True)
    assert decision.log_probs is not None
    probability = float(np.exp(decision.log_probs[0]))
    return probability if decision.actions[0] == GOOD else 1 - probability


def test_an_update_learns_from_a_source_that_is_not_a_rollout() -> None:
    torch.manual_seed(0)
    small = ["network.hidden_size=16", "network.lstm_hidden_size=16", "network.embedding_size=4"]
    agent = make_agent(load_config(None, [*small, "lr=0.01", "entropy_coef=0"]))
    before = probability_of_good(agent)
    source = CannedEpisodes([one_decision(GOOD, 1.0), one_decision(BAD, -1.0)] * 8)
    agent.update(collect(source, 16))
    assert probability_of_good(agent) > before + 0.05


def test_a_batch_holds_all_finished_episodes_in_order() -> None:
    source = CannedEpisodes([one_decision(GOOD, float(number)) for number in range(5)])
    source.advance()
    source.advance()
    assert collect(source, 1).rewards.tolist() == [0.0, 1.0]
    assert collect(source, 3).returns.tolist() == [2.0, 3.0, 4.0]


def test_finished_episodes_remain_in_the_source_after_a_stop() -> None:
    source = CannedEpisodes([one_decision(GOOD, 1.0)] * 3)
    answers = iter([False, True])
    with pytest.raises(StopRequested):
        collect(source, 3, lambda: next(answers))
    assert source.num_finished == 1
    assert collect(source, 3).num_episodes == 3
