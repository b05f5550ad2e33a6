"""Learning over an engine and an action space from outside the packages."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from agents.agent import RLAgent
from agents.algorithms import PPOAlgorithm, SequencePPOAlgorithm
from agents.config.learning import NetworkSettings
from agents.episodes.source import collect
from agents.networks import ActorCritic, build_networks
from agents.selfplay.opponents import OpponentPool
from agents.selfplay.rollout import Rollout
from pokeenv import SelfPlayVectorEnv
from tests.support.toy_engine import TOY_ACTIONS, TOY_FORMAT, ToyEngine


@pytest.mark.parametrize("network", ["basic", "entity", "lstm"])
def test_a_toy_engine_gives_episodes_for_a_training_update(network: str) -> None:
    settings = NetworkSettings(
        type=network, hidden_size=16, lstm_hidden_size=16, embedding_size=4, use_lstm=network == "lstm"
    )
    networks = build_networks(settings, TOY_ACTIONS, seed=0)
    algorithm = SequencePPOAlgorithm() if network == "lstm" else PPOAlgorithm()
    optimizer = torch.optim.Adam(ActorCritic(*networks).parameters(), lr=1e-3)
    agent = RLAgent(*networks, optimizer, algorithm)
    before = [parameter.clone() for parameter in agent.policy_net.parameters()]
    with SelfPlayVectorEnv(TOY_FORMAT, 4, engine=ToyEngine) as env:
        pool = OpponentPool({"self": 1.0}, agent, seed=0)
        rollout = Rollout([env], agent, pool, gamma=1.0, gae_lambda=0.95, seed=0)
        batch = collect(rollout, 16)
        rollout.release()
    assert batch.action_masks.shape[1] == 5
    assert set(batch.rewards.unique().tolist()) <= {-1.0, 0.0, 1.0}
    # Every episode begins with the two picks of one request, and the second one excludes the first.
    starts = np.cumsum([0, *batch.episode_lengths.tolist()[:-1]])
    assert (batch.action_masks[starts].sum(1) == 2).all() and (
        batch.action_masks[starts + 1].sum(1) == 1
    ).all()
    assert np.isfinite(agent.update(batch))
    assert agent.metrics["max_abs_log_ratio_first"] < 1e-5
    assert any(
        not torch.equal(old, new) for old, new in zip(before, agent.policy_net.parameters(), strict=True)
    )
