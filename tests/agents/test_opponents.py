"""Opponents: mixes, draws, win rates and the snapshot."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
import torch

from agents.agent import RLAgent
from agents.config import NetworkSettings
from agents.config.opponent_mix import parse_mix
from agents.errors import OpponentError
from agents.networks import build_networks
from agents.runs.metrics import pool_metrics
from agents.selfplay.opponents import OpponentPool
from agents.selfplay.results import Assignment, BattleResult
from pokeenv import SINGLES


def make_learner(seed: int = 0) -> RLAgent:
    settings = NetworkSettings(type="basic", hidden_size=8, num_layers=1, embedding_size=2)
    networks = build_networks(settings, SINGLES, seed=seed)
    return RLAgent(*networks, None, None)


def digest(agent: RLAgent) -> str:
    joined = torch.cat([parameter.detach().flatten() for parameter in agent.policy_net.parameters()])
    return hashlib.sha256(joined.numpy().tobytes()).hexdigest()


def win(pool: OpponentPool, opponent: str, outcome: float = 1.0, version: int | None = None) -> None:
    version = pool.state_dict()["version"] if version is None else version
    pool.record(BattleResult(Assignment(opponent, (0,), version), outcome, 10, 20, False))


def make_pool(learner: RLAgent, threshold: float = 0.6, window: int = 5) -> OpponentPool:
    ratios = parse_mix("random:1,self:3")
    return OpponentPool(ratios, learner, seed=1, win_rate_threshold=threshold, win_rate_window=window)


def test_mix_gives_shares_that_sum_to_one() -> None:
    assert parse_mix(" random:1, max : 1,self:2") == {"random": 0.25, "max": 0.25, "self": 0.5}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("random", "write name:ratio"),
        ("random:0.5,", "write name:ratio"),
        ("randm:1", "did you mean 'random'"),
        ("random:1,random:1", "twice"),
        ("random:much", "not a number"),
        ("random:0", "above 0"),
        ("random:nan", "above 0"),
        ("random:1e308,max:1e308", "too large"),
    ],
)
def test_mix_that_makes_no_sense_is_refused(text: str, reason: str) -> None:
    with pytest.raises(OpponentError, match=reason):
        parse_mix(text)


def test_battles_are_drawn_by_ratio_and_seats_by_halves() -> None:
    pool = make_pool(make_learner())
    drawn = [pool.draw() for _ in range(4000)]
    share = np.mean([assignment.opponent == "self" for assignment in drawn])
    seats = np.mean([assignment.learner_seats[0] for assignment in drawn])
    assert abs(share - 0.75) < 0.03  # more than four standard deviations
    assert abs(seats - 0.5) < 0.035


def test_current_policy_plays_both_seats_and_a_snapshot_one() -> None:
    both = OpponentPool({"self": 1.0}, make_learner(), seed=0)
    assert both.draw().learner_seats == (0, 1)
    assert both.agents == {}
    frozen = OpponentPool({"self": 1.0}, make_learner(), seed=0, win_rate_threshold=0.6)
    assert len(frozen.draw().learner_seats) == 1
    assert set(frozen.agents) == {"self"}


def test_snapshot_stays_as_it_is_while_the_learner_changes() -> None:
    learner = make_learner()
    pool = make_pool(learner)
    before = digest(pool.agents["self"])  # type: ignore[arg-type]
    learner.copy_weights(make_learner(seed=1))
    assert digest(pool.agents["self"]) == before != digest(learner)  # type: ignore[arg-type]


def test_snapshot_is_replaced_only_by_a_full_window_past_the_threshold() -> None:
    learner = make_learner()
    pool = make_pool(learner, threshold=0.6, window=5)
    learner.copy_weights(make_learner(seed=1))
    for outcome in (1, 1, 1, 1):
        win(pool, "self", outcome)
    assert not pool.refresh(learner, 1), "the window is not full"
    assert pool_metrics(pool)["self/replacements"] == 0
    win(pool, "self", -1)
    assert pool.scores() == {"self": (1, 1, 1, 1, 0)}
    assert pool.refresh(learner, 1)
    assert digest(pool.agents["self"]) == digest(learner)  # type: ignore[arg-type]
    assert pool.scores() == {}, "the window starts anew"
    logged = {name: value for name, value in pool_metrics(pool).items() if name.startswith("self/")}
    assert logged == {"self/replacements": 1, "self/win_rate_when_replaced": 0.8}
    other = make_pool(make_learner())
    other.load_state_dict(pool.state_dict())
    assert other.replacements == (1, 0.8)
    for outcome in (1, 1, -1, -1, 0):
        win(pool, "self", outcome)
    assert pool.scores() == {"self": (1, 1, 0, 0, 0.5)}
    assert not pool.refresh(learner, 1), "0.5 is below the threshold"


def test_battle_begun_against_an_older_snapshot_is_not_counted() -> None:
    learner = make_learner()
    pool = make_pool(learner, window=1)
    win(pool, "self")
    assert pool.refresh(learner, 1)
    win(pool, "self", version=0)
    assert pool.scores() == {}


def test_pool_continues_from_its_saved_state() -> None:
    learner = make_learner()
    pool = make_pool(learner, window=3)
    for _ in range(3):
        win(pool, "self")
    learner.copy_weights(make_learner(seed=1))
    pool.refresh(learner, 1)
    win(pool, "random", -1)
    state = pool.state_dict()
    other = make_pool(make_learner(seed=2), window=3)
    other.load_state_dict(state)
    assert [pool.draw() for _ in range(50)] == [other.draw() for _ in range(50)]
    assert other.scores() == pool.scores() == {"random": (0.0,)}
    assert digest(other.agents["self"]) == digest(learner)  # type: ignore[arg-type]
