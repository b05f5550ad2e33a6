"""The league: its members, its draws, its files on disk."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch

from agents.agent import RLAgent
from agents.config import NetworkSettings
from agents.config.opponent_mix import parse_mix
from agents.config.schema import Sampling
from agents.episodes.source import collect
from agents.errors import LeagueError
from agents.networks import build_networks
from agents.selfplay.league import League, stream_seed
from agents.selfplay.opponents import OpponentPool
from agents.selfplay.results import BattleResult
from agents.selfplay.rollout import Rollout
from pokeenv import OBS_SIZE, SINGLES, SelfPlayVectorEnv

FORMAT = "gen1randombattle"


def make_learner(seed: int = 0) -> RLAgent:
    settings = NetworkSettings(hidden_size=8, lstm_hidden_size=8, num_layers=1, embedding_size=2)
    networks = build_networks(settings, SINGLES, seed=seed)
    return RLAgent(*networks, None, None)


def make_league(folder: Path, members: int = 4, *, sampling: Sampling = "pfsp", size: int = 4) -> League:
    """A league with members of the updates 0, 1, ..., each with weights of its own."""
    league = League(folder, size=size, sampling=sampling, decay=0.9, keep_files=1)
    for update in range(members):
        league.add(make_learner(update), update)
    return league


def names(league: League) -> list[str]:
    return [member.name for member in league.members]


def logits(agent: RLAgent) -> torch.Tensor:
    obs = torch.ones(1, OBS_SIZE)
    with torch.inference_mode():
        return agent.policy_net.step(obs, agent.policy_net.initial_state(1))[0]


def test_prioritised_draws_go_by_the_squared_loss_rate(tmp_path: Path) -> None:
    league = make_league(tmp_path, 2)
    for _ in range(300):  # the win rates go towards 1 and 0.5
        league.record("league:0", 1.0)
        league.record("league:1", 0.5)
    won, even = (member.win_rate for member in league.members)
    assert won == pytest.approx((10 + 0.5) / (10 + 1))  # ten battles are what a decay of 0.9 remembers
    assert even == pytest.approx(0.5)
    weights = np.array([(1 - won) ** 2, 0.25])
    np.testing.assert_allclose(league.probabilities(), weights / weights.sum())
    rng = np.random.default_rng(0)
    drawn = Counter(league.draw(rng).name for _ in range(4000))
    assert drawn["league:1"] / 4000 == pytest.approx(weights[1] / weights.sum(), abs=0.02)


def test_uniform_and_recent_draws(tmp_path: Path) -> None:
    np.testing.assert_allclose(make_league(tmp_path, sampling="uniform").probabilities(), 0.25)
    recent = make_league(tmp_path, sampling="recent").probabilities()
    np.testing.assert_allclose(recent, np.array([1, 2, 4, 8]) / 15)


def test_the_decay_forgets_old_battles(tmp_path: Path) -> None:
    league = make_league(tmp_path, 1)
    for score in [0.0] * 100 + [1.0] * 50:
        league.record("league:0", score)
    assert league.members[0].win_rate > 0.9


def test_the_easiest_member_leaves_a_full_league_and_its_file_when_no_checkpoint_names_it(
    tmp_path: Path,
) -> None:
    league = make_league(tmp_path, 4)
    for name in ("league:1", "league:2"):
        for _ in range(5):
            league.record(name, 1.0 if name == "league:2" else 0.0)
    league.add(make_learner(9), 9)
    assert names(league) == ["league:0", "league:1", "league:3", "league:9"]
    gone = tmp_path / "00000002.pt"
    league.count_save()
    assert gone.exists(), "the checkpoint before this one may name it"
    league.count_save()
    assert not gone.exists()
    assert len(list(tmp_path.iterdir())) == 4


def test_a_league_made_smaller_shrinks_with_its_next_member(tmp_path: Path) -> None:
    league = make_league(tmp_path, 4)
    smaller = League(tmp_path, size=2, sampling="pfsp", decay=0.9)
    smaller.load_state_dict(league.state_dict(), tmp_path)
    smaller.add(make_learner(9), 9)
    assert names(smaller) == ["league:3", "league:9"]


def test_members_keep_the_weights_that_they_were_taken_with(tmp_path: Path) -> None:
    learner = make_learner(0)
    league = make_league(tmp_path, 2)
    loaded = [league.load(name, learner) for name in names(league)]
    for seed, agent in enumerate(loaded):
        assert torch.equal(logits(agent), logits(make_learner(seed)))
    assert torch.equal(logits(learner), logits(make_learner(0)))


def test_a_saved_league_continues_also_in_another_folder(tmp_path: Path) -> None:
    league = make_league(tmp_path / "old", 3)
    league.record("league:1", 1.0)
    other = League(tmp_path / "new", size=4, sampling="pfsp", decay=0.9)
    other.load_state_dict(league.state_dict(), tmp_path / "old")
    assert other.members == league.members
    assert torch.equal(logits(other.load("league:2", make_learner())), logits(make_learner(2)))
    (tmp_path / "old" / "00000001.pt").write_bytes(b"torn")
    with pytest.raises(LeagueError, match="checksum"):
        league.load_state_dict(league.state_dict(), tmp_path / "old")
    (tmp_path / "old" / "00000001.pt").unlink()
    with pytest.raises(LeagueError, match="cannot be read"):
        league.load_state_dict(league.state_dict(), tmp_path / "old")


def test_settings_out_of_range_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="size >= 1"):
        League(tmp_path, size=0, sampling="pfsp", decay=0.9)
    with pytest.raises(ValueError, match="not one of uniform, recent, pfsp"):
        League(tmp_path, size=1, sampling="best", decay=0.9)  # type: ignore[arg-type]


def test_an_opponents_stream_depends_on_its_name_alone() -> None:
    assert stream_seed(1, "league:3") == stream_seed(1, "league:3")
    assert len({stream_seed(seed, name) for seed in (1, 2) for name in ("league:3", "max")}) == 4


class Counting(RLAgent):
    """Counts its calls and the rows of each."""

    calls: list[int]

    def act(self, observations, action_masks, rows, greedy=False):  # type: ignore[no-untyped-def]
        self.calls.append(len(rows))
        return super().act(observations, action_masks, rows, greedy)


def test_each_opponent_decides_once_a_step_for_all_its_battles(tmp_path: Path) -> None:
    learner = make_learner()
    league = make_league(tmp_path, 2)
    pool = OpponentPool(parse_mix("league:1"), learner, seed=0, league=league, league_interval=1)
    load = league.load
    loaded: list[Counting] = []

    def counted(name: str, like: RLAgent) -> RLAgent:
        agent = load(name, like)
        counting = Counting(agent.policy_net, None, None, None, name=name)
        counting.calls = []
        loaded.append(counting)
        return counting

    league.load = counted  # type: ignore[method-assign]
    with SelfPlayVectorEnv(FORMAT, 6) as env:
        rollout = Rollout([env], learner, pool, gamma=1.0, gae_lambda=0.95, seed=0)
        for _ in range(20):
            rollout.advance()
    assert len(loaded) == 2
    steps = 21  # the first decisions are made when the rollout begins
    assert all(len(agent.calls) <= steps for agent in loaded)
    assert max(max(agent.calls) for agent in loaded) > 1


def test_battles_against_members_count_for_them_and_for_the_league(tmp_path: Path) -> None:
    learner = make_learner()
    league = make_league(tmp_path, 3)
    pool = OpponentPool(parse_mix("league:1"), learner, seed=0, league=league, league_interval=2)
    with SelfPlayVectorEnv(FORMAT, 4, turn_limit=3) as env:
        rollout = Rollout([env], learner, pool, gamma=1.0, gae_lambda=0.95, seed=0)
        batch = collect(rollout, 8)
        results: list[BattleResult] = rollout.results
        assert {result.assignment.opponent for result in results} <= set(names(league))
        assert all(len(result.assignment.learner_seats) == 1 for result in results)
        assert batch.num_episodes == len(results)
    assert pool.scores() == {"league": (0.5,) * len(results)}
    played = Counter(result.assignment.opponent for result in results)
    for member in league.members:
        expected = sum(0.9**age for age in range(played[member.name]))
        assert member.battles == pytest.approx(expected)
    pool.refresh(learner, 3)
    assert len(league.members) == 3
    pool.refresh(learner, 4)
    assert names(league)[-1] == "league:4"


def test_members_that_have_left_stay_loaded_until_their_last_battle_ends(tmp_path: Path) -> None:
    learner = make_learner()
    league = League(tmp_path, size=1, sampling="pfsp", decay=0.9)
    pool = OpponentPool(parse_mix("league:1"), learner, seed=0, league=league)
    with SelfPlayVectorEnv(FORMAT, 2, turn_limit=3) as env:
        rollout = Rollout([env], learner, pool, gamma=1.0, gae_lambda=0.95, seed=0)
        for update in range(1, 5):
            collect(rollout, 2)
            pool.refresh(learner, update)
        (part,) = rollout._slices
        playing = {assignment.opponent for assignment in part.assignments}
        assert playing <= set(pool.agents) <= {*playing, "league:4"}


def test_an_empty_league_begins_with_the_untrained_learner(tmp_path: Path) -> None:
    learner = make_learner()
    league = League(tmp_path, size=2, sampling="pfsp", decay=0.9)
    pool = OpponentPool(parse_mix("league:1"), learner, seed=0, league=league)
    pool.begin(4, seed=1)
    assert names(league) == ["league:0"]
    assert pool.draw().opponent == "league:0"
