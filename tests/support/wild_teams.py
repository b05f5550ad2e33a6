"""Teams with arbitrary moves, abilities and items of a generation, for `gen{generation}customgame`."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

import numpy as np

from pokeenv.engine.showdown.install import node_executable, simulator_path

SCRIPT = Path(__file__).with_suffix(".mjs")


@cache
def _make(count: int, seed: int) -> list[str]:
    """Packed teams: `count` of generation 1, then of generation 2, and so on."""
    command = [node_executable(), SCRIPT, simulator_path(), count, seed]
    result = subprocess.run([*map(str, command)], capture_output=True, text=True, check=True, timeout=60)
    return result.stdout.splitlines()


class WildTeams:
    """A `TeamSource` with teams from Showdown's generator for the Hackmons Cup.

    Args:
        generation: 1 to 9.
        count: number of teams.
        seed: seed of the generator.
    """

    def __init__(self, generation: int, count: int, seed: int) -> None:
        """Generate the teams, or reuse those of an earlier call."""
        self.teams = _make(count, seed)[(generation - 1) * count : generation * count]

    def draw(self, rng: np.random.Generator) -> str:
        """A random team."""
        return self.teams[rng.integers(len(self.teams))]
