"""A server of one battle that sends each player what a Showdown server would send."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from pokeenv.engine.showdown.install import node_executable, simulator_path

SERVER = Path(__file__).with_suffix(".mjs")


class Server:
    """The process of `stream_server.mjs`."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [str(node_executable()), str(SERVER), str(simulator_path())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, **command: Any) -> list[list[str]]:
        """The messages to p1 and those to p2."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        messages: list[list[str]] = json.loads(self.process.stdout.readline())
        return messages

    def start(self, input_log: list[str]) -> list[list[str]]:
        """Start the battle whose input log is given."""
        start, *players = [line.split(" ", 1)[1] for line in input_log if not line.startswith(">version")][:3]
        return self.ask(
            start=json.loads(start), players=[json.loads(player.split(" ", 1)[1]) for player in players]
        )
