"""`JointAction`: one action for both Pokémon of doubles."""

from __future__ import annotations

from typing import Any, SupportsFloat

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from pokeenv.errors import UnsupportedFormatError
from pokeenv.observation import PLACES, natural

Observation = dict[str, Any]


class JointAction(gym.Wrapper[Observation, NDArray[np.int64], Observation, Any]):
    """A `BattleEnv` of doubles in which one step answers a whole request, as in poke-env's `DoublesEnv`.

    The action is `(left, right)`, each numbered as in `pokeenv.DOUBLES`; the number of a Pokémon without a
    decision is ignored. The mask `(2, A)` has a line for each Pokémon: its choices if the other one leaves
    them, and only the pass for one without a decision. Two choices that are legal alone may exclude
    each other, such as two switches to the same Pokémon: the second one is then illegal, and `on_illegal` of
    the environment applies. In a Team Preview every step picks one Pokémon, by the first number.

    sb3-contrib's `MaskablePPO` trains on it. Its mask, too, has a line for each Pokémon, so it draws such
    pairs now and then; with `on_illegal="raise"` they end the training.

    Args:
        env: a `BattleEnv` of a doubles format, or a wrapper of one.

    Raises:
        UnsupportedFormatError: the format is not doubles.
    """

    def __init__(self, env: gym.Env[Observation, Any]) -> None:
        """Make the spaces."""
        super().__init__(env)
        battle_format = env.get_wrapper_attr("battle_format")
        num_actions, actives = battle_format.action_space.num_actions, battle_format.action_space.actives
        if actives == 1:
            raise UnsupportedFormatError(
                f"JointAction needs a doubles format, and '{battle_format.id}' is none: leave the wrapper out"
            )
        self._mask: NDArray[np.int8] | None = None
        self.action_space = spaces.MultiDiscrete([num_actions] * actives)  # type: ignore[assignment]
        self.observation_space = spaces.Dict(
            {
                "observation": env.observation_space["observation"],  # type: ignore[index]
                "action_mask": spaces.Box(0, 1, (actives, num_actions), dtype=np.int8),
            }
        )

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """See `gymnasium.Env.reset`."""
        obs, info = self.env.reset(seed=seed, options=options)
        return self._joint(obs, info, over=False)

    def step(
        self, action: NDArray[np.int64]
    ) -> tuple[Observation, SupportsFloat, bool, bool, dict[str, Any]]:
        """Answer a request with `(left, right)`; the reward is that of both decisions."""
        place = self._deciding(self._last)
        obs, reward, terminated, truncated, info = self.env.step(action[place])
        total = float(reward)
        played = info.get("played_action", action[place])
        passes = natural(obs["observation"], "field.left_passes", self._layout)
        # The next request, too, may be for the right Pokémon alone; then the left one is marked as passing.
        if place == 0 and self._deciding(obs) == 1 and bool(passes) == (played == 0):
            events = {key: info[key] for key in ("illegal_action", "played_action") if key in info}
            obs, reward, terminated, truncated, info = self.env.step(action[1])
            total += float(reward)
            info = events | info
        obs, info = self._joint(obs, info, over=terminated or truncated)
        return obs, total, terminated, truncated, info

    def action_masks(self) -> NDArray[np.bool_]:
        """`(actives, A)` legal choices of each Pokémon, in the form that sb3-contrib's `MaskablePPO` reads.

        Raises:
            gymnasium.error.ResetNeeded: no battle has been started.
        """
        if self._mask is None:
            raise gym.error.ResetNeeded("call reset() before action_masks()")
        return self._mask.astype(np.bool_)

    @property
    def _layout(self) -> Any:
        return self.env.get_wrapper_attr("layout")

    def _deciding(self, obs: Observation) -> int:
        """Place of the Pokémon whose decision is due; 0 in a Team Preview."""
        return int(natural(obs["observation"], f"field.deciding_{PLACES[1]}", self._layout))

    def _joint(
        self, obs: Observation, info: dict[str, Any], *, over: bool
    ) -> tuple[Observation, dict[str, Any]]:
        self._last = obs
        mask = np.zeros_like(self.observation_space["action_mask"].low) if over else self._masks()  # type: ignore[index]
        self._mask = mask
        return {**obs, "action_mask": mask}, {**info, "action_mask": mask}

    def _masks(self) -> NDArray[np.int8]:
        masks: NDArray[np.int8] = self.env.get_wrapper_attr("slot_masks")()
        masks[~masks.any(axis=1), 0] = 1
        return masks
