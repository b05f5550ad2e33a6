"""Measures what imagined battles believe about the opponent's unknown items.

    python -m tests.campaigns.beliefs [--battles N] [--seed N] [FORMAT ...]

Prints, for every format: the drawn sets for which no set of the generator agrees with what was shown; the log
loss of the true item, beside that of the generator's sets which agree with the shown moves, ability, level
and Tera type alone; the number of true items that were excluded; and, for beliefs of about the same
probability, that probability and the share that was true (`beliefs.mjs`).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.campaigns.node_script import answers

SCRIPT = Path(__file__).with_suffix(".mjs")
FORMATS = tuple(f"gen{generation}randombattle" for generation in range(1, 10))


@dataclass(frozen=True)
class Beliefs:
    """The beliefs of one format.

    Attributes:
        battle_format: Showdown's id of the format.
        draws: sets that were drawn for a Pokémon that has been seen.
        unmatched: those for which no set of the generator agrees with what was shown.
        items: unknown items that were judged.
        loss: mean log loss of the true item, in nats.
        prior_loss: the same without the evidence of items and abilities that did not act.
        excluded: true items and abilities that were taken for impossible.
        bins: for beliefs of about the same probability: their number, mean probability, share that was true.
    """

    battle_format: str
    draws: int
    unmatched: int
    items: int
    loss: float
    prior_loss: float
    excluded: int
    bins: list[tuple[int, float, float]]


def measure(formats: Sequence[str] = FORMATS, *, battles: int = 20, seed: int = 1) -> Iterator[Beliefs]:
    """Play random battles of each format and judge the beliefs of a quarter of their decisions."""
    for found in answers(SCRIPT, formats=list(formats), battles=battles, seed=seed):
        items = found["items"]
        bins = [
            (number, probability / number, true / number)
            for number, probability, true in found["bins"]
            if number
        ]
        losses = (found["loss"] / max(1, items), found["prior_loss"] / max(1, items))
        drawn = (found["draws"], found["unmatched"])
        yield Beliefs(found["format"], *drawn, items, *losses, found["excluded"], bins)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.campaigns.beliefs", description=__doc__.split("\n")[0]
    )
    parser.add_argument("formats", nargs="*", default=FORMATS, metavar="FORMAT")
    parser.add_argument("--battles", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    for found in measure(arguments.formats, battles=arguments.battles, seed=arguments.seed):
        print(
            f"{found.battle_format}: {found.unmatched} of {found.draws} sets unmatched, "
            f"{found.items} items, log loss {found.loss:.3f} "
            f"(prior {found.prior_loss:.3f}), {found.excluded} true ones excluded"
        )
        for number, probability, true in found.bins:
            print(f"    {number} of {probability:.2f}: {true:.2f} true")


if __name__ == "__main__":
    main()
