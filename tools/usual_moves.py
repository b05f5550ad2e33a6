"""Write the moves that each species usually has, from the simulator's generator of random battles.

    python -m tools.usual_moves agents/estimates/usual_moves.npz

`agents.estimates.usual_moves` reads the file; a test compares it with the simulator.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pokeenv import VOCABULARY
from tests.campaigns.node_script import answers

SCRIPT = Path(__file__).with_suffix(".mjs")
GENERATIONS = range(1, 10)
MOST = 12  # moves of a species that are kept, the most frequent ones


def generated(generations: Iterable[int]) -> Iterator[Mapping[str, Any]]:
    """The moves of generated sets, by generation; see the script."""
    return answers(SCRIPT, formats=[f"gen{generation}randombattle" for generation in generations])


def arrays(found: Iterable[Mapping[str, Any]]) -> dict[str, np.ndarray]:
    """Tables by row: `species` of a generation with `ids` and percentages, and `moves` with `numbers`."""
    species_id, move_id = (
        {name: number for number, name in enumerate(VOCABULARY[table])} for table in ("species", "moves")
    )
    species, ids, shares, moves, numbers = [], [], [], [], []
    for each in found:
        generation = each["gen"]
        for name, chances in sorted(each["species"].items()):
            if name not in species_id:  # a forme of another look, such as Unown-B
                continue
            kept = sorted(chances.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST]
            kept += [("", 0.0)] * (MOST - len(kept))
            species.append((generation, species_id[name]))
            ids.append([move_id[move] if move else 0 for move, _ in kept])
            shares.append([round(100 * share) for _, share in kept])
        for move, (kind, power, physical, accuracy) in sorted(each["moves"].items()):
            moves.append((generation, move_id[move]))
            numbers.append((kind, power, physical, round(100 * accuracy)))
    return {
        "species": np.array(species, dtype=np.uint16),
        "ids": np.array(ids, dtype=np.uint16),
        "shares": np.array(shares, dtype=np.uint8),
        "moves": np.array(moves, dtype=np.uint16),
        "numbers": np.array(numbers, dtype=np.uint8),
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(prog="python -m tools.usual_moves", description=__doc__.split("\n")[0])
    parser.add_argument("path", type=Path)
    np.savez_compressed(parser.parse_args(argv).path, **arrays(generated(GENERATIONS)))


if __name__ == "__main__":
    main()
