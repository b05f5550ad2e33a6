"""PPO and REINFORCE: losses with known answers, masks, clipping, the KL stop, dispatch by flag."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from agents.agent import RLAgent
from agents.algorithms import (
    BaseAlgorithm,
    Episodes,
    PPOAlgorithm,
    ReinforceAlgorithm,
    SequencePPOAlgorithm,
    SequenceReinforceAlgorithm,
)
from agents.algorithms.figures import explained_variance
from agents.algorithms.losses import ppo_policy_loss
from agents.episodes.episode_batch import Episode, EpisodeBatch
from agents.errors import DivergedError
from agents.networks import ActorCritic, Network, Trunk
from agents.networks.masked_categorical import entropy_of, masked_log_probs, sample
from tests.support.reference import (
    LENGTHS,
    build,
    gradients,
    parameters_of,
    play,
    random_masks,
    random_observations,
    scale_heads,
)

ALGORITHMS: dict[str, type[BaseAlgorithm]] = {
    "ppo": PPOAlgorithm,
    "reinforce": ReinforceAlgorithm,
    "sequence_ppo": SequencePPOAlgorithm,
    "sequence_reinforce": SequenceReinforceAlgorithm,
}


class Table(nn.Module):
    """An encoder that shows the same features whatever is observed: logits are the head's weights."""

    def forward(self, obs: Tensor) -> Tensor:
        return torch.ones(len(obs), 1)


def bandit_net(logits: list[float]) -> Network:
    """A policy without state whose logits are its parameters."""
    head = nn.Linear(1, len(logits), bias=False)
    with torch.no_grad():
        head.weight.copy_(torch.tensor(logits).unsqueeze(1))
    return Network(Trunk(Table()), head)


def bandit_batch(actions: list[list[int]], rewards: list[list[float]], gamma: float = 1.0) -> EpisodeBatch:
    """Episodes of a bandit with two arms, both always legal."""
    episodes = [
        Episode(
            observations=np.zeros((len(taken), 1), dtype=np.float32),
            action_masks=np.ones((len(taken), 2), dtype=np.int8),
            actions=np.array(taken),
            log_probs=np.full(len(taken), np.log(0.5), dtype=np.float32),
            rewards=np.array(gained, dtype=np.float32),
            values=np.zeros(len(taken), dtype=np.float32),
            terminated=True,
        )
        for taken, gained in zip(actions, rewards, strict=True)
    ]
    return EpisodeBatch.from_episodes(episodes, gamma, 0.95)


def make(
    kind: str = "basic", seed: int = 0, lr: float = 0.0
) -> tuple[Network, Network, torch.optim.Optimizer]:
    """Small networks with policies far from uniform, and plain gradient descent."""
    policy_net, value_net = build(kind, seed=seed)
    scale_heads(policy_net)
    return policy_net, value_net, torch.optim.SGD(parameters_of(policy_net, value_net), lr=lr)


def batch_of(policy_net: Network, value_net: Network, seed: int = 0) -> EpisodeBatch:
    """A batch that these networks gathered themselves."""
    agent = RLAgent(policy_net, value_net, None, None)
    return EpisodeBatch.from_episodes(play(agent, LENGTHS, np.random.default_rng(seed)), 0.98, 0.9)


@pytest.mark.parametrize("cls", [ReinforceAlgorithm, SequenceReinforceAlgorithm])
def test_reinforce_gradient_on_a_two_armed_bandit_has_its_closed_form(cls: type[BaseAlgorithm]) -> None:
    theta = 0.3
    policy_net = bandit_net([theta, 0.0])
    optimizer = torch.optim.SGD(policy_net.parameters(), lr=0.0)
    algorithm = cls(baseline=False, entropy_coef=0.0, grad_clip_norm=0.0)  # type: ignore[call-arg]
    # Arm 0 pays 1, arm 1 pays -0.5; each is taken nearly as often as its probability says, so the mean is
    # d/dtheta E[-log pi * R] = -(p0 (1 - p0) * 1 + (1 - p0) * (-p0) * (-0.5)) = -1.5 p0 (1 - p0).
    counts = [27, 20]
    batch = bandit_batch([[0]] * counts[0] + [[1]] * counts[1], [[1.0]] * counts[0] + [[-0.5]] * counts[1])
    algorithm.update(policy_net, optimizer, batch)
    p0 = 1.0 / (1.0 + np.exp(-theta))
    share = counts[0] / sum(counts)
    expected = -(share * (1 - p0) * 1.0 + (1 - share) * (-p0) * (-0.5))
    assert share == pytest.approx(p0, abs=1e-4)
    assert expected == pytest.approx(-1.5 * p0 * (1 - p0), abs=1e-4)
    assert float(gradients(policy_net)[0]) == pytest.approx(expected, abs=1e-6)
    assert float(gradients(policy_net)[1]) == pytest.approx(-expected, abs=1e-6)


def test_reinforce_weighs_an_action_by_what_came_after_it_not_by_its_own_reward() -> None:
    policy_net = bandit_net([0.0, 0.0])
    optimizer = torch.optim.SGD(policy_net.parameters(), lr=0.0)
    algorithm = ReinforceAlgorithm(baseline=False, entropy_coef=0.0, grad_clip_norm=0.0)
    # Arm 0 first, arm 1 second, all reward at the end: returns 0.5 * 4 and 4, immediate rewards 0 and 4.
    loss = algorithm.update(policy_net, optimizer, bandit_batch([[0, 1]], [[0.0, 4.0]], gamma=0.5))
    assert loss == pytest.approx(np.log(2.0) * (2.0 + 4.0) / 2)
    # Gradient of logit 0: mean of -(1 - p) * 2 and +p * 4, p = 1/2.
    assert float(gradients(policy_net)[0]) == pytest.approx((-0.5 * 2.0 + 0.5 * 4.0) / 2)


def test_reinforce_baseline_is_the_value_when_the_decision_was_made() -> None:
    policy_net, value_net, optimizer = make()
    batch = batch_of(policy_net, value_net)
    algorithm = ReinforceAlgorithm(entropy_coef=0.0)
    assert algorithm.needs_value_net
    algorithm.update((policy_net, value_net), optimizer, batch)
    with_baseline = algorithm.metrics["policy_loss"]
    _, returns = algorithm.targets(batch)
    expected = float(-(batch.old_log_probs * (returns - batch.values)).mean())
    assert with_baseline == pytest.approx(expected, abs=1e-5)


def test_masks_are_reapplied_in_the_update() -> None:
    policy_net, value_net, optimizer = make()
    batch = batch_of(policy_net, value_net)
    algorithm = PPOAlgorithm(epochs=1)
    algorithm.update((policy_net, value_net), optimizer, batch)
    assert algorithm.metrics["max_abs_log_ratio_first"] < 1e-5
    assert algorithm.metrics["clip_fraction"] == 0.0
    everything = replace(batch, action_masks=torch.ones_like(batch.action_masks))
    algorithm.update((policy_net, value_net), optimizer, everything)
    assert algorithm.metrics["clip_fraction"] > 0.5


def test_illegal_actions_have_no_probability_no_entropy_and_no_gradient() -> None:
    logits = torch.randn(50, 26, generator=torch.Generator().manual_seed(0), requires_grad=True)
    masks = torch.from_numpy(random_masks(50, np.random.default_rng(0)) != 0)
    log_probs = masked_log_probs(logits, masks)
    assert not log_probs.exp()[~masks].any()
    torch.testing.assert_close(log_probs.exp().sum(-1), torch.ones(50))
    entropy_of(log_probs).sum().backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None and logits.grad.isfinite().all()
    assert not logits.grad[~masks].any()
    single = masks.sum(1) == 1
    assert single.any() and not entropy_of(log_probs)[single].any()


def test_samples_are_legal_and_follow_the_probabilities() -> None:
    logits = torch.tensor([2.0, 0.0, 1.0, -1.0])
    mask = torch.tensor([True, True, False, True])
    log_probs = masked_log_probs(logits, mask)
    draws = sample(log_probs.expand(40_000, 4), torch.Generator().manual_seed(0))
    shares = torch.bincount(draws, minlength=4) / len(draws)
    torch.testing.assert_close(shares, log_probs.exp(), rtol=0, atol=0.01)
    assert int((draws == 2).sum()) == 0


def test_ppo_gradient_stops_outside_the_clip_range() -> None:
    ratios = torch.tensor([0.5, 0.9, 1.1, 1.5])
    for sign, alive in ((1.0, [True, True, True, False]), (-1.0, [False, True, True, True])):
        log_probs = ratios.log().requires_grad_()
        loss = ppo_policy_loss(log_probs, torch.full((4,), sign), clip_range=0.2).mean()
        (grad,) = torch.autograd.grad(loss, log_probs)
        assert (grad != 0).tolist() == alive
        torch.testing.assert_close(grad, torch.where(torch.tensor(alive), -sign * ratios / 4, torch.zeros(4)))


def test_advantages_are_normalised_over_all_decisions_alike() -> None:
    policy_net, value_net, _ = make()
    batch = batch_of(policy_net, value_net)
    prepared = PPOAlgorithm().normalized_targets(batch)
    assert float(prepared.advantages.mean()) == pytest.approx(0.0, abs=1e-6)
    assert float(prepared.advantages.std(correction=0)) == pytest.approx(1.0, abs=1e-5)
    plain = PPOAlgorithm(normalize_advantages=False).normalized_targets(batch)
    assert torch.equal(plain.advantages, batch.advantages)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_clipping_bounds_the_gradient_norm_of_each_network(name: str) -> None:
    policy_net, value_net, optimizer = make("basic" if "sequence" not in name else "lstm")
    batch = batch_of(policy_net, value_net)
    batch = replace(
        batch, advantages=50 * batch.advantages, rewards=50 * batch.rewards, returns=50 * batch.returns
    )
    bound = 0.01
    algorithm = ALGORITHMS[name](grad_clip_norm=bound, epochs=1, normalize_advantages=False)
    algorithm.update((policy_net, value_net), optimizer, batch)
    for network, key in ((policy_net, "grad_norm_policy"), (value_net, "grad_norm_value")):
        assert algorithm.metrics[key] > 10 * bound  # the norm before
        assert float(gradients(network).norm()) == pytest.approx(bound, rel=1e-3)
    ALGORITHMS[name](grad_clip_norm=0.0, epochs=1).update((policy_net, value_net), optimizer, batch)
    assert float(gradients(value_net).norm()) > 10 * bound


def test_kl_stop_ends_the_update_before_a_step_that_goes_too_far() -> None:
    policy_net, value_net, optimizer = make(lr=0.5)
    batch = batch_of(policy_net, value_net)
    algorithm = PPOAlgorithm(epochs=50, target_kl=1e-4, grad_clip_norm=1.0)
    algorithm.update((policy_net, value_net), optimizer, batch)
    assert 1 <= algorithm.metrics["epochs_done"] < 50
    assert algorithm.metrics["gradient_steps"] == algorithm.metrics["epochs_done"]
    assert algorithm.metrics["kl_at_stop"] > 1.5e-4


@pytest.mark.parametrize("cls", [PPOAlgorithm, SequencePPOAlgorithm])
@pytest.mark.parametrize(("advantage", "fault"), [(-50.0, "loss inf"), (50.0, "grad_norm_policy nan")])
def test_update_that_overflows_is_refused_and_changes_nothing(
    cls: type[BaseAlgorithm], advantage: float, fault: str
) -> None:
    policy_net, value_net, optimizer = make(lr=0.5)
    batch = batch_of(policy_net, value_net)
    batch.old_log_probs[0] = -200.0  # a ratio that no float32 holds
    batch.advantages[0] = advantage
    before = [parameter.detach().clone() for parameter in parameters_of(policy_net, value_net)]
    with pytest.raises(DivergedError, match=rf"diverged: .*{fault}.*lr or clip_range"):
        cls(epochs=1).update((policy_net, value_net), optimizer, batch)
    for parameter, old in zip(parameters_of(policy_net, value_net), before, strict=True):
        assert torch.equal(parameter, old)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_minibatches_cover_every_decision_once_per_epoch(name: str) -> None:
    policy_net, value_net, _ = make()
    batch = batch_of(policy_net, value_net)
    algorithm = ALGORITHMS[name](batch_size=30, epochs=1)
    rng, networks = np.random.default_rng(0), ActorCritic(policy_net, value_net)
    parts = list(algorithm.batching.minibatches(networks, batch, 30, rng))
    assert len(parts) >= 3
    seen = torch.cat([part.take(torch.arange(batch.num_decisions)) for part in parts])
    assert sorted(seen.tolist()) == list(range(batch.num_decisions))
    if not algorithm.sequence:
        assert [len(part.take(batch.actions)) for part in parts[:-1]] == [30] * (len(parts) - 1)


class Recorder(BaseAlgorithm):
    """Remembers what it is given."""

    def __init__(self, needs_value_net: bool) -> None:
        super().__init__()
        self.needs_value_net = needs_value_net
        self.given: object = None
        self.metrics = {"loss": 0.25}

    def update(self, networks: object, optimizer: object, batch: object, **_: object) -> float:
        self.given = networks
        return 0.25

    def policy_loss(self, log_probs: Tensor, log_ratio: Tensor, advantages: Tensor) -> Tensor:
        raise NotImplementedError

    def targets(self, batch: EpisodeBatch) -> tuple[Tensor, Tensor]:
        raise NotImplementedError


@pytest.mark.parametrize("needs_value_net", [True, False])
def test_the_agent_passes_a_tuple_or_one_network_by_the_flag(needs_value_net: bool) -> None:
    policy_net, value_net, optimizer = make()
    recorder = Recorder(needs_value_net)
    agent = RLAgent(policy_net, value_net, optimizer, recorder)
    assert agent.update(batch_of(policy_net, value_net)) == 0.25
    assert recorder.given == ((policy_net, value_net) if needs_value_net else policy_net)
    assert agent.metrics == {"loss": 0.25}


def test_an_algorithm_refuses_networks_that_do_not_fit_its_flag() -> None:
    policy_net, value_net, optimizer = make()
    batch = batch_of(policy_net, value_net)
    with pytest.raises(TypeError, match="policy_net, value_net"):
        PPOAlgorithm().update(policy_net, optimizer, batch)
    with pytest.raises(TypeError, match="alone"):
        ReinforceAlgorithm(baseline=False).update((policy_net, value_net), optimizer, batch)
    recurrent_policy, recurrent_value, _ = make("lstm")
    with pytest.raises(TypeError, match="sequence form"):
        PPOAlgorithm().update((recurrent_policy, recurrent_value), optimizer, batch)


def test_flags_say_what_an_algorithm_wants() -> None:
    flags = {name: (make().sequence, make().needs_value_net) for name, make in ALGORITHMS.items()}
    assert flags == {
        "ppo": (False, True),
        "reinforce": (False, True),
        "sequence_ppo": (True, True),
        "sequence_reinforce": (True, True),
    }
    assert not SequenceReinforceAlgorithm(baseline=False).needs_value_net
    assert PPOAlgorithm(batching=Episodes(10)).sequence
    with pytest.raises(ValueError, match="bptt_length"):
        SequencePPOAlgorithm(bptt_length=-1)


def test_update_gives_all_metrics_and_they_are_finite() -> None:
    policy_net, value_net, optimizer = make(lr=1e-3)
    batch = batch_of(policy_net, value_net)
    algorithm = PPOAlgorithm(epochs=2, batch_size=40)
    loss = algorithm.update((policy_net, value_net), optimizer, batch)
    wanted = {
        *("policy_loss", "value_loss", "entropy", "approx_kl", "clip_fraction", "grad_norm_policy"),
        *("grad_norm_value", "explained_variance", "max_abs_log_ratio_first", "epochs_done", "loss"),
    }
    assert wanted <= set(algorithm.metrics)
    assert all(np.isfinite(figure) for figure in algorithm.metrics.values())
    assert algorithm.metrics["loss"] == loss
    expected = algorithm.metrics["policy_loss"] + 0.5 * algorithm.metrics["value_loss"]
    assert loss == pytest.approx(expected - 0.02 * algorithm.metrics["entropy"], rel=1e-5)


def test_explained_variance_is_one_for_perfect_values_and_zero_for_constant_ones() -> None:
    returns = torch.tensor([1.0, 2.0, 3.0])
    assert explained_variance(returns + 5, returns) == 1.0
    assert explained_variance(torch.zeros(3), returns) == 0.0
    assert explained_variance(returns, torch.ones(3)) == 0.0


def test_ppo_learns_the_value_of_a_constant_reward_chain() -> None:
    gamma, length = 0.5, 12
    value_net = Network(Trunk(Table()), nn.Linear(1, 1), scalar_output=True)
    policy_net = bandit_net([0.0, 0.0])
    optimizer = torch.optim.Adam([*policy_net.parameters(), *value_net.parameters()], lr=0.05)
    algorithm = PPOAlgorithm(epochs=10, grad_clip_norm=0.0)
    obs, mask = np.zeros((1, 1), dtype=np.float32), np.ones((1, 2), dtype=np.int8)
    agent = RLAgent(policy_net, value_net, optimizer, algorithm)
    for _ in range(40):
        value = float(agent.get_value(obs, np.zeros(1, dtype=np.int64))[0])
        part = Episode(
            np.repeat(obs, length, 0),
            np.repeat(mask, length, 0),
            np.zeros(length, dtype=np.int64),
            np.full(length, np.log(0.5), dtype=np.float32),
            np.ones(length, dtype=np.float32),
            np.full(length, value, dtype=np.float32),
            terminated=False,
            final_value=value,
        )
        agent.update(EpisodeBatch.from_episodes([part], gamma, 0.95))
    assert float(agent.get_value(obs, np.zeros(1, dtype=np.int64))[0]) == pytest.approx(
        1 / (1 - gamma), abs=0.02
    )


def test_same_seed_same_parameters_after_updates() -> None:
    results = []
    for _ in range(2):
        policy_net, value_net, optimizer = make(lr=0.01)
        batch = batch_of(policy_net, value_net, seed=5)
        PPOAlgorithm(epochs=2, batch_size=25, seed=3).update((policy_net, value_net), optimizer, batch)
        results.append(torch.cat([p.detach().flatten() for p in policy_net.parameters()]))
    assert torch.equal(*results)
    assert random_observations(1, np.random.default_rng(0)).shape == (1, batch.observations.shape[1])
