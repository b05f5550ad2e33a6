"""Measures what imagined battles believe about the opponent's unknown items and moves.

    python -m tests.campaigns.beliefs [--battles N] [--seed N] [--plot FILE] [FORMAT ...]

Prints, for every format: the drawn sets for which no set of the generator agrees with what was shown, and
those for which the evidence excluded all sets and was left out; the number of true sets that were excluded;
the log loss of the true item, and of each move that a species may have and has not shown, for beliefs that
know ever more; and, for beliefs of about the same probability, that probability and the share that was true
(`beliefs.mjs`). `--plot` draws these shares of all formats together.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.campaigns.node_script import answers

SCRIPT = Path(__file__).with_suffix(".mjs")
COUNTS = ("draws", "unmatched", "doubted", "items", "moves", "excluded")
BELIEFS = {
    "uniform": "all items or moves of the species are equally probable",
    "shown": "the generator's sets that agree with what was shown",
    "inactive": "without those whose item or ability would have acted",
    "order": "without those that contradict the order of moves",
    "damage": "without those that contradict damage; what imagined battles believe",
}
FORMATS = tuple(f"gen{generation}randombattle" for generation in range(1, 10))


@dataclass(frozen=True)
class Beliefs:
    """The beliefs of one format.

    Attributes:
        battle_format: Showdown's id of the format.
        draws: sets that were drawn for a Pokémon that has been seen.
        unmatched: those for which no set of the generator agrees with what was shown.
        doubted: those for which the evidence excluded all sets that agree, and was left out.
        items: unknown items that were judged.
        moves: moves that were judged: those of a species' sets that a Pokémon has not shown.
        item_losses: mean log loss of the true item, in nats, by belief (`BELIEFS`).
        move_losses: mean log loss of whether a Pokémon has a move, in nats, by belief.
        excluded: draws for which the true set was taken for impossible.
        bins: for beliefs of about the same probability: their number, mean probability, share that was true.
    """

    battle_format: str
    draws: int
    unmatched: int
    doubted: int
    items: int
    moves: int
    item_losses: dict[str, float]
    move_losses: dict[str, float]
    excluded: int
    bins: list[tuple[int, float, float]]


def measure(formats: Sequence[str] = FORMATS, *, battles: int = 20, seed: int = 1) -> Iterator[Beliefs]:
    """Play random battles of each format and judge the beliefs of a quarter of their decisions."""
    for found in answers(SCRIPT, formats=list(formats), battles=battles, seed=seed):
        bins = [
            (number, probability / number, true / number)
            for number, probability, true in found["bins"]
            if number
        ]
        counts = {name: found[name] for name in COUNTS}
        items, moves = (
            {name: total / max(1, found[f"{kind}s"]) for name, total in found[f"{kind}_losses"].items()}
            for kind in ("item", "move")
        )
        yield Beliefs(found["format"], bins=bins, item_losses=items, move_losses=moves, **counts)


def pooled(results: Sequence[Beliefs]) -> list[tuple[int, float, float]]:
    """The bins of several formats as one."""
    found = defaultdict(list)
    for result in results:
        for one in result.bins:
            found[min(9, int(10 * one[1]))].append(one)
    return [_mean(found[key]) for key in sorted(found)]


def _mean(bins: Sequence[tuple[int, float, float]]) -> tuple[int, float, float]:
    total = sum(number for number, _, _ in bins)
    probability, true = (sum(one[0] * one[at] for one in bins) / total for at in (1, 2))
    return total, probability, true


def plot(bins: Sequence[tuple[int, float, float]]) -> str:
    """Draw the share of beliefs that were true over their probability; large points are many beliefs."""
    most = max(number for number, _, _ in bins)
    places = [(40 + 300 * probability, 320 - 300 * true) for _, probability, true in bins]
    radii = [2 + 6 * (number / most) ** 0.5 for number, _, _ in bins]
    ticks = [(40 + 60 * step, 320 - 60 * step, f"{step / 5:.1f}") for step in range(6)]
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 360 360" width="360"',
        ' font-family="sans-serif" font-size="11">',
        '<rect width="360" height="360" fill="white"/>',
        '<path d="M40 20V320H340" fill="none" stroke="black"/>',
        '<path d="M40 320L340 20" stroke="gray" stroke-dasharray="4"/>',
        *(f'<text x="{x}" y="335" text-anchor="middle">{label}</text>' for x, _, label in ticks),
        *(f'<text x="34" y="{y + 4}" text-anchor="end">{label}</text>' for _, y, label in ticks),
        '<text x="190" y="353" text-anchor="middle">probability of an item</text>',
        '<text transform="translate(11 170) rotate(-90)" text-anchor="middle">share that was true</text>',
        *(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="#1f77b4"/>'
            for (x, y), radius in zip(places, radii, strict=True)
        ),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.campaigns.beliefs", description=__doc__.split("\n")[0]
    )
    parser.add_argument("formats", nargs="*", default=FORMATS, metavar="FORMAT")
    parser.add_argument("--battles", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plot", type=Path, help="file of the reliability plot")
    arguments = parser.parse_args()
    results = []
    for found in measure(arguments.formats, battles=arguments.battles, seed=arguments.seed):
        results.append(found)
        print(
            f"{found.battle_format}: {found.unmatched} of {found.draws} sets unmatched, "
            f"{found.doubted} doubted, {found.excluded} true ones excluded"
        )
        for number, losses in ((found.items, found.item_losses), (found.moves, found.move_losses)):
            kind = "items" if losses is found.item_losses else "moves"
            means = ", ".join(f"{name} {losses[name]:.3f}" for name in BELIEFS)
            print(f"    {number} {kind}, log loss: {means}")
        for number, probability, true in found.bins:
            print(f"    {number} of {probability:.2f}: {true:.2f} true")
    if arguments.plot:
        arguments.plot.write_text(plot(pooled(results)), encoding="utf-8")


if __name__ == "__main__":
    main()
