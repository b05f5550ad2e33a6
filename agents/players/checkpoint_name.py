"""Names of trained agents: a checkpoint, and how to play with it: `runs/short?temperature=0.5&average=5`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from agents.checkpoints.checkpoint import Checkpoint, load_checkpoint
from agents.checkpoints.run_folder import RunFolder, find_checkpoint
from agents.errors import CheckpointError
from agents.players.query import read_query


@dataclass(frozen=True)
class Manner:
    """The manner in which a trained agent plays.

    Attributes:
        temperature: the agent always draws its actions, from its policy to the power of 1 / temperature; 0:
            it plays greedily or draws from the policy itself, as the match has it.
        average: number of checkpoints of the run, the named one and those before it, whose mean weights play.
    """

    temperature: float = 0.0
    average: int = 1


def split_manner(name: str) -> tuple[str, Manner]:
    """The checkpoint's name and the manner of `NAME?temperature=0.5&average=5`.

    Raises:
        CheckpointError: a setting is unknown, or its value is out of range.
    """
    checkpoint, mark, query = name.partition("?")
    if not mark or os.path.exists(name):
        return name, Manner()
    manner = Manner(**read_query(name, query, {"temperature": float, "average": int}))
    if not 0 <= manner.temperature <= 100:
        raise CheckpointError(f"{name!r}: temperature must be from 0 to 100, not {manner.temperature:g}")
    if manner.average < 1:
        raise CheckpointError(f"{name!r}: average must be at least 1, not {manner.average}")
    return checkpoint, manner


def read_named(name: str, device: str) -> tuple[Path, Checkpoint, Manner]:
    """The newest checkpoint that a name refers to, with the weights of its manner.

    Raises:
        CheckpointError: a checkpoint is missing or cannot be used, or a setting is wrong.
    """
    checkpoint_name, manner = split_manner(name)
    path = find_checkpoint(checkpoint_name)
    checkpoint = load_checkpoint(path, device)
    if manner.average > 1:
        earlier = [other for other in RunFolder(path.parent).checkpoints() if other.name <= path.name]
        if path not in earlier:
            raise CheckpointError(
                f"{name!r}: {path.name} is not one of a run's checkpoints: leave out average"
            )
        if len(earlier) < manner.average:
            raise CheckpointError(
                f"{name!r}: {path.parent} has {len(earlier)} checkpoints up to {path.name}; "
                "keep_checkpoints sets how many are kept"
            )
        states = [load_checkpoint(other, device).agent for other in earlier[-manner.average : -1]]
        checkpoint = replace(checkpoint, agent=_mean_weights([*states, checkpoint.agent]))
    return path, checkpoint, manner


def _mean_weights(states: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The last state with the mean weights of all (SWA, arXiv:1803.05407)."""
    means: dict[str, Any] = {}
    for network in ("policy_net", "value_net"):
        weights = [state[network] for state in states]
        means[network] = weights[-1] and {
            key: torch.stack([each[key].float() for each in weights]).mean(dim=0).to(last.dtype)
            for key, last in weights[-1].items()
        }
    return {**states[-1], **means}
