"""Checkpoints: one file that says what it is and holds all that a run needs to go on.

Files are written beside their final name, flushed to disk and renamed, so that a name always stands
for a whole file. They are read with `weights_only=True`: a checkpoint cannot run code.
"""

from __future__ import annotations

import hashlib
import io
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch

from agents.agent import RLAgent
from agents.checkpoints.files import write_atomically
from agents.config import NetworkSettings, TrainConfig, build_config
from agents.errors import CheckpointError, ConfigError, TornCheckpointError
from pokeenv import LAYOUTS

MAGIC = b"pokeenv-checkpoint 2\n"
"""First line of the file; the number is the version of what follows."""

_DIGEST_SIZE = 32


@dataclass
class Progress:
    """Counters of a run.

    Attributes:
        update: updates done.
        episodes: episodes learnt from.
        decisions: decisions learnt from.
    """

    update: int = 0
    episodes: int = 0
    decisions: int = 0

    def add_update(self, episodes: int, decisions: int) -> None:
        """Count one more update with its data."""
        self.update += 1
        self.episodes += episodes
        self.decisions += decisions


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint holds.

    Attributes:
        config: configuration of the run that wrote it.
        agent: state of networks, optimizer and algorithm.
        opponents: state of the opponent pool; empty where there was none.
        progress: counters of the run.
        torch_rng: state of torch's global generator (bytes).
        versions: versions of python, torch, numpy and pokeenv that wrote it.
    """

    config: TrainConfig
    agent: Mapping[str, Any]
    opponents: Mapping[str, Any]
    progress: Progress
    torch_rng: torch.Tensor
    versions: Mapping[str, str]


def save_checkpoint(
    path: Path,
    *,
    config: TrainConfig,
    agent: RLAgent,
    progress: Progress,
    opponents: Mapping[str, Any] | None = None,
) -> None:
    """Write a checkpoint; when this returns, it is on disk as a whole.

    Args:
        path: its file; an older one of the same name is replaced.
        config: configuration of the run.
        agent: the learner.
        progress: counters of the run.
        opponents: state of the opponent pool.

    Raises:
        CheckpointError: it cannot be written, for the disk is full, say; an older file is as it was.
    """
    content = {
        "layout_hash": LAYOUTS[config.network.observation].hash,
        "config": config.model_dump(mode="json"),
        "agent": agent.state_dict(),
        "opponents": dict(opponents or {}),
        "progress": asdict(progress),
        "torch_rng": torch.get_rng_state(),
        "versions": _versions(),
    }
    buffer = io.BytesIO()
    torch.save(content, buffer)
    body = buffer.getvalue()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, MAGIC + hashlib.sha256(body).digest() + body)
    except OSError as error:
        raise CheckpointError(
            f"{path}: cannot be written: {error.strerror or error}; those before it are as they were"
        ) from error


def load_checkpoint(path: str | Path, device: str = "cpu") -> Checkpoint:
    """Read and check a checkpoint.

    Args:
        path: its file.
        device: where its tensors go.

    Returns:
        Its content.

    Raises:
        CheckpointError: it is missing, not a checkpoint, torn, or made for another observation layout.
    """
    body = _read_body(Path(path))
    content = torch.load(io.BytesIO(body), map_location=device, weights_only=True)
    kind = content["config"].get("network", {}).get("observation", "base")
    ours = LAYOUTS[kind].hash if kind in LAYOUTS else "none of that kind"
    if content["layout_hash"] != ours:
        raise CheckpointError(
            f"{path}: was made for observation layout {content['layout_hash']}; "
            f"this pokeenv has {ours}; train anew or use "
            f"pokeenv {content['versions'].get('pokeenv', '?')}"
        )
    try:
        config = build_config(content["config"], source=str(path))
    except ConfigError as error:
        raise CheckpointError(f"its configuration is not understood: {error}") from None
    return Checkpoint(
        config,
        content["agent"],
        content["opponents"],
        Progress(**content["progress"]),
        content["torch_rng"].cpu(),
        content["versions"],
    )


def require_whole(path: Path) -> None:
    """Check that a file is the whole checkpoint that was written, without looking inside.

    Raises:
        TornCheckpointError: it is not.
        CheckpointError: it cannot be read, or another version of pokeenv wrote it.
    """
    _read_body(path)


def _read_body(path: Path) -> memoryview:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read: {error.strerror}") from None
    magic, digest = data[: len(MAGIC)], data[len(MAGIC) : len(MAGIC) + _DIGEST_SIZE]
    body = memoryview(data)[len(MAGIC) + _DIGEST_SIZE :]
    if magic != MAGIC and len(magic) == len(MAGIC) and magic.startswith(MAGIC.split()[0]):
        raise CheckpointError(f"{path}: is a checkpoint of another version of pokeenv: {magic[:-1].decode()}")
    if not MAGIC.startswith(magic):
        raise TornCheckpointError(f"{path}: is not a checkpoint")
    if hashlib.sha256(body).digest() != digest:
        raise TornCheckpointError(
            f"{path}: is torn or damaged: its checksum is wrong; name its folder {path.parent} instead, and "
            f"the newest whole checkpoint there is taken"
        )
    return body


def restore_agent(
    checkpoint: Checkpoint, agent: RLAgent, *, optimizer: bool = True, source: str = ""
) -> None:
    """Give an agent the state of a checkpoint.

    Args:
        checkpoint: a loaded checkpoint.
        agent: an agent whose networks have the same shape.
        optimizer: load the state of optimizer and algorithm too.
        source: name of the checkpoint for messages.

    Raises:
        CheckpointError: the networks differ, or only one of the two runs learns an auxiliary task.
    """
    if optimizer and agent.algorithm is not None:
        theirs, ours = checkpoint.config.aux_coef, agent.algorithm.settings.aux_coef
        if bool(theirs) != bool(ours):
            raise CheckpointError(
                f"{source}: made with aux_coef {theirs}, this run has {ours}: its optimizer cannot fit; "
                "leave the auxiliary task as it was, or start anew with load_model and reset_optimizer"
            )
    try:
        if optimizer:
            agent.load_state_dict(checkpoint.agent)
        else:
            agent.load_network_state_dict(checkpoint.agent)
    except (RuntimeError, ValueError, KeyError) as error:
        raise CheckpointError(
            f"{source}: does not fit the networks or the optimizer of this run (it was made with "
            f"network {checkpoint.config.network.model_dump()}): {error}"
        ) from None


def require_same_network(checkpoint: Checkpoint, network: NetworkSettings, source: str) -> None:
    """Refuse a checkpoint whose networks have another shape.

    Raises:
        CheckpointError: names the keys that differ with both values.
    """
    theirs, ours = checkpoint.config.network.model_dump(), network.model_dump()
    different = [
        f"network.{key}: {theirs[key]!r} there, {ours[key]!r} here"
        for key in ours
        if theirs[key] != ours[key]
    ]
    if different:
        raise CheckpointError(f"{source}: was made with other networks ({'; '.join(different)})")


def _versions() -> dict[str, str]:
    try:
        ours = metadata.version("pokeenv")
    except metadata.PackageNotFoundError:
        ours = "not installed"
    return {
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "pokeenv": ours,
    }
