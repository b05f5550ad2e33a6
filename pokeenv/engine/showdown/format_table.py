"""The battle formats of the installed simulator: the table for `pokeenv/formats.json`, and custom rules."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from pokeenv.engine.showdown.install import node_executable, simulator_path
from pokeenv.errors import EngineTerminatedError, EngineTimeoutError, UnknownFormatError
from pokeenv.observation import VOCABULARY

_SCRIPT = Path(__file__).parent / "worker" / "formats.mjs"
_TIMEOUT_S = 240.0  # it reads the data of every mod: 4 s of CPU, many times that on a busy machine


def simulator_formats() -> str:
    """The table of formats of the installed simulator, in the form of `formats.json`.

    Raises:
        InstallError: the simulator cannot be installed.
        EngineError: the simulator cannot describe its formats.
    """
    return _ask_simulator()


def describe_format(format_id: str) -> dict[str, Any]:
    """The entry that a format with custom rules would have in the table of formats.

    Args:
        format_id: id of the format, `@@@`, and its rules, separated by commas.

    Raises:
        UnknownFormatError: the simulator refuses the rules; the message quotes it.
        InstallError: the simulator cannot be installed.
        EngineError: the simulator cannot describe the format.
    """
    answer: dict[str, Any] = json.loads(_ask_simulator(format_id))
    if "refusal" in answer:
        raise UnknownFormatError(
            f"Showdown refuses the custom rules of battle format '{format_id}': {answer['refusal']}"
        )
    return answer


def _ask_simulator(*arguments: str) -> str:
    try:
        result = subprocess.run(
            [str(node_executable()), str(_SCRIPT), str(simulator_path()), *arguments],
            input=json.dumps(VOCABULARY),
            capture_output=True,
            encoding="utf-8",
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise EngineTimeoutError(
            f"the simulator did not describe its formats within {_TIMEOUT_S:g} s"
        ) from None
    if result.returncode:
        raise EngineTerminatedError(
            "the simulator cannot describe its formats", exit_code=result.returncode, stderr=result.stderr
        )
    return result.stdout
