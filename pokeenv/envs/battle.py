"""`BattleEnv`: one seat of one battle, with an opponent inside."""

from __future__ import annotations

import copy
import operator
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from pokeenv.agent import is_agent
from pokeenv.envs.setup import BattleSetup
from pokeenv.envs.single_seat import OnIllegal, OwnSeats
from pokeenv.envs.snapshots import Snapshot, restore_battles, take_snapshot
from pokeenv.formats import DEFAULT_FORMAT
from pokeenv.observation import ObservationKind
from pokeenv.opponents.drivers import Opponent
from pokeenv.render.modes import RENDER_MODES, Frame, check_render_mode
from pokeenv.replays.record import save_replay
from pokeenv.rewards import RewardSpec
from pokeenv.teams.sources import TeamSource

Observation = dict[str, Any]


class BattleEnv(gym.Env[Observation, np.int64]):
    """One Pokémon Showdown battle, seen and played from one seat.

    ## Description
    The battle runs in the real simulator, embedded in a worker process. Every step is a decision of
    the own seat: moments at which only the opponent must choose are played through.

    ## Action Space
    `Discrete(26)`, poke-env's numbering: 0-5 switch to team slot, 6-9 move, 10-13 with Mega
    Evolution, 14-17 Z-move, 18-21 Dynamax, 22-25 Terastallize. Which are legal stands in
    `observation["action_mask"]`, `info["action_mask"]` and `action_masks`.

    ## Observation Space
    `{"observation": float32 (layout.size,), "action_mask": int8 (26,)}`; `layout` names every number
    and `pokeenv.decode` reads it. It holds what a player at this seat sees, and no more.
    `observation="damage"` puts behind the base observation, for every move of the own active
    Pokémon and every move shown by the opposing one, the share of HP that it takes and the chance that
    it knocks out, from `@smogon/calc`. It is dear: 35 to 45% of the CPU time of random play is then its
    own (`python -m benchmarks.damage`), so a decision costs 1.5 to 1.8 times as much.

    ## Rewards
    `"win_loss"`: +1 for a win, -1 for a loss, 0 for a tie and before the end. Or the composite of a
    YAML file (see `config/reward.yaml`), a dictionary of weights, or a `RewardFunction`.

    ## Starting State
    `reset(seed=...)` fixes both teams, the battle and the opponent (a function of yours must see to
    its own randomness). `reset()` goes on to the next battle.

    ## Info
    Always: `action_mask`, `turns`, `episode_length` (own decisions so far), `seed` (of the
    battle). At the end of a battle, and only then: `outcome` (+1, -1, 0) and `teams`, the packed
    teams of p1 (own) and p2. After an illegal action: `illegal_action` and `played_action`.

    ## Episode End
    Terminated when the battle ends, truncated beyond `turn_limit`.

    ## Processes
    The simulator starts with the first `reset`: until then the environment can be pickled and its
    process can fork. One that has started refuses both with an error that says so.

    ## Arguments
    battle_format: Showdown's id, such as `"gen9randombattle"`.
    opponent: a name (`"random"`, `"max"`, `"rule"`, and what other packages declare), a function
        `(observation, action_mask) -> action`, or an agent of `agents`.
    reward: see Rewards.
    on_illegal: what an illegal action does: `"random"` plays a random legal one and says so in
        `info["illegal_action"]`; `"raise"` raises `IllegalActionError` and changes nothing;
        `"forfeit"` ends the battle as lost.
    turn_limit: see Episode End.
    teams: file or folder of teams, or a `TeamSource`, for formats that need teams brought.
    render_mode: None, `"ansi"` (the board as text) or `"rgb_array"` (a picture, uint8
        `(500, 800, 3)`, drawn with the extra `render`).
    timeout_s: limit of every wait for the simulator, in seconds.
    observation: `"base"` or `"damage"`; see Observation Space. An opponent that is a function is
        given the same; an agent is given the base observation.

    ## Version History
    - v0: first version.
    """

    metadata: dict[str, Any] = {"render_modes": list(RENDER_MODES), "render_fps": 1}  # noqa: RUF012 - Gymnasium's own declaration

    def __init__(
        self,
        battle_format: str = DEFAULT_FORMAT,
        *,
        opponent: Opponent = "random",
        reward: RewardSpec = "win_loss",
        on_illegal: OnIllegal = "random",
        turn_limit: int = 1000,
        teams: TeamSource | str | Path | None = None,
        render_mode: str | None = None,
        timeout_s: float = 60.0,
        observation: ObservationKind = "base",
    ) -> None:
        """Check the arguments; the simulator starts with the first `reset`."""
        check_render_mode(render_mode)
        self._arguments: dict[str, Any] = {
            "battle_format": battle_format,
            "reward": reward,
            "on_illegal": on_illegal,
            "turn_limit": turn_limit,
            "teams": teams,
            "render_mode": render_mode,
            "timeout_s": timeout_s,
            "observation": observation,
        }
        setup = BattleSetup.make(
            battle_format, teams=teams, turn_limit=turn_limit, timeout_s=timeout_s, observation=observation
        )
        self._seats = OwnSeats(setup, 1, opponent=opponent, on_illegal=on_illegal, reward=reward)
        self.battle_format = setup.battle_format
        self.layout = setup.layout
        self.observation_space = setup.observation_space()
        self.action_space = setup.action_space()
        self.render_mode = render_mode
        self.opponent = opponent
        self.on_illegal = on_illegal

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Start a battle.

        Args:
            seed: fixes this battle, its teams and its opponent, and the battles after it.
            options: not used.

        Returns:
            The first observation and its info.

        Raises:
            InstallError: the simulator cannot be installed.
            EngineError: the simulator cannot be started, or fails.
            InvalidTeamError: Showdown's validator refuses a team.
        """
        super().reset(seed=seed)
        self._seats.begin({0: self.np_random})
        return self._observation(), self._info()

    def step(self, action: np.int64 | int) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Play one decision, and the opponent's until the own seat is to decide again.

        Returns:
            Observation, reward, terminated, truncated and info.

        Raises:
            TypeError: the action is not an integer.
            IllegalActionError: the action is not legal and `on_illegal="raise"`; or the opponent's is not.
            gymnasium.error.ResetNeeded: the battle has ended, or none was started.
            EngineError: the simulator has failed; `reset()` starts it anew.
        """
        self._seats.step(np.array([operator.index(action)]))
        reward, terminated, truncated = (
            values[0].item()
            for values in (self._seats.rewards, self._seats.terminated, self._seats.truncated)
        )
        return self._observation(), reward, terminated, truncated, self._info()

    def action_masks(self) -> NDArray[np.bool_]:
        """`(26,)` legal actions, as sb3-contrib's `MaskablePPO` asks for them."""
        return np.asarray(self._observation()["action_mask"], dtype=np.bool_)

    def render(self) -> Frame | None:
        """What this seat sees, as `render_mode` says: text, a picture `(500, 800, 3)`, or None.

        Raises:
            RenderError: a package that draws is missing.
        """
        if self.render_mode is None:
            return None
        return self._seats.frame(0, self.render_mode)

    def save_replay(self, path: str | Path) -> Path:
        """Write the battle, ended or not, as a page to look at and a record to play again.

        Args:
            path: of the page; see `pokeenv.replays.record.save_replay`.

        Returns:
            The page's path; the record stands beside it with the suffix `.json`.
        """
        return save_replay(self._seats.engine, 0, path)

    def snapshot(self) -> Snapshot:
        """The environment as it stands, with its battle, its opponent and all its random generators.

        Raises:
            gymnasium.error.ResetNeeded: no battle has been started.
            SnapshotError: the opponent is an agent without `get_state` and `set_state`.
        """
        return take_snapshot(type(self).__name__, self._seats.engine, self._seats.get_state())

    def restore(self, snapshot: Snapshot) -> tuple[Observation, dict[str, Any]]:
        """Go on from a snapshot: the same actions give the same bytes as they gave then.

        Returns:
            Observation and info of the moment at which it was taken.

        Raises:
            SnapshotError: it was taken of another kind of environment, or with other arguments.
        """
        engine = self._seats.start_engine()
        self._seats.set_state(restore_battles(type(self).__name__, engine, snapshot))
        self.np_random = self._seats.rng(0)
        return self._observation(), self._info()

    def fork(self, n: int) -> list[BattleEnv]:
        """Continue this battle in `n` new environments, each with a simulator process of its own.

        An opponent that is an agent is copied, a function is shared. For many short continuations
        `SelfPlayVectorEnv.fork` is far cheaper: it needs no new processes.

        Raises:
            SnapshotError: see `snapshot`.
        """
        snapshot = self.snapshot()
        forks: list[BattleEnv] = []
        try:
            for _ in range(n):
                opponent = copy.deepcopy(self.opponent) if is_agent(self.opponent) else self.opponent
                forks.append(type(self)(**(self._arguments | {"opponent": opponent})))
                forks[-1].restore(snapshot)
        except BaseException:
            for env in forks:
                env.close()
            raise
        return forks

    def battle_log(self) -> dict[str, Any]:
        """Log so far, choices and teams of the battle; see `EmbeddedShowdown.battle_log`."""
        return self._seats.engine.battle_log(0)

    def close(self) -> None:
        """End the simulator; calling it again does nothing."""
        self._seats.close()

    def _observation(self) -> Observation:
        return {key: values[0] for key, values in self._seats.observations().items()}

    def _info(self) -> dict[str, Any]:
        return self._seats.info(0)
