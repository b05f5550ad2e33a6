"""Opponents inside an environment: names, functions and agents, all driven in one way.

``"random"`` is built in, and ``"poke-env:NAME"`` is a player of poke-env's
(`pokeenv.opponents.poke_env_player`). Every other name comes from the entry points of the group
`ENTRY_POINT_GROUP`, which any installed package may declare:

    [options.entry_points]
    pokeenv.opponents =
        strong = my_package.players:StrongPlayer

The object named there is called without arguments and returns an agent (`BatchAgent`) or a function
(`Policy`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from pokeenv.actions.singles import legal_actions
from pokeenv.engine import Engine, SeatFeed
from pokeenv.errors import SnapshotError, UnknownOpponentError, did_you_mean
from pokeenv.observation import OBS_SIZE, require_readable
from pokeenv.opponents.poke_env_player import POKE_ENV, poke_env_opponent

ENTRY_POINT_GROUP = "pokeenv.opponents"

Policy = Callable[[NDArray[np.float32], NDArray[np.int8]], int]
"""``(observation (layout.size,), action_mask (26,)) -> action``."""


@runtime_checkable
class BatchAgent(Protocol):
    """What the agents of this project's framework look like, as far as an opponent needs it.

    One that reads more than the base observation has an attribute ``observation_kind``, such as ``"damage"``.
    """

    def begin(self, num_rows: int, seed: int | None = None) -> None: ...  # noqa: D102
    def reset_rows(self, rows: NDArray[np.int64]) -> None: ...  # noqa: D102
    def act(  # noqa: D102
        self,
        observations: NDArray[np.float32],
        action_masks: NDArray[np.int8],
        rows: NDArray[np.int64],
        greedy: bool = False,
    ) -> Any: ...


@runtime_checkable
class FeedReader(Protocol):
    """An agent that also reads what its seats' clients are sent; see `feed`."""

    def receive(self, rows: NDArray[np.int64], feeds: Sequence[SeatFeed]) -> None:
        """Take the feeds of rows; called before each `BatchAgent.act` for the same rows."""


def feed(agent: object, engine: Engine, engine_rows: NDArray[np.int64], rows: NDArray[np.int64]) -> None:
    """Give an agent that reads lines what its seats have been sent; does nothing for other agents.

    Whoever steps battles calls this before the agent acts.

    Args:
        agent: any agent.
        engine: plays the battles.
        engine_rows: ``(B,)`` rows of the engine.
        rows: ``(B,)`` the same rows as the agent numbers them.
    """
    if isinstance(agent, FeedReader):
        agent.receive(rows, engine.feeds(engine_rows))


Opponent = str | Policy | BatchAgent


class OpponentDriver(Protocol):
    """Plays the opposing seats of N battles."""

    def start(self, seeds: Mapping[int, int]) -> None:
        """A new battle begins in each of these rows, with the seed of the opponent in it."""

    def get_state(self) -> Any:
        """What the rows' play goes on from, for a snapshot."""

    def set_state(self, state: Any) -> None:
        """Go on from what `get_state` returned."""

    def feed(self, engine: Engine, rows: NDArray[np.int64]) -> None:
        """Read what these rows' seats have been sent, if whoever decides reads that; before `act`."""

    def act(
        self, observations: NDArray[np.float32], action_masks: NDArray[np.int8], rows: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Actions ``(B,)`` for observations ``(B, layout.size)`` and masks ``(B, 26)`` of rows ``(B,)``."""


class RandomDriver:
    """A random legal action; every row has its own random numbers, fixed by its battle's seed."""

    def __init__(self) -> None:
        """No row has begun yet."""
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

    def feed(self, engine: Engine, rows: NDArray[np.int64]) -> None:
        """Nothing: masks are enough."""

    def act(
        self, observations: NDArray[np.float32], action_masks: NDArray[np.int8], rows: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Draw for each row."""
        drawn = [
            self._rngs[int(row)].choice(legal_actions(mask))
            for row, mask in zip(rows, action_masks, strict=True)
        ]
        return np.array(drawn, dtype=np.int64)


class FunctionDriver:
    """Asks a function, row by row."""

    def __init__(self, function: Policy) -> None:
        """Keep the function; it must see to its own random numbers."""
        self._function = function

    def start(self, seeds: Mapping[int, int]) -> None:
        """Nothing: a function knows no battles."""

    def get_state(self) -> Any:
        """Nothing that is known here: a function that remembers must see to it itself."""
        return None

    def set_state(self, state: Any) -> None:
        """Nothing."""

    def feed(self, engine: Engine, rows: NDArray[np.int64]) -> None:
        """Nothing: a function gets observations alone."""

    def act(
        self, observations: NDArray[np.float32], action_masks: NDArray[np.int8], rows: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Ask for each row; the function may keep what it is given."""
        asked = zip(observations, action_masks, strict=True)
        return np.array([int(self._function(obs.copy(), mask.copy())) for obs, mask in asked], dtype=np.int64)


class AgentDriver:
    """Asks an agent for all rows in one call."""

    def __init__(self, agent: BatchAgent, num_rows: int, observation_size: int) -> None:
        """Keep the agent, which must not play elsewhere at the same time.

        Raises:
            ValueError: it reads more than there is.
        """
        self._agent = agent
        self._size = require_readable(agent, observation_size)
        self._num_rows = num_rows

    def start(self, seeds: Mapping[int, int]) -> None:
        """Begin afresh where every row does, else only forget the rows."""
        rows = np.array(sorted(seeds), dtype=np.int64)
        if len(rows) == self._num_rows:
            self._agent.begin(self._num_rows, seeds[0])
        self._agent.reset_rows(rows)

    def get_state(self) -> Any:
        """What the agent's ``get_state()`` returns.

        Raises:
            SnapshotError: it has no such method.
        """
        return self._stateful().get_state()

    def set_state(self, state: Any) -> None:
        """Hand it to the agent's ``set_state``."""
        self._stateful().set_state(state)

    def _stateful(self) -> Any:
        if not (hasattr(self._agent, "get_state") and hasattr(self._agent, "set_state")):
            raise SnapshotError(
                f"the opponent, a {type(self._agent).__name__}, cannot be part of a snapshot: give it"
                " get_state() -> state and set_state(state) for what it remembers between decisions"
            )
        return self._agent

    def feed(self, engine: Engine, rows: NDArray[np.int64]) -> None:
        """See the function `feed`; row ``i`` is seat p2 of battle ``i``."""
        feed(self._agent, engine, 2 * rows + 1, rows)

    def act(
        self, observations: NDArray[np.float32], action_masks: NDArray[np.int8], rows: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Ask once."""
        decision = self._agent.act(observations[:, : self._size], action_masks, rows)
        return np.asarray(decision.actions, dtype=np.int64)


def opponent_names() -> list[str]:
    """Every name that can be given as an opponent: ``"random"`` and those of installed packages."""
    return sorted({"random", *_entry_points()})


def make_driver(opponent: Opponent, num_rows: int, observation_size: int = OBS_SIZE) -> OpponentDriver:
    """Make what plays the opposing seats.

    Args:
        opponent: a name (see `opponent_names`), ``"poke-env:NAME"``, a function, or an agent.
        num_rows: number of battles, N.
        observation_size: numbers in an observation.

    Raises:
        UnknownOpponentError: an unknown name, or an object that cannot play.
        ValueError: an agent that reads more than there is.
    """
    if isinstance(opponent, str):
        if opponent == "random":
            return RandomDriver()
        if opponent.startswith(POKE_ENV):
            return make_driver(poke_env_opponent(opponent), num_rows, observation_size)
        return make_driver(_load(opponent), num_rows, observation_size)
    if isinstance(opponent, BatchAgent):
        return AgentDriver(opponent, num_rows, observation_size)
    if callable(opponent):
        return FunctionDriver(opponent)
    raise UnknownOpponentError(
        f"opponent={opponent!r}; allowed: a name ({', '.join(opponent_names())}), "
        "a function (observation, action_mask) -> action, or an agent with begin, reset_rows and act"
    )


def _load(name: str) -> Policy | BatchAgent:
    found = _entry_points()
    if name not in found:
        known = opponent_names()
        raise UnknownOpponentError(
            f"unknown opponent '{name}'{did_you_mean(name, known)}; known: {', '.join(known)}, or give a"
            f" function or an agent (names are the entry points '{ENTRY_POINT_GROUP}' of installed packages;"
            " after adding one, install its package again)"
        )
    opponent: Policy | BatchAgent = found[name].load()()
    if isinstance(opponent, str) or not (isinstance(opponent, BatchAgent) or callable(opponent)):
        raise UnknownOpponentError(
            f"opponent '{name}' ({found[name].value}) gave {opponent!r},"
            " which is neither a function nor an agent"
        )
    return opponent


def _entry_points() -> dict[str, metadata.EntryPoint]:
    found: dict[str, metadata.EntryPoint] = {}
    for point in metadata.entry_points(group=ENTRY_POINT_GROUP):
        first = found.setdefault(point.name, point)
        if first.value != point.value:
            raise UnknownOpponentError(
                f"opponent '{point.name}' is declared twice, as {first.value} and as {point.value}: "
                "uninstall one of the packages, or give the opponent as an object"
            )
    return found
