"""`Rollout`: the running battles of a training run, a source of whole episodes.

A rollout plays the battles of one or two vector environments. With two, the simulator of one works while
the policy decides for the other. They alternate strictly, so the episodes depend only on seeds and never on
timing.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.agent import RLAgent
from agents.episodes.episode_batch import Episode
from agents.episodes.store import EpisodeStore
from agents.estimates.opponent_choices import choices_seen
from agents.players.search.targets import SearchTargets
from agents.selfplay.opponents import OpponentPool
from agents.selfplay.results import Assignment, BattleResult
from agents.selfplay.seating import Players, Seating, Turn
from pokeenv import Agent, SelfPlayVectorEnv, other_row, row_of


@dataclass
class Timings:
    """The time that each part of a rollout has taken, in seconds, and counts."""

    simulator_wait: float = 0.0
    acting: float = 0.0
    steps: int = 0
    learner_decisions: int = 0
    opponent_decisions: int = 0


@dataclass
class _EnvSlice:
    """One of a rollout's environments, with its running battles.

    Attributes:
        seating: the players of the battles.
        store: the learner's running episodes.
        assignments: by battle.
        versions: by battle, the learner's version when it began.
        in_flight: the environment is in the middle of a step.
    """

    seating: Seating
    store: EpisodeStore
    assignments: list[Assignment] = field(default_factory=list)
    versions: list[int] = field(default_factory=list)
    in_flight: bool = False

    @property
    def env(self) -> SelfPlayVectorEnv:
        """The environment."""
        return self.seating.env


class Rollout:
    """The running battles of a training run, played in this process; a `TrainingSource`.

    Attributes:
        version: number of updates behind the learner's weights; the training loop sets it.
        results: battles that finished between the last two calls of `take_episodes`.
        reward_components: total that each component of a composite reward has paid the learner in this
            period.
        timings: time spent so far.
        action_space: actions of the environments.
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
        version: int = 0,
        search: SearchTargets | None = None,
    ) -> None:
        """Start battles in every environment.

        Args:
            envs: one or two environments; the caller closes them.
            agent: the learner.
            opponents: the opponents of the learner.
            gamma: discount, for the advantages.
            gae_lambda: lambda, for the advantages.
            seed: seed of the battles and of all agents' sampling.
            version: number of updates behind the learner's weights.
            search: searches a share of the learner's decisions; the caller closes it.
        """
        self.agent = agent
        self.version = version
        self.opponents = opponents
        self._search = search
        self.gamma = gamma
        self.gae_lambda = gae_lambda
        self.results: list[BattleResult] = []
        self.reward_components: dict[str, float] = {}
        self.timings = Timings()
        self.action_space = envs[0].battle_format.action_space
        self._slices: list[_EnvSlice] = []
        self._num_rows = 0
        for env in envs:
            seating = Seating(env, first_row=self._num_rows)
            sizes = env.num_envs, env.layout.size, self.action_space.num_actions
            store = EpisodeStore(*sizes, searched=search is not None)
            self._slices.append(_EnvSlice(seating, store))
            self._num_rows += env.num_envs
        self.reset(seed)

    def reset(self, seed: int) -> None:
        """Drop all running battles and begin new ones.

        After a reset, the episodes depend only on the seed, the weights and the state of the opponents. A run
        that resets at its checkpoints therefore equals a run that is resumed from one of them.

        Args:
            seed: seed of the battles and of all agents' sampling.
        """
        learner_seed, opponent_seed, *env_seeds, search_seed = _child_seeds(seed, 3 + len(self._slices))
        self.agent.begin(self._num_rows, seed=learner_seed)
        self.opponents.begin(self._num_rows, opponent_seed)
        if self._search is not None:
            self._search.begin(self._num_rows, search_seed)
        self._forget_finished()
        self._next = 0
        self.release()
        first_obs = []
        for part, env_seed in zip(self._slices, env_seeds, strict=True):
            part.store.clear()
            obs, _ = part.env.reset(seed=env_seed)
            first_obs.append(obs)
            battles = range(part.env.num_battles)
            part.assignments = [self.opponents.draw() for _ in battles]
            part.versions = [self.version for _ in battles]
            part.seating.begin({battle: self._players(part.assignments[battle]) for battle in battles})
        for part, obs in zip(self._slices, first_obs, strict=True):
            self._act(part, obs)

    def release(self) -> None:
        """Wait for the running steps, so that the environments are free for other uses."""
        for part in self._slices:
            if part.in_flight:
                part.env.step_wait()
                part.in_flight = False

    def advance(self) -> None:
        """Take one step in the next environment: wait for it, process its results, send new actions."""
        part = self._slices[self._next]
        self._next = (self._next + 1) % len(self._slices)
        started = time.perf_counter()
        obs, rewards, terminated, truncated, infos = part.env.step_wait()
        part.in_flight = False
        self.timings.simulator_wait += time.perf_counter() - started
        self.timings.steps += 1
        if part.seating.restarting:
            self._begin_battles(part)
        # Rewards before a row's first decision belong to no action and are ignored.
        rows = np.flatnonzero(part.store.lengths)
        part.store.add_rewards(rows, rewards[rows])
        for name, values in part.env.reward_components().items():
            self._paid[name] += float(values[rows].sum())
        if ended := part.seating.end(terminated, truncated):
            self._end_battles(part, ended, obs, truncated, infos)
        self._act(part, obs)

    def collect_ahead(self, num_episodes: int, following: int) -> int:
        """Order nothing: this process cannot play while it learns."""
        return 0

    def figures(self) -> dict[str, float]:
        """No figures of its own: the training loop measures this process."""
        return {}

    @property
    def num_finished(self) -> int:
        """Finished episodes that have not been taken."""
        return len(self._episodes)

    def take_episodes(self) -> list[Episode]:
        """Hand over the finished episodes; `results` and `reward_components` then describe their period."""
        episodes = self._episodes
        self.results, self.reward_components = self._results, dict(self._paid)
        self._forget_finished()
        return episodes

    def _forget_finished(self) -> None:
        self._episodes: list[Episode] = []
        self._results: list[BattleResult] = []
        self._paid: defaultdict[str, float] = defaultdict(float)

    def _players(self, assignment: Assignment) -> Players:
        def agent_in(seat: int) -> Agent:
            learning = seat in assignment.learner_seats
            return self.agent if learning else self.opponents.agents[assignment.opponent]

        return agent_in(0), agent_in(1)

    def _begin_battles(self, part: _EnvSlice) -> None:
        """Draw opponents for the battles that the environment has just restarted."""
        for battle in part.seating.restarting:
            part.assignments[battle] = self.opponents.draw()
            part.versions[battle] = self.version
        part.seating.begin(
            {battle: self._players(part.assignments[battle]) for battle in part.seating.restarting}
        )
        self.opponents.forget({each.opponent for part in self._slices for each in part.assignments})

    def _end_battles(
        self,
        part: _EnvSlice,
        battles: Sequence[int],
        obs: Mapping[str, NDArray[Any]],
        truncated: NDArray[np.bool_],
        infos: Mapping[str, NDArray[Any]],
    ) -> None:
        """Record the results of battles and take the learner's episodes out of the store."""
        finished = []  # rows and versions; a row that never had to decide makes no episode
        for battle in battles:
            assignment = part.assignments[battle]
            rows = [row_of(battle, seat) for seat in assignment.learner_seats]
            finished += [(row, part.versions[battle]) for row in rows if part.store.lengths[row] > 0]
            result = BattleResult(
                assignment,
                outcome=float(infos["outcome"][rows[0]]),
                episode_length=int(part.store.lengths[rows[0]]),
                turns=int(infos["turns"][rows[0]]),
                truncated=bool(truncated[rows[0]]),
            )
            self._results.append(result)
            self.opponents.record(result)
        final_values = np.zeros(part.env.num_envs, dtype=np.float32)
        cut = np.array([row for row, _ in finished if truncated[row]], dtype=np.int64)
        if cut.size:
            final_values[cut] = self.agent.get_value(obs["observation"][cut], part.seating.agent_rows(cut))
        self._episodes += [
            part.store.pop(row, not truncated[row], float(final_values[row]), version)
            for row, version in finished
        ]

    def _act(self, part: _EnvSlice, obs: Mapping[str, NDArray[Any]]) -> None:
        """Let all agents act, store the learner's decisions, and send the actions."""
        started = time.perf_counter()
        actions, turns = part.seating.act_all(obs)
        for turn in turns:
            if turn.agent is self.agent:
                strategies = self._strategies(part, turn)
                part.store.write(turn.rows, turn.observations, turn.action_masks, turn.decision, strategies)
                others = other_row(turn.rows)
                choices = choices_seen(
                    turn.observations,
                    obs["observation"][others],
                    obs["action_mask"][others],
                    actions[others],
                    part.env.layout,
                    self.action_space,
                )
                part.store.write_opponent_choices(turn.rows, choices)
                self.timings.learner_decisions += turn.rows.size
            else:
                self.timings.opponent_decisions += turn.rows.size
        part.env.step_async(actions)
        part.in_flight = True
        self.timings.acting += time.perf_counter() - started

    def _strategies(self, part: _EnvSlice, turn: Turn) -> NDArray[np.float32] | None:
        """Strategies for the learner's turn; None without searches."""
        if self._search is None:
            return None
        agent_rows = part.seating.agent_rows(turn.rows)
        return self._search.search(part.env.engine, turn.rows, agent_rows, turn.action_masks, turn.decision)


def _child_seeds(seed: int, count: int) -> list[int]:
    return [int(number) for number in np.random.SeedSequence(seed).generate_state(count)]
