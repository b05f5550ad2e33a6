"""Learning from searches of the learner's own decisions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import train_selfplay
from agents.agent import RLAgent
from agents.algorithms import Decisions, Episodes, PPOAlgorithm
from agents.algorithms.imitation import ImitationAlgorithm
from agents.algorithms.losses import strategy_loss
from agents.checkpoints.checkpoint import load_checkpoint
from agents.episodes.episode_batch import EpisodeBatch
from agents.networks.masked_categorical import masked_log_probs
from agents.runs.logger import read_metrics
from tests.support.random_batches import batch_of_lengths
from tests.support.reference import build, parameters_of
from tests.support.training import arguments

SEARCH = {
    "search_targets__share": 0.3,
    "search_targets__sims": 6,
    "search_targets__worlds": 2,
    "opponent_mix": "'self:0.5,random:0.5'",
    "win_rate_threshold": 0.0,
    "turn_limit": 8,
    "episodes": 8,
    "checkpoint_interval": 1,
}


def with_strategies(batch: EpisodeBatch, share: float, seed: int = 0) -> EpisodeBatch:
    """Random strategies over the legal actions of a share of the decisions."""
    rng = np.random.default_rng(seed)
    legal = batch.action_masks.numpy()
    strategies = rng.random(legal.shape) * legal
    strategies /= strategies.sum(axis=1, keepdims=True)
    strategies[rng.random(len(legal)) >= share] = 0.0
    return replace(batch, strategies=torch.from_numpy(strategies.astype(np.float32)))


def test_the_loss_is_the_cross_entropy_to_the_strategy() -> None:
    logits = torch.tensor([[1.0, 2.0, 0.5], [0.3, 0.0, 0.0]], requires_grad=True)
    log_probs = masked_log_probs(logits, torch.tensor([[True, True, False], [True, True, True]]))
    strategies = torch.tensor([[0.25, 0.75, 0.0], [0.0, 0.0, 0.0]])
    loss = strategy_loss(log_probs, strategies, torch.tensor([2.0, 0.0]))
    first = 1 / (1 + np.exp(1.0))  # the policy's probability of the first action
    expected = -2 * (0.25 * np.log(first) + 0.75 * np.log(1 - first))
    assert loss.tolist() == pytest.approx([expected, 0.0], abs=1e-6)
    loss.sum().backward()
    assert logits.grad is not None
    slope = 2 * (first - 0.25)
    np.testing.assert_allclose(logits.grad, [[slope, -slope, 0], [0, 0, 0]], atol=1e-6)


@pytest.mark.parametrize("kind", ["basic", "lstm"])
def test_the_policy_becomes_the_strategy_where_one_is_known(kind: str) -> None:
    batch = with_strategies(batch_of_lengths([8, 8], np.random.default_rng(1)), share=0.5)
    networks = build(kind)
    algorithm = ImitationAlgorithm(
        epochs=100, batch_size=0, entropy_coef=0.0, batching=Episodes() if kind == "lstm" else Decisions()
    )
    agent = RLAgent(*networks, torch.optim.Adam(parameters_of(*networks), lr=0.02), algorithm)
    agent.update(batch)
    agent.update(batch)  # its loss is a mean over 100 steps near the end
    searched = batch.strategies[batch.strategies.sum(1) > 0]
    entropy = torch.special.entr(searched).sum(1).mean()
    assert 0 <= agent.metrics["search_loss"] - float(entropy) < 0.05


def test_the_weight_does_not_depend_on_the_share() -> None:
    batch = batch_of_lengths([40], np.random.default_rng(3))
    algorithm = PPOAlgorithm()
    for share in (0.2, 1.0):
        searched = with_strategies(batch, share)
        weights = algorithm.normalized_targets(searched).search_weights
        assert float(weights.mean()) == pytest.approx(1.0)
        assert torch.equal(weights > 0, searched.strategies.sum(1) > 0)


def test_strategies_without_weight_change_nothing() -> None:
    batch = batch_of_lengths([4, 6], np.random.default_rng(2))

    def weights(data: EpisodeBatch, coefficient: float) -> torch.Tensor:
        networks = build("basic")
        parameters = parameters_of(*networks)
        optimizer = torch.optim.Adam(parameters)
        RLAgent(*networks, optimizer, PPOAlgorithm(search_coef=coefficient)).update(data)
        return torch.cat([parameter.detach().flatten() for parameter in parameters])

    plain = weights(batch, 1.0)
    assert torch.equal(plain, weights(with_strategies(batch, 1.0), 0.0))
    assert torch.equal(plain, weights(with_strategies(batch, 0.0), 1.0))
    assert not torch.equal(plain, weights(with_strategies(batch, 1.0), 1.0))


def checkpoints(folder: Path) -> list[Path]:
    return sorted((folder / "run_001").glob("*.pt"))


def weights_of(checkpoint: Path) -> torch.Tensor:
    return torch.cat(
        [weight.flatten() for weight in load_checkpoint(checkpoint).agent["policy_net"].values()]
    )


def test_a_run_learns_from_searches_and_resumes_to_the_same_weights(tmp_path: Path) -> None:
    assert train_selfplay.main(arguments(tmp_path, **SEARCH)) == 0
    metrics = read_metrics(tmp_path / "run_001" / "metrics.jsonl")
    assert len(metrics) == 2
    for update in metrics:
        assert 0.1 < update["rollout/searched"] < 0.5
        assert 0 < update["search_loss"] < 5
    middle, end = checkpoints(tmp_path)
    whole = weights_of(end)
    end.unlink()
    assert train_selfplay.main(["--resume", str(middle)]) == 0
    assert torch.equal(weights_of(end), whole)


@pytest.mark.parametrize(
    ("battle_format", "key", "opponents"),
    [
        ("gen9hackmonscup", "evaluation.opponents", "['search:rule']"),
        ("gen9doubleshackmonscup", "evaluation.opponents", "['search:rule']"),
        ("gen9hackmonscup", "opponent_mix", "'self:0.5,search:rule:0.5'"),
    ],
)
def test_a_run_whose_opponent_cannot_imagine_its_battles_does_not_begin(
    battle_format: str, key: str, opponents: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = {"battle_format": battle_format, "evaluation__battles": 2, key.replace(".", "__"): opponents}
    assert train_selfplay.main(arguments(tmp_path, **options)) == 2
    message = f"error: {key}: battles of {battle_format} cannot be imagined"
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run_001").exists()


@pytest.mark.slow
def test_decisions_with_brought_teams_are_searched(tmp_path: Path) -> None:
    teams = str(Path(__file__).parents[2] / "config" / "teams" / "gen9ou")
    options = SEARCH | {"battle_format": "gen9ou", "team": "files", "teams_dir": teams}
    assert train_selfplay.main(arguments(tmp_path, **options)) == 0
    for update in read_metrics(tmp_path / "run_001" / "metrics.jsonl"):
        assert update["rollout/searched"] > 0.1


@pytest.mark.slow
def test_a_collecting_process_finds_the_same_strategies(tmp_path: Path) -> None:
    ends = []
    for source in ("inline", "process"):
        options = SEARCH | {"collection__source": source, "collection__staleness": 0}
        assert train_selfplay.main(arguments(tmp_path / source, **options)) == 0
        ends.append(weights_of(checkpoints(tmp_path / source)[-1]))
    assert torch.equal(*ends)


@pytest.mark.slow
def test_searches_do_not_disturb_the_battles(tmp_path: Path) -> None:
    """With weight 0, a run with searches ends with the weights of one without."""
    ends = []
    for name, share in (("without", 0.0), ("with", 0.3)):
        options = SEARCH | {"search_targets__share": share, "search_coef": 0.0}
        assert train_selfplay.main(arguments(tmp_path / name, **options)) == 0
        ends.append(weights_of(checkpoints(tmp_path / name)[-1]))
    assert torch.equal(*ends)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"battle_format": "gen9randomdoublesbattle"},
            "search_targets.share: decisions of doubles are not searched",
        ),
        ({"battle_format": "gen9hackmonscup"}, "battles of gen9hackmonscup cannot be imagined"),
        ({"battle_format": "gen1challengecup"}, "battles of gen1challengecup cannot be imagined"),
        (
            {"reward": "composite", "reward_config": "config/reward.yaml"},
            "its values must estimate outcomes: set reward: win_loss",
        ),
    ],
)
def test_runs_whose_decisions_cannot_be_searched_are_refused(
    options: dict[str, str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train_selfplay.main(arguments(tmp_path, **SEARCH | options)) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run_001").exists()
