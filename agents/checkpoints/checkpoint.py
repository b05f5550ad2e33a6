"""Checkpoints: one file that describes itself and contains everything that a run needs to continue.

A file is written under a temporary name, flushed to disk and renamed, so a checkpoint is always whole. It is
read with `weights_only=True`, so it cannot run code.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from agents.agent import RLAgent
from agents.checkpoints.files import read_safely, write_atomically
from agents.checkpoints.schema import CheckpointContent, find_misfits
from agents.config import NetworkSettings, TrainConfig
from agents.config.loading import restore_config
from agents.errors import CheckpointError, TornCheckpointError
from agents.stored import check_stored
from pokeenv import (
    DOUBLES_LAYOUTS,
    FORMATS,
    LAYOUTS,
    RULES_MARK,
    ActionSpace,
    PokeenvError,
    __version__,
    parse_format,
)

MAGIC = b"pokeenv-checkpoint 2\n"
"""First line of the file; the number is the version of the format."""

_DIGEST_SIZE = 32


@dataclass
class Progress:
    """Counters of a run.

    Attributes:
        update: number of updates.
        episodes: episodes in these updates.
        decisions: decisions in these updates.
    """

    update: int = 0
    episodes: int = 0
    decisions: int = 0

    def add_update(self, episodes: int, decisions: int) -> None:
        """Count one more update, with its episodes and decisions."""
        self.update += 1
        self.episodes += episodes
        self.decisions += decisions


@dataclass(frozen=True)
class Checkpoint:
    """The content of a checkpoint.

    Attributes:
        config: configuration of the run.
        agent: state of networks, optimizer and algorithm.
        opponents: state of the opponent pool; empty if the run had none.
        progress: counters of the run.
        torch_rng: state of torch's global generator (bytes).
        versions: versions of python, torch, numpy and pokeenv at the time.
    """

    config: TrainConfig
    agent: Mapping[str, Any]
    opponents: Mapping[str, Any]
    progress: Progress
    torch_rng: torch.Tensor
    versions: Mapping[str, str]

    @property
    def action_space(self) -> ActionSpace:
        """Actions of the run's format."""
        return parse_format(self.config.battle_format, has_teams=None).action_space


def save_checkpoint(
    path: Path,
    *,
    config: TrainConfig,
    agent: RLAgent,
    progress: Progress,
    opponents: Mapping[str, Any] | None = None,
) -> None:
    """Write a checkpoint; it is complete on disk when this returns.

    Args:
        path: the file, which is replaced if it exists.
        config: configuration of the run.
        agent: the learner.
        progress: counters of the run.
        opponents: state of the opponent pool.

    Raises:
        CheckpointError: the file cannot be written, for example because the disk is full; an older file of
            this name is unchanged.
    """
    _write(
        path,
        Checkpoint(
            config,
            agent.state_dict(),
            dict(opponents or {}),
            progress,
            torch.get_rng_state(),
            _versions(),
        ),
    )


def load_checkpoint(path: str | Path, device: str = "cpu") -> Checkpoint:
    """Read and check a checkpoint.

    Args:
        path: the file.
        device: device of the tensors.

    Returns:
        The content.

    Raises:
        CheckpointError: the file is missing, no checkpoint, torn, made for another observation layout, or
            its content does not fit the schema.
    """
    path = Path(path)
    content = read_safely(_read_body(path), path, device, CheckpointError)
    check_stored(CheckpointContent, content, str(path), CheckpointError)
    network = content["config"].get("network")
    kind = network.get("observation") if isinstance(network, dict) else None
    ours = _layout_hash(kind, content["config"].get("battle_format"))
    if content["layout_hash"] != ours:
        raise CheckpointError(
            f"{path}: made for observation layout {content['layout_hash']}; this pokeenv has {ours}; "
            f"train again or use pokeenv {content['versions']['pokeenv']}"
        )
    try:
        config = restore_config(content["config"], source=str(path))
        parse_format(config.battle_format, has_teams=None)
    except PokeenvError as error:
        raise CheckpointError(f"the checkpoint's configuration cannot be used: {error}") from None
    return Checkpoint(
        config,
        content["agent"] | {name: _floats(content["agent"][name]) for name in ("policy_net", "value_net")},
        content["opponents"],
        Progress(**content["progress"]),
        content["torch_rng"].cpu(),
        content["versions"],
    )


def _layout_hash(kind: object, battle_format: object) -> str:
    """Hash of this version's layout of a kind of observation in a battle format."""
    known = FORMATS.get(str(battle_format).partition(RULES_MARK)[0])
    layouts = DOUBLES_LAYOUTS if known is not None and known.game_type == "doubles" else LAYOUTS
    layout = next((layout for name, layout in layouts.items() if name == kind), None)
    return "none of that kind" if layout is None else layout.hash


def save_pretrained(path: Path, checkpoint: Checkpoint) -> None:
    """Write what a checkpoint's agent needs to play, and to be learnt from: weights in half precision.

    Args:
        path: the file, which is replaced if it exists.
        checkpoint: a loaded checkpoint.

    Raises:
        CheckpointError: as in `save_checkpoint`.
    """
    agent = dict(checkpoint.agent) | {"optimizer": None, "algorithm": None}
    for name in ("policy_net", "value_net"):
        if agent[name] is not None:
            agent[name] = {key: value.half() for key, value in agent[name].items()}
    _write(path, replace(checkpoint, agent=agent, opponents={}))


def _floats(weights: Mapping[str, torch.Tensor] | None) -> dict[str, torch.Tensor] | None:
    """Weights with those of half precision in single precision."""
    if weights is None:
        return None
    return {name: value.float() if value.dtype == torch.half else value for name, value in weights.items()}


def _write(path: Path, checkpoint: Checkpoint) -> None:
    config = checkpoint.config
    content = {
        "layout_hash": _layout_hash(config.network.observation, config.battle_format),
        "config": config.model_dump(mode="json"),
        "agent": dict(checkpoint.agent),
        "opponents": dict(checkpoint.opponents),
        "progress": asdict(checkpoint.progress),
        "torch_rng": checkpoint.torch_rng,
        "versions": dict(checkpoint.versions),
    }
    buffer = io.BytesIO()
    torch.save(content, buffer)
    body = buffer.getvalue()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, MAGIC + hashlib.sha256(body).digest() + body)
    except OSError as error:
        raise CheckpointError(
            f"{path}: cannot be written: {error.strerror or error}; earlier checkpoints are unchanged"
        ) from error


def require_whole(path: Path) -> None:
    """Check that a file is a whole checkpoint, by its checksum alone.

    Raises:
        TornCheckpointError: the file is not a whole checkpoint.
        CheckpointError: the file cannot be read, or another version of pokeenv wrote it.
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
        raise CheckpointError(f"{path}: a checkpoint of another version of pokeenv: {magic[:-1].decode()}")
    if not MAGIC.startswith(magic):
        raise TornCheckpointError(f"{path}: not a checkpoint")
    if hashlib.sha256(body).digest() != digest:
        raise TornCheckpointError(
            f"{path}: torn or damaged: its checksum is wrong; name its folder {path.parent} instead, for the "
            f"newest whole checkpoint"
        )
    return body


def restore_agent(
    checkpoint: Checkpoint, agent: RLAgent, *, optimizer: bool = True, source: str = ""
) -> None:
    """Give an agent the state of a checkpoint.

    Args:
        checkpoint: a loaded checkpoint.
        agent: an agent whose networks have the same shape.
        optimizer: also load the state of the optimizer and the algorithm.
        source: name of the checkpoint in messages.

    Raises:
        CheckpointError: the networks differ, or only one of the two runs learns an auxiliary task.
    """
    if optimizer and agent.algorithm is not None:
        theirs, ours = checkpoint.config.aux_coef, agent.algorithm.settings.aux_coef
        if bool(theirs) != bool(ours):
            raise CheckpointError(
                f"{source}: made with aux_coef {theirs}, this run has {ours}: its optimizer cannot fit; "
                "keep the auxiliary task as it was, or start again with load_model and reset_optimizer"
            )
    same_torch = checkpoint.versions["torch"] == str(torch.__version__)
    state = checkpoint.agent if optimizer else {**checkpoint.agent, "optimizer": None}
    misfits = find_misfits(state, checkpoint.opponents, agent, same_torch=same_torch)
    faults = list(itertools.islice(misfits, 3))
    try:
        if faults:
            raise ValueError("; ".join(faults))
        if optimizer:
            agent.load_state_dict(checkpoint.agent)
        else:
            agent.load_network_state_dict(checkpoint.agent)
    except (RuntimeError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(
            f"{source}: does not fit the networks or the optimizer of this run (it was made with "
            f"network {checkpoint.config.network.model_dump()}): {error}"
        ) from None


def require_same_network(checkpoint: Checkpoint, network: NetworkSettings, source: str) -> None:
    """Refuse a checkpoint whose networks have another shape.

    Raises:
        CheckpointError: some keys differ; the message lists them with both values.
    """
    theirs, ours = checkpoint.config.network.model_dump(), network.model_dump()
    different = [
        f"network.{key}: {theirs[key]!r} there, {ours[key]!r} here"
        for key in ours
        if theirs[key] != ours[key]
    ]
    if different:
        raise CheckpointError(f"{source}: made with other networks ({'; '.join(different)})")


def _versions() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "pokeenv": __version__,
    }
