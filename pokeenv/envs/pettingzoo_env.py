"""`BattleParallelEnv`: both seats of one battle as PettingZoo agents that act at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from gymnasium import spaces
from gymnasium.error import ResetNeeded
from numpy.typing import NDArray
from pettingzoo import ParallelEnv

from pokeenv.actions import NO_ACTION, legal_actions
from pokeenv.arguments import whole_number
from pokeenv.envs.self_play import SelfPlayVectorEnv
from pokeenv.envs.setup import BattleOptions, Battles, make_setup
from pokeenv.formats import DEFAULT_FORMAT
from pokeenv.rewards import RewardSpec, make_reward

if TYPE_CHECKING:
    from typing_extensions import Unpack

AGENTS = ("p1", "p2")

Observation = dict[str, NDArray[Any]]
_AT_THE_END = ("outcome", "teams", "_teams")  # infos that belong to the end of a battle


class BattleParallelEnv(ParallelEnv[str, Observation, int]):  # type: ignore[misc] # has no type hints
    """One battle with the agents `"p1"` and `"p2"`; needs the package pettingzoo.

    ## Observations and actions
    As in `BattleEnv`, for each seat. A seat that has nothing to decide at a step has an empty action
    mask and its earlier observation, and its action is ignored. An illegal action is replaced by a
    random legal one, and the seat's info reports it (`illegal_action`, `played_action`).

    ## Info
    As in `BattleEnv`; `outcome` is the seat's outcome, `teams` are the teams of p1 and p2.

    Args:
        battle_format: Showdown's id of the format, a `BattleFormat`, or a `BattleSetup`.
        reward: as in `BattleEnv`.
        options: `teams`, `turn_limit`, `timeout_s`, `observation`, `engine`; see `BattleEnv`.

    Raises:
        UnknownFormatError: Showdown has no such format.
        UnsupportedFormatError: the format is not supported, or lacks teams.
        RewardConfigError: the reward is invalid.

    ## Version History
    - v0: first version.
    """

    metadata: dict[str, Any] = {"name": "pokeenv_battle_v0", "render_modes": []}  # noqa: RUF012

    def __init__(
        self,
        battle_format: Battles = DEFAULT_FORMAT,
        *,
        reward: RewardSpec = "win_loss",
        **options: Unpack[BattleOptions],
    ) -> None:
        """Check the arguments; the simulator starts with the first `reset`."""
        setup = make_setup(battle_format, options)
        self.possible_agents = list(AGENTS)
        self.agents: list[str] = []
        self.observation_spaces = {seat: setup.observation_space() for seat in AGENTS}
        self.action_spaces = {seat: setup.action_space() for seat in AGENTS}
        self.render_mode = None
        self._setup = setup
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
        """Start a battle; a seed fixes it and all later battles.

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
            self._env = SelfPlayVectorEnv(self._setup, 1, reward=self._reward, info_teams=True)
        obs, infos = self._env.reset(seed=seed)
        self.agents = list(AGENTS)
        return _per_seat(obs), {seat: _info(obs, infos, row) for row, seat in enumerate(AGENTS)}

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
            gymnasium.error.ResetNeeded: the battle has ended, or none has been started.
            KeyError: a seat that must decide has no action.
            EngineError: the simulator has failed; `reset()` starts it again.
        """
        env = self._env
        if env is None or not self.agents:
            raise ResetNeeded("the battle is over: call reset() before step()")
        played = np.full(len(AGENTS), NO_ACTION, dtype=np.int64)
        illegal: dict[str, dict[str, int]] = {}
        for row in map(int, np.flatnonzero(env.acting)):
            seat, legal = AGENTS[row], legal_actions(env.engine.action_masks[row])
            if seat not in actions:
                raise KeyError(f"seat {seat} has to decide and was given no action; got {actions}")
            given = whole_number(f"the action of {seat}", actions[seat])
            played[row] = given if given in legal else self._rng.choice(legal)
            if given not in legal:
                illegal[seat] = {"illegal_action": given, "played_action": int(played[row])}
        obs, rewards, terminated, truncated, infos = env.step(played)
        if terminated[0] or truncated[0]:
            self.agents = []
        return (
            _per_seat(obs),
            {seat: float(rewards[row]) for row, seat in enumerate(AGENTS)},
            {seat: bool(terminated[row]) for row, seat in enumerate(AGENTS)},
            {seat: bool(truncated[row]) for row, seat in enumerate(AGENTS)},
            {seat: _info(obs, infos, row) | illegal.get(seat, {}) for row, seat in enumerate(AGENTS)},
        )

    def close(self) -> None:
        """End the simulator; calling it again has no effect."""
        if self._env is not None:
            self._env.close()
            self._env = None
        self.agents = []


def _per_seat(obs: Observation) -> dict[str, Observation]:
    return {seat: {key: array[row].copy() for key, array in obs.items()} for row, seat in enumerate(AGENTS)}


def _info(obs: Observation, infos: dict[str, NDArray[Any]], row: int) -> dict[str, Any]:
    info: dict[str, Any] = {
        key: values[row].item() for key, values in infos.items() if key not in _AT_THE_END
    }
    info["action_mask"] = obs["action_mask"][row].copy()
    if "teams" in infos:  # of a battle that has ended
        info |= {"outcome": infos["outcome"][row].item(), "teams": infos["teams"][row]}
    return info
