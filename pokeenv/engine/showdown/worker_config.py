"""The first message to every worker process."""

from __future__ import annotations

from typing import Any

from pokeenv.engine.showdown.install import simulator_path
from pokeenv.observation import LAYOUT, VOCABULARY, Layout


def worker_start(layout: Layout = LAYOUT, *, accelerated: bool | list[str] = True) -> dict[str, Any]:
    """Path of the simulator, layout and vocabulary, as `worker/world.mjs` reads them.

    Raises:
        InstallError: the simulator cannot be installed.
    """
    return {
        "simulatorPath": str(simulator_path()),
        "accelerated": accelerated,
        "layout": layout.to_json(),
        "vocabulary": VOCABULARY,
    }
