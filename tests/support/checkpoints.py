"""Checkpoints of small agents."""

from __future__ import annotations

from pathlib import Path

import torch

from agents.checkpoints.checkpoint import Progress, save_checkpoint
from agents.config import TrainConfig, load_config
from agents.runs.build import make_agent, make_pool
from tests.support.random_batches import random_batch

SMALL = ["network.hidden_size=16", "network.lstm_hidden_size=16", "network.embedding_size=4", "ppo_epochs=1"]


def small_config(*overrides: str) -> TrainConfig:
    """The configuration of a small agent, with overrides such as `"lr=0.01"`."""
    return load_config(None, [*SMALL, *overrides])


def weights(state: object) -> bytes:
    """All tensors of a nested state, as bytes."""
    if isinstance(state, torch.Tensor):
        return state.cpu().numpy().tobytes()
    if isinstance(state, dict):
        return b"".join(weights(value) for value in state.values())
    return repr(state).encode()


def save(path: Path, config: TrainConfig, updates: int = 1) -> bytes:
    """Save a new agent after some updates; return its weights in the form of `weights`."""
    agent = make_agent(config)
    for _ in range(updates):
        agent.update(random_batch())
    pool = make_pool(config, agent, path.parent).state_dict()
    save_checkpoint(path, config=config, agent=agent, progress=Progress(7, 80, 900), opponents=pool)
    return weights(agent.state_dict())
