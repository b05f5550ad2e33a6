"""The conformance kit of environments, for the tests of this project and of others.

`check_battle_env` and `check_battle_vector_env` play random battles through an environment, wrapped or
not, and raise `AssertionError` with the place and the culprit if it breaks the contract.
`check_observations` alone tests observations from anywhere.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from pokeenv.testing.observations import check_observations, require

RUNNING_KEYS = ("action_mask", "turns", "episode_length", "seed")
"""Info keys of every step."""
FINAL_KEYS = ("outcome", "teams")
"""Info keys of the step that ends a battle, and of no other."""


def check_battle_env(env: gym.Env[Any, Any], *, battles: int = 2, seed: int = 0) -> int:
    """Play random battles and check the contract of `BattleEnv` at every decision.

    Checked: Gymnasium's own `check_env` passes without a warning (left out with `on_illegal="raise"`, because
    it also gives illegal actions); `check_observations` holds; observations lie in their space; the mask is
    the same in the observation, the info and `action_masks()`, and allows an action until the battle ends;
    rewards are finite; infos always hold `RUNNING_KEYS`, and hold `FINAL_KEYS` only at the end; an ended
    battle takes no step; the same seed gives the same battle, byte for byte.

    Args:
        env: an environment, wrapped or not.
        battles: battles to play, each of them twice.
        seed: seed of the first battle.

    Returns:
        Number of decisions checked.

    Raises:
        AssertionError: the contract is broken; the message says how and where.
    """
    num_actions = env.get_wrapper_attr("battle_format").action_space.num_actions
    require(
        env.action_space == gym.spaces.Discrete(num_actions),
        f"the action space is {env.action_space}, not Discrete({num_actions})",
    )
    if getattr(env.unwrapped, "on_illegal", None) != "raise":
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            check_env(env.unwrapped, skip_render_check=True, skip_close_check=True)
    decisions = 0
    for battle in range(seed, seed + battles):
        first, again = list(_play(env, battle)), list(_play(env, battle))
        for decision, (one, other) in enumerate(zip(first, again, strict=False)):
            require(
                one == other,
                f"seed {battle} gave another battle the second time, from decision {decision} on",
            )
        require(len(first) == len(again), f"seed {battle} gave {len(first)} decisions and then {len(again)}")
        decisions += len(first)
    return decisions


def check_battle_vector_env(
    env: gym.vector.VectorEnv[Any, Any, Any], *, steps: int = 100, seed: int = 0
) -> int:
    """Play random battles and check the contract of `BattleVectorEnv` at every step.

    Checked: shapes and dtypes; `check_observations` holds and observations lie in their space; masks are
    the same in observation and info, and allow an action until a battle ends; infos follow Gymnasium's
    convention (a mask `_key` for every `key`) with `RUNNING_KEYS` for every row and `FINAL_KEYS` for
    the rows whose battle has ended; battles restart as `metadata["autoreset_mode"]` says; the same
    seed gives the same battles, byte for byte.

    Args:
        env: a vector environment, wrapped or not.
        steps: steps to play, twice.
        seed: seed of `reset`.

    Returns:
        Number of battles that have ended.

    Raises:
        AssertionError: the contract is broken; the message says how and where.
    """
    require(
        isinstance(env.metadata.get("autoreset_mode"), AutoresetMode),
        "metadata['autoreset_mode'] must be a member of gymnasium.vector.AutoresetMode, "
        f"not {env.metadata.get('autoreset_mode')!r}",
    )
    first, again = _Rows(env, seed), _Rows(env, seed)
    for checked in (first, again):
        checked.play(steps)
    require(first.digest.digest() == again.digest.digest(), f"seed {seed} gave other battles the second time")
    return first.battles


def _play(env: gym.Env[Any, Any], seed: int) -> Iterator[bytes]:
    """Play and check a random battle; yield the observation of every decision and of the end."""
    rng = np.random.default_rng(seed)
    obs, info = env.reset(seed=seed)
    ended, length, reward = False, 0, 0.0
    while True:
        where = f"seed {seed}, decision {length}, turn {info.get('turns')}"
        _check_decision(env, obs, info, where, ended=ended)
        require(info["episode_length"] == length, f"{where}: episode_length is {info['episode_length']}")
        yield (
            obs["observation"].tobytes()
            + obs["action_mask"].tobytes()
            + repr((reward, info["seed"])).encode()
        )
        if ended:
            break
        action = int(rng.choice(np.flatnonzero(obs["action_mask"])))
        obs, given, terminated, truncated, info = env.step(action)
        reward = float(given)
        length += 1
        where += f", action {action}"
        require(np.isfinite(reward), f"{where}: reward {reward} is not finite")
        require(not (terminated and truncated), f"{where}: both terminated and truncated")
        require("illegal_action" not in info, f"{where}: the action was legal but is reported as illegal")
        ended = terminated or truncated
    try:
        env.step(0)
    except gym.error.ResetNeeded:
        return
    raise AssertionError(f"{where}: the battle is over, and step() must raise gymnasium.error.ResetNeeded")


def _check_decision(
    env: gym.Env[Any, Any], obs: dict[str, Any], info: dict[str, Any], where: str, *, ended: bool
) -> None:
    require(env.observation_space.contains(obs), f"{where}: the observation is not in the observation space")
    check_observations(obs["observation"], where)
    mask, num_actions = obs["action_mask"], env.get_wrapper_attr("battle_format").action_space.num_actions
    require(
        mask.shape == (num_actions,) and mask.dtype == np.int8,
        f"{where}: the mask is not int8 ({num_actions},)",
    )
    require(
        bool(mask.any()) != ended, f"{where}: " + ("actions after the end" if ended else "no legal action")
    )
    for key in RUNNING_KEYS:
        require(key in info, f"{where}: info lacks '{key}'")
    for key in FINAL_KEYS:
        require((key in info) == ended, f"{where}: info['{key}'] belongs only to the end of a battle")
    require(bool((mask == info["action_mask"]).all()), f"{where}: info and observation have different masks")
    masks = env.get_wrapper_attr("action_masks")()
    require(
        bool((mask.astype(bool) == masks).all()),
        f"{where}: action_masks() and observation have different masks",
    )
    if ended:
        _check_end(info["outcome"], info["teams"], where)


def _check_end(outcome: Any, teams: Any, where: str) -> None:
    require(outcome in (-1.0, 0.0, 1.0), f"{where}: outcome {outcome} is none of -1, 0 and 1")
    packed = (
        isinstance(teams, tuple)
        and len(teams) == 2
        and all(isinstance(team, str) and "|" in team for team in teams)
    )
    require(packed, f"{where}: teams are not two packed teams: {teams!r}")


class _Rows:
    """Random play over all rows of a vector environment, checking every step."""

    def __init__(self, env: gym.vector.VectorEnv[Any, Any, Any], seed: int) -> None:
        self.env = env
        self.seed = seed
        self.mode = env.metadata["autoreset_mode"]
        self.digest = hashlib.sha256()
        self.battles = 0
        self._rng = np.random.default_rng(seed)
        self._over = np.zeros(env.num_envs, dtype=np.bool_)  # rows that show the end of a battle

    def play(self, steps: int) -> None:
        obs, infos = self.env.reset(seed=self.seed)
        lengths = np.zeros(self.env.num_envs, dtype=np.int64)
        self._check_rows(obs, infos, lengths, f"seed {self.seed}, reset")
        for step in range(steps):
            where = f"seed {self.seed}, step {step}"
            obs, rewards, terminated, truncated, infos = self.env.step(self._actions(obs["action_mask"]))
            lengths = np.where(self._over, 0, lengths + 1)
            self._check_results(rewards, terminated, truncated, where)
            ended = terminated | truncated
            self.battles += int(ended.sum())
            if self.mode == AutoresetMode.SAME_STEP:
                self._check_finals(infos, ended, lengths, where)
                lengths[ended] = 0
            else:
                self._over = ended
                self._check_ends(infos, ended, where)
            self._check_rows(obs, infos, lengths, where)
            if self.mode == AutoresetMode.DISABLED and ended.any():
                obs, _ = self.env.reset(options={"reset_mask": ended.copy()})
                lengths[ended] = 0
                self._over = np.zeros_like(ended)
            self.digest.update(rewards.tobytes() + terminated.tobytes() + truncated.tobytes())

    def _actions(self, masks: NDArray[np.int8]) -> NDArray[np.int64]:
        return np.asarray(((self._rng.random(masks.shape) + 1e-9) * masks).argmax(axis=1))

    def _check_results(self, rewards: Any, terminated: Any, truncated: Any, where: str) -> None:
        for name, values, kind in (
            ("rewards", rewards, "f"),
            ("terminated", terminated, "b"),
            ("truncated", truncated, "b"),
        ):
            require(
                values.shape == (self.env.num_envs,) and values.dtype.kind == kind,
                f"{where}: {name} are {values.dtype} {values.shape}",
            )
        require(bool(np.isfinite(rewards).all()), f"{where}: rewards are not finite: {rewards}")
        require(not (terminated & truncated).any(), f"{where}: a row is both terminated and truncated")
        begun = self._over
        require(not (rewards[begun] != 0).any(), f"{where}: a row is rewarded for the start of a battle")
        require(
            not (terminated | truncated)[begun].any(), f"{where}: a battle ends in the step that starts it"
        )

    def _check_rows(self, obs: Any, infos: Any, lengths: NDArray[np.int64], where: str) -> None:
        require(self.env.observation_space.contains(obs), f"{where}: observations are not in their space")
        check_observations(obs["observation"], where)
        everywhere = np.ones(self.env.num_envs, dtype=np.bool_)
        for key in RUNNING_KEYS:
            self._check_key(infos, key, everywhere, where)
        masks = obs["action_mask"]
        require(
            bool((masks == infos["action_mask"]).all()),
            f"{where}: infos and observations have different masks",
        )
        wrong = np.flatnonzero(masks.any(axis=1) == self._over)
        require(not len(wrong), f"{where}: rows {wrong.tolist()} have actions after the end, or none before")
        require(
            bool((infos["episode_length"] == lengths).all()),
            f"{where}: episode_length is {infos['episode_length'].tolist()}, not {lengths.tolist()}",
        )
        self.digest.update(obs["observation"].tobytes() + masks.tobytes() + infos["seed"].tobytes())

    def _check_finals(self, infos: Any, ended: Any, lengths: Any, where: str) -> None:
        """Check that final_obs and final_info contain the ends of battles, as in SAME_STEP."""
        for key in FINAL_KEYS:
            require(key not in infos, f"{where}: '{key}' belongs into infos['final_info']")
        if not ended.any():
            require("final_obs" not in infos, f"{where}: final_obs although no battle has ended")
            return
        for key in ("final_obs", "final_info"):
            require(key in infos, f"{where}: battles have ended, and infos lack '{key}'")
            require(
                bool((infos[f"_{key}"] == ended).all()), f"{where}: infos['_{key}'] are not the ended rows"
            )
        self._check_ends(infos["final_info"], ended, where)
        final_lengths = infos["final_info"]["episode_length"]
        require(bool((final_lengths[ended] == lengths[ended]).all()), f"{where}: wrong final episode_length")
        for row in np.flatnonzero(ended):
            final_obs = infos["final_obs"][row]
            require(
                self.env.single_observation_space.contains(final_obs),
                f"{where}: final_obs[{row}] is not in its space",
            )
            check_observations(final_obs["observation"], f"{where}, final_obs[{row}]")

    def _check_ends(self, infos: Any, ended: Any, where: str) -> None:
        for key in FINAL_KEYS:
            if ended.any():
                self._check_key(infos, key, ended, where)
            else:
                require(key not in infos, f"{where}: infos hold '{key}' although no battle has ended")
        for row in np.flatnonzero(ended):
            _check_end(infos["outcome"][row], infos["teams"][row], f"{where}, row {row}")

    def _check_key(self, infos: Any, key: str, rows: NDArray[np.bool_], where: str) -> None:
        require(key in infos and f"_{key}" in infos, f"{where}: infos lack '{key}' or '_{key}'")
        require(
            len(infos[key]) == self.env.num_envs, f"{where}: infos['{key}'] is not an array over the rows"
        )
        present = infos[f"_{key}"]
        require(
            bool((present == rows).all()),
            f"{where}: infos['_{key}'] is {present.tolist()}, not {rows.tolist()}",
        )
