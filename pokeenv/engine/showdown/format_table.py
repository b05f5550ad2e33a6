"""The battle formats of the installed simulator, from which `pokeenv/formats.json` is made."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from pokeenv.engine.showdown.install import node_executable, simulator_path
from pokeenv.errors import EngineTerminatedError, EngineTimeoutError
from pokeenv.observation import VOCABULARY

_SCRIPT = Path(__file__).parent / "worker" / "formats.mjs"
_TIMEOUT_S = 240.0  # it reads the data of every mod: 4 s of CPU, many times that on a busy machine


def simulator_formats() -> str:
    """The table of formats of the installed simulator, in the form of `formats.json`.

    Raises:
        InstallError: the simulator cannot be installed.
        EngineError: the simulator cannot list its formats.
    """
    try:
        result = subprocess.run(
            [str(node_executable()), str(_SCRIPT), str(simulator_path())],
            input=json.dumps(VOCABULARY),
            capture_output=True,
            encoding="utf-8",
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise EngineTimeoutError(f"the simulator did not list its formats within {_TIMEOUT_S:g} s") from None
    if result.returncode:
        raise EngineTerminatedError(
            "the simulator cannot list its formats", exit_code=result.returncode, stderr=result.stderr
        )
    return result.stdout
