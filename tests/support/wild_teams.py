"""Teams with any move, ability and item of a generation, for battles of `gen{generation}customgame`."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np

from pokeenv.engine.showdown.install import node_executable, simulator_path

SCRIPT = Path(__file__).with_suffix(".mjs")


class WildTeams:
    """A `TeamSource` of teams that Showdown's generator of the Hackmons Cup makes.

    Args:
        generation: 1 to 9.
        count: how many teams there are.
        seed: fixes them.
    """

    def __init__(self, generation: int, count: int, seed: int) -> None:
        """Make the teams."""
        command = [node_executable(), SCRIPT, simulator_path(), generation, count, seed]
        result = subprocess.run([*map(str, command)], capture_output=True, text=True, check=True, timeout=60)
        self.teams = result.stdout.splitlines()

    def draw(self, rng: np.random.Generator) -> str:
        """One of them."""
        return self.teams[rng.integers(len(self.teams))]
