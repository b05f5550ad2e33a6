"""`SearchAgent`: an agent that tries its actions in imagined battles before it decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.agent import RLAgent
from agents.players.search.duel_value import DuelValue
from agents.players.search.joint import NOTHING, continues, has_pairs
from agents.players.search.policy import ModelPolicy, probabilities_of
from agents.players.search.root import Root
from agents.players.search.search import Searcher
from agents.players.search.settings import SearchSettings
from agents.players.search.values import NetworkValue, RowValue
from agents.players.search.worlds import OwnsWorlds, Worlds
from pokeenv import (
    Agent,
    BattleFormat,
    Decision,
    ObservationKind,
    SeatMessages,
    check_plays,
    observation_kind_of,
)

_NEVER = -30.0  # log-probability of an action that the strategy does not play


@dataclass(frozen=True)
class _Plan:
    """The second decision of an answer whose first one has been made.

    Attributes:
        first: action of the first decision.
        second: action of the second decision; -1 if the search has not found one.
        actions: `(N,)` second actions that the strategy plays after the first one.
        chances: `(N,)` their probabilities.
        value: expected outcome.
    """

    first: int
    second: int = NOTHING
    actions: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    chances: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    value: float = 0.0


class SearchAgent(OwnsWorlds):
    """Searches each decision; see `Searcher`. In doubles one search answers both decisions of a request.

    It knows only the observations and the messages of its seats: the battles in which it plays on are
    imagined from them.

    Args:
        load_policy: makes the policy; called twice, since a copy plays in imagined battles.
        settings: extent of the search.
        open_worlds: opens the source of imagined battles for a number of rows.
        name: name in results.
        load_value: makes the agent whose value network values positions; None: the policy's, or an estimate
            if it has none.
        check_format: refuses a format whose battles cannot be imagined; see `check_format`.

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
        check_format: Callable[[BattleFormat], None] = BattleFormat.check_imagined,
    ) -> None:
        """Load the policy."""
        super().__init__(open_worlds)
        self.name = name
        self._check_format = check_format
        self.settings = settings
        self.sims: list[int] = []
        self._policy = load_policy()
        if hasattr(self._policy, "actives"):  # it plays only singles, or only doubles
            self.actives = self._policy.actives
        self._model = ModelPolicy(load_policy(), settings.opposing_temperature)
        self._value = _value_of((load_value or load_policy)())
        self._parts = load_policy, settings, open_worlds
        self._load_value = load_value
        self._seed = 0
        self._streams: list[tuple[int, int]] = []  # of each row: kind and number of its random stream
        self._decisions: list[int] = []  # of each row in its battle so far
        self._plans: dict[int, _Plan] = {}

    @property
    def observation_kind(self) -> ObservationKind:
        """The kind that the policy reads."""
        return observation_kind_of(self._policy)

    def fresh(self) -> SearchAgent:
        """An agent of the same parts that shares no state with this one."""
        return SearchAgent(
            *self._parts, name=self.name, load_value=self._load_value, check_format=self._check_format
        )

    def check_format(self, battle_format: BattleFormat) -> None:
        """Refuse a format that the policy or the search cannot play; see `pokeenv.ChecksFormat`.

        Raises:
            PokeenvError: it cannot be played.
        """
        check_plays(self._policy, battle_format)
        self._check_format(battle_format)

    def begin(self, num_rows: int, seed: int | None = None) -> None:
        """Forget all rows, expect `num_rows` of them, and restart the random stream."""
        self._policy.begin(num_rows, seed)
        self._seed = int(np.random.default_rng(seed).integers(1 << 63)) if seed is None else seed
        self._streams = [(0, row) for row in range(num_rows)]
        self._decisions = [0] * num_rows
        self._plans.clear()
        if self._worlds is not None and num_rows != self._num_rows:
            self.close()
        self._num_rows = num_rows

    def reset_rows(self, rows: NDArray[np.integer[Any]]) -> None:
        """Start a new episode in these rows."""
        self._policy.reset_rows(rows)
        for row in rows.tolist():
            self._plans.pop(row, None)

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
        roots: list[Root] = []
        plans: list[_Plan | None] = []
        for line, row in enumerate(rows.tolist()):
            plans.append(self._planned(row, observations[line : line + 1], action_masks[line]))
            rng = np.random.default_rng([self._seed, *self._streams[row], self._decisions[row]])
            self._decisions[row] += 1
            roots.append(Root.of(row, priors[line], self.settings, rng))
        if self._worlds is not None:
            open_roots = [root for root, plan in zip(roots, plans, strict=True) if plan is None]
            ready = [root for root in open_roots if self._worlds.ready(root.row)]
            Searcher(self._worlds, self._model, self._value, self.settings).search(ready)
        self.sims = [root.sims for root in roots]
        return self._decide(roots, plans, first, action_masks, greedy)

    def _planned(self, row: int, observation: NDArray[np.float32], mask: NDArray[np.int8]) -> _Plan | None:
        """The plan for a second decision, if this is one."""
        plan = self._plans.pop(row, None)
        if plan is None or not continues(observation, np.array([plan.first]))[0]:
            return None
        return plan if plan.second != NOTHING and mask[plan.second] else _Plan(plan.first)

    def _decide(
        self,
        roots: Sequence[Root],
        plans: Sequence[_Plan | None],
        first: Decision,
        action_masks: NDArray[np.int8],
        greedy: bool,
    ) -> Decision:
        actions = first.actions.astype(np.int64).copy()
        scores = np.full(action_masks.shape, -np.inf, dtype=np.float32)
        scores[action_masks > 0] = _NEVER
        values = np.zeros(len(roots), dtype=np.float32)
        for line, (root, plan) in enumerate(zip(roots, plans, strict=True)):
            if plan is not None and plan.second != NOTHING:
                actions[line], values[line] = plan.second, plan.value
                scores[line, plan.actions] = _log(plan.chances)
                continue
            solution = root.solve(self.settings) if plan is None else None
            if solution is None:
                scores[line, actions[line]] = 0.0
                values[line] = 0.0 if first.values is None else first.values[line]
                if plan is None and has_pairs(action_masks.shape[1]):
                    self._plans[root.row] = _Plan(int(actions[line]))
                continue
            values[line] = solution.value
            choice = solution.own.argmax() if greedy else root.rng.choice(len(solution.own), p=solution.own)
            firsts, seconds = root.answers.actions.T
            actions[line] = firsts[choice]
            chances = np.bincount(firsts, solution.own, action_masks.shape[1])
            scores[line, firsts] = _log(chances[firsts])
            if seconds[choice] != NOTHING:
                after = (firsts == firsts[choice]) & (solution.own > 0)
                of_second = solution.own[after] / solution.own[after].sum()
                self._plans[root.row] = _Plan(
                    int(firsts[choice]), int(seconds[choice]), seconds[after], of_second, solution.value
                )
        chosen = scores[np.arange(len(actions)), actions]
        return Decision(actions, chosen, values, scores)


def _log(chances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-probabilities of actions."""
    result: NDArray[np.float64] = np.log(np.maximum(chances, np.exp(_NEVER)))
    return result


def _value_of(agent: Agent) -> RowValue:
    """The agent's value network, or an estimate."""
    if isinstance(agent, RLAgent) and agent.value_net is not None:
        return NetworkValue(agent)
    return DuelValue()
