"""`BattleEnv`: one seat of one battle against a built-in opponent."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from pokeenv.agent import is_agent
from pokeenv.arguments import whole_number
from pokeenv.envs.setup import BattleOptions, Battles, make_setup
from pokeenv.envs.single_seat import OnIllegal, SingleSeatBattles
from pokeenv.envs.snapshots import Snapshot, restore_battles, take_snapshot
from pokeenv.formats import DEFAULT_FORMAT
from pokeenv.opponents.drivers import Opponent
from pokeenv.render.modes import RENDER_MODES, Frame, check_render_mode
from pokeenv.render.scene import Scene
from pokeenv.replays.record import save_replay
from pokeenv.rewards import RewardSpec

if TYPE_CHECKING:
    from typing_extensions import Unpack

Observation = dict[str, Any]


class BattleEnv(gym.Env[Observation, np.int64]):
    """One Pokémon Showdown battle, seen and played from seat p1.

    ## Description
    The battle runs in the real simulator, embedded in a worker process. Every step is a decision of
    the own seat; decisions that only the opponent has are played in between.

    ## Action Space
    `Discrete(26)`, poke-env's numbering: 0-5 switch to team slot, 6-9 move, 10-13 with Mega
    Evolution, 14-17 Z-move, 18-21 Dynamax, 22-25 Terastallize. The legal ones are 1 in
    `observation["action_mask"]`, `info["action_mask"]` and `action_masks()`.

    ## Observation Space
    `{"observation": float32 (layout.size,), "action_mask": int8 (26,)}`; `layout` names every number
    and `pokeenv.decode` reads it. It holds exactly what a player at this seat can know.
    `observation="damage"` appends, for every move of an own active Pokémon and every known move of
    an opposing one, the share of HP that it removes and the chance of a knock-out, computed by
    `@smogon/calc`, in doubles for each target. In singles that takes 35 to 45% of the CPU time of random play
    (`python -m benchmarks.damage`), so a decision costs 1.5 to 1.8 times as much; in doubles 55 to 58%, so it
    costs 2.2 to 2.4 times as much.

    ## Rewards
    `"win_loss"`: +1 for a win, -1 for a loss, 0 for a tie and before the end. Or the composite of a
    YAML file (see `config/reward.yaml`), a dictionary of weights, or a `RewardFunction`.

    ## Starting State
    `reset(seed=...)` fixes both teams, the battle and the opponent (but not the randomness inside an
    opponent that is a function). `reset()` starts the next battle.

    ## Info
    Always: `action_mask`, `turns`, `episode_length` (own decisions so far), `seed` (of the
    battle). At the end of a battle, and only then: `outcome` (+1, -1, 0) and `teams`, the packed
    teams of p1 (own) and p2. After an illegal action: `illegal_action` and `played_action`.

    ## Episode End
    Terminated when the battle ends, truncated beyond `turn_limit`.

    ## Processes
    The simulator starts with the first `reset`. Until then the environment can be pickled and its
    process can fork; afterwards both raise an error.

    ## Arguments
    battle_format: Showdown's id, such as `"gen9randombattle"`; or a `BattleFormat`; or a `BattleSetup`,
        which replaces the last five arguments.
    opponent: a name (`"random"`, `"max"`, `"rule"`, or one that another package declares), a function
        `(observation, action_mask) -> action`, or an `Agent`.
    reward: see Rewards.
    on_illegal: consequence of an illegal action: `"random"` plays a random legal one and reports it in
        `info["illegal_action"]`; `"raise"` raises `IllegalActionError` and changes nothing;
        `"forfeit"` ends the battle as lost.
    render_mode: None, `"ansi"` (the board as text) or `"rgb_array"` (a picture, uint8
        `(500, 800, 3)`, drawn with the extra `render`).
    teams: for formats that need teams: a file, a folder, the text of teams, a list of these (see
        `FileTeams`), or a `TeamSource`.
    turn_limit: see Episode End; 1000 by default.
    timeout_s: limit of each wait for the simulator, in seconds; 60 by default.
    observation: `"base"` or `"damage"`; see Observation Space. An opponent that is a function gets the
        same observation; an agent gets the kind that it reads.
    engine: `"showdown"`, another name of `pokeenv.engine.ENGINES`, or a factory such as the class of an
        `Engine`.

    ## Version History
    - v0: first version.
    """

    metadata: dict[str, Any] = {"render_modes": list(RENDER_MODES), "render_fps": 1}  # noqa: RUF012 - Gymnasium's own declaration

    def __init__(
        self,
        battle_format: Battles = DEFAULT_FORMAT,
        *,
        opponent: Opponent = "random",
        reward: RewardSpec = "win_loss",
        on_illegal: OnIllegal = "random",
        render_mode: str | None = None,
        **options: Unpack[BattleOptions],
    ) -> None:
        """Check the arguments; the simulator starts with the first `reset`."""
        check_render_mode(render_mode)
        self._setup = setup = make_setup(battle_format, options)
        self._reward = reward
        self._seats = SingleSeatBattles(setup, 1, opponent=opponent, on_illegal=on_illegal, reward=reward)
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
        """Play one decision, and the opponent's decisions up to the next own one.

        Returns:
            Observation, reward, terminated, truncated and info.

        Raises:
            TypeError: the action is not an integer.
            IllegalActionError: the action is not legal and `on_illegal="raise"`; or an action of the
                opponent is not legal.
            gymnasium.error.ResetNeeded: the battle has ended, or none has been started.
            EngineError: the simulator has failed; `reset()` starts it again.
        """
        self._seats.step(np.array([whole_number("an action", action)]))
        reward, terminated, truncated = (
            values[0].item()
            for values in (self._seats.rewards, self._seats.terminated, self._seats.truncated)
        )
        return self._observation(), reward, terminated, truncated, self._info()

    def action_masks(self) -> NDArray[np.bool_]:
        """`(A,)` legal actions, in the form that sb3-contrib's `MaskablePPO` reads."""
        return np.asarray(self._observation()["action_mask"], dtype=np.bool_)

    def scene(self) -> Scene:
        """The own seat's view as objects, with the legal actions and the last turn's messages.

        Raises:
            CapabilityError: the engine does not narrate battles.
        """
        return self._seats.scene(0)

    def slot_masks(self) -> NDArray[np.int8]:
        """`(actives, A)` actions of each own active Pokémon; see `Engine.slot_masks`."""
        return self._seats.engine.slot_masks(0)

    def render(self) -> Frame | None:
        """The own seat's view in the form of `render_mode`: text, a picture `(500, 800, 3)`, or None.

        Raises:
            RenderError: a package for pictures is missing.
            CapabilityError: the engine does not narrate battles.
        """
        if self.render_mode is None:
            return None
        return self._seats.frame(0, self.render_mode)

    def save_replay(self, path: str | Path) -> Path:
        """Write the battle, ended or not, as a page for browsers and as a record for resimulation.

        Args:
            path: path of the page; see `pokeenv.replays.record.save_replay`.

        Returns:
            The path of the page; the record is next to it, with the suffix `.json`.
        """
        return save_replay(self._seats.engine, 0, path)

    def snapshot(self) -> Snapshot:
        """The state of the environment: its battle, its opponent and all its random generators.

        Raises:
            gymnasium.error.ResetNeeded: no battle has been started.
            SnapshotError: the opponent is an agent without `get_state` and `set_state`.
            CapabilityError: the engine takes no snapshots.
        """
        return take_snapshot(type(self).__name__, self._seats.engine, self._seats.get_state())

    def restore(self, snapshot: Snapshot) -> tuple[Observation, dict[str, Any]]:
        """Continue from a snapshot: the same actions give the same bytes as before.

        Returns:
            Observation and info at the moment of the snapshot.

        Raises:
            SnapshotError: the snapshot is from another kind of environment, or from other arguments.
        """
        engine = self._seats.start_engine()
        self._seats.set_state(restore_battles(type(self).__name__, engine, snapshot))
        self.np_random = self._seats.rng(0)
        return self._observation(), self._info()

    def fork(self, n: int) -> list[BattleEnv]:
        """Continue this battle in `n` new environments, each with its own simulator process.

        An opponent that is an agent is copied; a function is shared. For many short continuations
        `SelfPlayVectorEnv.fork` is far cheaper, because it needs no new processes.

        Raises:
            SnapshotError: see `snapshot`.
        """
        snapshot = self.snapshot()
        forks: list[BattleEnv] = []
        try:
            for _ in range(n):
                opponent = copy.deepcopy(self.opponent) if is_agent(self.opponent) else self.opponent
                env = type(self)(
                    self._setup,
                    opponent=opponent,
                    reward=self._reward,
                    on_illegal=self.on_illegal,
                    render_mode=self.render_mode,
                )
                forks.append(env)
                env.restore(snapshot)
        except BaseException:
            for env in forks:
                env.close()
            raise
        return forks

    def battle_log(self) -> dict[str, Any]:
        """Log so far, choices and teams of the battle; see `Engine.battle_log`."""
        return self._seats.engine.battle_log(0)

    def close(self) -> None:
        """End the simulator; calling it again has no effect."""
        self._seats.close()

    def _observation(self) -> Observation:
        return {key: values[0] for key, values in self._seats.observations().items()}

    def _info(self) -> dict[str, Any]:
        return self._seats.info(0)
