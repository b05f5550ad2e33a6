"""`SearchAgent`: an agent that tries its actions in imagined battles before it decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.agent import RLAgent
from agents.players.search.policy import ModelPolicy, probabilities_of
from agents.players.search.root import Root
from agents.players.search.search import Searcher
from agents.players.search.settings import SearchSettings
from agents.players.search.values import DuelValue, NetworkValue, RowValue
from agents.players.search.worlds import OwnsWorlds, Worlds
from pokeenv import Agent, Decision, ObservationKind, SeatMessages, observation_kind_of

_NEVER = -30.0  # log-probability of an action that the strategy does not play


class SearchAgent(OwnsWorlds):
    """Searches each decision; see `Searcher`.

    It knows only the observations and the messages of its seats: the battles in which it plays on are
    imagined from them.

    Args:
        load_policy: makes the policy; called twice, since a copy plays in imagined battles.
        settings: extent of the search.
        open_worlds: opens the source of imagined battles for a number of rows.
        name: name in results.
        load_value: makes the agent whose value network values positions; None: the policy's, or an estimate
            if it has none.

    Attributes:
        sims: positions valued in the last call of `act`, per row.
    """

    def __init__(
        self,
        load_policy: Callable[[], Agent],
        settings: SearchSettings,
        open_worlds: Callable[[int], Worlds],
        *,
        name: str = "search",
        load_value: Callable[[], Agent] | None = None,
    ) -> None:
        """Load the policy."""
        super().__init__(open_worlds)
        self.name = name
        self.settings = settings
        self.sims: list[int] = []
        self._policy = load_policy()
        self._model = ModelPolicy(load_policy(), settings.temperature)
        self._value = _value_of((load_value or load_policy)())
        self._parts = load_policy, settings, open_worlds
        self._load_value = load_value
        self._seed = 0
        self._streams: list[tuple[int, int]] = []  # of each row: kind and number of its random stream
        self._decisions: list[int] = []  # of each row in its battle so far

    @property
    def observation_kind(self) -> ObservationKind:
        """The kind that the policy reads."""
        return observation_kind_of(self._policy)

    def fresh(self) -> SearchAgent:
        """An agent of the same parts that shares no state with this one."""
        return SearchAgent(*self._parts, name=self.name, load_value=self._load_value)

    def begin(self, num_rows: int, seed: int | None = None) -> None:
        """Forget all rows, expect `num_rows` of them, and restart the random stream."""
        self._policy.begin(num_rows, seed)
        self._seed = int(np.random.default_rng(seed).integers(1 << 63)) if seed is None else seed
        self._streams = [(0, row) for row in range(num_rows)]
        self._decisions = [0] * num_rows
        if self._worlds is not None and num_rows != self._num_rows:
            self.close()
        self._num_rows = num_rows

    def reset_rows(self, rows: NDArray[np.integer[Any]]) -> None:
        """Start a new episode in these rows."""
        self._policy.reset_rows(rows)

    def start_streams(self, rows: NDArray[np.int64], numbers: NDArray[np.int64]) -> None:
        """Draw in these rows from streams of their own, until `begin`."""
        for row, number in zip(rows.tolist(), numbers.tolist(), strict=True):
            self._streams[row] = (1, number)
            self._decisions[row] = 0

    def receive(self, rows: NDArray[np.int64], messages: Sequence[SeatMessages]) -> None:
        """Take the messages of rows `(B,)`; see `pokeenv.ReadsProtocol`."""
        self._hear(rows.tolist(), messages)

    def act(
        self,
        observations: NDArray[np.float32],
        action_masks: NDArray[np.int8],
        rows: NDArray[np.integer[Any]],
        greedy: bool = False,
    ) -> Decision:
        """Search for B rows.

        Args:
            observations: `(B, D)`.
            action_masks: `(B, A)`, non-zero where legal.
            rows: `(B,)` row of each line.
            greedy: take the most probable action of the strategy instead of drawing one.

        Returns:
            The actions, with the log-probabilities of the strategy and its expected outcomes.
        """
        first = self._policy.act(observations, action_masks, rows, greedy=True)
        priors = probabilities_of(first, action_masks, self.settings.temperature)
        roots = []
        for line, row in enumerate(rows.tolist()):
            rng = np.random.default_rng([self._seed, *self._streams[row], self._decisions[row]])
            self._decisions[row] += 1
            roots.append(Root.of(row, priors[line], self.settings, rng))
        if self._worlds is not None:
            ready = [root for root in roots if self._worlds.ready(root.row)]
            Searcher(self._worlds, self._model, self._value, self.settings).search(ready)
        self.sims = [root.sims for root in roots]
        return self._decide(roots, first, action_masks, greedy)

    def _decide(
        self, roots: Sequence[Root], first: Decision, action_masks: NDArray[np.int8], greedy: bool
    ) -> Decision:
        actions = first.actions.astype(np.int64).copy()
        scores = np.full(action_masks.shape, -np.inf, dtype=np.float32)
        scores[action_masks > 0] = _NEVER
        values = np.zeros(len(roots), dtype=np.float32)
        for line, root in enumerate(roots):
            solution = root.solve(self.settings)
            if solution is None:
                scores[line, actions[line]] = 0.0
                values[line] = 0.0 if first.values is None else first.values[line]
                continue
            scores[line, root.actions] = np.log(np.maximum(solution.own, np.exp(_NEVER)))
            values[line] = solution.value
            choice = solution.own.argmax() if greedy else root.rng.choice(len(solution.own), p=solution.own)
            actions[line] = root.actions[choice]
        chosen = scores[np.arange(len(actions)), actions]
        return Decision(actions, chosen, values, scores)


def _value_of(agent: Agent) -> RowValue:
    """The agent's value network, or an estimate."""
    if isinstance(agent, RLAgent) and agent.value_net is not None:
        return NetworkValue(agent)
    return DuelValue()
