"""Sequence algorithms against the one-decision-at-a-time reference, and their memory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from agents.agent import RLAgent
from agents.algorithms import (
    BaseAlgorithm,
    PPOAlgorithm,
    ReinforceAlgorithm,
    SequencePPOAlgorithm,
    SequenceReinforceAlgorithm,
)
from agents.algorithms.batching.episodes import episode_groups
from agents.algorithms.batching.minibatch import Minibatch
from agents.algorithms.batching.segments import segment_states
from agents.episodes.episode_batch import EpisodeBatch
from agents.networks import ActorCritic, Hidden, Network, packing, plan_sequences, split_segments
from tests.support.recall import RecallTask, share_recalled
from tests.support.reference import (
    FEED_FORWARD,
    LENGTHS,
    RECURRENT,
    SPECS,
    build,
    gradients,
    parameters_of,
    play,
    scale_heads,
    stepwise_log_probs,
    stepwise_ppo_loss,
)

BPTT_LENGTHS = (0, 10)


def setting(
    kind: str, seed: int = 0, lr: float = 0.0
) -> tuple[Network, Network, torch.optim.Optimizer, EpisodeBatch]:
    """Small networks, gradient descent, and episodes these networks played over interleaved rows."""
    policy_net, value_net = build(kind, seed=seed)
    scale_heads(policy_net)
    agent = RLAgent(policy_net, value_net, None, None)
    batch = EpisodeBatch.from_episodes(play(agent, LENGTHS, np.random.default_rng(seed)), 0.98, 0.9)
    optimizer = torch.optim.SGD(parameters_of(policy_net, value_net), lr=lr)
    return policy_net, value_net, optimizer, batch


def minibatches_of(algorithm: BaseAlgorithm, networks: ActorCritic, batch: EpisodeBatch) -> list[Minibatch]:
    """The gradient steps of one epoch."""
    rng = np.random.default_rng(0)
    return list(algorithm.batching.minibatches(networks, batch, algorithm.settings.batch_size, rng))


def states_of(minibatch: Minibatch) -> Hidden | None:
    """Hidden states of the policy's trunk before each sequence."""
    return None if minibatch.states is None else minibatch.states[0]


def fresh_states(policy_net: Network, batch: EpisodeBatch, max_decisions: int = 0) -> Hidden | None:
    """Hidden states of the policy's trunk before each segment of four decisions."""
    lengths = batch.episode_lengths.numpy()
    return segment_states(policy_net.trunk, batch.observations, lengths, 4, max_decisions)


@pytest.mark.parametrize("bptt_length", BPTT_LENGTHS)
@pytest.mark.parametrize("kind", SPECS)
def test_ratio_is_one_at_epoch_zero(kind: str, bptt_length: int) -> None:
    policy_net, value_net, optimizer, batch = setting(kind)
    for batch_size in (0, 40):
        algorithm = SequencePPOAlgorithm(bptt_length, epochs=1, batch_size=batch_size)
        loss = algorithm.update((policy_net, value_net), optimizer, batch)
        assert np.isfinite(loss)
        assert algorithm.metrics["max_abs_log_ratio_first"] < 1e-5
        assert algorithm.metrics["clip_fraction"] == 0.0


@pytest.mark.parametrize(
    ("kind", "bptt_length"),
    [("attention_lstm", 10), ("entity_lstm", 0)]
    + [(kind, length) for kind in ("lstm", "gru", "context") for length in (0, 10)],
)
def test_batched_gradients_equal_those_of_one_step_at_a_time(kind: str, bptt_length: int) -> None:
    policy_net, value_net, optimizer, batch = setting(kind)
    # Another policy than the one that played, so that ratios differ from 1 and some are clipped.
    noise = 0.5 * torch.randn(batch.num_decisions, generator=torch.Generator().manual_seed(0))
    batch = replace(batch, old_log_probs=batch.old_log_probs + noise)
    expected_loss = stepwise_ppo_loss(policy_net, value_net, batch, bptt_length=bptt_length)
    expected_loss.backward()  # type: ignore[no-untyped-call]
    expected = gradients(policy_net, value_net)
    algorithm = SequencePPOAlgorithm(bptt_length, grad_clip_norm=0.0, epochs=1)
    loss = algorithm.update((policy_net, value_net), optimizer, batch)
    assert 0.1 < algorithm.metrics["clip_fraction"] < 0.9
    assert loss == pytest.approx(expected_loss.item(), abs=1e-5)
    torch.testing.assert_close(gradients(policy_net, value_net), expected, rtol=0, atol=1e-5)
    assert float(expected.norm()) > 0.1


def test_truncation_changes_the_gradient_but_not_the_loss() -> None:
    losses, grads = [], []
    for bptt_length in (0, 4, 1000):
        policy_net, value_net, optimizer, batch = setting("lstm")
        algorithm = SequencePPOAlgorithm(bptt_length, grad_clip_norm=0.0, epochs=1)
        losses.append(algorithm.update((policy_net, value_net), optimizer, batch))
        grads.append(gradients(policy_net, value_net))
    assert losses[1] == pytest.approx(losses[0], abs=1e-6)
    assert float((grads[1] - grads[0]).abs().max()) > 1e-4
    torch.testing.assert_close(grads[2], grads[0], rtol=0, atol=1e-6)


@pytest.mark.parametrize("bptt_length", [0, 10])
def test_minibatches_of_episodes_add_up_to_the_whole_batch(bptt_length: int) -> None:
    policy_net, value_net, optimizer, batch = setting("lstm")
    whole = SequencePPOAlgorithm(bptt_length, grad_clip_norm=0.0, epochs=1)
    loss = whole.update((policy_net, value_net), optimizer, batch)
    expected = gradients(policy_net, value_net)
    parts = SequencePPOAlgorithm(bptt_length, grad_clip_norm=0.0, epochs=1, batch_size=30)
    targets, total = parts.normalized_targets(batch), torch.zeros_like(expected)
    networks = ActorCritic(policy_net, value_net)
    for minibatch in minibatches_of(parts, networks, batch):
        optimizer.zero_grad()
        for part in parts.batching.forward(networks, batch, minibatch):
            parts._loss(part, batch, targets, parts.entropy_weight(0.0))[0].backward()
        total += gradients(policy_net, value_net) * len(minibatch.take(batch.actions)) / batch.num_decisions
    torch.testing.assert_close(total, expected, rtol=0, atol=1e-5)
    assert parts.update((policy_net, value_net), optimizer, batch) == pytest.approx(loss, abs=1e-5)


@pytest.mark.parametrize("kind", FEED_FORWARD)
@pytest.mark.parametrize("bptt_length", BPTT_LENGTHS)
def test_standard_and_sequence_ppo_agree_on_a_feed_forward_network(kind: str, bptt_length: int) -> None:
    policy_net, value_net, optimizer, batch = setting(kind)
    standard, sequence = (
        PPOAlgorithm(epochs=1, grad_clip_norm=5.0),
        SequencePPOAlgorithm(bptt_length, epochs=1),
    )
    loss = standard.update((policy_net, value_net), optimizer, batch)
    expected = gradients(policy_net, value_net)
    assert sequence.update((policy_net, value_net), optimizer, batch) == pytest.approx(loss, abs=1e-6)
    torch.testing.assert_close(gradients(policy_net, value_net), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("baseline", [True, False])
def test_standard_and_sequence_reinforce_agree_on_a_feed_forward_network(baseline: bool) -> None:
    policy_net, value_net, optimizer, batch = setting("basic")
    networks = (policy_net, value_net) if baseline else policy_net
    standard = ReinforceAlgorithm(baseline=baseline, grad_clip_norm=5.0)
    sequence = SequenceReinforceAlgorithm(10, baseline=baseline)
    loss = standard.update(networks, optimizer, batch)
    expected = gradients(policy_net, value_net)
    optimizer.zero_grad()
    assert sequence.update(networks, optimizer, batch) == pytest.approx(loss, abs=1e-6)
    torch.testing.assert_close(gradients(policy_net, value_net), expected, rtol=0, atol=1e-6)


def test_sequence_reinforce_equals_its_stepwise_definition() -> None:
    policy_net, _, optimizer, batch = setting("lstm")
    algorithm = SequenceReinforceAlgorithm(10, grad_clip_norm=0.0, baseline=False, entropy_coef=0.0)
    log_probs, _ = stepwise_log_probs(policy_net, batch, 10)
    expected_loss = -(log_probs * algorithm.targets(batch)[0]).mean()
    expected_loss.backward()  # type: ignore[no-untyped-call]
    expected = gradients(policy_net)
    assert algorithm.update(policy_net, optimizer, batch) == pytest.approx(expected_loss.item(), abs=1e-5)
    torch.testing.assert_close(gradients(policy_net), expected, rtol=0, atol=1e-5)


def test_the_loss_is_a_mean_over_decisions_not_over_episodes() -> None:
    policy_net, value_net, optimizer, batch = setting("lstm")
    algorithm = SequencePPOAlgorithm(epochs=1)
    algorithm.update((policy_net, value_net), optimizer, batch)
    with torch.no_grad():
        plan = plan_sequences(*split_segments(batch.episode_lengths.numpy(), 0)[:2])
        errors = 0.5 * (value_net.evaluate(batch.observations, plan) - batch.returns).square()
    per_episode = torch.stack([part.mean() for part in torch.split(errors, batch.episode_lengths.tolist())])
    assert algorithm.metrics["value_loss"] == pytest.approx(float(errors.mean()), abs=1e-5)
    assert abs(float(per_episode.mean() - errors.mean())) > 1e-2


@pytest.mark.parametrize("bptt_length", [0, 4])
def test_neither_state_nor_gradient_crosses_an_episodes_end(bptt_length: int) -> None:
    policy_net, value_net, _, batch = setting("lstm")
    algorithm = SequencePPOAlgorithm(bptt_length, epochs=1)
    (minibatch,) = minibatches_of(algorithm, ActorCritic(policy_net, value_net), batch)
    lengths = batch.episode_lengths.tolist()
    starts = np.cumsum([0, *lengths[:-1]])
    obs = batch.observations.clone().requires_grad_()
    logits = policy_net.evaluate(obs, minibatch.plan, states_of(minibatch))
    for start, length in zip(starts.tolist(), lengths, strict=True):
        (grad,) = torch.autograd.grad(logits[start : start + length].square().sum(), obs, retain_graph=True)
        touched = torch.nonzero(grad.abs().sum(1)).flatten().tolist()
        assert touched == list(range(start, start + length))
    # Nor does the state: other episodes may change entirely.
    changed = replace(batch, observations=batch.observations.clone())
    keep = slice(starts[2], starts[2] + lengths[2])
    changed.observations[: keep.start] = batch.observations[: keep.start].flip(0)
    changed.observations[keep.stop :] = batch.observations[keep.stop :].flip(0)
    (other,) = minibatches_of(algorithm, ActorCritic(policy_net, value_net), changed)
    moved = policy_net.evaluate(changed.observations, other.plan, states_of(other))
    torch.testing.assert_close(moved[keep], logits[keep], rtol=0, atol=1e-6)
    assert float((moved - logits).detach().abs().max()) > 1e-2


def test_gradient_stays_within_its_segment_and_the_state_continues() -> None:
    policy_net, value_net, _, batch = setting("lstm")
    networks = ActorCritic(policy_net, value_net)
    (minibatch,) = minibatches_of(SequencePPOAlgorithm(10, epochs=1), networks, batch)
    obs = batch.observations.clone().requires_grad_()
    logits = policy_net.evaluate(obs, minibatch.plan, states_of(minibatch))
    lengths = batch.episode_lengths.tolist()
    longest = lengths.index(max(lengths))
    start, length = sum(lengths[:longest]), lengths[longest]
    assert length > 10
    for segment in range(0, length, 10):
        stop = min(segment + 10, length)
        (grad,) = torch.autograd.grad(logits[start + stop - 1].square().sum(), obs, retain_graph=True)
        touched = torch.nonzero(grad.abs().sum(1)).flatten().tolist()
        assert touched == list(range(start + segment, start + stop))
    states = states_of(minibatch)
    assert states is not None and all(not part.requires_grad for part in states)


@pytest.mark.parametrize("max_decisions", [0, 9])
@pytest.mark.parametrize("kind", ["lstm", "gru", "context"])
def test_segment_states_are_those_of_the_unbroken_run(kind: str, max_decisions: int) -> None:
    policy_net, _, _, batch = setting(kind)
    states = fresh_states(policy_net, batch, max_decisions)
    assert states is not None
    column = 0
    start = 0
    for length in batch.episode_lengths.tolist():
        hidden = policy_net.initial_state(1)
        for t in range(length):
            if t % 4 == 0:
                for part, expected in zip(states, hidden, strict=True):
                    torch.testing.assert_close(part[:, column : column + 1], expected, rtol=0, atol=1e-5)
                column += 1
            _, hidden = policy_net(batch.observations[start + t].view(1, 1, -1), hidden)
        start += length
    assert column == states[0].shape[1]


def test_segment_states_are_refreshed_every_epoch() -> None:
    policy_net, value_net, optimizer, batch = setting("lstm", lr=0.5)
    algorithm = SequencePPOAlgorithm(4, epochs=1)
    before = fresh_states(policy_net, batch)
    algorithm.update((policy_net, value_net), optimizer, batch)
    (minibatch,) = minibatches_of(algorithm, ActorCritic(policy_net, value_net), batch)
    now, expected = (
        states_of(minibatch),
        fresh_states(policy_net, batch),
    )
    assert before is not None and now is not None and expected is not None
    assert torch.equal(now[0], expected[0])
    assert float((now[0] - before[0]).abs().max()) > 1e-3


@pytest.mark.parametrize("bptt_length", [0, 1, 7, 10, 100])
@pytest.mark.parametrize("seed", range(4))
def test_segments_cover_every_decision_once_and_never_cross_an_episode(bptt_length: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 60, size=int(rng.integers(1, 80)))
    owner = np.repeat(np.arange(len(lengths)), lengths)
    starts, sizes, counts = split_segments(lengths, bptt_length)
    covered = np.concatenate([np.arange(a, a + n) for a, n in zip(starts, sizes, strict=True)])
    assert covered.tolist() == list(range(lengths.sum()))
    assert len(starts) == counts.sum()
    assert bptt_length == 0 or sizes.max() <= bptt_length
    for a, n in zip(starts, sizes, strict=True):
        assert len(set(owner[a : a + n])) == 1
    plan = plan_sequences(starts, sizes)
    places = torch.cat([slab.flatten() for slab in plan.slabs])
    assert torch.equal(places[plan.inverse], torch.arange(lengths.sum()))
    order = plan.order.numpy()
    assert sorted(order.tolist()) == list(range(len(starts)))
    first = 0
    for slab in plan.slabs:
        time = np.arange(first, first + len(slab))[:, None]
        members = order[: slab.shape[1]]
        assert (sizes[members] > first).all() and (sizes[order[slab.shape[1] :]] <= first).all()
        expected = starts[members] + np.minimum(time, sizes[members] - 1)
        assert np.array_equal(slab.numpy(), expected)
        first += len(slab)
    assert first == sizes.max()


@pytest.mark.parametrize("bptt_length", [0, 10])
@pytest.mark.parametrize("kind", RECURRENT)
def test_many_slabs_give_the_gradients_of_one(
    kind: str, bptt_length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = {}
    for call_cost in (0.0, 1e9):
        monkeypatch.setattr(packing, "CALL_COST", call_cost)
        policy_net, value_net, optimizer, batch = setting(kind)
        segments = split_segments(batch.episode_lengths.numpy(), bptt_length)[:2]
        algorithm = SequencePPOAlgorithm(bptt_length, grad_clip_norm=0.0, epochs=1)
        loss = algorithm.update((policy_net, value_net), optimizer, batch)
        results[len(plan_sequences(*segments).slabs)] = loss, gradients(policy_net, value_net)
    assert min(results) == 1 and max(results) >= 3
    assert results[max(results)][0] == pytest.approx(results[1][0], abs=1e-6)
    torch.testing.assert_close(results[max(results)][1], results[1][1], rtol=0, atol=1e-5)


def test_slabs_waste_little_and_small_batches_are_not_torn() -> None:
    rng = np.random.default_rng(0)
    lengths = np.clip(rng.gamma(4.0, 34 / 4, 64).astype(int), 10, 80)
    plan = plan_sequences(*split_segments(lengths, 0)[:2])
    padded = sum(slab.numel() for slab in plan.slabs)
    assert padded < 1.25 * lengths.sum() < 64 * lengths.max()
    assert 2 <= len(plan.slabs) <= 12
    assert len(plan_sequences(*split_segments(np.array([9, 8, 8, 7]), 0)[:2]).slabs) == 1


def test_minibatches_hold_whole_episodes_of_about_the_size_asked_for() -> None:
    rng = np.random.default_rng(0)
    lengths = np.random.default_rng(1).integers(10, 60, 100)
    groups = episode_groups(lengths, 500, rng)
    assert sorted(np.concatenate(groups).tolist()) == list(range(100))
    assert all(400 < lengths[group].sum() < 600 for group in groups)
    assert not np.array_equal(np.concatenate(episode_groups(lengths, 500, rng)), np.concatenate(groups))


def test_an_lstm_learns_to_recall_a_cue_and_a_feed_forward_network_cannot() -> None:
    task = RecallTask(shown_before=1, asked_at=(8,))
    assert share_recalled(task, "lstm", updates=40) >= 0.95
    assert share_recalled(task, "none", updates=40) < 0.65
