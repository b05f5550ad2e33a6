"""PettingZoo: both seats of one battle as agents that act at the same time."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from pettingzoo import ParallelEnv

from pokeenv.actions import NO_ACTION, NUM_ACTIONS
from pokeenv.formats import DEFAULT_FORMAT
from pokeenv.observation import LAYOUT
from pokeenv.rewards import RewardSpec
from pokeenv.vector_env import SelfPlayVectorEnv

SEATS = ("p1", "p2")

Observation = dict[str, NDArray[Any]]


class BattleParallelEnv(ParallelEnv[str, Observation, int]):  # type: ignore[misc] # has no type hints
    """One battle with the agents ``"p1"`` and ``"p2"``; needs the package pettingzoo.

    A seat that has nothing to decide at a step has an empty action mask, and what it gives is
    ignored. An illegal action is replaced by a random legal one, and the seat's info says so.

    Args:
        battle_format: Showdown's id of the format.
        reward: as in `SelfPlayVectorEnv`.
        turn_limit: a battle that goes beyond this turn is truncated.
    """

    metadata: dict[str, Any] = {"name": "pokeenv_battle_v0", "render_modes": []}  # noqa: RUF012

    def __init__(
        self,
        battle_format: str = DEFAULT_FORMAT,
        *,
        reward: RewardSpec = "win_loss",
        turn_limit: int = 1000,
    ) -> None:
        """Start the simulator."""
        self.possible_agents = list(SEATS)
        self.agents: list[str] = []
        self.observation_spaces = {seat: LAYOUT.space() for seat in SEATS}
        self.action_spaces: dict[str, spaces.Discrete[np.int64]] = {
            seat: spaces.Discrete(NUM_ACTIONS) for seat in SEATS
        }
        self.render_mode = None
        self._rng = np.random.default_rng()
        self._env = SelfPlayVectorEnv(battle_format, 1, reward=reward, turn_limit=turn_limit)

    def observation_space(self, agent: str) -> spaces.Dict:
        """Space of a seat; the same object at every call."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> spaces.Discrete[np.int64]:
        """Space of a seat; the same object at every call."""
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Observation], dict[str, dict[str, Any]]]:
        """Start a battle; a seed fixes it and those after it."""
        if seed is not None:
            self._rng = np.random.default_rng(seed)
        obs, infos = self._env.reset(seed=seed)
        self.agents = list(SEATS)
        return _per_seat(obs), {seat: _info(obs, infos, row) for row, seat in enumerate(SEATS)}

    def step(
        self, actions: dict[str, int]
    ) -> tuple[
        dict[str, Observation],
        dict[str, float],
        dict[str, bool],
        dict[str, bool],
        dict[str, dict[str, Any]],
    ]:
        """Play both seats' actions."""
        masks = self._env.engine.action_masks
        played = np.full(2, NO_ACTION, dtype=np.int64)
        illegal: dict[str, int] = {}
        for row, seat in enumerate(SEATS):
            if not self._env.acting[row]:
                continue
            played[row] = actions[seat]
            if not (0 <= played[row] < NUM_ACTIONS and masks[row, played[row]]):
                illegal[seat] = int(played[row])
                played[row] = self._rng.choice(np.flatnonzero(masks[row]))
        obs, rewards, terminated, truncated, infos = self._env.step(played)
        per_seat = {seat: _info(obs, infos, row) for row, seat in enumerate(SEATS)}
        for seat, action in illegal.items():
            per_seat[seat]["illegal_action"] = action
        if terminated[0] or truncated[0]:
            self.agents = []
        return (
            _per_seat(obs),
            {seat: float(rewards[row]) for row, seat in enumerate(SEATS)},
            {seat: bool(terminated[row]) for row, seat in enumerate(SEATS)},
            {seat: bool(truncated[row]) for row, seat in enumerate(SEATS)},
            per_seat,
        )

    def close(self) -> None:
        """End the simulator; calling it again does nothing."""
        self._env.close()


def _per_seat(obs: Observation) -> dict[str, Observation]:
    return {seat: {key: array[row].copy() for key, array in obs.items()} for row, seat in enumerate(SEATS)}


def _info(obs: Observation, infos: dict[str, NDArray[Any]], row: int) -> dict[str, Any]:
    info: dict[str, Any] = {key: values[row].item() for key, values in infos.items()}
    info["action_mask"] = obs["action_mask"][row].copy()
    return info
