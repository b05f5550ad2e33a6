"""`parallel_env`: makes the PettingZoo environment; only the call imports pettingzoo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pokeenv.envs.setup import BattleOptions, Battles
from pokeenv.formats import DEFAULT_FORMAT
from pokeenv.rewards import RewardSpec

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pokeenv.envs.pettingzoo_env import BattleParallelEnv


def parallel_env(
    battle_format: Battles = DEFAULT_FORMAT,
    *,
    reward: RewardSpec = "win_loss",
    **options: Unpack[BattleOptions],
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
    return BattleParallelEnv(battle_format, reward=reward, **options)
