"""Compares battles of the accelerated simulator with the same battles of the unpatched one.

    python -m tests.campaigns.fidelity [--battles N] [--doubles] [FORMAT ...]

Both play the same seeds with the same random choices (`fidelity.mjs`). Two battles are equal if their whole
logs (without the time), requests, choices, teams, and final states of the random numbers are equal. Prints
the numbers of the battles that differ; exit status 1 if there are any.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from pokeenv.engine.showdown.install import node_executable, simulator_path
from tests.campaigns.team_sources import DOUBLES

SCRIPT = Path(__file__).with_suffix(".mjs")
RANDOM_BATTLES = tuple(f"gen{generation}randombattle" for generation in range(1, 10))
# Generated teams with moves, abilities and items that random battles never have.
WILDER = (
    "gen1challengecup",
    "gen7hackmonscup",
    "gen8hackmonscup",
    "gen9hackmonscup",
    "gen9challengecup6v6",
)
FORMATS = (*RANDOM_BATTLES, *WILDER, *DOUBLES)


class Player:
    """A process that plays battles, with or without accelerations."""

    def __init__(self, accelerations: str) -> None:
        """Start the process.

        Args:
            accelerations: names separated by commas, "all" or "none".
        """
        self._process = subprocess.Popen(
            [str(node_executable()), str(SCRIPT), str(simulator_path()), accelerations],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, battle_format: str, first: int, battles: int) -> None:
        """Make the process play `battles` battles, starting with number `first`."""
        assert self._process.stdin is not None
        teams = DOUBLES.get(battle_format) or battle_format
        task = {"format": battle_format, "teams": teams, "first": first, "battles": battles}
        self._process.stdin.write(json.dumps(task) + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """Wait for the results of these battles."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the simulator ended with {self._process.wait()}; its error is on stderr")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


class Pair:
    """The unpatched and the accelerated simulator, each in a process."""

    def __init__(self, accelerations: str = "all") -> None:
        """Start both."""
        self.players = [Player("none"), Player(accelerations)]

    def __enter__(self) -> Pair:
        """Return the pair itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End both."""
        for player in self.players:
            player.close()

    def compare(self, battle_format: str, battles: int, first: int = 0) -> tuple[list[int], list[str], int]:
        """Play battles on both.

        Returns:
            The numbers of the battles that differ, the digests of the unpatched simulator's battles, and its
            number of decisions.
        """
        for player in self.players:
            player.ask(battle_format, first, battles)
        stock, ours = (player.answer() for player in self.players)
        pairs = zip(stock["digests"], ours["digests"], strict=True)
        differing = [first + number for number, (theirs, own) in enumerate(pairs) if theirs != own]
        return differing, stock["digests"], stock["decisions"]


def main() -> None:
    """Compare and print a line per format."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.campaigns.fidelity", description=__doc__.split("\n")[0]
    )
    parser.add_argument("formats", nargs="*", metavar="FORMAT")
    parser.add_argument("--doubles", action="store_true", help="only doubles")
    parser.add_argument("--battles", type=int, default=2000, help="battles of each format")
    parser.add_argument("--accelerations", default="all", help="names separated by commas")
    args = parser.parse_args()
    failed = 0
    with Pair(args.accelerations) as pair:
        for battle_format in args.formats or (DOUBLES if args.doubles else FORMATS):
            differing: list[int] = []
            decisions = 0
            for first in range(0, args.battles, 50):
                found, _, count = pair.compare(battle_format, min(50, args.battles - first), first)
                differing += found
                decisions += count
            failed += len(differing)
            verdict = f"{len(differing)} DIFFER: {differing[:20]}" if differing else "all equal"
            print(
                f"{battle_format:26} {args.battles:6} battles {decisions:8} decisions  {verdict}", flush=True
            )
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
