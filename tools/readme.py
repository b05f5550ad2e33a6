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
    """One line of the table: the win rate of an agent against an opponent.

    Attributes:
        label: the first cell.
        file: name of the file in `docs/results/`.
        agent: name of the agent in the file.
        opponent: name of the opponent in the file.
    """

    label: str
    file: str
    agent: str
    opponent: str


REPRODUCE = "strength-reproduce", "reproduce"
ROWS = (
    Row("win rate against `random`", *REPRODUCE, "random"),
    Row("win rate against `max`, the highest expected damage", *REPRODUCE, "max"),
    Row("win rate against `rule`, which looks one duel ahead", *REPRODUCE, "rule"),
    Row(
        "win rate against poke-env's SimpleHeuristicsPlayer, never met in training",
        *REPRODUCE,
        "poke-env:SimpleHeuristicsPlayer",
    ),
)


def figure(row: Row) -> str:
    """The second cell."""
    return format(results.match(results.read(row.file), row.agent, row.opponent)["win_rate"], ".3f")


def table() -> str:
    """All rows."""
    return "\n".join(
        ["| measured | result |", "|---|---|", *(f"| {row.label} | {figure(row)} |" for row in ROWS)]
    )


def page(text: str) -> str:
    """The page with the current table."""
    pattern = re.compile(r"<!-- results -->.*?<!-- end -->", re.DOTALL)
    text, count = pattern.subn(lambda _: f"<!-- results -->\n{table()}\n<!-- end -->", text)
    assert count == 1, f"{PAGE} needs one place for the results"
    return text


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
