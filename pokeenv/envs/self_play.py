"""`SelfPlayVectorEnv`: both seats of N battles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from pokeenv.actions import NO_ACTION
from pokeenv.arguments import whole_number
from pokeenv.engine import RUNNING, TERMINATED, TRUNCATED, Engine
from pokeenv.engine.rows import SEATS, per_row, rows_of_battle
from pokeenv.engine.signals import SIGNALS
from pokeenv.envs.seeding import BattleSeeds, draw_seed
from pokeenv.envs.setup import BattleOptions, Battles, make_setup
from pokeenv.envs.snapshots import Snapshot, restore_battles, take_snapshot
from pokeenv.envs.vector_base import Observations, SeatRows
from pokeenv.formats import DEFAULT_FORMAT
from pokeenv.rewards import CompositeReward, RewardSpec, make_reward

if TYPE_CHECKING:
    from typing_extensions import Unpack

_OUTCOME = SIGNALS.index("outcome")

StepResult = tuple[
    Observations, NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_], dict[str, NDArray[Any]]
]


class SelfPlayVectorEnv(SeatRows):
    """Both seats of N battles as 2N rows.

    ## Description
    Row `2i` is seat p1 of battle `i`, row `2i + 1` its seat p2. Only rows that are True in
    `acting` face a decision; the others give `NO_ACTION`, and their observations are stale.

    ## Action Space
    `MultiDiscrete` of 2N times 26; see `BattleEnv`.

    ## Observation Space
    `{"observation": (2N, layout.size) float32, "action_mask": (2N, 26) int8}`: views that change with
    the next step. Copy what you keep.

    ## Rewards
    Every row gets a reward at every step, even if it does not act: sum the rewards from one decision of a row
    to its next.

    ## Episode End
    Autoreset is `NEXT_STEP`: in the step that ends a battle both rows are terminated or truncated,
    none acts, and the observation is the final one. The next step starts the next battle.

    ## Info
    Arrays over rows: `outcome` (+1, -1, 0; of battles that end in this step), `turns`,
    `episode_length` (decisions so far), `seed` (of the running battle). With `info_teams`, a step that
    ends battles also has `teams`: in both rows of such a battle the packed teams of p1 and p2, else
    None. `_teams` is True in those rows.

    Args:
        battle_format: Showdown's id of the format, a `BattleFormat`, or a `BattleSetup`.
        num_battles: N.
        num_workers: worker processes that share the battles.
        reward: `"win_loss"`, a path to a YAML file, a dictionary of weights, or a function.
        mirrored: battles `2j` and `2j + 1` play the same seeds with the teams exchanged.
        info_teams: report the teams of battles that have ended; it costs one more message per battle, 0.1 ms.
        options: `teams`, `turn_limit`, `timeout_s`, `observation`, `engine`; see `BattleEnv`.

    Raises:
        ValueError: an argument is out of range, or there is no such observation.
        UnknownFormatError: Showdown has no such format.
        UnsupportedFormatError: the format is not supported, or lacks teams.
        InvalidTeamError: Showdown's validator refuses teams; `step` may raise it for a team that a
            `TeamSource` draws.
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
        battle_format: Battles = DEFAULT_FORMAT,
        num_battles: int = 8,
        *,
        num_workers: int = 1,
        reward: RewardSpec = "win_loss",
        mirrored: bool = False,
        info_teams: bool = False,
        **options: Unpack[BattleOptions],
    ) -> None:
        """Start the workers."""
        num_battles = whole_number("num_battles", num_battles, least=1)
        if mirrored and num_battles % 2:
            raise ValueError(f"mirrored battles come in pairs: num_battles must be even, not {num_battles}")
        setup = make_setup(battle_format, options)
        super().__init__(setup, SEATS * num_battles)
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
    def engine(self) -> Engine:
        """The engine; its rows are those of this environment."""
        return self._engine

    @property
    def acting(self) -> NDArray[np.bool_]:
        """`(2N,)`: True for rows that need an action in the next step."""
        return self.engine.acting

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, dict[str, NDArray[Any]]]:
        """Start new battles in all slots.

        Args:
            seed: fixes teams and battles of all later episodes; None draws a new one, the first time from the
                operating system and later from the current generators.
            options: `{"numbered": True}`: slot i of N plays the battles i, i + N, i + 2N, ... of the seed, so
                that the seed and the number of a battle fix its teams and luck, whatever N is.
        """
        if isinstance(seed, list):
            raise TypeError("one seed fixes all battles: give an int, not a list")
        if seed is None and self._seeds is not None:
            # Slots may have played different numbers of battles, but mirrored ones must share their seeds.
            seed = draw_seed(self._seeds.generators[0])
        if seed is None:
            seed = draw_seed(np.random.default_rng())
        numbered = bool((options or {}).get("numbered", False))
        self._seeds = BattleSeeds(self.num_battles, seed, mirrored=self._mirrored, numbered=numbered)
        everything = np.ones(self.num_battles, dtype=np.bool_)
        self._begin(np.full(self.num_envs, NO_ACTION, dtype=np.int64), everything)
        obs, _, _, _, infos = self.step_wait()
        return obs, infos

    def step(self, actions: NDArray[np.int64]) -> StepResult:
        """`step_async`, then `step_wait`."""
        self.step_async(actions)
        return self.step_wait()

    def step_async(self, actions: NDArray[np.int64]) -> None:
        """Start a step.

        Args:
            actions: ints `(2N,)`; those of rows that do not act are ignored.

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
        terminated = per_row(statuses == TERMINATED)
        truncated = per_row(statuses == TRUNCATED)
        return obs, rewards, terminated, truncated, self._infos()

    def reward_components(self) -> dict[str, NDArray[np.float32]]:
        """Weighted components `(2N,)` of the last step's rewards; empty if the reward is not composite.

        Available until the next step begins.
        """
        if not isinstance(self._reward, CompositeReward):
            return {}
        components = self._reward.components(self._before, self.engine.signals)
        for values in components.values():
            values[self._starting] = 0.0
        return components

    def snapshot(self) -> Snapshot:
        """The state of all battles, with the seeds of later ones.

        `engine.snapshot` takes a single battle.

        Raises:
            SnapshotError: no battle has been started.
        """
        state = {"seeds": self._seeds, "battle_seeds": self._battle_seeds, "lengths": self._lengths}
        return take_snapshot(type(self).__name__, self.engine, state)

    def restore(self, snapshot: Snapshot) -> tuple[Observations, dict[str, NDArray[Any]]]:
        """Continue from a snapshot: the same actions give the same bytes as before.

        Returns:
            Observations and infos, as from `reset`. Observations of rows that do not act are stale.

        Raises:
            SnapshotError: the snapshot is from another kind of environment, or from other arguments.
        """
        state = restore_battles(type(self).__name__, self.engine, snapshot)
        self._seeds, self._battle_seeds = state["seeds"], state["battle_seeds"]
        self._lengths = state["lengths"]
        self._ended = self.engine.statuses != RUNNING
        obs: Observations = {"observation": self.engine.observations, "action_mask": self.engine.action_masks}
        return obs, self._infos()

    def fork(self, battle: int, into: Sequence[int]) -> None:
        """Continue a battle in other slots, where it replaces the battles; later battles are unaffected.

        Args:
            battle: number of the battle.
            into: slots that continue it.

        Raises:
            SnapshotError: no battle has been started.
        """
        snapshot = self.engine.snapshot(battle)
        for slot in into:
            self.engine.restore(slot, snapshot)
            self._battle_seeds[slot] = self._battle_seeds[battle]
            self._lengths[rows_of_battle(slot)] = self._lengths[rows_of_battle(battle)]
            self._ended[slot] = self._ended[battle]

    def close_extras(self, **kwargs: Any) -> None:
        """End the workers."""
        self.engine.close()

    def _begin(self, actions: NDArray[np.int64], resets: NDArray[np.bool_]) -> None:
        """Step the battles, and start the next battle where `resets` (N,) is True."""
        assert self._seeds is not None
        battles: list[int] = np.flatnonzero(resets).tolist()
        self.engine.check_actions(actions, skipped=battles)
        reset_rows = per_row(resets)
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
            "turns": per_row(self.engine.turns),
            "episode_length": self._lengths.copy(),
            "seed": per_row(self._battle_seeds),
        }
        if self._info_teams and self._ended.any():
            teams = np.full(self.num_battles, None, dtype=object)
            for battle in map(int, np.flatnonzero(self._ended)):
                teams[battle] = self.engine.packed_teams(battle)
            infos |= {"teams": per_row(teams), "_teams": per_row(self._ended)}
        return infos
