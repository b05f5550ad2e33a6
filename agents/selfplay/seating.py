"""Seating: the agents that play the battles of an environment, and their actions in one step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pokeenv import NO_ACTION, Agent, Decision, DrawsByBattle, SelfPlayVectorEnv, decide, row_of, rows_of

Players = tuple[Agent, Agent]
"""The agents in seats p1 and p2; one agent may play both."""


@dataclass(frozen=True)
class Turn:
    """One agent's decisions in one step of an environment.

    Attributes:
        agent: the agent.
        rows: `(k,)` rows of the environment that the agent decided for.
        observations: `(k, D)`, a copy.
        action_masks: `(k, A)`, a copy.
        decision: the decision for these rows.
    """

    agent: Agent
    rows: NDArray[np.int64]
    observations: NDArray[np.float32]
    action_masks: NDArray[np.int8]
    decision: Decision


class Seating:
    """The agents in the rows of one environment.

    Agents number the rows of several environments in one sequence; the rows of this environment start at
    `first_row`. Every step takes four calls, in this order: `step_wait` of the environment, `begin` for the
    battles in `restarting`, `end`, `act_all`.

    Args:
        env: the environment; the caller steps and closes it.
        first_row: number that agents use for the environment's row 0.

    Attributes:
        restarting: battles that ended in the last step, until their successors begin.
    """

    def __init__(self, env: SelfPlayVectorEnv, first_row: int = 0) -> None:
        """Leave all seats empty."""
        self.env = env
        self.first_row = first_row
        self.restarting: list[int] = []
        self._agents: list[Agent | None] = [None] * env.num_envs  # by row

    def begin(self, players: Mapping[int, Players | None], numbers: Mapping[int, int] | None = None) -> None:
        """Seat the players of battles that begin, and reset the rows of these agents.

        Args:
            players: by battle; None leaves both seats empty.
            numbers: by battle, which name the random streams of agents that are `DrawsByBattle`; None: these
                agents have one stream for all rows.
        """
        self.restarting = []
        began: dict[int, int] = {}  # battles by row
        for battle, pair in players.items():
            for seat, agent in enumerate(pair or (None, None)):
                row = row_of(battle, seat)
                self._agents[row] = agent
                began[row] = battle
        for agent, rows in self._by_agent(began):
            agent.reset_rows(self.agent_rows(rows))
            if numbers is not None and isinstance(agent, DrawsByBattle):
                agent.start_streams(
                    self.agent_rows(rows), np.array([numbers[began[row]] for row in rows.tolist()])
                )

    def end(self, terminated: NDArray[np.bool_], truncated: NDArray[np.bool_]) -> list[int]:
        """Note which battles ended in this step, and return them."""
        ended = (terminated | truncated)[rows_of(0)]  # a battle ends in both of its rows
        self.restarting = np.flatnonzero(ended).tolist()
        return self.restarting

    def act_all(
        self, obs: Mapping[str, NDArray[Any]], *, greedy: bool = False
    ) -> tuple[NDArray[np.int64], list[Turn]]:
        """Ask every agent once, for all of its rows that must act.

        Args:
            obs: the observations of the last step.
            greedy: take the most probable actions instead of sampling.

        Returns:
            Actions `(R,)` for the next step, and each agent's turn. A row that nobody plays takes its first
            legal action.
        """
        observations, masks = obs["observation"], obs["action_mask"]
        acting = np.flatnonzero(self.env.acting).tolist()
        actions = np.full(self.env.num_envs, NO_ACTION, dtype=np.int64)
        turns = []
        for agent, rows in self._by_agent(acting):
            seen, allowed = observations[rows], masks[rows]
            decision = decide(
                agent,
                self.env.engine,
                rows,
                seen,
                allowed,
                agent_rows=self.agent_rows(rows),
                greedy=greedy,
            )
            actions[rows] = decision.actions
            turns.append(Turn(agent, rows, seen, allowed, decision))
        empty = [row for row in acting if self._agents[row] is None]
        actions[empty] = masks[empty].argmax(axis=1)
        return actions, turns

    def agent_rows(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Rows of the environment as agents number them."""
        return self.first_row + rows

    def _by_agent(self, rows: Iterable[int]) -> list[tuple[Agent, NDArray[np.int64]]]:
        """Each agent with the rows that it plays; rows with an empty seat are left out."""
        found: dict[int, tuple[Agent, list[int]]] = {}
        for row in rows:
            agent = self._agents[row]
            if agent is not None:
                found.setdefault(id(agent), (agent, []))[1].append(row)
        return [(agent, np.array(played, dtype=np.int64)) for agent, played in found.values()]
