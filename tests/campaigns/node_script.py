"""Runs a campaign's script in Node and reads its answers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pokeenv import LAYOUT
from pokeenv.engine.showdown.install import node_executable
from pokeenv.engine.showdown.worker_config import worker_start


def answers(script: Path, **options: Any) -> Iterator[dict[str, Any]]:
    """The JSON lines that a script prints; it gets a worker's start and the options.

    Raises:
        RuntimeError: the script fails.
    """
    done = subprocess.run(
        [str(node_executable()), str(script)],
        input=json.dumps(worker_start(LAYOUT) | options),
        text=True,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    yield from map(json.loads, done.stdout.splitlines())
