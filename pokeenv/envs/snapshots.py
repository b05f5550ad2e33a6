"""`Snapshot`: the state of an environment between two steps."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pokeenv.engine import Engine
from pokeenv.errors import SnapshotError


@dataclass(frozen=True)
class Snapshot:
    """State of an environment, made by `snapshot()` and read by `restore()`; it can be pickled.

    It can be restored any number of times, also in another process, by an environment with the same
    arguments and the same version of this package.

    Attributes:
        kind: class of the environment.
        battles: snapshot of every battle; see `Engine.snapshot`.
        state: state of the environment itself, random generators included.
    """

    kind: str
    battles: tuple[bytes, ...]
    state: Mapping[str, Any]

    @property
    def nbytes(self) -> int:
        """Size of the battles, in bytes."""
        return sum(map(len, self.battles))


def take_snapshot(kind: str, engine: Engine, state: Mapping[str, Any]) -> Snapshot:
    """Take a snapshot of all battles of an engine, with a copy of `state`.

    Raises:
        SnapshotError: a battle has not begun.
        CapabilityError: the engine takes no snapshots.
    """
    battles = tuple(engine.snapshot(battle) for battle in range(engine.num_battles))
    return Snapshot(kind, battles, copy.deepcopy(dict(state)))


def restore_battles(kind: str, engine: Engine, snapshot: Snapshot) -> dict[str, Any]:
    """Restore all battles of an engine.

    Returns:
        A copy of the environment's own state.

    Raises:
        SnapshotError: the snapshot is from another kind of environment or from other arguments; nothing has
            changed.
        CapabilityError: the engine takes no snapshots.
    """
    if snapshot.kind != kind:
        raise SnapshotError(f"the snapshot is of a {snapshot.kind}, and this is a {kind}")
    if len(snapshot.battles) != engine.num_battles:
        raise SnapshotError(
            f"the snapshot is of {len(snapshot.battles)} battles, and this environment plays"
            f" {engine.num_battles}"
        )
    for battle, content in enumerate(snapshot.battles):
        engine.restore(battle, content)
    return copy.deepcopy(dict(snapshot.state))
