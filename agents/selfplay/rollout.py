"""Collecting experience: battles in, whole episodes out.

A `Rollout` keeps the running battles of one or two vector environments. With two, the simulator of
one works while the policy decides for the other, always in turn: what is collected depends on seeds
alone and never on timing.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.agent import RLAgent
from agents.episodes.episode_batch import Episode, EpisodeBatch
from agents.episodes.store import EpisodeStore
from agents.errors import StopRequested
from agents.selfplay.opponents import OpponentPool
from agents.selfplay.results import Assignment, BattleResult
from pokeenv import NO_ACTION, SINGLES, SelfPlayVectorEnv, decide


@dataclass
class Timings:
    """Where collecting spent its time, in seconds."""

    simulator_wait: float = 0.0
    acting: float = 0.0
    steps: int = 0
    learner_decisions: int = 0
    opponent_decisions: int = 0


@dataclass
class _Half:
    """One environment with its running battles; its rows are `first_row ...` for the agents."""

    env: SelfPlayVectorEnv
    first_row: int
    store: EpisodeStore
    learner: NDArray[np.bool_]  # (R,) rows the learner plays
    opponent_rows: dict[str, NDArray[np.bool_]]  # name -> (R,)
    assignments: list[Assignment] = field(default_factory=list)  # one per battle
    starting: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))  # (R,)
    in_flight: bool = False


class Rollout:
    """The running battles of a training run.

    Attributes:
        results: battles finished during the last `collect`.
        reward_components: what each component of a composite reward has paid the learner during it.
        timings: where collecting has spent its time so far.
    """

    def __init__(
        self,
        envs: Sequence[SelfPlayVectorEnv],
        agent: RLAgent,
        opponents: OpponentPool,
        *,
        gamma: float,
        gae_lambda: float,
        seed: int,
    ) -> None:
        """Start battles in every environment.

        Args:
            envs: one or two environments, which stay the caller's to close.
            agent: the learner.
            opponents: who plays against it.
            gamma: discount, for the advantages.
            gae_lambda: lambda, for the advantages.
            seed: seed of battles and of everybody's sampling.
        """
        self.agent = agent
        self.opponents = opponents
        self.gamma = gamma
        self.gae_lambda = gae_lambda
        self.results: list[BattleResult] = []
        self.reward_components: defaultdict[str, float] = defaultdict(float)
        self.timings = Timings()
        self._episodes: list[Episode] = []
        self._halves: list[_Half] = []
        for env in envs:
            first_row = sum(half.env.num_envs for half in self._halves)
            self._halves.append(self._make_half(env, first_row))
        self._next = 0
        self.reset(seed)

    def _make_half(self, env: SelfPlayVectorEnv, first_row: int) -> _Half:
        nobody = np.zeros(env.num_envs, dtype=np.bool_)
        return _Half(
            env,
            first_row,
            EpisodeStore(env.num_envs, env.layout.size, SINGLES.num_actions),
            learner=nobody.copy(),
            opponent_rows={},
            starting=nobody.copy(),
        )

    def reset(self, seed: int) -> None:
        """Drop all running battles and begin new ones.

        After this, what is collected depends only on the seed, the weights and the opponents' state:
        a run that resets at its checkpoints is continued exactly by a run that loads one.

        Args:
            seed: seed of battles and of everybody's sampling.
        """
        learner_seed, opponent_seed, *env_seeds = _child_seeds(seed, 2 + len(self._halves))
        num_rows = sum(half.env.num_envs for half in self._halves)
        self.agent.begin(num_rows, seed=learner_seed)
        self.opponents.begin(num_rows, opponent_seed)
        self._episodes.clear()
        self._next = 0
        self.release()
        first_obs = []
        for half, env_seed in zip(self._halves, env_seeds, strict=True):
            half.store.clear()
            obs, _ = half.env.reset(seed=env_seed)
            first_obs.append(obs)
            battles = range(half.env.num_envs // 2)
            half.assignments = [self.opponents.draw() for _ in battles]
            half.opponent_rows.clear()
            for battle in battles:
                self._assign_rows(half, battle)
            half.starting[:] = False
        for half, obs in zip(self._halves, first_obs, strict=True):
            self._decide(half, obs)

    def release(self) -> None:
        """Wait for the steps under way, after which the environments may serve others."""
        for half in self._halves:
            if half.in_flight:
                half.env.step_wait()
                half.in_flight = False

    def _assign_rows(self, half: _Half, battle: int) -> None:
        assignment = half.assignments[battle]
        for seat in (0, 1):
            row = 2 * battle + seat
            learning = seat in assignment.learner_seats
            half.learner[row] = learning
            for rows in half.opponent_rows.values():
                rows[row] = False
            if not learning:
                half.opponent_rows.setdefault(assignment.opponent, np.zeros_like(half.learner))[row] = True

    def advance(self) -> None:
        """Take one step in the next environment: wait for it, sort its results, send new actions."""
        half = self._halves[self._next]
        self._next = (self._next + 1) % len(self._halves)
        started = time.perf_counter()
        obs, rewards, terminated, truncated, infos = half.env.step_wait()
        half.in_flight = False
        self.timings.simulator_wait += time.perf_counter() - started
        self.timings.steps += 1
        if half.starting.any():
            self._begin_battles(half)
        # Rewards before a row's first decision have no action to be credited to and are left out.
        running = np.flatnonzero(half.learner & (half.store.lengths > 0))
        half.store.add_rewards(running, rewards[running])
        for name, values in half.env.reward_components().items():
            self.reward_components[name] += float(values[running].sum())
        ended = terminated | truncated
        if ended.any():
            self._end_battles(half, obs, terminated, truncated, infos)
        self._decide(half, obs)

    def _begin_battles(self, half: _Half) -> None:
        """Draw opponents for the battles that the environment has just started by itself."""
        for battle in np.flatnonzero(half.starting[::2]):
            half.assignments[battle] = self.opponents.draw()
            self._assign_rows(half, int(battle))
        half.opponent_rows = {name: rows for name, rows in half.opponent_rows.items() if rows.any()}
        self.opponents.forget({name for each in self._halves for name in each.opponent_rows})
        rows = half.first_row + np.flatnonzero(half.starting)
        self.agent.reset_rows(rows)
        for agent in self.opponents.agents.values():
            agent.reset_rows(rows)
        half.starting[:] = False

    def _end_battles(
        self,
        half: _Half,
        obs: Mapping[str, NDArray[Any]],
        terminated: NDArray[np.bool_],
        truncated: NDArray[np.bool_],
        infos: Mapping[str, NDArray[Any]],
    ) -> None:
        ended = terminated | truncated
        half.starting[:] = ended
        for battle in np.flatnonzero(ended[::2]):
            assignment = half.assignments[battle]
            row = 2 * int(battle) + assignment.learner_seats[0]
            result = BattleResult(
                assignment,
                outcome=float(infos["outcome"][row]),
                episode_length=int(half.store.lengths[row]),
                turns=int(infos["turns"][row]),
                truncated=bool(truncated[row]),
            )
            self.results.append(result)
            self.opponents.record(result)
        # A row that never had to decide has learnt nothing: it makes no episode.
        rows = np.flatnonzero(ended & half.learner & (half.store.lengths > 0))
        final_values = np.zeros(half.env.num_envs, dtype=np.float32)
        cut = rows[truncated[rows]]
        if cut.size:
            final_values[cut] = self.agent.get_value(obs["observation"][cut], half.first_row + cut)
        for row in rows.tolist():
            episode = half.store.pop(row, bool(terminated[row]), float(final_values[row]))
            self._episodes.append(episode)

    def _decide(self, half: _Half, obs: Mapping[str, NDArray[Any]]) -> None:
        """Let every agent act for its rows, all rows of one agent in one call, and send the actions."""
        started = time.perf_counter()
        observations, masks = obs["observation"], obs["action_mask"]
        acting = half.env.acting
        actions = np.full(half.env.num_envs, NO_ACTION, dtype=np.int64)
        rows = np.flatnonzero(acting & half.learner)
        if rows.size:
            seen, allowed = observations[rows], masks[rows]
            decision = self.agent.act(seen, allowed, half.first_row + rows)
            half.store.write(rows, seen, allowed, decision)
            actions[rows] = decision.actions
            self.timings.learner_decisions += rows.size
        for name, opposing in half.opponent_rows.items():
            rows = np.flatnonzero(acting & opposing)
            if rows.size:
                agent = self.opponents.agents[name]
                chosen = decide(
                    agent,
                    half.env.engine,
                    rows,
                    observations[rows],
                    masks[rows],
                    agent_rows=half.first_row + rows,
                )
                actions[rows] = chosen.actions
                self.timings.opponent_decisions += rows.size
        rows = np.flatnonzero(acting & half.learner)
        # The seats of a battle are neighbours; NO_ACTION stands where the other one does not act.
        half.store.write_opponent_actions(rows, actions[rows ^ 1])
        half.env.step_async(actions)
        half.in_flight = True
        self.timings.acting += time.perf_counter() - started

    def take_episodes(self) -> list[Episode]:
        """Hand over the episodes finished so far."""
        episodes, self._episodes = self._episodes, []
        return episodes

    @property
    def num_finished(self) -> int:
        """Episodes finished and not yet handed over."""
        return len(self._episodes)


def collect(
    rollout: Rollout, num_episodes: int, should_stop: Callable[[], bool] = lambda: False
) -> EpisodeBatch:
    """Play until enough episodes have ended.

    All episodes that have ended by then are returned; battles still running go on in the next call,
    under whatever weights the agent then has.

    Args:
        rollout: the running battles.
        num_episodes: least number of episodes.
        should_stop: asked before each step.

    Returns:
        The finished episodes with their advantages and returns.

    Raises:
        StopRequested: `should_stop` said so; finished episodes stay in the rollout.
    """
    rollout.results.clear()
    rollout.reward_components.clear()
    while rollout.num_finished < num_episodes:
        if should_stop():
            raise StopRequested
        rollout.advance()
    return EpisodeBatch.from_episodes(rollout.take_episodes(), rollout.gamma, rollout.gae_lambda)


def _child_seeds(seed: int, count: int) -> list[int]:
    return [int(number) for number in np.random.SeedSequence(seed).generate_state(count)]
