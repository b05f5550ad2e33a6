"""Measures the faithfulness of imagined battles: those that continue like the true battle.

    python -m tests.campaigns.imagination [--battles N] [--turns N] [--seed N] [FORMAT ...]

An imagined battle gets the true hidden things in place of drawn ones, and both battles are played with the
same choices and luck (`imagination.mjs`). Prints, for every format, the share of positions with the same log
for some turns, and the kinds of the first difference.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.campaigns.node_script import answers

SCRIPT = Path(__file__).with_suffix(".mjs")
FORMATS = (*(f"gen{generation}randombattle" for generation in range(1, 10)), "gen9randomdoublesbattle")
TEAM_FORMATS = ("gen9ou", "gen1ou", "gen9bssregi")
"""Formats whose players bring their teams: those of `config/teams`, and generated ones."""


@dataclass(frozen=True)
class Faithfulness:
    """The comparison of one format.

    Attributes:
        battle_format: Showdown's id of the format.
        positions: decisions that were imagined.
        equal: decisions whose battles gave the same log.
        failures: number of decisions by the kind of the first difference.
        examples: one difference of each kind.
    """

    battle_format: str
    positions: int
    equal: int
    failures: dict[str, int]
    examples: dict[str, str]

    @property
    def share(self) -> float:
        """Share of equal battles, in [0, 1]."""
        return self.equal / max(1, self.positions)


def measure(
    formats: Sequence[str] = FORMATS, *, battles: int = 10, turns: int = 5, seed: int = 1
) -> Iterator[Faithfulness]:
    """Play random battles of each format and continue a quarter of their decisions."""
    for found in answers(SCRIPT, formats=list(formats), battles=battles, turns=turns, seed=seed):
        yield Faithfulness(
            found["format"], found["positions"], found["equal"], found["failures"], found["examples"]
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.campaigns.imagination", description=__doc__.split("\n")[0]
    )
    parser.add_argument("formats", nargs="*", default=FORMATS, metavar="FORMAT")
    parser.add_argument("--battles", type=int, default=10)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    positions = equal = 0
    for result in measure(
        arguments.formats, battles=arguments.battles, turns=arguments.turns, seed=arguments.seed
    ):
        positions += result.positions
        equal += result.equal
        print(f"{result.battle_format}: {result.equal} of {result.positions} equal ({result.share:.4f})")
        for kind, count in sorted(result.failures.items(), key=lambda item: -item[1]):
            print(f"    {count} {kind}: {result.examples[kind][:600]}")
    print(f"all: {equal} of {positions} ({equal / max(1, positions):.4f})")


if __name__ == "__main__":
    main()
