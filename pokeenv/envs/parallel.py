"""PettingZoo's door: `parallel_env`, which needs the package pettingzoo only when it is called."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pokeenv.formats import DEFAULT_FORMAT
from pokeenv.observation import ObservationKind
from pokeenv.rewards import RewardSpec
from pokeenv.teams.sources import TeamSource

if TYPE_CHECKING:
    from pokeenv.envs.pettingzoo_env import BattleParallelEnv


def parallel_env(
    battle_format: str = DEFAULT_FORMAT,
    *,
    reward: RewardSpec = "win_loss",
    turn_limit: int = 1000,
    teams: TeamSource | str | Path | None = None,
    timeout_s: float = 60.0,
    observation: ObservationKind = "base",
) -> BattleParallelEnv:
    """Make a PettingZoo parallel environment of one battle; see `BattleParallelEnv`.

    Raises:
        ImportError: the package pettingzoo is not installed.
    """
    try:
        from pokeenv.envs.pettingzoo_env import BattleParallelEnv
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "pettingzoo":
            raise
        raise ImportError(
            "pokeenv.parallel_env needs PettingZoo, which is not installed: pip install 'pokeenv[pettingzoo]'"
        ) from error
    return BattleParallelEnv(
        battle_format,
        reward=reward,
        turn_limit=turn_limit,
        teams=teams,
        timeout_s=timeout_s,
        observation=observation,
    )
