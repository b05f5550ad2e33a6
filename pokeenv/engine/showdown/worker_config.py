"""What every worker process is told first."""

from __future__ import annotations

from typing import Any

from pokeenv.engine.showdown.install import simulator_path
from pokeenv.observation import LAYOUT, VOCABULARY, Layout


def worker_start(layout: Layout = LAYOUT, *, accelerated: bool | list[str] = True) -> dict[str, Any]:
    """Where the simulator is and what an observation holds, as `worker/setup.mjs` reads it.

    Raises:
        InstallError: the simulator cannot be installed.
    """
    return {
        "simulatorPath": str(simulator_path()),
        "accelerated": accelerated,
        "layout": layout.to_json(),
        "vocabulary": VOCABULARY,
    }
