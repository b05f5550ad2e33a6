"""`BattleParallelEnv`: both seats of one battle as PettingZoo agents that act at the same time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.error import ResetNeeded
from numpy.typing import NDArray
from pettingzoo import ParallelEnv

from pokeenv.actions import NO_ACTION, legal_actions
from pokeenv.envs.self_play import SelfPlayVectorEnv
from pokeenv.envs.setup import BattleSetup
from pokeenv.formats import DEFAULT_FORMAT
from pokeenv.observation import ObservationKind
from pokeenv.rewards import RewardSpec, make_reward
from pokeenv.teams.sources import TeamSource

SEATS = ("p1", "p2")

Observation = dict[str, NDArray[Any]]
_AT_THE_END = ("outcome", "teams", "_teams")  # infos that belong to the end of a battle


class BattleParallelEnv(ParallelEnv[str, Observation, int]):  # type: ignore[misc] # has no type hints
    """One battle with the agents `"p1"` and `"p2"`; needs the package pettingzoo.

    ## Observations and actions
    As in `BattleEnv`, for each seat. A seat that has nothing to decide at a step has an empty action
    mask, an observation of before, and what it gives is ignored. An illegal action is replaced by a
    random legal one, and the seat's info says so (`illegal_action`, `played_action`).

    ## Info
    As in `BattleEnv`; `outcome` is the seat's own, `teams` are those of p1 and p2.

    Args:
        battle_format: Showdown's id of the format.
        reward: as in `SelfPlayVectorEnv`.
        turn_limit: a battle that goes beyond this turn is truncated.
        teams: file or folder of teams, or a `TeamSource`, for formats that need teams brought.
        timeout_s: limit of every wait for the simulator, in seconds.
        observation: as in `BattleEnv`.

    Raises:
        UnknownFormatError: Showdown has no such format.
        UnsupportedFormatError: the format is not played, or lacks teams.
        RewardConfigError: the reward is refused.

    ## Version History
    - v0: first version.
    """

    metadata: dict[str, Any] = {"name": "pokeenv_battle_v0", "render_modes": []}  # noqa: RUF012

    def __init__(
        self,
        battle_format: str = DEFAULT_FORMAT,
        *,
        reward: RewardSpec = "win_loss",
        turn_limit: int = 1000,
        teams: TeamSource | str | Path | None = None,
        timeout_s: float = 60.0,
        observation: ObservationKind = "base",
    ) -> None:
        """Check the arguments; the simulator starts with the first `reset`."""
        setup = BattleSetup.make(
            battle_format, teams=teams, turn_limit=turn_limit, timeout_s=timeout_s, observation=observation
        )
        self.possible_agents = list(SEATS)
        self.agents: list[str] = []
        self.observation_spaces = {seat: setup.observation_space() for seat in SEATS}
        self.action_spaces = {seat: setup.action_space() for seat in SEATS}
        self.render_mode = None
        self._setup = setup
        self._observation: ObservationKind = observation
        self._reward = make_reward(reward)
        self._rng = np.random.default_rng()
        self._env: SelfPlayVectorEnv | None = None

    def observation_space(self, agent: str) -> spaces.Dict:
        """Space of a seat; the same object at every call."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> spaces.Discrete[np.int64]:
        """Space of a seat; the same object at every call."""
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Observation], dict[str, dict[str, Any]]]:
        """Start a battle; a seed fixes it and those after it.

        Raises:
            InstallError: the simulator cannot be installed.
            EngineError: the simulator cannot be started, or fails.
            InvalidTeamError: Showdown's validator refuses a team.
        """
        if seed is not None:
            self._rng = np.random.default_rng(seed)
        if self._env is not None and self._env.engine.failed:
            self.close()
        if self._env is None:
            self._env = self._start()
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
        """Play both seats' actions.

        Returns:
            Observations, rewards, terminations, truncations and infos by seat.

        Raises:
            gymnasium.error.ResetNeeded: the battle has ended, or none was started.
            KeyError: a seat that must decide has no action.
            EngineError: the simulator has failed; `reset()` starts it anew.
        """
        env = self._env
        if env is None or not self.agents:
            raise ResetNeeded("the battle is over: call reset() before step()")
        played = np.full(2, NO_ACTION, dtype=np.int64)
        illegal: dict[str, dict[str, int]] = {}
        for row in map(int, np.flatnonzero(env.acting)):
            seat, legal = SEATS[row], legal_actions(env.engine.action_masks[row])
            if seat not in actions:
                raise KeyError(f"seat {seat} has to decide and was given no action; got {actions}")
            played[row] = given = int(actions[seat])
            if given not in legal:
                played[row] = self._rng.choice(legal)
                illegal[seat] = {"illegal_action": given, "played_action": int(played[row])}
        obs, rewards, terminated, truncated, infos = env.step(played)
        if terminated[0] or truncated[0]:
            self.agents = []
        return (
            _per_seat(obs),
            {seat: float(rewards[row]) for row, seat in enumerate(SEATS)},
            {seat: bool(terminated[row]) for row, seat in enumerate(SEATS)},
            {seat: bool(truncated[row]) for row, seat in enumerate(SEATS)},
            {seat: _info(obs, infos, row) | illegal.get(seat, {}) for row, seat in enumerate(SEATS)},
        )

    def close(self) -> None:
        """End the simulator; calling it again does nothing."""
        if self._env is not None:
            self._env.close()
            self._env = None
        self.agents = []

    def _start(self) -> SelfPlayVectorEnv:
        return SelfPlayVectorEnv(
            self._setup.battle_format.id,
            1,
            reward=self._reward,
            turn_limit=self._setup.turn_limit,
            teams=self._setup.teams,
            info_teams=True,
            timeout_s=self._setup.timeout_s,
            observation=self._observation,
        )


def _per_seat(obs: Observation) -> dict[str, Observation]:
    return {seat: {key: array[row].copy() for key, array in obs.items()} for row, seat in enumerate(SEATS)}


def _info(obs: Observation, infos: dict[str, NDArray[Any]], row: int) -> dict[str, Any]:
    info: dict[str, Any] = {
        key: values[row].item() for key, values in infos.items() if key not in _AT_THE_END
    }
    info["action_mask"] = obs["action_mask"][row].copy()
    if "teams" in infos:  # of a battle that has ended
        info |= {"outcome": infos["outcome"][row].item(), "teams": infos["teams"][row]}
    return info
