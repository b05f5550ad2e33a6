"""Devices: a missing one is refused before any work; an existing one gives the CPU's updates."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import train_selfplay
from agents.config import load_config
from agents.devices import available_devices, pick_device
from agents.errors import ConfigError
from agents.evaluate.__main__ import main as evaluate
from agents.players.loading import load_agent
from agents.runs.build import make_agent
from tests.support.checkpoints import SMALL
from tests.support.random_batches import random_batch
from tests.support.training import arguments

DEVICES = [
    "cpu",
    pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")),
]
NETWORKS = [
    ["network.type=basic"],
    ["network.type=lstm"],
    ["network.type=lstm", "network.memory=gru", "sequence_learning.bptt_length=3"],
    ["network.type=entity", "network.memory=attention", "network.shared=true"],
    ["network.type=lstm", "aux_coef=0.1", "magnet=ema", "magnet_coef=0.1"],
]


def machine(monkeypatch: pytest.MonkeyPatch, *, gpus: int = 0, mps: bool = False) -> None:
    """Make torch report these devices."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    monkeypatch.setattr(torch, "zeros", lambda size, device: None)


@pytest.mark.parametrize(
    ("name", "gpus", "mps", "expected"),
    [
        ("cpu", 2, True, "cpu"),
        ("auto", 0, False, "cpu"),
        ("auto", 0, True, "cpu"),
        ("auto", 1, False, "cuda:0"),
        ("cuda", 1, False, "cuda:0"),
        ("cuda:1", 2, False, "cuda:1"),
        ("mps", 0, True, "mps"),
    ],
)
def test_device_is_picked_by_name(
    name: str, gpus: int, mps: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(monkeypatch, gpus=gpus, mps=mps)
    assert str(pick_device(name)) == expected


@pytest.mark.parametrize(
    ("name", "gpus", "there"),
    [("cuda", 0, "cpu"), ("cuda:7", 1, "cpu, cuda:0"), ("mps", 1, "cpu, cuda:0"), ("tpu", 0, "cpu")],
)
def test_missing_device_is_refused_with_a_list_of_existing_ones(
    name: str, gpus: int, there: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(monkeypatch, gpus=gpus)
    with pytest.raises(ConfigError, match=rf"device: '{name}' is not on this machine; there are: {there} \("):
        pick_device(name)


def test_device_that_does_not_work_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, gpus=1)

    def fail(size: int, device: torch.device) -> None:
        raise RuntimeError("CUDA error: out of order\nsecond line")

    monkeypatch.setattr(torch, "zeros", fail)
    with pytest.raises(ConfigError, match=r"'auto' does not work: CUDA error: out of order$"):
        pick_device("auto")


@pytest.mark.parametrize("memory", ["lstm", "gru"])
def test_mps_refuses_an_lstm_and_a_gru_unless_forced(memory: str, monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, mps=True)
    with pytest.raises(
        ConfigError, match=f"mps is not safe with network.memory: {memory}.*force_device: true"
    ):
        make_agent(load_config(None, [*SMALL, "device=mps", f"network.memory={memory}"]))
    assert pick_device("mps", memory=memory, force=True).type == "mps"
    assert pick_device("mps", memory="attention").type == "mps"
    assert pick_device("mps").type == "mps", "networks that only play have no gradients"


def test_missing_device_ends_training_and_evaluation_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "cuda:99" not in available_devices()
    assert train_selfplay.main([*arguments(tmp_path), "--device", "cuda:99"]) == 2
    assert evaluate(["random", "max", "--device", "cuda:99"]) == 2
    for line in capsys.readouterr().err.splitlines():
        assert line.startswith("error: device: 'cuda:99' is not on this machine; there are: cpu")
    assert list(tmp_path.glob("run_*")) == []


@pytest.mark.parametrize("device", DEVICES)
def test_batch_is_moved_whole_and_stays_where_it_is(device: str) -> None:
    batch, target = random_batch(), pick_device(device)
    moved = batch.to(target)
    assert {tensor.device for _, tensor in moved.items()} == {target}
    for name, tensor in moved.items():
        torch.testing.assert_close(tensor.cpu(), batch[name], rtol=0, atol=0)
    assert moved.to(target) is moved


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("network", NETWORKS, ids=lambda options: " ".join(options))
def test_update_on_the_device_is_that_of_the_cpu(device: str, network: list[str]) -> None:
    options = [*SMALL, *network]
    here = make_agent(load_config(None, options))
    there = make_agent(load_config(None, [*options, f"device={device}"]))
    assert here.update(random_batch()) == pytest.approx(there.update(random_batch()), abs=1e-4)
    parameters = zip(here.policy_net.parameters(), there.policy_net.parameters(), strict=True)
    for ours, theirs in parameters:
        assert theirs.device == pick_device(device), "nothing came back"
        torch.testing.assert_close(ours, theirs.cpu(), rtol=1e-3, atol=2e-4)


class GeneratorOfTheCPU(torch.Generator):
    """A generator for devices that have none."""

    def __new__(cls, device: object = None) -> GeneratorOfTheCPU:
        return super().__new__(cls, "cpu")


@pytest.mark.parametrize("shared", [False, True])
def test_all_that_learns_is_on_the_device(shared: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    # torch's device without memory represents a GPU.
    monkeypatch.setattr("agents.runs.build.pick_device", lambda *_, **__: torch.device("meta"))
    monkeypatch.setattr(torch, "Generator", GeneratorOfTheCPU)
    agent = make_agent(load_config(None, [*SMALL, "aux_coef=0.1", f"network.shared={shared}"]))
    assert agent.algorithm is not None and agent.value_net is not None
    assert agent.policy_net.auxiliary_head is not None
    learning = agent.networks.parameters()
    assert {parameter.device.type for parameter in learning} == {"meta"}


def test_checkpoint_of_another_kind_of_device_leaves_out_its_generator() -> None:
    config = load_config(None, SMALL)
    agent, other = make_agent(config), make_agent(config)
    other.update(random_batch())
    state = other.state_dict() | {"generator": torch.zeros(16, dtype=torch.uint8)}  # the size of CUDA's
    agent.load_state_dict(state)
    for ours, theirs in zip(agent.policy_net.parameters(), other.policy_net.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    for each in (agent, other):
        each.begin(1, seed=5)
    assert torch.equal(agent._generator.get_state(), other._generator.get_state())


@pytest.mark.parametrize("device", DEVICES)
def test_training_evaluation_and_resuming_run_on_the_device(device: str, tmp_path: Path) -> None:
    options = {"episodes": 5, "num_workers": 1, "evaluation__battles": 2, "evaluation__opponents": "[random]"}
    assert train_selfplay.main([*arguments(tmp_path, **options), "--device", device]) == 0
    assert (
        train_selfplay.main(["--resume", str(tmp_path), "--episodes", "9", "--set", "evaluation.battles=0"])
        == 0
    )
    agent = load_agent(str(tmp_path), device=device)
    agent.begin(1)
