"""Gymnasium ids of the environments."""

from __future__ import annotations

import gymnasium as gym

from pokeenv.formats import DEFAULT_FORMAT, REGISTERED_FORMATS

_ENTRY_POINT = "pokeenv.envs.battle:BattleEnv"
_VECTOR_ENTRY_POINT = "pokeenv.envs.battle_vector:BattleVectorEnv"


def env_ids() -> dict[str, str]:
    """Every registered id with its battle format."""
    ids = {f"pokeenv/{battle_format}-v0": battle_format for battle_format in REGISTERED_FORMATS}
    return {"pokeenv/Battle-v0": DEFAULT_FORMAT, **ids}


def register_envs() -> None:
    """Register every id; calling it again has no effect.

    `import pokeenv` calls this; without the import, use the id `"pokeenv:pokeenv/Battle-v0"`, for which
    Gymnasium imports the package.
    """
    for env_id, battle_format in env_ids().items():
        if env_id not in gym.registry:
            gym.register(
                env_id,
                entry_point=_ENTRY_POINT,
                vector_entry_point=_VECTOR_ENTRY_POINT,
                kwargs={"battle_format": battle_format},
            )
