"""Agents: the protocol that every player implements, and `decide`, the one way to ask them for actions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from pokeenv.engine.seat_messages import SeatMessages
from pokeenv.errors import UnsupportedFormatError
from pokeenv.observation import slice_for, wrong_game

if TYPE_CHECKING:
    from pokeenv.engine import Engine
    from pokeenv.formats import BattleFormat


@dataclass(frozen=True)
class Decision:
    """Actions for B rows.

    Attributes:
        actions: `(B,)` int64.
        log_probs: `(B,)` float32 log-probabilities of the actions under the masked policy; None without a
            policy.
        values: `(B,)` float32 value estimates; None without estimates.
        scores: `(B, A)` numbers by which the agent ranked all actions: log-probabilities of the masked policy
            if there are `log_probs`, else in the agent's own unit. None without scores.
    """

    actions: NDArray[np.int64]
    log_probs: NDArray[np.float32] | None = None
    values: NDArray[np.float32] | None = None
    scores: NDArray[np.floating[Any]] | None = None


class Agent(Protocol):
    """A player that decides for many rows at once; a row is one seat of one battle.

    An agent that reads more than the base observation has an attribute `observation_kind`, such as
    `"damage"`. An agent that reads protocol messages is a `ReadsProtocol` as well. One whose draws in a
    battle do not depend on other battles is a `DrawsByBattle`.
    """

    name: str

    def begin(self, num_rows: int, seed: int | None = None) -> None:
        """Forget all rows, expect `num_rows` of them, and restart the random stream."""

    def reset_rows(self, rows: NDArray[np.integer[Any]]) -> None:
        """Start a new episode in these rows."""

    def act(
        self,
        observations: NDArray[np.float32],
        action_masks: NDArray[np.int8],
        rows: NDArray[np.integer[Any]],
        greedy: bool = False,
    ) -> Decision:
        """Decide for B rows, each at most once.

        Args:
            observations: `(B, D)`.
            action_masks: `(B, A)`, non-zero where legal.
            rows: `(B,)` row of each line.
            greedy: take the most probable action instead of sampling.
        """


def is_agent(candidate: object) -> TypeGuard[Agent]:
    """True if an object has the methods of an `Agent`; it need not have a name to play."""
    return all(callable(getattr(candidate, name, None)) for name in ("begin", "reset_rows", "act"))


@runtime_checkable
class ChecksFormat(Protocol):
    """An agent that cannot play every battle format."""

    def check_format(self, battle_format: BattleFormat) -> None:
        """Refuse a format before its first battle.

        Raises:
            PokeenvError: the agent cannot play it.
        """


def check_plays(agent: object, battle_format: BattleFormat) -> None:
    """Refuse a format that an agent cannot play: doubles, for an agent of singles, or see `ChecksFormat`.

    Raises:
        PokeenvError: the agent cannot play it.
    """
    if reason := wrong_game(agent, battle_format.action_space.actives):
        raise UnsupportedFormatError(f"{battle_format.id}: {reason}")
    if isinstance(agent, ChecksFormat):
        agent.check_format(battle_format)


@runtime_checkable
class ReadsProtocol(Protocol):
    """An agent that also reads the messages that a client at its seat would receive."""

    def receive(self, rows: NDArray[np.int64], messages: Sequence[SeatMessages]) -> None:
        """Take the messages of rows `(B,)`; called before each `Agent.act` for the same rows."""


@runtime_checkable
class DrawsByBattle(Protocol):
    """An agent that can draw its actions from a random stream for each battle."""

    def start_streams(self, rows: NDArray[np.int64], numbers: NDArray[np.int64]) -> None:
        """Give rows `(B,)` streams of their own, which follow from the seed of `begin` and from `numbers`."""


def decide(
    agent: Agent,
    engine: Engine,
    rows: NDArray[np.int64],
    observations: NDArray[np.float32],
    action_masks: NDArray[np.int8],
    *,
    agent_rows: NDArray[np.int64] | None = None,
    greedy: bool = False,
) -> Decision:
    """Ask an agent for actions: deliver protocol messages, cut the observations to its kind, act.

    Args:
        agent: the agent that plays these rows.
        engine: the engine that plays the battles.
        rows: `(B,)` rows of the engine.
        observations: `(B, D)` observations of these rows.
        action_masks: `(B, A)` masks of these rows.
        agent_rows: `(B,)` the same rows in the agent's numbering; default: the engine's numbering.
        greedy: take the most probable action instead of sampling.

    Returns:
        The decision for the B rows.

    Raises:
        ValueError: the agent reads more than the observations hold.
    """
    agent_rows = rows if agent_rows is None else agent_rows
    # Not isinstance(agent, ReadsProtocol): on Python 3.11 that takes 7 us, in every decision of every agent.
    receive = getattr(agent, "receive", None)
    if receive is not None:
        receive(agent_rows, engine.seat_messages(rows))
    seen = slice_for(agent, observations)
    # Agents of other projects may lack the argument `greedy`.
    return agent.act(seen, action_masks, agent_rows, **({"greedy": True} if greedy else {}))
