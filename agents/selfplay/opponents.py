"""`OpponentPool`: draws the learner's opponent for each battle of a training run.

Every battle draws its opponent by ratio. `self` is the current policy in both seats, and the learner learns
from both. With a win-rate threshold, `self` is a frozen snapshot of the policy instead, which is replaced
once the learner beats it often enough. `league` is one of the snapshots in the league.

An opponent decides for all of its battles in one call, so k opponents cost k calls a step.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from agents.agent import RLAgent
from agents.config.opponent_mix import LEAGUE, SELF
from agents.players.loading import load_agent
from agents.registry import BASELINES, PRETRAINED, SEARCH
from agents.selfplay.league import PREFIX, League, stream_seed
from agents.selfplay.results import Assignment, BattleResult
from pokeenv import Agent


class OpponentPool:
    """Draws opponents, keeps their win rates and replaces the snapshot.

    Attributes:
        agents: the opponents by name: baselines, pretrained agents, the frozen `self`, and the members of
            the league that have been drawn (see `forget`). The current policy is not among them.
        league: the league, if the mix contains it.
    """

    def __init__(
        self,
        ratios: Mapping[str, float],
        learner: RLAgent,
        *,
        seed: int,
        win_rate_threshold: float = 0.0,
        win_rate_window: int = 200,
        league: League | None = None,
        league_interval: int = 1,
    ) -> None:
        """Make the opponents.

        Args:
            ratios: share of battles by name, as `parse_mix` returns them.
            learner: the learner; its snapshot is the first frozen `self`.
            seed: seed of the draws.
            win_rate_threshold: win rate at which the snapshot is replaced; 0: `self` is the current policy.
            win_rate_window: number of battles in a win rate.
            league: the league; required if the mix contains `league`.
            league_interval: updates between snapshots for the league.
        """
        self._names = tuple(ratios)
        self._shares = np.array([ratios[name] for name in self._names])
        self._rng = np.random.default_rng(seed)
        self._threshold = win_rate_threshold
        self._window = win_rate_window
        self._version = 0
        self._replaced_at: float | None = None
        self._scores: dict[str, deque[float]] = {name: deque(maxlen=win_rate_window) for name in self._names}
        self.league = league if LEAGUE in self._names else None
        self._league_interval = league_interval
        self._learner = learner
        self._begun = (0, 0)  # rows and seed
        self.agents: dict[str, Agent] = {
            name: load_agent(name)
            for name in self._names
            if name in (*BASELINES, *PRETRAINED) or name.startswith(SEARCH)
        }
        self._snapshot: RLAgent | None = None
        if SELF in self._names and win_rate_threshold > 0:
            # An opponent's values are never used, so its value network is not copied.
            self._snapshot = learner.snapshot(SELF, with_values=False)
            self.agents[SELF] = self._snapshot

    def begin(self, num_rows: int, seed: int) -> None:
        """Start new streams of decisions for all opponents.

        Args:
            num_rows: number of rows of all environments.
            seed: seed from which the seed of each opponent is derived.
        """
        self._begun = (num_rows, seed)
        self.found_league()
        self.agents = {name: agent for name, agent in self.agents.items() if not name.startswith(PREFIX)}
        for name, agent in self.agents.items():
            agent.begin(num_rows, seed=stream_seed(seed, name))

    def found_league(self) -> None:
        """Make the learner the first member of a league that has none."""
        if self.league is not None and not self.league.members:
            self.league.add(self._learner, 0)

    @property
    def draws(self) -> Mapping[str, Any]:
        """State of the draws of opponents and seats."""
        return self._rng.bit_generator.state

    @draws.setter
    def draws(self, state: Mapping[str, Any]) -> None:
        self._rng.bit_generator.state = state

    def draw(self) -> Assignment:
        """Draw the opponent and the learner's seat for a new battle."""
        name = self._names[int(self._rng.choice(len(self._names), p=self._shares))]
        seat = int(self._rng.integers(2))
        if name == LEAGUE:
            name = self._draw_member()
        seats = (seat,) if name in self.agents else (0, 1)
        return Assignment(name, seats, self._version)

    def _draw_member(self) -> str:
        """Draw a member of the league, and load it if necessary."""
        assert self.league is not None
        name = self.league.draw(self._rng).name
        if name not in self.agents:
            num_rows, seed = self._begun
            self.agents[name] = self.league.load(name, self._learner)
            self.agents[name].begin(num_rows, seed=stream_seed(seed, name))
        return name

    def forget(self, playing: Container[str]) -> None:
        """Unload members that the league has dropped; they are never drawn again.

        Args:
            playing: names of the opponents that still play a battle.
        """
        if self.league is not None:
            kept = {member.name for member in self.league.members}
            self.agents = {
                name: agent
                for name, agent in self.agents.items()
                if not name.startswith(PREFIX) or name in kept or name in playing
            }

    def record(self, result: BattleResult) -> None:
        """Count a finished battle for the win rate against its opponent (a tie is half a win).

        Battles of the current policy against itself are not counted, nor are battles that began against a
        snapshot that has since been replaced.
        """
        name, version = result.assignment.opponent, result.assignment.version
        outdated = name == SELF and version != self._version
        if len(result.assignment.learner_seats) == 1 and not outdated:
            score = (result.outcome + 1) / 2
            if name.startswith(PREFIX) and self.league is not None:
                self.league.record(name, score)
                name = LEAGUE
            self._scores[name].append(score)

    @property
    def replacements(self) -> tuple[int, float | None] | None:
        """Number of replacements of the frozen `self`, and the win rate at the last one; None without one."""
        return None if self._snapshot is None else (self._version, self._replaced_at)

    def scores(self) -> dict[str, Sequence[float]]:
        """The learner's latest results against each opponent met so far: 1 a win, 0.5 a tie, 0 a loss."""
        return {name: tuple(scores) for name, scores in self._scores.items() if scores}

    def refresh(self, learner: RLAgent, update: int) -> bool:
        """Replace the frozen `self` if the learner beats it often enough, and give the league its snapshots.

        Running battles continue against the new snapshot. Call this after every update.

        Args:
            learner: the learner after the update.
            update: number of updates so far.

        Returns:
            True if the frozen `self` was replaced.
        """
        if self.league is not None and update % self._league_interval == 0:
            self.league.add(learner, update)
        if self._snapshot is None:
            return False
        scores = self._scores[SELF]
        if len(scores) < self._window or sum(scores) / len(scores) < self._threshold:
            return False
        self._snapshot.copy_weights(learner)
        self._version += 1
        self._replaced_at = sum(scores) / len(scores)
        scores.clear()
        return True

    def state_dict(self) -> dict[str, Any]:
        """The state that a resumed run needs: draws, results, snapshot, league."""
        return {
            "names": list(self._names),
            "rng": self._rng.bit_generator.state,
            "version": self._version,
            "replaced_at": self._replaced_at,
            "scores": {name: list(scores) for name, scores in self._scores.items()},
            "snapshot": None if self._snapshot is None else self._snapshot.network_state_dict(),
            "league": None if self.league is None else self.league.state_dict(),
        }

    def follow(self, state: Mapping[str, Any], *, own_draws: bool) -> None:
        """Take over the results, the snapshot and the members of a pool in another process.

        Args:
            state: the value of that pool's `state_dict`; the files of its league are in this league's folder.
            own_draws: keep the state of the draws.
        """
        draws = self.draws
        self.load_state_dict(state)
        if own_draws:
            self.draws = draws
        if self.league is not None:
            self.league.follow(state["league"])

    def load_state_dict(self, state: Mapping[str, Any], folder: Path | None = None) -> None:
        """Continue from a saved state; opponents that it lacks start without results.

        Args:
            state: the value of `state_dict`.
            folder: folder of the run that saved it, for the files of its league.

        Raises:
            LeagueError: a file of the league is missing or damaged.
        """
        self._rng.bit_generator.state = state["rng"]
        self._version = int(state["version"])
        self._replaced_at = state.get("replaced_at")
        for name, scores in state["scores"].items():
            if name in self._scores:
                self._scores[name] = deque(scores, maxlen=self._window)
        if self._snapshot is not None and state["snapshot"] is not None:
            self._snapshot.load_network_state_dict(state["snapshot"])
        if self.league is not None and state.get("league") is not None and folder is not None:
            self.league.load_state_dict(state["league"], folder / LEAGUE)
