"""Drivers: the built-in opponents of an environment, as names, functions or agents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pokeenv.actions import legal_actions
from pokeenv.agent import Agent, check_plays, decide, is_agent
from pokeenv.arguments import whole_numbers
from pokeenv.engine import Engine
from pokeenv.engine.rows import row_of
from pokeenv.errors import SnapshotError, UnknownOpponentError
from pokeenv.formats import BattleFormat
from pokeenv.observation import OBS_SIZE, check_readable
from pokeenv.opponents.names import Policy, load_opponent, opponent_names
from pokeenv.opponents.poke_env_player import POKE_ENV, poke_env_opponent

Opponent = str | Policy | Agent


class OpponentDriver(Protocol):
    """Plays the opposing seats of N battles."""

    def start(self, seeds: Mapping[int, int]) -> None:
        """Note that a new battle begins in each of these rows, with the opponent's seed in it."""

    def get_state(self) -> Any:
        """Return the state from which the rows continue, for a snapshot."""

    def set_state(self, state: Any) -> None:
        """Continue from a state of `get_state`."""

    def act(self, engine: Engine, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Actions `(B,)` of seat p2 in battles `rows` `(B,)` of the engine."""


class RandomDriver:
    """A random legal action; every row has its own random numbers, fixed by its battle's seed."""

    def __init__(self) -> None:
        """Start without rows."""
        self._rngs: dict[int, np.random.Generator] = {}

    def start(self, seeds: Mapping[int, int]) -> None:
        """Seed the rows."""
        self._rngs.update((row, np.random.default_rng(seed)) for row, seed in seeds.items())

    def get_state(self) -> Any:
        """The generators."""
        return self._rngs

    def set_state(self, state: Any) -> None:
        """Use these generators."""
        self._rngs = state

    def act(self, engine: Engine, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Draw for each row."""
        action_masks = engine.action_masks[row_of(rows, 1)]
        drawn = [
            self._rngs[int(row)].choice(legal_actions(mask))
            for row, mask in zip(rows, action_masks, strict=True)
        ]
        return np.array(drawn, dtype=np.int64)


class FunctionDriver:
    """Asks a function, row by row."""

    def __init__(self, function: Policy) -> None:
        """Keep the function, which is responsible for its own random numbers."""
        self._function = function

    def start(self, seeds: Mapping[int, int]) -> None:
        """Do nothing: a function does not know battles."""

    def get_state(self) -> Any:
        """None: a function that has a state must store it itself."""
        return None

    def set_state(self, state: Any) -> None:
        """Nothing."""

    def act(self, engine: Engine, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Call the function for each row; it may keep the arrays."""
        seats = row_of(rows, 1)
        asked = zip(engine.observations[seats], engine.action_masks[seats], strict=True)
        actions = [self._function(obs.copy(), mask.copy()) for obs, mask in asked]
        return whole_numbers("actions of the opponent", actions)


class AgentDriver:
    """Asks an agent for all rows in one call."""

    def __init__(self, agent: Agent, num_rows: int, observation_size: int) -> None:
        """Keep the agent, which must not play elsewhere at the same time.

        Raises:
            ValueError: the agent reads more than the observations contain.
        """
        self._agent = agent
        check_readable(agent, observation_size)
        self._num_rows = num_rows

    def start(self, seeds: Mapping[int, int]) -> None:
        """Restart the agent if all rows begin, otherwise only reset these rows."""
        rows = np.array(sorted(seeds), dtype=np.int64)
        if len(rows) == self._num_rows:
            self._agent.begin(self._num_rows, seeds[0])
        self._agent.reset_rows(rows)

    def get_state(self) -> Any:
        """The result of the agent's `get_state()`.

        Raises:
            SnapshotError: the agent has no such method.
        """
        return self._stateful().get_state()

    def set_state(self, state: Any) -> None:
        """Pass the state to the agent's `set_state`."""
        self._stateful().set_state(state)

    def _stateful(self) -> Any:
        if not (hasattr(self._agent, "get_state") and hasattr(self._agent, "set_state")):
            raise SnapshotError(
                f"the opponent, a {type(self._agent).__name__}, cannot be part of a snapshot: give it"
                " get_state() -> state and set_state(state) for its state between decisions"
            )
        return self._agent

    def act(self, engine: Engine, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Ask the agent once for all rows."""
        seats = row_of(rows, 1)
        observations, masks = engine.observations[seats], engine.action_masks[seats]
        decision = decide(self._agent, engine, seats, observations, masks, agent_rows=rows)
        return whole_numbers("actions of the opponent", decision.actions)


def make_driver(
    opponent: Opponent,
    num_rows: int,
    observation_size: int = OBS_SIZE,
    battle_format: BattleFormat | None = None,
) -> OpponentDriver:
    """Make the driver of the opposing seats.

    Args:
        opponent: a name (see `opponent_names`), `"poke-env:NAME"`, a function, or an agent.
        num_rows: number of battles, N.
        observation_size: numbers in an observation.
        battle_format: format of the battles, if it is known yet.

    Raises:
        UnknownOpponentError: the name is unknown, or the object cannot play.
        ValueError: the agent reads more than the observations contain.
        PokeenvError: the agent cannot play the format.
    """
    if isinstance(opponent, str):
        if opponent == "random":
            return RandomDriver()
        if opponent.startswith(POKE_ENV):
            return make_driver(poke_env_opponent(opponent), num_rows, observation_size, battle_format)
        return make_driver(load_opponent(opponent), num_rows, observation_size, battle_format)
    if is_agent(opponent):
        if battle_format is not None:
            check_plays(opponent, battle_format)
        return AgentDriver(opponent, num_rows, observation_size)
    if callable(opponent):
        return FunctionDriver(opponent)
    raise UnknownOpponentError(
        f"opponent={opponent!r}; allowed: a name ({', '.join(opponent_names())}), "
        "a function (observation, action_mask) -> action, or an agent with begin, reset_rows and act"
    )
