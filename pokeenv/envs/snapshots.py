"""`Snapshot`: environments as they stand between two steps, to be continued to the same bytes."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pokeenv.engine import EmbeddedShowdown
from pokeenv.errors import SnapshotError


@dataclass(frozen=True)
class Snapshot:
    """What `snapshot()` of an environment returns and `restore()` takes; it can be pickled.

    It may be restored any number of times, and in another process, by an environment of the same
    arguments and the same version of this package.

    Attributes:
        kind: class of the environment.
        battles: every battle as `EmbeddedShowdown.snapshot` gives it.
        state: what the environment itself holds, random generators among it.
    """

    kind: str
    battles: tuple[bytes, ...]
    state: Mapping[str, Any]

    @property
    def nbytes(self) -> int:
        """Size of the battles, in bytes."""
        return sum(map(len, self.battles))


def take_snapshot(kind: str, engine: EmbeddedShowdown, state: Mapping[str, Any]) -> Snapshot:
    """Take a snapshot of all battles of an engine, with a copy of `state`.

    Raises:
        SnapshotError: a battle has not begun.
    """
    battles = tuple(engine.snapshot(battle) for battle in range(engine.num_battles))
    return Snapshot(kind, battles, copy.deepcopy(dict(state)))


def restore_battles(kind: str, engine: EmbeddedShowdown, snapshot: Snapshot) -> dict[str, Any]:
    """Restore all battles of an engine.

    Returns:
        A copy of the environment's own state.

    Raises:
        SnapshotError: it is of another kind of environment or of other arguments; nothing has changed.
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
