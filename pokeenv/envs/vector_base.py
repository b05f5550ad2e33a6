"""`SeatRows`: base of the vector environments, whose rows are seats of battles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import gymnasium as gym
import numpy as np
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from pokeenv.arguments import whole_numbers
from pokeenv.engine import Engine
from pokeenv.envs.setup import BattleSetup
from pokeenv.replays.record import save_replay

if TYPE_CHECKING:
    from typing_extensions import Self

Observations = dict[str, NDArray[Any]]


class SeatRows(gym.vector.VectorEnv[Observations, NDArray[np.int64], NDArray[Any]]):
    """A vector environment whose rows are seats of battles."""

    def __init__(self, setup: BattleSetup, num_envs: int) -> None:
        """Make the spaces of `num_envs` rows."""
        self.battle_format = setup.battle_format
        self.layout = setup.layout
        self.num_envs = num_envs
        self.single_observation_space = setup.observation_space()
        self.single_action_space = setup.action_space()
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)

    @property
    def engine(self) -> Engine:
        """The engine that plays the battles."""
        raise NotImplementedError

    def battle_log(self, battle: int) -> dict[str, Any]:
        """Log, choices and teams of a battle; see `Engine.battle_log`."""
        return self.engine.battle_log(battle)

    def save_replay(self, battle: int, path: str | Path) -> Path:
        """Write a battle, ended or not, as a page for browsers and as a record for resimulation.

        Args:
            battle: number of the battle. A battle that has ended is available until the next one begins.
            path: path of the page; see `pokeenv.replays.record.save_replay`.

        Returns:
            The path of the page; the record is next to it, with the suffix `.json`.
        """
        return save_replay(self.engine, battle, path)

    def __enter__(self) -> Self:
        """The environment itself; leaving the block closes it."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Close the environment."""
        self.close()

    def _checked_actions(self, actions: NDArray[np.int64]) -> NDArray[np.int64]:
        """The actions as an array, one whole number per row."""
        actions = np.asarray(actions)
        if actions.shape != (self.num_envs,):
            raise ValueError(f"actions have shape ({self.num_envs},), not {actions.shape}")
        return whole_numbers("actions", actions)
