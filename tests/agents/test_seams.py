"""Seams of learning, used from outside: composition, action spaces and registries."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from types import FrameType

import numpy as np
import pytest
import torch
from torch import Tensor

from agents import registry
from agents.agent import RLAgent
from agents.algorithms import (
    BaseAlgorithm,
    Episodes,
    PPOAlgorithm,
    SequencePPOAlgorithm,
    SequenceReinforceAlgorithm,
)
from agents.config import NetworkSettings, load_config
from agents.episodes.episode_batch import Episode, EpisodeBatch
from agents.errors import ConfigError
from agents.estimates.opponent_choices import NUM_CHOICES
from agents.networks import ActorCritic, Encoder, Memory
from agents.networks.heads import PointerHead
from agents.runs.build import make_agent
from pokeenv import Action, ActionSpace
from tests.support.reference import LENGTHS, build, parameters_of, play, random_observations

NO_GIMMICKS = ActionSpace(
    "no gimmicks",
    (*(Action("switch", slot) for slot in range(6)), *(Action("move", slot) for slot in range(4))),
)
SMALL_TEAM = ActionSpace(  # moves first, two gimmicks, one of them for two moves only
    "small team",
    (
        *(Action("move", slot) for slot in range(4)),
        *(Action("move", slot, "dynamax") for slot in range(4)),
        *(Action("move", slot, "mega") for slot in (0, 3)),
        *(Action("switch", slot) for slot in range(3)),
    ),
)


def callers() -> Iterator[FrameType]:
    frame = sys._getframe(2)
    while True:
        yield frame
        assert frame.f_back is not None
        frame = frame.f_back


@pytest.mark.parametrize(
    ("kind", "algorithm", "passes"),
    [
        ("basic", PPOAlgorithm(batch_size=50, epochs=1), 3),
        ("lstm", SequencePPOAlgorithm(epochs=1), 1),
        ("lstm", SequencePPOAlgorithm(10, epochs=1), 1),
        ("lstm", SequenceReinforceAlgorithm(), 1),
        ("shared", SequencePPOAlgorithm(batch_size=40, epochs=1), 3),
        # Even with a memory limit that needs segments: the passes of a step are a generator.
        ("lstm", SequencePPOAlgorithm(epochs=1, memory_limit_mb=0.5), 8),
    ],
)
def test_two_frames_lie_between_the_training_loop_and_backward(
    kind: str, algorithm: BaseAlgorithm, passes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    networks = build(kind)
    agent = RLAgent(*networks, torch.optim.SGD(parameters_of(*networks), lr=0.0), algorithm)
    batch = EpisodeBatch.from_episodes(play(agent, LENGTHS, np.random.default_rng(0)), 1.0, 0.95)
    stacks: list[list[str]] = []
    backward = Tensor.backward

    def noted(tensor: Tensor, *args: object, **options: object) -> None:
        names = []
        for frame in callers():
            if frame.f_code.co_name == training_loop.__name__:
                break
            names.append(frame.f_code.co_qualname if sys.version_info >= (3, 11) else frame.f_code.co_name)
        stacks.append(names)
        backward(tensor, *args, **options)  # type: ignore[arg-type]

    def training_loop() -> None:
        agent.update(batch)

    monkeypatch.setattr(Tensor, "backward", noted)
    training_loop()
    assert len(stacks) >= passes
    for names in stacks:
        assert [name.split(".")[-1] for name in names] == ["update", "update"]


def random_batch(agent: RLAgent, action_space: ActionSpace) -> EpisodeBatch:
    """Two episodes that the agent has played on random observations."""
    rng, episodes = np.random.default_rng(0), []
    agent.begin(1, seed=0)
    for length in (5, 9):
        obs = random_observations(length, rng)
        masks = (rng.random((length, action_space.num_actions)) < 0.5).astype(np.int8)
        masks[:, 0] = 1
        agent.reset_rows(np.array([0]))
        decisions = [agent.act(obs[t : t + 1], masks[t : t + 1], np.array([0])) for t in range(length)]
        actions, log_probs, values = (
            np.concatenate([getattr(decision, name) for decision in decisions])
            for name in ("actions", "log_probs", "values")
        )
        rewards = rng.normal(size=length).astype(np.float32)
        opponents = rng.integers(-1, NUM_CHOICES, length)
        episodes.append(
            Episode(obs, masks, actions, log_probs, rewards, values, True, opponent_choices=opponents)
        )
    return EpisodeBatch.from_episodes(episodes, 1.0, 0.95)


@pytest.mark.parametrize("action_space", [NO_GIMMICKS, SMALL_TEAM], ids=lambda space: space.name)
@pytest.mark.parametrize("kind", ["basic", "entity", "entity_lstm"])
def test_networks_of_another_action_space_act_and_learn(kind: str, action_space: ActionSpace) -> None:
    networks = build(kind, action_space=action_space, auxiliary=True)
    options = {"epochs": 1, "aux_coef": 0.1, "magnet": "uniform", "magnet_coef": 0.1}
    recurrent = networks[0].recurrent
    algorithm = SequencePPOAlgorithm(**options) if recurrent else PPOAlgorithm(**options)
    agent = RLAgent(*networks, torch.optim.Adam(parameters_of(*networks), lr=0.01), algorithm)
    before = [parameter.detach().clone() for parameter in agent.networks.parameters()]
    batch = random_batch(agent, action_space)
    assert agent.policy_net.evaluate(batch.observations).shape == (14, action_space.num_actions)
    assert np.isfinite(agent.update(batch))
    assert agent.metrics["max_abs_log_ratio_first"] < 1e-5
    after = agent.networks.parameters()
    assert all(not torch.equal(old, new) for old, new in zip(before, after, strict=True))


def test_pointers_follow_the_order_of_the_action_space() -> None:
    head = PointerHead(4, 1, SMALL_TEAM)
    with torch.no_grad():
        head.keys.weight.fill_(1.0)
        head.queries.weight.zero_()
        head.queries.bias.copy_(torch.tensor([1.0, 10.0, 100.0, 1000.0]))  # switch, move, dynamax, mega
        logits = head(torch.zeros(1, 4), torch.arange(1.0, 11.0).view(1, 10, 1))[0]
    moves, switches = [7.0, 8.0, 9.0, 10.0], [1.0, 2.0, 3.0]
    expected = [10 * move for move in moves] + [100 * move for move in moves] + [7000.0, 10_000.0, *switches]
    assert logits.tolist() == expected


def test_an_action_without_a_token_is_refused() -> None:
    with pytest.raises(ValueError, match="switch 6 of action space 'big team'"):
        build("entity", action_space=ActionSpace("big team", (Action("switch", 6),)))


class CrossEntropy(BaseAlgorithm):
    """An algorithm of one file: imitate the actions taken."""

    def targets(self, batch: EpisodeBatch) -> tuple[Tensor, Tensor]:
        return torch.ones_like(batch.returns), batch.returns

    def policy_loss(self, log_probs: Tensor, log_ratio: Tensor, advantages: Tensor) -> Tensor:
        return -log_probs


class PlainEncoder(Encoder):
    """A network type of one file: one layer over the raw observation."""

    def __init__(self, settings: NetworkSettings, *, policy: bool) -> None:
        super().__init__(settings, policy=policy)
        self.layer = torch.nn.Linear(self.layout.size, settings.hidden_size)
        self.feature_size = settings.hidden_size

    def read(self, obs: Tensor) -> Tensor:
        return obs[:, : self.layout.size]

    def encode(self, inputs: Tensor) -> Tensor:
        return torch.tanh(self.layer(inputs))

    def forward(self, obs: Tensor) -> Tensor:
        return self.encode(obs[:, : self.layout.size])


class RunningSum(Memory):
    """A memory of one file: the sum of all features so far."""

    def __init__(self, feature_size: int, settings: NetworkSettings) -> None:
        super().__init__(feature_size, settings)
        self.layer = torch.nn.Linear(feature_size, self.size)

    def initial_state(self, batch_size: int) -> tuple[Tensor, ...]:
        return (self.layer.weight.new_zeros(1, batch_size, self.size),)

    def forward(
        self, features: Tensor, hidden: tuple[Tensor, ...] | None, lengths: Tensor | None = None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        sums = self.layer(features).cumsum(0) + (0.0 if hidden is None else hidden[0])
        return sums, (sums[-1:],)

    def step(self, features: Tensor, hidden: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        after = hidden[0] + self.layer(features)
        return after[0], (after,)


@pytest.mark.parametrize("sequence", [False, True])
def test_one_registry_line_adds_an_algorithm_a_network_and_a_memory(
    sequence: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry.ALGORITHMS, "cloning", f"{__name__}:CrossEntropy")
    monkeypatch.setitem(registry.ENCODERS, "plain", f"{__name__}:PlainEncoder")
    monkeypatch.setitem(registry.MEMORIES, "sum", f"{__name__}:RunningSum")
    names = ["algorithm=cloning", "network.type=plain", "network.memory=sum", "network.hidden_size=16"]
    options = [
        f"network.use_lstm={str(sequence).lower()}",
        "sequence_learning.bptt_length=4",
        "precision=fp32",
    ]
    agent = make_agent(load_config(None, [*names, *options]))
    assert isinstance(agent.algorithm, CrossEntropy)
    assert isinstance(agent.algorithm.batching, Episodes) == sequence
    batch = EpisodeBatch.from_episodes(play(agent, LENGTHS, np.random.default_rng(0)), 1.0, 0.95)
    losses = [agent.update(batch) for _ in range(5)]
    assert losses[-1] < losses[0]
    with pytest.raises(ConfigError, match=r"ppo, reinforce, imitation, cloning.*did you mean 'cloning'"):
        load_config(None, ["algorithm=clonning"])


def test_the_configuration_knows_no_torch() -> None:
    program = "import sys, agents.config, agents.registry, pokeenv; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_registries_name_what_exists() -> None:
    for entries in (registry.ALGORITHMS, registry.ENCODERS, registry.MEMORIES, registry.BASELINES):
        assert all(callable(registry.load(entry)) for entry in entries.values())


def test_an_actor_critic_copies_its_own_weights_and_keeps_a_shared_trunk_shared() -> None:
    networks = ActorCritic(*build("shared"))
    copied = networks.copy()
    assert copied.shared and len(copied.trunks) == 1
    for ours, theirs in zip(networks.parameters(), copied.parameters(), strict=True):
        assert torch.equal(ours, theirs) and ours is not theirs
    assert networks.copy(with_values=False).value_net is None
