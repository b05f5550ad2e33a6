"""`TextEnv`: a battle as a conversation, for language models."""

from __future__ import annotations

import string
from typing import Any, SupportsFloat

import gymnasium as gym
import numpy as np

from pokeenv.envs.battle import BattleEnv, Observation
from pokeenv.errors import ChoiceError
from pokeenv.observation import NAMES
from pokeenv.render.language import describe, parse_choice

_MOST_CHARACTERS = 20_000
_CHARACTERS = frozenset(string.printable) | frozenset("é✰’☆♀♂…×").union(
    *(name for table in NAMES.values() for name in table.values())
)


class TextEnv(gym.Wrapper[str, str, Observation, np.int64]):
    """Observations are texts, actions are answers in words.

    The text is that of `describe`: the board, the last turn, and the legal actions as numbered sentences. An
    answer chooses by number; see `parse_choice`. An answer that chooses nothing is answered by the reason and
    the same text again: reward 0, the battle waits, and `info["problem"]` is the reason. After `tries` such
    answers in a row a random legal action is played, which `info["played_action"]` names.

    Args:
        env: a `BattleEnv`, or one inside other wrappers, as `gym.make` gives it.
        tries: answers that may go wrong in a row.

    Raises:
        TypeError: the environment is not a `BattleEnv`.
        ValueError: `tries` is less than 1.
    """

    def __init__(self, env: gym.Env[Observation, np.int64], *, tries: int = 3) -> None:
        """Wrap an environment."""
        if not isinstance(env.unwrapped, BattleEnv):
            raise TypeError(f"TextEnv wraps a BattleEnv, not a {type(env.unwrapped).__name__}")
        if tries < 1:
            raise ValueError(f"tries must be at least 1, not {tries}")
        super().__init__(env)  # type: ignore[arg-type] # Gymnasium's annotation names the outer types
        self._battle = env.unwrapped
        self.tries = tries
        self._problems = 0
        self._info: dict[str, Any] = {}
        self.observation_space = gym.spaces.Text(_MOST_CHARACTERS, charset=_CHARACTERS)
        self.action_space = gym.spaces.Text(_MOST_CHARACTERS, min_length=0, charset=_CHARACTERS)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """Start a battle; see `BattleEnv.reset`."""
        _, self._info = self.env.reset(seed=seed, options=options)
        self._problems = 0
        return describe(self._battle.scene()), self._info

    def step(self, action: str) -> tuple[str, SupportsFloat, bool, bool, dict[str, Any]]:
        """Play an answer; see the class.

        Raises:
            gymnasium.error.ResetNeeded: the battle has ended, or none was started.
        """
        mask = self._battle.action_masks()
        report: dict[str, Any] = {}
        if not mask.any():
            raise gym.error.ResetNeeded("call reset() before step()")
        try:
            number = parse_choice(action, mask.view(np.int8))
        except ChoiceError as error:
            self._problems += 1
            report["problem"] = str(error)
            if self._problems < self.tries:
                text = f"Your answer was not understood: {error}.\n\n{describe(self._battle.scene())}"
                return text, 0.0, False, False, self._info | report
            number = report["played_action"] = int(self.np_random.choice(np.flatnonzero(mask)))
        self._problems = 0
        _, reward, terminated, truncated, self._info = self.env.step(np.int64(number))  # type: ignore[arg-type]
        return describe(self._battle.scene()), reward, terminated, truncated, self._info | report
