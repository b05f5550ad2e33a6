"""RLAgent: hidden states per row, sampling, values, state round trips."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from agents.agent import RLAgent
from agents.algorithms import PPOAlgorithm, SequencePPOAlgorithm
from agents.episodes.episode_batch import EpisodeBatch
from tests.support.reference import (
    LENGTHS,
    RECURRENT,
    SPECS,
    build,
    parameters_of,
    play,
    random_masks,
    random_observations,
    scale_heads,
)


def make_agent(kind: str = "lstm", seed: int = 0, rows: int = 6, shared: bool = False) -> RLAgent:
    """A small agent with rows begun."""
    policy_net, value_net = build(kind, seed=seed, shared=shared or SPECS[kind].shared)
    scale_heads(policy_net)
    optimizer = torch.optim.Adam(parameters_of(policy_net, value_net), lr=1e-2)
    algorithm = SequencePPOAlgorithm(batch_size=40) if kind in RECURRENT else PPOAlgorithm(batch_size=40)
    agent = RLAgent(policy_net, value_net, optimizer, algorithm)
    agent.begin(rows, seed=1)
    return agent


def situation(count: int, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Observations and masks of `count` rows."""
    rng = np.random.default_rng(seed)
    return random_observations(count, rng), random_masks(count, rng)


@pytest.mark.parametrize("kind", SPECS)
def test_decisions_are_legal_and_have_the_promised_types(kind: str) -> None:
    agent = make_agent(kind)
    obs, masks = situation(6)
    decision = agent.act(obs, masks, np.arange(6))
    assert decision.actions.dtype == np.int64
    assert decision.log_probs.dtype == decision.values.dtype == np.float32
    assert decision.actions.shape == decision.log_probs.shape == decision.values.shape == (6,)
    assert masks[np.arange(6), decision.actions].all()
    assert decision.scores is not None
    np.testing.assert_array_equal(decision.scores[np.arange(6), decision.actions], decision.log_probs)
    np.testing.assert_allclose((np.exp(decision.scores) * masks).sum(axis=1), 1.0, atol=1e-5)
    assert not torch.is_inference_mode_enabled()


@pytest.mark.parametrize("kind", RECURRENT)
def test_reset_rows_start_as_if_fresh_and_others_remember(kind: str) -> None:
    agent = make_agent(kind)
    obs, masks = situation(6)
    masks[:] = 1
    rows = np.arange(6)
    first = agent.act(obs, masks, rows, greedy=True)
    agent.act(situation(6, seed=1)[0], masks, rows, greedy=True)
    agent.reset_rows(np.array([1, 4]))
    third = agent.act(obs, masks, rows, greedy=True)
    np.testing.assert_allclose(third.values[[1, 4]], first.values[[1, 4]], atol=1e-6)
    np.testing.assert_allclose(third.log_probs[[1, 4]], first.log_probs[[1, 4]], atol=1e-6)
    assert (np.abs(third.values - first.values)[[0, 2, 3, 5]] > 1e-6).all()


def test_a_row_that_rests_keeps_its_state() -> None:
    obs, masks = situation(2)
    alone, beside = make_agent(), make_agent()
    for agent, others in ((alone, []), (beside, [3, 5, 0])):
        agent.act(obs[:1], masks[:1], np.array([2]))
        for other in others:
            agent.act(obs[1:], masks[1:], np.array([other]))
    a, b = (agent.act(obs[:1], masks[:1], np.array([2]), greedy=True) for agent in (alone, beside))
    np.testing.assert_allclose(a.values, b.values, atol=1e-6)


def test_the_order_of_rows_does_not_matter() -> None:
    obs, masks = situation(6)
    order = np.array([3, 0, 5, 1, 4, 2])
    straight, shuffled = make_agent(), make_agent()
    for _ in range(2):
        a = straight.act(obs, masks, np.arange(6), greedy=True)
        b = shuffled.act(obs[order], masks[order], order, greedy=True)
        np.testing.assert_array_equal(a.actions[order], b.actions)
        np.testing.assert_allclose(a.values[order], b.values, atol=1e-6)


def test_get_value_sees_the_state_and_leaves_it_alone() -> None:
    agent = make_agent()
    obs, masks = situation(3)
    rows = np.array([0, 2, 4])
    agent.act(obs, masks, rows)
    first = agent.get_value(obs, rows)
    np.testing.assert_array_equal(agent.get_value(obs, rows), first)
    np.testing.assert_allclose(agent.act(obs, masks, rows).values, first, atol=1e-6)
    assert not np.allclose(agent.get_value(obs, rows), first, atol=1e-7)


def test_greedy_takes_the_most_probable_legal_action() -> None:
    agent = make_agent("basic")
    obs, masks = situation(6)
    decision = agent.act(obs, masks, np.arange(6), greedy=True)
    logits = agent.policy_net.evaluate(torch.from_numpy(obs)).detach().numpy()
    expected = np.where(masks != 0, logits, -np.inf).argmax(1)
    np.testing.assert_array_equal(decision.actions, expected)


@pytest.mark.parametrize("by_battle", [False, True])
def test_stored_log_probs_are_those_of_the_distribution_drawn_from(by_battle: bool) -> None:
    agent = make_agent(rows=20_000)
    if by_battle:
        agent.start_streams(np.arange(20_000), np.arange(20_000))
    scale_heads(agent.policy_net, factor=50.0)  # far enough from uniform to tell distributions apart
    obs, masks = situation(1, seed=3)
    masks[0, :8] = 1
    decision = agent.act(obs.repeat(20_000, 0), masks.repeat(20_000, 0), np.arange(20_000))
    stored = np.zeros(26)
    stored[decision.actions] = np.exp(decision.log_probs)
    shares = np.bincount(decision.actions, minlength=26) / 20_000
    assert 0.3 < stored.max() < 0.9
    np.testing.assert_allclose(shares, stored, atol=0.015)
    assert stored.sum() == pytest.approx(1.0, abs=0.01)


def test_seed_of_begin_fixes_the_draws_and_not_the_global_state() -> None:
    obs, masks = situation(64)
    masks[:] = 1
    agent = make_agent(rows=64)
    draws: list[NDArray[np.int64]] = []
    for seed in (5, 5, 6):
        torch.manual_seed(seed + len(draws))
        agent.begin(64, seed=seed)
        draws.append(agent.act(obs, masks, np.arange(64)).actions)
    np.testing.assert_array_equal(draws[0], draws[1])
    assert (draws[0] != draws[2]).any()


def test_a_row_without_legal_action_is_named() -> None:
    agent = make_agent()
    obs, masks = situation(3)
    masks[1] = 0
    with pytest.raises(ValueError, match=r"rows \[4\]"):
        agent.act(obs, masks, np.array([0, 4, 2]))


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("kind", ["basic", "lstm"])
def test_a_restored_agent_continues_bit_for_bit(kind: str, shared: bool) -> None:
    def batch(agent: RLAgent, seed: int) -> EpisodeBatch:
        return EpisodeBatch.from_episodes(play(agent, LENGTHS, np.random.default_rng(seed)), 1.0, 0.95)

    def parameters(agent: RLAgent) -> torch.Tensor:
        return torch.cat([p.detach().flatten() for p in agent.policy_net.parameters()])

    original = make_agent(kind, shared=shared)
    original.update(batch(original, 0))
    restored = make_agent(kind, seed=9, shared=shared)
    restored.load_state_dict(original.state_dict())
    for agent in (original, restored):
        agent.update(batch(agent, 1))
    assert torch.equal(parameters(original), parameters(restored))
    obs, masks = situation(6)
    draws = [agent.act(obs[:3], masks[:3], np.arange(3)).actions for agent in (original, restored)]
    np.testing.assert_array_equal(draws[0], draws[1])


@pytest.mark.parametrize("shared", [False, True])
def test_a_snapshot_is_frozen_and_takes_weights_on_request(shared: bool) -> None:
    agent = make_agent(shared=shared)
    frozen = agent.snapshot("frozen")
    assert frozen.value_net is not None
    assert (frozen.value_net.trunk is frozen.policy_net.trunk) == shared
    assert frozen.policy_net.trunk is not agent.policy_net.trunk
    frozen.begin(6, seed=0)
    obs, _ = situation(6)
    before = frozen.get_value(obs, np.arange(6))
    agent.update(EpisodeBatch.from_episodes(play(agent, LENGTHS, np.random.default_rng(0)), 1.0, 0.95))
    np.testing.assert_array_equal(frozen.get_value(obs, np.arange(6)), before)
    frozen.copy_weights(agent)
    agent.begin(6, seed=0)
    np.testing.assert_array_equal(frozen.get_value(obs, np.arange(6)), agent.get_value(obs, np.arange(6)))
    with pytest.raises(ValueError, match="only plays"):
        frozen.update(EpisodeBatch.from_episodes(play(agent, [3], np.random.default_rng(0)), 1.0, 0.95))


def test_without_a_value_network_values_are_zero() -> None:
    agent = RLAgent(build("lstm")[0], None, None, None)
    agent.begin(2, seed=0)
    obs, masks = situation(2)
    assert not agent.act(obs, masks, np.arange(2)).values.any()
    assert not agent.get_value(obs, np.arange(2)).any()
    snapshot = make_agent().snapshot("frozen", with_values=False)
    snapshot.begin(2, seed=0)
    assert not snapshot.act(obs, masks, np.arange(2)).values.any()
    with pytest.raises(ValueError, match="needs a value network"):
        RLAgent(agent.policy_net, None, None, PPOAlgorithm())


def test_a_shared_trunk_is_saved_once_and_refused_by_separate_networks() -> None:
    shared, separate = make_agent(shared=True), make_agent()
    assert set(shared.network_state_dict()["value_net"]) == {"weight", "bias"}
    for agent, other in ((shared, separate), (separate, shared)):
        with pytest.raises(RuntimeError, match="state_dict"):
            agent.load_network_state_dict(other.network_state_dict())


def test_on_a_shared_trunk_one_state_advances_and_one_norm_is_clipped() -> None:
    agent = make_agent(shared=True)
    (state,) = agent.get_state()[1]
    assert [part.shape[1] for part in state] == [6, 6]
    agent.update(EpisodeBatch.from_episodes(play(agent, LENGTHS, np.random.default_rng(0)), 1.0, 0.95))
    assert agent.metrics["max_abs_log_ratio_first"] < 1e-5
    assert agent.metrics["grad_norm"] > 0 and "grad_norm_policy" not in agent.metrics
