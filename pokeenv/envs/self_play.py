"""Many battles at once: `SelfPlayVectorEnv`, in which every seat of every battle is a row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from pokeenv.actions import NO_ACTION
from pokeenv.engine import RUNNING, TERMINATED, TRUNCATED, EmbeddedShowdown
from pokeenv.envs.seeding import BattleSeeds, draw_seed
from pokeenv.envs.setup import BattleSetup
from pokeenv.envs.snapshots import Snapshot, restore_battles, take_snapshot
from pokeenv.envs.vector_base import Observations, SeatRows
from pokeenv.formats import DEFAULT_FORMAT
from pokeenv.observation import ObservationKind
from pokeenv.rewards import SIGNALS, CompositeReward, RewardSpec, make_reward
from pokeenv.teams.sources import TeamSource

_OUTCOME = SIGNALS.index("outcome")

StepResult = tuple[
    Observations, NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_], dict[str, NDArray[Any]]
]


class SelfPlayVectorEnv(SeatRows):
    """Both seats of N battles as 2N rows.

    Row `2i` is seat p1 of battle `i`, row `2i + 1` its seat p2. Only rows that are True in
    `acting` face a decision; the others give `NO_ACTION`, and their observations are stale.

    ## Observation space
    `{"observation": (2N, layout.size) float32, "action_mask": (2N, 26) int8}`: views of shared memory
    that change with the next step. Copy what you keep.

    ## Rewards
    Every row is rewarded at every step, also when it does not act: sum them from one decision of a
    row to its next.

    ## Episode end
    Autoreset is `NEXT_STEP`: in the step that ends a battle both rows are terminated or truncated,
    none acts, and the observation is the final one. The next step starts the next battle.

    ## Info
    Arrays over rows: `outcome` (+1, -1, 0; of battles that have ended in this step), `turns`,
    `episode_length` (decisions so far), `seed` (of the running battle). With `info_teams`, in a
    step in which battles end, also `teams`: of both rows of such a battle the packed teams of p1 and
    p2, else None (`_teams` is True where they are).

    Args:
        battle_format: Showdown's id of the format.
        num_battles: N.
        num_workers: worker processes that share the battles.
        reward: `"win_loss"`, a path to a YAML file, a dictionary of weights, or a function.
        turn_limit: a battle that goes beyond this turn is truncated.
        mirrored: battles `2j` and `2j + 1` play the same seeds with the teams exchanged.
        teams: file or folder of teams, or a `TeamSource`, for formats that need teams brought.
        info_teams: report the teams of battles that have ended: one more message a battle, 0.1 ms.
        timeout_s: limit of every wait for the simulator, in seconds.
        observation: as in `BattleEnv`.

    Raises:
        ValueError: an argument is out of range, or there is no such observation.
        UnknownFormatError: Showdown has no such format.
        UnsupportedFormatError: the format is not played, or lacks teams.
        InvalidTeamError: Showdown's validator refuses teams; later, a team that a `TeamSource` draws.
        InstallError: the simulator cannot be installed.

    ## Version History
    - v0: first version.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 - Gymnasium's own declaration
        "render_modes": [],
        "autoreset_mode": gym.vector.AutoresetMode.NEXT_STEP,
    }

    def __init__(
        self,
        battle_format: str = DEFAULT_FORMAT,
        num_battles: int = 8,
        *,
        num_workers: int = 1,
        reward: RewardSpec = "win_loss",
        turn_limit: int = 1000,
        mirrored: bool = False,
        teams: TeamSource | str | Path | None = None,
        info_teams: bool = False,
        timeout_s: float = 60.0,
        observation: ObservationKind = "base",
    ) -> None:
        """Start the workers."""
        if mirrored and num_battles % 2:
            raise ValueError(f"mirrored battles come in pairs: num_battles must be even, not {num_battles}")
        setup = BattleSetup.make(
            battle_format, teams=teams, turn_limit=turn_limit, timeout_s=timeout_s, observation=observation
        )
        super().__init__(setup, 2 * num_battles)
        self.num_battles = num_battles
        self._setup = setup
        self._reward = make_reward(reward)
        self._info_teams = info_teams
        self._engine = setup.start_engine(num_battles, num_workers)
        self._mirrored = mirrored
        self._seeds: BattleSeeds | None = None
        self._battle_seeds = np.zeros(num_battles, dtype=np.int64)
        self._ended = np.zeros(num_battles, dtype=np.bool_)
        self._starting = np.zeros(self.num_envs, dtype=np.bool_)  # rows
        self._lengths = np.zeros(self.num_envs, dtype=np.int64)
        self._before = self.engine.signals.copy()

    @property
    def engine(self) -> EmbeddedShowdown:
        """The simulator; its rows are those of this environment."""
        return self._engine

    @property
    def acting(self) -> NDArray[np.bool_]:
        """`(2N,)`: rows that must give an action at the next step."""
        return self.engine.acting

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, dict[str, NDArray[Any]]]:
        """Start all battles afresh.

        Args:
            seed: fixes teams and battles of all episodes to come; None draws a new one, the first
                time from the operating system and later from the generators of before.
            options: not used.
        """
        if isinstance(seed, list):
            raise TypeError("one seed fixes all battles: give an int, not a list")
        if seed is None and self._seeds is not None:
            # Slots may have played different numbers of battles: mirrored ones must start level again.
            seed = draw_seed(self._seeds.generators[0])
        if seed is None:
            seed = draw_seed(np.random.default_rng())
        self._seeds = BattleSeeds(self.num_battles, seed, mirrored=self._mirrored)
        everything = np.ones(self.num_battles, dtype=np.bool_)
        self._begin(np.full(self.num_envs, NO_ACTION, dtype=np.int64), everything)
        obs, _, _, _, infos = self.step_wait()
        return obs, infos

    def step(self, actions: NDArray[np.int64]) -> StepResult:
        """`step_async`, then `step_wait`."""
        self.step_async(actions)
        return self.step_wait()

    def step_async(self, actions: NDArray[np.int64]) -> None:
        """Begin a step.

        Args:
            actions: ints `(2N,)`; what rows that do not act give is ignored.

        Raises:
            IllegalActionError: an acting row's action is not legal; nothing has changed then.
        """
        actions = self._checked_actions(actions)
        if self._seeds is None:
            raise gym.error.ResetNeeded("call reset() before step()")
        self._begin(actions, self._ended)

    def step_wait(self) -> StepResult:
        """Wait for the step that `step_async` began.

        Returns:
            Observations, rewards float32 `(2N,)`, terminated and truncated bool `(2N,)`, infos.
        """
        engine = self.engine
        engine.step_wait()
        statuses = engine.statuses
        rewards = self._reward(self._before, engine.signals)
        rewards[self._starting] = 0.0
        self._ended = statuses != RUNNING
        obs: Observations = {"observation": engine.observations, "action_mask": engine.action_masks}
        terminated = (statuses == TERMINATED).repeat(2)
        truncated = (statuses == TRUNCATED).repeat(2)
        return obs, rewards, terminated, truncated, self._infos()

    def reward_components(self) -> dict[str, NDArray[np.float32]]:
        """Weighted components `(2N,)` of the last step's rewards; none for a reward that is not composite.

        They can be asked for until the next step begins.
        """
        if not isinstance(self._reward, CompositeReward):
            return {}
        components = self._reward.components(self._before, self.engine.signals)
        for values in components.values():
            values[self._starting] = 0.0
        return components

    def snapshot(self) -> Snapshot:
        """All battles as they stand, with the seeds of those to come.

        `engine.snapshot` takes a single battle.

        Raises:
            SnapshotError: no battle has been started.
        """
        state = {"seeds": self._seeds, "battle_seeds": self._battle_seeds, "lengths": self._lengths}
        return take_snapshot(type(self).__name__, self.engine, state)

    def restore(self, snapshot: Snapshot) -> tuple[Observations, dict[str, NDArray[Any]]]:
        """Go on from a snapshot: the same actions give the same bytes as they gave then.

        Returns:
            Observations and infos, as from `reset`. Observations of rows that do not act are stale.

        Raises:
            SnapshotError: it was taken of another kind of environment, or with other arguments.
        """
        state = restore_battles(type(self).__name__, self.engine, snapshot)
        self._seeds, self._battle_seeds = state["seeds"], state["battle_seeds"]
        self._lengths = state["lengths"]
        self._ended = self.engine.statuses != RUNNING
        obs: Observations = {"observation": self.engine.observations, "action_mask": self.engine.action_masks}
        return obs, self._infos()

    def fork(self, battle: int, into: Sequence[int]) -> None:
        """Continue a battle in other slots, in place of theirs; what they play after it is their own.

        Args:
            battle: number of the battle.
            into: slots.

        Raises:
            SnapshotError: no battle has been started.
        """
        snapshot = self.engine.snapshot(battle)
        rows = slice(2 * battle, 2 * battle + 2)
        for slot in into:
            self.engine.restore(slot, snapshot)
            self._battle_seeds[slot] = self._battle_seeds[battle]
            self._lengths[2 * slot : 2 * slot + 2] = self._lengths[rows]
            self._ended[slot] = self._ended[battle]

    def close_extras(self, **kwargs: Any) -> None:
        """End the workers."""
        self.engine.close()

    def _begin(self, actions: NDArray[np.int64], resets: NDArray[np.bool_]) -> None:
        """Step the battles, and start the next one where `resets` (N,) is True."""
        assert self._seeds is not None
        battles: list[int] = np.flatnonzero(resets).tolist()
        self.engine.check_actions(actions, skipped=battles)
        reset_rows = resets.repeat(2)
        acting = self.engine.acting & ~reset_rows
        np.copyto(self._before, self.engine.signals)
        words: dict[int, NDArray[np.uint16]] = {}
        for battle in battles:
            self._battle_seeds[battle], words[battle] = self._seeds.draw(battle)
            self._give_teams(battle)
        self.engine.step_async(actions, words, checked=True)
        self._starting = reset_rows
        self._lengths[reset_rows] = 0
        self._lengths += acting

    def _give_teams(self, battle: int) -> None:
        assert self._seeds is not None
        teams = self._setup.draw_teams(self._seeds.generators[battle])
        if teams is not None:
            self.engine.set_teams(battle, teams[::-1] if self._seeds.swaps_teams(battle) else teams)

    def _infos(self) -> dict[str, NDArray[Any]]:
        infos: dict[str, NDArray[Any]] = {
            "outcome": self.engine.signals[:, _OUTCOME].copy(),
            "turns": self.engine.turns.repeat(2),
            "episode_length": self._lengths.copy(),
            "seed": self._battle_seeds.repeat(2),
        }
        if self._info_teams and self._ended.any():
            teams = np.full(self.num_battles, None, dtype=object)
            for battle in map(int, np.flatnonzero(self._ended)):
                teams[battle] = self.engine.packed_teams(battle)
            infos |= {"teams": np.repeat(teams, 2), "_teams": np.repeat(self._ended, 2)}
        return infos
