"""`BattleVectorEnv`: one seat of each of N battles against built-in opponents, all stepped together."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from gymnasium.utils.seeding import np_random
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from pokeenv.arguments import whole_number
from pokeenv.engine import Engine
from pokeenv.envs.setup import BattleOptions, Battles, make_setup
from pokeenv.envs.single_seat import OnIllegal, SingleSeatBattles
from pokeenv.envs.vector_base import Observations, SeatRows
from pokeenv.formats import DEFAULT_FORMAT
from pokeenv.opponents.drivers import Opponent
from pokeenv.render.modes import RENDER_MODES, Frame, check_render_mode
from pokeenv.rewards import RewardSpec

if TYPE_CHECKING:
    from typing_extensions import Unpack

StepResult = tuple[Observations, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]


class BattleVectorEnv(SeatRows):
    """N of `BattleEnv` in one: `gym.make_vec("pokeenv/Battle-v0", num_envs=N, ...)`.

    ## Description
    Row `i` plays the same battle as a `BattleEnv` with the seed of row `i`, byte for byte. All battles are
    stepped in one round trip to the simulator, and an opponent that is an agent decides for all of them in
    one call. (An agent that samples its actions has one random stream for all rows. Its battles are fixed by
    the seed, but differ from those of single environments.)

    ## Action Space
    `MultiDiscrete` of N times 26; see `BattleEnv`. The action of a row whose battle is about to be
    reset is ignored.

    ## Observation Space
    `{"observation": (N, layout.size) float32, "action_mask": (N, 26) int8}`, as copies.

    ## Rewards
    As in `BattleEnv`, float64 `(N,)`.

    ## Starting State
    `reset(seed=s)` seeds row `i` with `s + i`; a list gives every row its own seed. A row without a
    seed continues its random stream.

    ## Episode End
    `autoreset_mode` selects when the next battle starts, as in Gymnasium's own vector environments:
    `NEXT_STEP` (by the next step, which ignores the action), `SAME_STEP` (by the step that ends the
    battle; the end is in `infos["final_obs"]` and `infos["final_info"]`) or `DISABLED` (by
    `reset(options={"reset_mask": mask})`, `mask` being bool `(N,)`).

    ## Info
    Every value of `BattleEnv` under its key, as an array over the rows; under `_key`, a bool array of
    the rows that have it.

    ## Arguments
    battle_format, opponent, reward, on_illegal, render_mode, teams, turn_limit, timeout_s, observation,
        engine: see `BattleEnv`.
    num_envs: number of battles, N.
    num_workers: worker processes that share the battles.
    autoreset_mode: see Episode End; a member of `gymnasium.vector.AutoresetMode` or its value.

    ## Version History
    - v0: first version.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 - Gymnasium's own declaration
        "render_modes": list(RENDER_MODES),
        "render_fps": 1,
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    def __init__(
        self,
        battle_format: Battles = DEFAULT_FORMAT,
        num_envs: int = 1,
        *,
        num_workers: int = 1,
        opponent: Opponent = "random",
        reward: RewardSpec = "win_loss",
        on_illegal: OnIllegal = "random",
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
        **options: Unpack[BattleOptions],
    ) -> None:
        """Check the arguments; the simulator starts with the first `reset`."""
        num_envs = whole_number("num_envs", num_envs)
        num_workers = whole_number("num_workers", num_workers)
        if num_envs < 1 or not 1 <= num_workers <= num_envs:
            raise ValueError(
                "need num_envs >= 1 and 1 <= num_workers <= num_envs,"
                f" got num_envs={num_envs}, num_workers={num_workers}"
            )
        check_render_mode(render_mode)
        setup = make_setup(battle_format, options)
        super().__init__(setup, num_envs)
        self._seats = SingleSeatBattles(
            setup, num_envs, num_workers=num_workers, opponent=opponent, on_illegal=on_illegal, reward=reward
        )
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self.metadata = {**self.metadata, "autoreset_mode": self.autoreset_mode}
        self.render_mode = render_mode
        self._rngs: list[np.random.Generator | None] = [None] * num_envs
        self._rng_seeds: list[int | None] = [None] * num_envs

    @property
    def engine(self) -> Engine:
        """The engine, once `reset` has started it."""
        return self._seats.engine

    @property
    def np_random_seed(self) -> tuple[int | None, ...]:  # type: ignore[override] # as SyncVectorEnv
        """Seed of every row; None if it has not been reset."""
        return tuple(self._rng_seeds)

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Observations, dict[str, Any]]:
        """Start battles.

        Args:
            seed: an int for row 0, the next int for row 1, and so on; or a list with one for each row.
            options: `{"reset_mask": bool (N,)}` starts only these rows' battles.

        Returns:
            Observations of all rows, and the infos of those started.

        Raises:
            ValueError: seeds or mask have the wrong shape.
            InstallError: the simulator cannot be installed.
            EngineError: the simulator cannot be started, or fails.
            InvalidTeamError: Showdown's validator refuses a team.
        """
        started = self._reset_mask(options or {})
        seeds = self._row_seeds(seed)
        for row in map(int, np.flatnonzero(started)):
            if seeds[row] is not None or self._rngs[row] is None:
                self._rngs[row], self._rng_seeds[row] = np_random(seeds[row])
        self.closed = False  # a closed environment can start again, and must then be closed again
        self._seats.begin(self._generators(started))
        return self._seats.observations(), self._regular_infos(started)

    def step(self, actions: NDArray[np.int64]) -> StepResult:
        """Play one decision in every battle.

        Args:
            actions: ints `(N,)`.

        Returns:
            Observations, rewards float64 `(N,)`, terminated and truncated bool `(N,)`, infos.

        Raises:
            IllegalActionError: an action is not legal and `on_illegal="raise"` (nothing has changed then), or
                an opponent's action is not legal.
            gymnasium.error.ResetNeeded: no battle has been started, or, with `DISABLED`, one has ended.
            EngineError: the simulator has failed; `reset()` starts it again.
        """
        seats = self._seats
        next_step = self.autoreset_mode == AutoresetMode.NEXT_STEP
        seats.step(self._checked_actions(actions), self._generators(seats.ended) if next_step else {})
        rewards = seats.rewards.astype(np.float64)
        terminated, truncated = seats.terminated, seats.truncated
        infos: dict[str, Any] = {}
        ended = terminated | truncated
        if self.autoreset_mode == AutoresetMode.SAME_STEP and ended.any():
            infos = self._final_infos(ended)
            seats.begin(self._generators(ended))
        else:
            for row, event in seats.events.items():
                infos = self._add_info(infos, event, row)
        infos |= self._regular_infos(np.ones(self.num_envs, dtype=np.bool_))
        return seats.observations(), rewards, terminated, truncated, infos

    def action_masks(self) -> NDArray[np.bool_]:
        """`(N, 26)` legal actions."""
        return self._seats.observations()["action_mask"].astype(np.bool_)

    def render(self) -> tuple[Frame, ...] | None:
        """Every own seat's view; see `BattleEnv.render`."""
        mode = self.render_mode
        return None if mode is None else tuple(self._seats.frame(row, mode) for row in range(self.num_envs))

    def close_extras(self, **kwargs: Any) -> None:
        """End the workers."""
        self._seats.close()

    def _generators(self, rows: NDArray[np.bool_]) -> dict[int, np.random.Generator]:
        chosen = [(int(row), self._rngs[row]) for row in np.flatnonzero(rows)]
        return {row: rng for row, rng in chosen if rng is not None}

    def _row_seeds(self, seed: int | Sequence[int | None] | None) -> list[int | None]:
        if seed is None:
            return [None] * self.num_envs
        if isinstance(seed, Sequence | np.ndarray):
            if len(seed) != self.num_envs:
                raise ValueError(f"need one seed for each of {self.num_envs} rows, got {len(seed)}")
            return [None if one is None else operator.index(one) for one in seed]
        return [operator.index(seed) + row for row in range(self.num_envs)]

    def _reset_mask(self, options: dict[str, Any]) -> NDArray[np.bool_]:
        if "reset_mask" not in options:
            return np.ones(self.num_envs, dtype=np.bool_)
        mask = np.asarray(options["reset_mask"])
        if mask.shape != (self.num_envs,) or mask.dtype != np.bool_ or not mask.any():
            raise ValueError(
                f"options['reset_mask'] is bool ({self.num_envs},) with at least one True,"
                f" not {mask.dtype} {mask.shape}: {mask}"
            )
        return mask

    def _regular_infos(self, rows: NDArray[np.bool_]) -> dict[str, Any]:
        """The infos that every battle has, for the rows that are True in `rows`."""
        infos: dict[str, Any] = {}
        for key, values in self._seats.infos().items():
            values[~rows] = 0
            infos[key], infos[f"_{key}"] = values, rows.copy()
        return infos

    def _final_infos(self, ended: NDArray[np.bool_]) -> dict[str, Any]:
        """Last observation and info of the battles that have ended, and events of the others."""
        infos: dict[str, Any] = {}
        final_obs = self._seats.observations()
        for row in range(self.num_envs):
            event = self._seats.events.get(row, {})
            if ended[row]:
                seen = {key: values[row] for key, values in final_obs.items()}
                event = {"final_obs": seen, "final_info": self._seats.info(row)}
            infos = self._add_info(infos, event, row)
        return infos
