"""Agents by name: baselines, poke-env's players and the trained agents in checkpoints."""

from __future__ import annotations

import os

from agents.agent import RLAgent
from agents.checkpoints.checkpoint import load_checkpoint, restore_agent
from agents.checkpoints.run_folder import find_checkpoint
from agents.errors import CheckpointError
from agents.networks import build_networks
from agents.players.baselines import make_baseline
from agents.registry import BASELINES
from pokeenv import POKE_ENV, Agent, did_you_mean, poke_env_opponent


def load_agent(name: str, *, device: str = "cpu") -> Agent:
    """Make an agent ready to play.

    Args:
        name: a baseline (`random`, `max`, `rule`), one of poke-env's players
            (`poke-env:SimpleHeuristicsPlayer`), or the path of a checkpoint or of a folder with runs.
        device: device of a checkpoint's networks.

    Returns:
        The agent; two calls give agents that share nothing.

    Raises:
        CheckpointError: there is no such baseline or checkpoint, or it cannot be used.
    """
    if name in BASELINES:
        return make_baseline(name)
    if name.startswith(POKE_ENV):
        return poke_env_opponent(name)
    if not os.path.exists(name):  # Path.exists() raises an error if the name is too long
        hint = did_you_mean(name, BASELINES)
        raise CheckpointError(
            f"{name!r} is neither a baseline ({', '.join(BASELINES)}) nor a checkpoint{hint}"
        )
    path = find_checkpoint(name)
    checkpoint = load_checkpoint(path, device)
    policy_net, _ = build_networks(checkpoint.config.network, checkpoint.action_space, seed=0)
    agent = RLAgent(policy_net, None, None, None, device=device, name=name)
    restore_agent(checkpoint, agent, optimizer=False, source=str(path))
    return agent
