"""Stable-Baselines3's PPO, unchanged: `pip install 'pokeenv[sb3]'`.

PPO does not know of action masks. An illegal action is replaced by a random legal one (`on_illegal`), so PPO
learns, but slowly: see `sb3_contrib_ppo.py`.
"""

import sys

try:
    from stable_baselines3 import PPO
    from stable_baselines3.common.env_util import make_vec_env
except ImportError as error:
    sys.exit(f"{error}: pip install 'pokeenv[sb3]'")

ENV = "pokeenv:pokeenv/gen1randombattle-v0"  # with its module, so that new processes find the id too


def main(timesteps: int = 100_000, rollout: int = 512) -> PPO:
    """Train against `random`, and save the model."""
    env = make_vec_env(ENV, n_envs=4, seed=0, env_kwargs={"opponent": "random"})
    model = PPO("MultiInputPolicy", env, n_steps=rollout, batch_size=256, seed=0, verbose=1)
    model.learn(timesteps)
    env.close()
    return model


if __name__ == "__main__":
    main().save("ppo_pokeenv")
