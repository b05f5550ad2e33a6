"""sb3-contrib's MaskablePPO and RecurrentPPO: `pip install 'pokeenv[sb3]'`.

MaskablePPO reads the masks from the environment's `action_masks()`. RecurrentPPO remembers earlier turns, but
knows no masks.
"""

from __future__ import annotations

import sys

try:
    from sb3_contrib import MaskablePPO, RecurrentPPO
    from stable_baselines3.common.env_util import make_vec_env
except ImportError as error:
    sys.exit(f"{error}: pip install 'pokeenv[sb3]'")

ENV = "pokeenv:pokeenv/gen1randombattle-v0"
ALGORITHMS = {
    "maskable": (MaskablePPO, "MultiInputPolicy"),
    "recurrent": (RecurrentPPO, "MultiInputLstmPolicy"),
}


def main(
    algorithm: str = "maskable", timesteps: int = 100_000, rollout: int = 512
) -> MaskablePPO | RecurrentPPO:
    """Train against `random`."""
    kind, policy = ALGORITHMS[algorithm]
    env = make_vec_env(ENV, n_envs=4, seed=0, env_kwargs={"opponent": "random"})
    model = kind(policy, env, n_steps=rollout, batch_size=256, seed=0, verbose=1)
    model.learn(timesteps)
    env.close()
    return model


if __name__ == "__main__":
    name = sys.argv[1] if len(sys.argv) > 1 else "maskable"
    main(name).save(f"{name}_pokeenv")
