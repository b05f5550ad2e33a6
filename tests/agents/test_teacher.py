"""Learning from a teacher's actions in the learner's own states."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import train_selfplay
from agents.agent import RLAgent
from agents.algorithms import PPOAlgorithm
from agents.algorithms.imitation import ImitationAlgorithm
from agents.algorithms.losses import imitation_loss
from agents.networks.masked_categorical import masked_log_probs
from agents.players.loading import load_agent
from agents.players.teacher import Teacher
from agents.runs.logger import read_metrics
from pokeenv import Decision
from tests.support.random_batches import batch_of_lengths
from tests.support.reference import build
from tests.support.training import arguments


class Counter:
    """An agent with a memory: its action is the number of its earlier decisions in the episode."""

    name = "counter"

    def begin(self, num_rows: int, seed: int | None = None) -> None:
        self.seen = np.zeros(num_rows, dtype=np.int64)

    def act(self, observations, masks, rows, greedy=False):  # type: ignore[no-untyped-def]
        actions = self.seen[rows].copy()
        self.seen[rows] += 1
        return Decision(actions)


def test_a_teacher_with_a_memory_goes_through_each_episode_from_its_beginning() -> None:
    batch = batch_of_lengths([3, 1, 5], np.random.default_rng(0))
    forced = batch.action_masks.sum(1) < 2
    labels = Teacher(Counter()).label(batch).teacher_actions  # type: ignore[arg-type]
    expected = torch.tensor([0, 1, 2, 0, 0, 1, 2, 3, 4])
    assert torch.equal(labels, torch.where(forced, torch.tensor(-1), expected))


def test_imitation_loss_is_the_cross_entropy_where_the_action_is_known() -> None:
    logits = torch.tensor([[1.0, 2.0, 0.5], [0.0, 0.0, 0.0]], requires_grad=True)
    log_probs = masked_log_probs(logits, torch.tensor([[True, True, False], [True, True, True]]))
    loss = imitation_loss(log_probs, torch.tensor([1, -1]))
    assert loss.tolist() == pytest.approx([np.log(1 + np.exp(-1.0)), 0.0], abs=1e-6)
    loss.sum().backward()
    share = 1 / (1 + np.exp(-1.0))
    assert logits.grad is not None
    np.testing.assert_allclose(logits.grad, [[1 - share, share - 1, 0], [0, 0, 0]], atol=1e-6)


def test_the_teacher_makes_way_for_the_learners_own_actions() -> None:
    algorithm = PPOAlgorithm(teacher_coef=2.0, teacher_until=0.5)
    assert [algorithm.teacher_weights(done) for done in (0.0, 0.25, 0.5, 1.0)] == [
        (2.0, 0.0),
        (1.0, 0.5),
        (0.0, 1.0),
        (0.0, 1.0),
    ]
    assert ImitationAlgorithm(teacher_coef=2.0).teacher_weights(0.9) == (2.0, 0.0)


def test_imitation_learns_the_teachers_actions_and_nothing_of_the_own_ones() -> None:
    batch = batch_of_lengths([8, 8], np.random.default_rng(1))
    masks = batch.action_masks.numpy()
    labels = torch.from_numpy(masks.shape[1] - 1 - masks[:, ::-1].argmax(axis=1))  # the last legal action
    networks = build("basic")
    optimizer = torch.optim.Adam([*networks[0].parameters(), *networks[1].parameters()], lr=0.01)
    agent = RLAgent(*networks, optimizer, ImitationAlgorithm(epochs=60, batch_size=0, entropy_coef=0.0))
    agent.update(replace(batch, teacher_actions=labels))
    log_probs = masked_log_probs(networks[0].evaluate(batch.observations), batch.action_masks)
    assert (log_probs.argmax(1) == labels).all()
    assert float(-log_probs.gather(1, labels[:, None]).mean().detach()) < 0.1
    assert agent.metrics["policy_loss"] == 0.0


def test_without_a_teacher_nothing_changes() -> None:
    batch = batch_of_lengths([4, 6], np.random.default_rng(2))
    unlabelled = replace(batch, teacher_actions=torch.full((10,), -1))

    def weights(coefficient: float, data: object, progress: float) -> torch.Tensor:
        networks = build("basic")
        optimizer = torch.optim.Adam([*networks[0].parameters(), *networks[1].parameters()])
        RLAgent(*networks, optimizer, PPOAlgorithm(teacher_coef=coefficient)).update(data, progress=progress)  # type: ignore[arg-type]
        return torch.cat([parameter.detach().flatten() for parameter in networks[0].parameters()])

    plain = weights(0.0, batch, 0.0)
    assert torch.equal(plain, weights(1.0, batch, 0.0))
    assert torch.equal(plain, weights(1.0, unlabelled, 1.0))


def test_a_run_learns_from_the_rule_based_player(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = {
        "algorithm": "imitation",
        "episodes": 8,
        "network__type": "candidate",
        "network__use_lstm": "false",
    }
    assert train_selfplay.main(arguments(tmp_path, teacher="rule", **options)) == 0
    metrics = read_metrics(tmp_path / "run_001" / "metrics.jsonl")
    assert 0 < metrics[-1]["teacher_loss"] < metrics[0]["teacher_loss"] < 3
    agent = load_agent(str(tmp_path))
    assert isinstance(agent, RLAgent)
    capsys.readouterr()
    assert train_selfplay.main(arguments(tmp_path, teacher="ruel", **options)) == 2
    assert "teacher: 'ruel' is neither a checkpoint nor one of" in capsys.readouterr().err
    assert train_selfplay.main(arguments(tmp_path, teacher="poke-env:RandomPlayer", **options)) == 2
    assert "follows battles by their messages and cannot label observations" in capsys.readouterr().err
    assert train_selfplay.main(arguments(tmp_path, **options)) == 2
    assert "needs a teacher, such as teacher: rule" in capsys.readouterr().err
    assert train_selfplay.main(arguments(tmp_path, teacher="rule", noise_scale_interval=1, **options)) == 2
    assert "imitation has no policy loss to measure" in capsys.readouterr().err
    assert not (tmp_path / "run_002").exists()
