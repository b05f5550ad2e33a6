"""Collecting experience on real battles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from agents.agent import RLAgent
from agents.config import NetworkSettings
from agents.config.opponent_mix import parse_mix
from agents.episodes.episode_batch import EpisodeBatch
from agents.episodes.source import collect
from agents.errors import StopRequested
from agents.estimates.opponent_choices import NUM_CHOICES, SWITCH
from agents.networks import build_networks
from agents.networks.masked_categorical import masked_log_probs
from agents.runs.metrics import rollout_metrics
from agents.selfplay.opponents import OpponentPool
from agents.selfplay.rollout import Rollout
from pokeenv import SINGLES, CompositeReward, SelfPlayVectorEnv

FORMAT = "gen1randombattle"
BATTLES = 3


class Arena:
    """Environments that serve one rollout after another: starting a simulator takes longer than a test."""

    def __init__(self, envs: list[SelfPlayVectorEnv]) -> None:
        self.envs = envs
        self.rollout: Rollout | None = None

    def start(self, mix: str = "self:1", seed: int = 1, num_envs: int = 2, **options: Any) -> Rollout:
        """A fresh agent with its opponents, in battles that begin now."""
        if self.rollout is not None:
            self.rollout.release()
        settings = NetworkSettings(hidden_size=16, lstm_hidden_size=16, num_layers=1, embedding_size=4)
        agent = RLAgent(*build_networks(settings, SINGLES, seed=0), None, None)
        pool = OpponentPool(parse_mix(mix), agent, seed=seed, **options)
        envs = self.envs[:num_envs]
        self.rollout = Rollout(envs, agent, pool, gamma=1.0, gae_lambda=0.95, seed=seed)
        return self.rollout


@pytest.fixture(scope="module")
def arena() -> Iterator[Arena]:
    """Two environments with whole battles."""
    with (
        SelfPlayVectorEnv(FORMAT, BATTLES) as first,
        SelfPlayVectorEnv(FORMAT, BATTLES) as second,
    ):
        yield Arena([first, second])


@pytest.fixture(scope="module")
def short_arena() -> Iterator[Arena]:
    """Battles that the turn limit ends long before they are decided."""
    with SelfPlayVectorEnv(FORMAT, BATTLES, turn_limit=6) as env:
        yield Arena([env])


def equal(a: EpisodeBatch, b: EpisodeBatch) -> bool:
    return all(torch.equal(a[name], b[name]) for name in a)


def outputs_from_scratch(agent: RLAgent, batch: EpisodeBatch) -> tuple[torch.Tensor, torch.Tensor]:
    """Log-probabilities and values of each episode alone, from the zero state on."""
    log_probs, values = [], []
    start = 0
    with torch.no_grad():
        for length in batch.episode_lengths.tolist():
            part = slice(start, start + length)
            start += length
            obs = batch.observations[part].unsqueeze(1)
            logits, _ = agent.policy_net(obs)
            chosen = masked_log_probs(logits.squeeze(1), batch.action_masks[part])
            log_probs.append(chosen.gather(1, batch.actions[part].unsqueeze(1)).squeeze(1))
            assert agent.value_net is not None
            values.append(agent.value_net(obs)[0].squeeze(1))
    return torch.cat(log_probs), torch.cat(values)


def test_stored_numbers_are_those_of_the_stored_observations_from_a_zero_state(
    arena: Arena,
) -> None:
    """One test for many faults: views not copied, masks mixed up, rows swapped, states not reset."""
    rollout = arena.start("self:0.6,random:0.4")
    collect(rollout, 8)
    batch = collect(rollout, 8)  # by now every row has begun a second battle
    log_probs, values = outputs_from_scratch(rollout.agent, batch)
    assert (log_probs - batch.old_log_probs).abs().max() < 1e-5
    assert (values - batch.values).abs().max() < 1e-5


def test_stored_actions_are_legal(arena: Arena) -> None:
    batch = collect(arena.start(), 6)
    assert batch.action_masks.gather(1, batch.actions.unsqueeze(1)).all()


def test_same_seed_collects_the_same_bytes(arena: Arena) -> None:
    mix = "self:0.4,random:0.3,max:0.3"
    batches = [collect(arena.start(mix, seed), 6) for seed in (1, 1, 2)]
    assert equal(batches[0], batches[1])
    assert not equal(batches[0], batches[2])


def test_reset_forgets_what_was_running(arena: Arena) -> None:
    rollout = arena.start()
    first = collect(rollout, 6)
    collect(rollout, 3)
    rollout.reset(1)
    assert equal(collect(rollout, 6), first)


def test_rewards_of_an_episode_sum_to_its_outcome(arena: Arena) -> None:
    rollout = arena.start("random:1")
    batch = collect(rollout, 10)
    sums = [part.sum().item() for part in batch.rewards.split(batch.episode_lengths.tolist())]  # type: ignore[no-untyped-call]
    assert sums == [result.outcome for result in rollout.results]
    assert set(sums) <= {-1.0, 0.0, 1.0}
    lengths = [result.episode_length for result in rollout.results]
    assert lengths == batch.episode_lengths.tolist()


def test_opponents_choices_are_those_of_the_other_seat_in_the_same_step(arena: Arena) -> None:
    batch = collect(arena.start(), 8)
    episodes = zip(
        batch.actions.split(batch.episode_lengths.tolist()),  # type: ignore[no-untyped-call]
        batch.opponent_choices.split(batch.episode_lengths.tolist()),  # type: ignore[no-untyped-call]
        strict=True,
    )
    parts = list(episodes)
    for (own, seen), (other, other_seen) in zip(parts[::2], parts[1::2], strict=True):
        for choices, actions in ((seen, other), (other_seen, own)):
            switches = int((actions < SINGLES.moves[0]).sum())
            assert 0 < int((choices == SWITCH).sum()) <= switches  # the others were forced
            assert set(choices.tolist()) <= {-1, *range(NUM_CHOICES)}


def test_policy_against_itself_learns_from_both_seats(arena: Arena) -> None:
    rollout = arena.start()
    batch = collect(rollout, 6)
    assert batch.num_episodes == 2 * len(rollout.results)
    sums = [part.sum().item() for part in batch.rewards.split(batch.episode_lengths.tolist())]  # type: ignore[no-untyped-call]
    assert sums[::2] == [-total for total in sums[1::2]], "what one seat wins the other loses"


@pytest.mark.parametrize("mix", ["random:1", "self:1"])
def test_opponent_gives_no_episodes(arena: Arena, mix: str) -> None:
    rollout = arena.start(mix, win_rate_threshold=0.9)
    batch = collect(rollout, 6)
    assert batch.num_episodes == len(rollout.results)
    assert {result.assignment.opponent for result in rollout.results} == {mix.split(":")[0]}
    assert {seat for result in rollout.results for seat in result.assignment.learner_seats} == {0, 1}


def test_truncated_episode_is_valued_by_its_last_observation(short_arena: Arena) -> None:
    rollout = short_arena.start()
    batch = collect(rollout, 6)
    assert not batch.terminated.any()
    assert (batch.final_values != 0).all()
    assert all(result.truncated and result.outcome == 0 for result in rollout.results)
    last = batch.episode_lengths.cumsum(0) - 1
    # gamma 1, no reward: the advantage of the last decision is the bootstrap alone.
    expected = batch.final_values - batch.values[last]
    torch.testing.assert_close(batch.advantages[last], expected)


def test_terminated_episode_is_not_bootstrapped(arena: Arena) -> None:
    batch = collect(arena.start(), 4)
    assert batch.terminated.all()
    last = batch.episode_lengths.cumsum(0) - 1
    torch.testing.assert_close(batch.advantages[last], batch.rewards[last] - batch.values[last])


def test_episodes_longer_than_the_first_capacity_are_kept_whole(
    arena: Arena, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = collect(arena.start(), 6)
    monkeypatch.setattr("agents.episodes.store.FIRST_CAPACITY", 4)
    assert equal(collect(arena.start(), 6), expected)


def test_opponent_is_asked_once_per_step_for_all_its_rows(arena: Arena) -> None:
    rollout = arena.start("random:1")
    opponent = rollout.opponents.agents["random"]
    asked: list[int] = []
    act = opponent.act

    def counted(obs: Any, masks: Any, rows: Any, greedy: bool = False) -> Any:
        asked.append(len(rows))
        return act(obs, masks, rows, greedy)

    opponent.act = counted  # type: ignore[method-assign]
    before = rollout.timings.steps
    collect(rollout, 6)
    assert len(asked) <= rollout.timings.steps - before
    assert max(asked) > 1


def test_collecting_stops_when_asked_to(arena: Arena) -> None:
    answers = iter([False, False, True])
    rollout = arena.start()
    before = rollout.timings.steps
    with pytest.raises(StopRequested):
        collect(rollout, 1000, lambda: next(answers))
    assert rollout.timings.steps - before == 2


def test_win_rate_counts_ties_as_half(short_arena: Arena) -> None:
    rollout = short_arena.start("random:1")
    collect(rollout, 3)
    assert rollout.opponents.scores() == {"random": (0.5, 0.5, 0.5)}


def test_one_environment_is_enough(arena: Arena) -> None:
    batch = collect(arena.start(num_envs=1), 4)
    assert batch.num_episodes >= 4
    assert np.isfinite(batch.advantages.numpy()).all()


def test_reward_components_add_up_to_what_the_learner_was_paid() -> None:
    reward = CompositeReward({"win_loss": 1.0, "hp_delta": 0.5, "knockout": 0.1})
    with SelfPlayVectorEnv(FORMAT, 2, turn_limit=8, reward=reward) as env:
        rollout = Arena([env]).start("self:1", num_envs=1)
        batch = collect(rollout, 4)
        unfinished = sum(
            float(part.store.rewards[row, :length].sum())
            for part in rollout._slices
            for row, length in enumerate(part.store.lengths)
        )
    assert set(rollout.reward_components) == {"win_loss", "hp_delta", "knockout"}
    paid = sum(rollout.reward_components.values())
    assert paid == pytest.approx(float(batch.rewards.sum()) + unfinished, abs=1e-5)
    metrics = rollout_metrics(batch, rollout, version=3)
    parts = sum(value for name, value in metrics.items() if name.startswith("reward/"))
    assert parts == pytest.approx(paid / batch.num_episodes)
