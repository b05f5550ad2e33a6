"""`SearchTargets`: searches a share of a learner's decisions, so that its policy can learn from them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from agents.agent import RLAgent
from agents.players.search.heard_worlds import HeardWorlds
from agents.players.search.policy import ModelPolicy, probabilities_of
from agents.players.search.root import Root
from agents.players.search.search import Searcher
from agents.players.search.settings import SearchSettings
from agents.players.search.values import NetworkValue
from agents.players.search.worlds import OwnsWorlds, Worlds
from pokeenv import Decision, Engine


class SearchTargets(OwnsWorlds):
    """Searches decisions of a learner with its own networks, as they are at the time.

    The learner plays its own actions: the searches change nothing but the targets. Like `SearchAgent`, they
    know only what the learner's seats have received.

    Args:
        learner: the learner.
        settings: extent of the searches, by simulations, so that the seed fixes the strategies.
        share: share of the decisions that are searched, drawn at random.
        open_worlds: opens the source of imagined battles for a number of rows.
    """

    def __init__(
        self,
        learner: RLAgent,
        settings: SearchSettings,
        share: float,
        open_worlds: Callable[[int], Worlds] = HeardWorlds,
    ) -> None:
        """Keep the parts."""
        super().__init__(open_worlds)
        self._settings = settings
        self._share = share
        # The learner's networks, without the hidden states of its rows.
        networks = learner.policy_net, learner.value_net
        reader = RLAgent(*networks, None, None, device=learner.device, name=learner.name)
        self._model = ModelPolicy(reader, settings.temperature)
        self._value = NetworkValue(reader)

    def begin(self, num_rows: int, seed: int) -> None:
        """Expect new battles in `num_rows` rows, and restart the random stream."""
        self._rng = np.random.default_rng(seed)
        self._num_rows = num_rows

    def search(
        self,
        engine: Engine,
        rows: NDArray[np.int64],
        agent_rows: NDArray[np.int64],
        action_masks: NDArray[np.int8],
        decision: Decision,
    ) -> NDArray[np.float32]:
        """Search a share of B decisions.

        Args:
            engine: the engine that plays the battles.
            rows: `(B,)` rows of the engine.
            agent_rows: `(B,)` the same rows in the learner's numbering.
            action_masks: `(B, A)`, non-zero where legal.
            decision: the learner's decision, with log-probabilities of all actions.

        Returns:
            `(B, A)` probabilities of the actions; all 0 where the decision was not searched.
        """
        worlds = self._hear(agent_rows.tolist(), engine.seat_messages(rows))
        strategies = np.zeros(action_masks.shape, dtype=np.float32)
        drawn = self._rng.random(len(rows)) < self._share
        priors = probabilities_of(decision, action_masks, self._settings.temperature)
        roots: dict[int, Root] = {}
        for line in np.flatnonzero(drawn & ((action_masks > 0).sum(axis=1) > 1)).tolist():
            rng = np.random.default_rng(self._rng.integers(1 << 63))
            roots[line] = Root.of(int(agent_rows[line]), priors[line], self._settings, rng)
        searcher = Searcher(worlds, self._model, self._value, self._settings)
        searcher.search([root for root in roots.values() if worlds.ready(root.row)])
        for line, root in roots.items():
            solution = root.solve(self._settings)
            if solution is not None:
                strategies[line, root.answers.actions[:, 0]] = solution.own
        return strategies
