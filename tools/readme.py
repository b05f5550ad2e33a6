"""The table of results in `README.md`, made from `docs/results/`.

    python -m tools.readme

writes it between the page's markers.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from benchmarks import results

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "README.md"


class Row(NamedTuple):
    """One line of the table: the win rates against an opponent.

    Attributes:
        label: the first cell.
        opponent: name of the opponent in the files.
    """

    label: str
    opponent: str


AGENTS = {"gen1randombattle": "strength-reproduce", "gen9randombattle": "strength-reproduce-gen9"}
"""Files in `docs/results/` by the names of the agents of the package."""

ROWS = (
    Row("`max`, the highest expected damage", "max"),
    Row("`rule`, which looks one duel ahead", "rule"),
    Row("`odds`, never met in training", "odds"),
    Row("poke-env's SimpleHeuristicsPlayer, never met in training", "poke-env:SimpleHeuristicsPlayer"),
)


def figure(row: Row, name: str) -> str:
    """The win rate of an agent of the package against the row's opponent."""
    file = results.read(AGENTS[name])
    return format(results.match(file, f"pretrained:{name}", row.opponent)["win_rate"], ".3f")


def table() -> str:
    """All rows."""
    head = ["| win rate against |", *(f" `pretrained:{name}` |" for name in AGENTS)]
    lines = [[f"| {row.label} |", *(f" {figure(row, name)} |" for name in AGENTS)] for row in ROWS]
    return "\n".join(["".join(head), "|---" * (1 + len(AGENTS)) + "|", *("".join(line) for line in lines)])


def page(text: str) -> str:
    """The page with the current table."""
    pattern = re.compile(r"<!-- results -->.*?<!-- end -->", re.DOTALL)
    text, count = pattern.subn(lambda _: f"<!-- results -->\n{table()}\n<!-- end -->", text)
    assert count == 1, f"{PAGE} needs one place for the results"
    return text


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
