"""What every worker process is told first."""

from __future__ import annotations

from typing import Any

from pokeenv.engine.install import simulator_path
from pokeenv.observation import LAYOUT, VOCABULARY


def worker_start(*, accelerated: bool | list[str] = True) -> dict[str, Any]:
    """Where the simulator is and what an observation holds, as ``worker/setup.mjs`` reads it.

    Raises:
        InstallError: the simulator cannot be installed.
    """
    return {
        "simulatorPath": str(simulator_path()),
        "accelerated": accelerated,
        "layout": LAYOUT.to_json(),
        "vocabulary": VOCABULARY,
    }
