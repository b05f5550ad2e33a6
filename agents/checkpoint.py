"""Checkpoints: one file that says what it is and holds all that a run needs to go on.

Files are written beside their final name, flushed to disk and renamed, so that a name always stands
for a whole file. They are read with ``weights_only=True``: a checkpoint cannot run code.
"""

from __future__ import annotations

import hashlib
import io
import platform
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch

from agents.agent import Agent, RLAgent
from agents.baselines import BASELINES
from agents.config import ConfigError, NetworkConfig, TrainConfig, build_config
from agents.files import write_atomically
from agents.networks import build_networks
from pokeenv import LAYOUT, POKE_ENV, PokeenvError, did_you_mean, poke_env_opponent

MAGIC = b"pokeenv-checkpoint 2\n"
"""First line of the file; the number is the version of what follows."""

_NAME = re.compile(r"checkpoint_(\d{8})\.pt")
_DIGEST_SIZE = 32


class CheckpointError(PokeenvError):
    """Raised when a checkpoint is missing, torn, or made for another layout or network."""


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

    def count(self, episodes: int, decisions: int) -> None:
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
    """
    content = {
        "layout_hash": LAYOUT.hash,
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
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, MAGIC + hashlib.sha256(body).digest() + body)


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
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read: {error.strerror}") from None
    magic, digest = data[: len(MAGIC)], data[len(MAGIC) : len(MAGIC) + _DIGEST_SIZE]
    body = memoryview(data)[len(MAGIC) + _DIGEST_SIZE :]
    if magic != MAGIC:
        raise CheckpointError(f"{path}: is not a checkpoint of this version of pokeenv")
    if hashlib.sha256(body).digest() != digest:
        raise CheckpointError(f"{path}: is torn or damaged: its checksum is wrong; use an older checkpoint")
    content = torch.load(io.BytesIO(body), map_location=device, weights_only=True)
    if content["layout_hash"] != LAYOUT.hash:
        raise CheckpointError(
            f"{path}: was made for observation layout {content['layout_hash']}; "
            f"this pokeenv has {LAYOUT.hash}; train anew or use "
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
        CheckpointError: the networks differ.
    """
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


def require_same_network(checkpoint: Checkpoint, network: NetworkConfig, source: str) -> None:
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


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run: ``checkpoint_dir/run_001`` and so on; no run overwrites another.

    Attributes:
        path: the folder.
        keep: how many of the newest checkpoints stay.
    """

    path: Path
    keep: int = 5

    @classmethod
    def new(cls, checkpoint_dir: str | Path, keep: int = 5) -> RunFolder:
        """Make the next folder in ``checkpoint_dir``."""
        number = max((_run_number(path) for path in _run_paths(checkpoint_dir)), default=0)
        while True:
            number += 1
            path = Path(checkpoint_dir) / f"run_{number:03d}"
            try:
                path.mkdir(parents=True)
            except FileExistsError:  # another run took the number a moment ago
                continue
            return cls(path, keep)

    @classmethod
    def of_checkpoint(cls, path: Path, checkpoint_dir: str | Path, keep: int = 5) -> RunFolder:
        """Where a run resumed from ``path`` goes on: in its folder, if nothing newer is there to be lost."""
        folder = cls(path.parent, keep)
        if path.parent in _run_paths(path.parent.parent) and folder.checkpoints()[-1:] == [path]:
            return folder
        return cls.new(checkpoint_dir, keep)

    def checkpoints(self) -> list[Path]:
        """Checkpoints in the folder, oldest first."""
        return sorted(path for path in self.path.glob("checkpoint_*.pt") if _NAME.fullmatch(path.name))

    def save(
        self, *, config: TrainConfig, agent: RLAgent, progress: Progress, opponents: Mapping[str, Any]
    ) -> Path:
        """Write the checkpoint of this update, then remove those that are too old."""
        path = self.path / f"checkpoint_{progress.update:08d}.pt"
        save_checkpoint(path, config=config, agent=agent, progress=progress, opponents=opponents)
        for old in self.checkpoints()[: -self.keep]:
            old.unlink(missing_ok=True)
        return path


def find_checkpoint(path: str | Path) -> Path:
    """The checkpoint a path stands for.

    Args:
        path: a checkpoint, the folder of a run (its newest checkpoint), or a folder of runs (the
            newest checkpoint of the newest run that has one).

    Raises:
        CheckpointError: there is none.
    """
    path = Path(path)
    if not path.is_dir():
        if not path.exists():
            raise CheckpointError(f"{path}: there is no such checkpoint")
        return path
    for folder in [path, *reversed(_run_paths(path))]:
        if found := RunFolder(folder).checkpoints():
            return found[-1]
    raise CheckpointError(f"{path}: holds no checkpoint")


def _run_paths(checkpoint_dir: str | Path) -> list[Path]:
    numbered = [path for path in Path(checkpoint_dir).glob("run_*") if path.name[4:].isdecimal()]
    return sorted(numbered, key=_run_number)


def _run_number(path: Path) -> int:
    return int(path.name[4:])


def load_agent(name: str, *, device: str = "cpu") -> Agent:
    """Make an agent ready to play.

    Args:
        name: a baseline (``random``, ``max``, ``rule``), a player of poke-env's
            (``poke-env:SimpleHeuristicsPlayer``), the path of a checkpoint, or of a folder with runs.
        device: where a checkpoint's networks live.

    Returns:
        The agent; two calls give agents that share nothing.

    Raises:
        CheckpointError: there is no such baseline or checkpoint, or it cannot be used.
    """
    if name in BASELINES:
        return BASELINES[name]()
    if name.startswith(POKE_ENV):
        return poke_env_opponent(name)
    if not Path(name).exists():
        hint = did_you_mean(name, BASELINES)
        raise CheckpointError(
            f"{name!r} is neither a baseline ({', '.join(BASELINES)}) nor a checkpoint{hint}"
        )
    path = find_checkpoint(name)
    checkpoint = load_checkpoint(path, device)
    policy_net, _ = build_networks(checkpoint.config.network, seed=0)
    agent = RLAgent(policy_net, None, None, None, device=device, name=name)
    restore_agent(checkpoint, agent, optimizer=False, source=str(path))
    return agent


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
