"""The header of a snapshot: only an engine that can continue the battle accepts it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pokeenv.errors import SnapshotError

SNAPSHOT_VERSION = 1
_MAGIC = b"pokeenv snapshot "


@dataclass(frozen=True)
class SnapshotOrigin:
    """Properties that must be equal in the engines that take and restore a snapshot.

    Attributes:
        version: version of the format of snapshots.
        battle_format: Showdown's id of the format.
        layout: digest of the observation's layout.
        simulator: name of the install, which contains the digest of its lock file, and the accelerations.
        worker: digest of the worker's source.
    """

    version: int
    battle_format: str
    layout: str
    simulator: str
    worker: str

    @classmethod
    def of(cls, battle_format: str, start: Mapping[str, Any]) -> SnapshotOrigin:
        """The origin of an engine's snapshots, taken from the first message to its workers."""
        simulator = f"{Path(start['simulatorPath']).name}, accelerated: {start['accelerated']}"
        layout = _digest(json.dumps(start["layout"]).encode())
        return cls(SNAPSHOT_VERSION, battle_format, layout, simulator, _worker_digest())


def pack_snapshot(origin: SnapshotOrigin, content: bytes) -> bytes:
    """A worker's snapshot, preceded by its origin."""
    return _MAGIC + json.dumps(asdict(origin)).encode() + b"\n" + content


def unpack_snapshot(origin: SnapshotOrigin, snapshot: bytes) -> bytes:
    """The content that was given to `pack_snapshot`.

    Raises:
        SnapshotError: the bytes are not a snapshot, or have another origin.
    """
    head, newline, content = snapshot.partition(b"\n")
    if not head.startswith(_MAGIC) or not newline:
        raise SnapshotError("these bytes are not a snapshot: give the value that snapshot() returned")
    try:
        found = json.loads(head[len(_MAGIC) :])
    except ValueError:
        raise SnapshotError("the snapshot is damaged: its first line cannot be read") from None
    for name, expected in asdict(origin).items():
        if found.get(name) != expected:
            raise SnapshotError(
                f"the snapshot is of {name} {found.get(name)!r}, this environment of {name} {expected!r}: "
                "restore it with the same arguments and the same version of pokeenv"
            )
    return content


def _worker_digest() -> str:
    sources = sorted((Path(__file__).parent / "worker").glob("**/*.mjs"))
    return _digest(b"".join(source.read_bytes() for source in sources))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
