"""Masked PPO with an LSTM in one file, in CleanRL's manner, on `gym.make_vec`: `pip install pokeenv`.

Each update plays `STEPS` decisions in `ENVS` battles and learns from them in sequences: the LSTM's states are
computed again from the state at the start of the rollout, and set to zero where a battle begins.
"""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import torch
from torch import Tensor, nn
from torch.distributions import Categorical

ENV = "pokeenv:pokeenv/gen1randombattle-v0"
ENVS, STEPS, EPOCHS, MINIBATCHES, HIDDEN = 16, 128, 4, 4, 128
GAMMA, LAMBDA, CLIP, ENTROPY, VALUE, RATE, MAX_NORM = 1.0, 0.95, 0.2, 0.01, 0.5, 5e-4, 0.5

ROLLOUT = ("obs", "mask", "start", "action", "log_prob", "value", "reward")

State = tuple[Tensor, Tensor]


class Agent(nn.Module):
    """Policy and value on one LSTM."""

    def __init__(self, size: int, actions: int, hidden: int = HIDDEN) -> None:
        """Make the layers."""
        super().__init__()
        self.body = nn.Sequential(nn.LayerNorm(size), nn.Linear(size, hidden), nn.ReLU())
        self.lstm = nn.LSTM(hidden, hidden)
        self.policy, self.value = nn.Linear(hidden, actions), nn.Linear(hidden, 1)
        nn.init.orthogonal_(self.policy.weight, 0.01)

    def forward(
        self, obs: Tensor, masks: Tensor, starts: Tensor, state: State
    ) -> tuple[Categorical, Tensor, State]:
        """Policy and value of (T, B, D) observations; `starts` (T, B) is 1 where a battle begins."""
        features, outputs = self.body(obs), []
        for x, start in zip(features, starts, strict=True):
            keep = (1 - start)[None, :, None]
            output, state = self.lstm(x[None], (keep * state[0], keep * state[1]))
            outputs.append(output)
        hidden = torch.cat(outputs)
        # The mask of the rollout is applied again in the update: without it, ratios are wrong from the start.
        logits = self.policy(hidden).masked_fill(masks == 0, -1e9)
        return Categorical(logits=logits), self.value(hidden).squeeze(-1), state


def tensors(obs: dict[str, np.ndarray]) -> tuple[Tensor, Tensor]:
    """Copies of observations (B, D) and masks (B, A), which the next step would overwrite."""
    return torch.tensor(obs["observation"]), torch.tensor(obs["action_mask"])


def main(updates: int = 100, opponent: str = "random", seed: int = 0) -> list[float]:
    """Train, and return the mean outcome of the battles of each update."""
    torch.manual_seed(seed)
    # The step that ends a battle returns the first observation of the next one.
    envs = gym.make_vec(ENV, num_envs=ENVS, opponent=opponent, autoreset_mode="SameStep")
    obs, _ = envs.reset(seed=seed)
    agent = Agent(*(obs[key].shape[1] for key in ("observation", "action_mask")))
    optimizer = torch.optim.Adam(agent.parameters(), lr=RATE, eps=1e-5)
    state: State = (torch.zeros(1, ENVS, HIDDEN), torch.zeros(1, ENVS, HIDDEN))
    start = torch.ones(ENVS)
    outcomes = []
    for update in range(updates):
        first = state
        rows: dict[str, list[Tensor]] = {name: [] for name in ROLLOUT}
        ended: list[float] = []
        for _ in range(STEPS):
            seen, mask = tensors(obs)
            with torch.no_grad():
                policy, value, state = agent(seen[None], mask[None], start[None], state)
            action = policy.sample()
            obs, reward, terminated, truncated, _ = envs.step(action[0].numpy())
            gained = torch.as_tensor(reward, dtype=torch.float32)
            values = (seen, mask, start, action[0], policy.log_prob(action)[0], value[0], gained)
            for name, row in zip(ROLLOUT, values, strict=True):
                rows[name].append(row)
            done = terminated | truncated
            start = torch.from_numpy(done).float()
            ended += reward[done].tolist()
        batch = {name: torch.stack(row) for name, row in rows.items()}
        seen, mask = tensors(obs)
        with torch.no_grad():
            last = agent(seen[None], mask[None], start[None], state)[1][0]
        advantages, gae = torch.zeros(STEPS, ENVS), torch.zeros(ENVS)
        for t in reversed(range(STEPS)):
            after, over = (last, start) if t == STEPS - 1 else (batch["value"][t + 1], batch["start"][t + 1])
            delta = batch["reward"][t] + GAMMA * (1 - over) * after - batch["value"][t]
            gae = advantages[t] = delta + GAMMA * LAMBDA * (1 - over) * gae
        batch |= {"advantage": advantages, "return": advantages + batch["value"]}
        for _ in range(EPOCHS):
            for columns in torch.randperm(ENVS).chunk(MINIBATCHES):
                part = {name: values[:, columns] for name, values in batch.items()}
                began = (first[0][:, columns], first[1][:, columns])
                policy, value, _ = agent(part["obs"], part["mask"], part["start"], began)
                advantage = part["advantage"]
                advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
                ratio = (policy.log_prob(part["action"]) - part["log_prob"]).exp()
                gain = torch.min(ratio * advantage, ratio.clamp(1 - CLIP, 1 + CLIP) * advantage).mean()
                error = ((value - part["return"]) ** 2).mean()
                loss = VALUE * error - gain - ENTROPY * policy.entropy().mean()
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(agent.parameters(), MAX_NORM)
                optimizer.step()
        outcomes.append(float(np.mean(ended)) if ended else 0.0)
        print(f"update {update + 1}: {len(ended)} battles, mean outcome {outcomes[-1]:+.2f}", flush=True)
    envs.close()
    return outcomes


if __name__ == "__main__":
    main()
