"""RLlib's PPO with action masks: `pip install 'pokeenv[rllib]'`.

Without the mask, the environment would refuse the first illegal action.
"""

from __future__ import annotations

import sys
from typing import Any

import gymnasium as gym
import torch
from torch import nn

import pokeenv  # registers pokeenv/Battle-v0

try:
    import ray
    from ray.rllib.algorithms.ppo import PPOConfig
    from ray.rllib.core.columns import Columns
    from ray.rllib.core.rl_module.apis import ValueFunctionAPI
    from ray.rllib.core.rl_module.rl_module import RLModuleSpec
    from ray.rllib.core.rl_module.torch import TorchRLModule
    from ray.tune.registry import register_env
except ImportError as error:
    sys.exit(f"{error}: pip install 'pokeenv[rllib]'")

FORMAT = "gen1randombattle"
ILLEGAL = -1e9  # logit of an illegal action


class MaskedModule(TorchRLModule, ValueFunctionAPI):
    """A policy over legal actions, and values, on one hidden layer."""

    def setup(self) -> None:
        """Make the layers."""
        size = self.observation_space["observation"].shape[0]
        self.trunk = nn.Sequential(nn.Linear(size, 128), nn.Tanh())
        self.policy = nn.Linear(128, self.action_space.n)
        self.value = nn.Linear(128, 1)

    def _forward(self, batch: dict[str, Any], **_: Any) -> dict[str, Any]:
        obs = batch[Columns.OBS]
        logits = self.policy(self.trunk(obs["observation"]))
        return {Columns.ACTION_DIST_INPUTS: torch.where(obs["action_mask"] != 0, logits, ILLEGAL)}

    def compute_values(self, batch: dict[str, Any], embeddings: Any = None) -> torch.Tensor:
        """Values of a batch of observations."""
        return self.value(self.trunk(batch[Columns.OBS]["observation"])).squeeze(-1)


def make_env(settings: dict[str, Any]) -> gym.Env:
    """One battle against a built-in opponent."""
    return gym.make(f"{pokeenv.__name__}/Battle-v0", battle_format=FORMAT, **settings)


def main(iterations: int = 20, opponent: str = "random", decisions: int = 2000) -> list[float]:
    """Train; print and return the mean return (1 a win, -1 a loss) of each iteration."""
    register_env("battle", make_env)
    config = (
        PPOConfig()
        .environment("battle", env_config={"opponent": opponent})
        .env_runners(num_env_runners=0)  # more of them play in actors of their own
        .rl_module(rl_module_spec=RLModuleSpec(module_class=MaskedModule))
        .training(
            lr=3e-4, train_batch_size_per_learner=decisions, minibatch_size=128, num_epochs=4, gamma=1.0
        )
    )
    algorithm = config.build_algo()
    means = []
    try:
        for number in range(1, iterations + 1):
            means.append(algorithm.train()["env_runners"].get("episode_return_mean", 0.0))
            print(f"iteration {number}: mean return {means[-1]:+.2f}")
    finally:
        algorithm.stop()
        ray.shutdown()
    return means


if __name__ == "__main__":
    main()
