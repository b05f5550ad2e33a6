"""`ModelPolicy`: an agent as a model of both players in imagined battles."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pokeenv import Agent, Decision, Engine, slice_for

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_LEAST = 1e-12


class ModelPolicy:
    """Probabilities of the actions of an agent in positions that it has not been led to.

    Each position starts a new episode of the agent, so that an agent with a memory remembers nothing.

    Args:
        agent: the agent, which must not play elsewhere.
        temperature: difference between the scores of two actions that makes one e times as probable; for
            agents without log-probabilities.
    """

    def __init__(self, agent: Agent, temperature: float) -> None:
        """Keep the agent."""
        self._agent = agent
        self._temperature = temperature

    def probabilities(self, engine: Engine, rows: Ints) -> Floats:
        """Probabilities `(B, A)` of the actions of acting rows `(B,)`, 0 where illegal."""
        masks = engine.action_masks[rows]
        return probabilities_of(self._ask(engine, rows), masks, self._temperature)

    def best(self, engine: Engine, rows: Ints) -> Ints:
        """Most probable actions `(B,)` of acting rows `(B,)`."""
        return self._ask(engine, rows).actions

    def _ask(self, engine: Engine, rows: Ints) -> Decision:
        lines = np.arange(len(rows))
        self._agent.begin(len(rows), seed=0)
        self._agent.reset_rows(lines)
        seen = slice_for(self._agent, engine.observations[rows])
        return self._agent.act(seen, engine.action_masks[rows], lines, greedy=True)


def probabilities_of(decision: Decision, action_masks: NDArray[np.int8], temperature: float) -> Floats:
    """Probabilities `(B, A)` of the actions of a decision.

    Args:
        decision: of B rows.
        action_masks: `(B, A)`, non-zero where legal.
        temperature: as in `ModelPolicy`.
    """
    legal = action_masks > 0
    if decision.scores is None:  # only the choice is known
        chosen = np.zeros(legal.shape)
        chosen[np.arange(len(legal)), decision.actions] = 1.0
        return chosen
    scores = np.where(legal, decision.scores.astype(np.float64), -np.inf)
    if decision.log_probs is None:
        scores = scores / temperature
    weights = np.where(legal, np.exp(scores - scores.max(axis=1, keepdims=True)), 0.0)
    probabilities: Floats = weights / np.maximum(weights.sum(axis=1, keepdims=True), _LEAST)
    return probabilities


def most_probable(probabilities: Floats, number: int, least: float = 0.0) -> Ints:
    """The most probable actions of one row `(A,)`, best first.

    Args:
        probabilities: `(A,)`, 0 where illegal.
        number: of actions, at most.
        least: probability that an action beyond the first needs.
    """
    order = np.argsort(-probabilities, kind="stable")[:number]
    enough = probabilities[order] > max(least, 0.0)
    enough[0] = True
    kept: Ints = order[enough]
    return kept
