"""Options of the algorithms: magnet, entropy schedule, value clipping, auxiliary loss, precision."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from agents.agent import RLAgent
from agents.algorithms import PPOAlgorithm, ReinforceAlgorithm, SequencePPOAlgorithm
from agents.algorithms.losses import value_loss
from agents.config import PPOSettings, TrainConfig
from agents.config.learning import Precision, grown
from agents.devices import autocast, has_bf16
from agents.episodes.episode_batch import EpisodeBatch
from agents.errors import ConfigError
from agents.networks.masked_categorical import entropy_of, kl_of, masked_log_probs
from tests.support.all_options import ALL_OPTIONS, lagging, setting
from tests.support.reference import (
    build,
    gradients,
    parameters_of,
    play,
    random_masks,
    stepwise_ppo_loss,
)


@pytest.mark.parametrize(("kind", "bptt_length"), [("lstm", 0), ("shared", 10), ("context", 10)])
def test_gradients_with_all_options_equal_those_of_one_step_at_a_time(kind: str, bptt_length: int) -> None:
    algorithm = SequencePPOAlgorithm(bptt_length, grad_clip_norm=0.0, epochs=1, **ALL_OPTIONS)
    networks, optimizer, batch = setting(kind, algorithm)
    magnet = lagging(algorithm, networks[0])
    auxiliary = networks[0].auxiliary_head
    assert auxiliary is not None
    options = {name: ALL_OPTIONS[name] for name in ALL_OPTIONS if name != "magnet"}
    expected_loss = stepwise_ppo_loss(
        *networks, batch, bptt_length=bptt_length, magnet_net=magnet, auxiliary=auxiliary, **options
    )
    expected_loss.backward()  # type: ignore[no-untyped-call]
    expected = gradients(*networks)
    loss = algorithm.update(networks, optimizer, batch)
    assert loss == pytest.approx(expected_loss.item(), abs=1e-5)
    torch.testing.assert_close(gradients(*networks), expected, rtol=0, atol=1e-5)
    assert algorithm.metrics["magnet_kl"] > 0.01 and algorithm.metrics["aux_loss"] > 1.0


def test_standard_and_sequence_ppo_agree_with_all_options_on() -> None:
    results = []
    for algorithm in (
        PPOAlgorithm(epochs=1, grad_clip_norm=5.0, **ALL_OPTIONS),
        SequencePPOAlgorithm(10, epochs=1, **ALL_OPTIONS),
    ):
        networks, optimizer, batch = setting("basic", algorithm)
        lagging(algorithm, networks[0])
        results.append((algorithm.update(networks, optimizer, batch), gradients(*networks)))
    assert results[0][0] == pytest.approx(results[1][0], abs=1e-6)
    torch.testing.assert_close(results[0][1], results[1][1], rtol=0, atol=1e-6)


def test_kl_to_the_uniform_policy_is_the_entropy_that_is_missing() -> None:
    masks = torch.from_numpy(random_masks(40, np.random.default_rng(0)) != 0)
    logits = 3 * torch.randn(40, 26, generator=torch.Generator().manual_seed(0))
    log_probs = masked_log_probs(logits, masks)
    kl = kl_of(log_probs, masked_log_probs(torch.zeros_like(logits), masks))
    torch.testing.assert_close(kl, masks.sum(1).float().log() - entropy_of(log_probs), rtol=0, atol=1e-5)
    assert (kl_of(log_probs, log_probs) == 0).all()


def test_uniform_magnet_adds_its_kl_and_nothing_else() -> None:
    losses = {}
    for coef in (0.0, 0.5):
        algorithm = PPOAlgorithm(epochs=1, magnet="uniform", magnet_coef=coef)
        networks, optimizer, batch = setting("basic", algorithm)
        losses[coef] = algorithm.update(networks, optimizer, batch)
    assert losses[0.5] - losses[0.0] == pytest.approx(0.5 * algorithm.metrics["magnet_kl"], abs=1e-5)
    assert algorithm.metrics["magnet_kl"] > 0.01


def test_moving_average_follows_after_each_update() -> None:
    algorithm = PPOAlgorithm(epochs=1, magnet="ema", magnet_coef=0.1, magnet_decay=0.75)
    networks, optimizer, batch = setting("basic", algorithm, lr=0.5)
    before = torch.nn.utils.parameters_to_vector(networks[0].parameters()).detach()
    algorithm.update(networks, optimizer, batch)
    assert algorithm.metrics["magnet_kl"] == pytest.approx(0.0, abs=1e-6)  # it started as a copy
    after = torch.nn.utils.parameters_to_vector(networks[0].parameters()).detach()
    assert algorithm._average is not None
    mean = torch.nn.utils.parameters_to_vector(algorithm._average.network(networks[0]).parameters())
    torch.testing.assert_close(mean, 0.75 * before + 0.25 * after)
    assert not torch.equal(before, after)


def test_magnet_and_auxiliary_head_continue_from_their_saved_state() -> None:
    def agent() -> tuple[RLAgent, EpisodeBatch]:
        algorithm = SequencePPOAlgorithm(epochs=1, **ALL_OPTIONS)
        networks, optimizer, batch = setting("lstm", algorithm, lr=0.1)
        return RLAgent(*networks, optimizer, algorithm), batch

    through, batch = agent()
    through.update(batch)
    saved, (resumed, _) = through.state_dict(), agent()
    resumed.load_state_dict(saved)
    losses = [agent.update(batch) for agent in (through, resumed)]
    assert losses[0] == losses[1]
    assert torch.equal(gradients(through.policy_net), gradients(resumed.policy_net))


def test_entropy_weight_falls_linearly_with_progress_and_is_what_the_loss_uses() -> None:
    algorithm = PPOAlgorithm(epochs=1, entropy_coef=0.2, entropy_coef_final=0.1)
    assert PPOAlgorithm(entropy_coef=0.2).entropy_weight(0.7) == 0.2
    networks, optimizer, batch = setting("basic", algorithm)
    losses = []
    for progress, weight in ((0.0, 0.2), (0.5, 0.15), (1.0, 0.1)):
        losses.append(algorithm.update(networks, optimizer, batch, progress=progress))
        assert algorithm.entropy_weight(progress) == pytest.approx(weight)
    assert losses[2] - losses[0] == pytest.approx(0.1 * algorithm.metrics["entropy"], abs=1e-5)


def test_batches_grow_at_a_constant_rate_and_stay_as_they_are_without_a_final_size() -> None:
    config = TrainConfig(episodes_per_update=100, episodes_per_update_final=400)
    assert [config.episodes_at(progress) for progress in (0.0, 0.5, 1.0)] == [100, 200, 400]
    assert TrainConfig(episodes_per_update=100).episodes_at(0.7) == 100
    assert grown(0, 50, 0.5) == 0  # the whole batch
    steps = []
    for progress in (0.0, 0.5, 1.0):
        algorithm = PPOAlgorithm(epochs=1, batch_size=10, batch_size_final=1000)
        networks, optimizer, batch = setting("basic", algorithm)
        algorithm.update(networks, optimizer, batch, progress=progress)
        steps.append(algorithm.metrics["gradient_steps"])
    assert steps == [-(-batch.num_decisions // 10), 2, 1]


def test_a_value_that_moved_too_far_gains_nothing_by_moving_further() -> None:
    values = torch.tensor([0.2, 1.0, -1.0], requires_grad=True)
    losses = value_loss(values, torch.full((3,), 2.0), torch.zeros(3), clip_range=0.5)
    # Within the range, the plain loss. Beyond it, towards the return: the loss at the bound,
    # 0.5 * (0.5 - 2)^2, and no gradient. Beyond it, away from the return: the greater loss, whose gradient
    # pulls back.
    torch.testing.assert_close(losses, torch.tensor([0.5 * 1.8**2, 0.5 * 1.5**2, 0.5 * 3.0**2]))
    (grad,) = torch.autograd.grad(losses.sum(), values)
    torch.testing.assert_close(grad, torch.tensor([-1.8, 0.0, -3.0]))


def test_auxiliary_head_learns_and_shapes_the_trunk_but_never_acts() -> None:
    algorithm = SequencePPOAlgorithm(epochs=8, aux_coef=1.0, entropy_coef=0.0, grad_clip_norm=0.0)
    networks, optimizer, batch = setting("lstm", algorithm, lr=0.3)
    agent = RLAgent(*networks, optimizer, algorithm)
    before = [play(agent, (5, 9), np.random.default_rng(2))[i].log_probs for i in range(2)]
    auxiliary = networks[0].auxiliary_head
    assert isinstance(auxiliary, torch.nn.Linear)
    with torch.no_grad():
        auxiliary.weight.add_(1.0)
    after = [play(agent, (5, 9), np.random.default_rng(2))[i].log_probs for i in range(2)]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    alone = replace(batch, advantages=torch.zeros_like(batch.advantages), returns=batch.values)
    agent.update(alone)
    first = agent.metrics["aux_loss"]
    agent.update(alone)
    assert agent.metrics["aux_loss"] < 0.98 * first
    assert float(gradients(agent.policy_net).norm()) > 1e-3


def test_a_coefficient_without_an_auxiliary_head_is_refused() -> None:
    networks, optimizer, batch = setting("basic", PPOAlgorithm())
    with pytest.raises(ValueError, match="auxiliary head"):
        PPOAlgorithm(aux_coef=0.1).update(networks, optimizer, batch)


def test_an_auxiliary_head_belongs_to_the_policy_and_not_to_its_copies() -> None:
    policy_net, value_net = build("lstm", auxiliary=True)
    plain = build("lstm")
    for network, same in zip((policy_net, value_net), plain, strict=True):
        weights = network.state_dict()
        assert all(torch.equal(weights[name], tensor) for name, tensor in same.state_dict().items())
    assert len(parameters_of(policy_net, value_net)) == len(parameters_of(*plain)) + 2
    agent = RLAgent(policy_net, value_net, None, PPOAlgorithm())
    assert agent.state_dict()["algorithm"]["auxiliary"].keys() == {"weight", "bias"}
    assert agent.snapshot("frozen").policy_net.auxiliary_head is None
    RLAgent(*plain, None, None).load_network_state_dict(agent.network_state_dict())


def test_unknown_opponent_choices_give_no_auxiliary_loss() -> None:
    algorithm = ReinforceAlgorithm(aux_coef=1.0)
    networks, optimizer, batch = setting("basic", algorithm)
    unknown = replace(batch, opponent_choices=torch.full_like(batch.opponent_choices, -1))
    algorithm.update(networks, optimizer, unknown)
    assert algorithm.metrics["aux_loss"] == 0.0


@pytest.mark.parametrize("name", ["magnet", "precision"])
def test_unknown_names_are_refused_with_those_that_exist(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}: 'emma' is not one of"):
        PPOAlgorithm(**{name: "emma"})


def test_settings_of_an_algorithm_have_the_defaults_and_ranges_of_the_configuration() -> None:
    config = TrainConfig()
    for algorithm in (PPOAlgorithm(), SequencePPOAlgorithm()):
        assert algorithm.settings == PPOSettings.from_run(config)
        assert algorithm.grad_clip_norm == config.sequence_learning.grad_clip_norm
    reinforce = ReinforceAlgorithm()
    assert (reinforce.settings.epochs, reinforce.settings.batch_size) == (1, 0)
    assert reinforce.settings == reinforce.settings_class.from_run(config)
    with pytest.raises(ConfigError, match=r"clip_range: 2\.0 is not a number > 0, <= 1"):
        PPOAlgorithm(clip_range=2.0)
    with pytest.raises(ConfigError, match=r"unknown key 'clip_rnge' .* did you mean 'clip_range'"):
        PPOAlgorithm(clip_rnge=0.1)
    with pytest.raises(TypeError, match="not both"):
        PPOAlgorithm(PPOSettings(), epochs=2)


@pytest.mark.parametrize("kind", ["lstm", "shared", "gru", "context", "entity_lstm"])
def test_bf16_gradients_point_where_those_of_fp32_do(kind: str) -> None:
    results = []
    for precision in ("fp32", "bf16"):
        algorithm = SequencePPOAlgorithm(epochs=1, grad_clip_norm=0.0, precision=precision)
        networks, optimizer, batch = setting(kind, algorithm)
        loss = algorithm.update(networks, optimizer, batch)
        assert all(p.grad is None or p.grad.dtype == torch.float32 for p in networks[0].parameters())
        results.append((loss, gradients(*networks)))
    assert results[0][0] != results[1][0], "bf16 was not used"
    assert results[0][0] == pytest.approx(results[1][0], rel=0.02)
    assert float(torch.cosine_similarity(results[0][1], results[1][1], dim=0)) > 0.999


def test_auto_takes_bf16_only_where_the_device_computes_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu = torch.device("cpu")
    for has in (False, True):
        monkeypatch.setattr("agents.devices.has_bf16", lambda _, has=has: has)
        cases: list[tuple[Precision, bool]] = [("fp32", False), ("auto", has), ("bf16", True)]
        for precision, wanted in cases:
            with autocast(precision, cpu):
                assert torch.is_autocast_enabled("cpu") == wanted
    assert isinstance(has_bf16(cpu), bool)
