"""The conformance kit, for the tests of this project and of others."""

from pokeenv.testing.engines import check_engine
from pokeenv.testing.envs import check_battle_env, check_battle_vector_env
from pokeenv.testing.observations import check_observations

__all__ = ["check_battle_env", "check_battle_vector_env", "check_engine", "check_observations"]
