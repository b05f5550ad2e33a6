"""The table of results in `README.md`, made from `docs/results/`.

    python -m tools.readme

writes it between the page's markers.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "README.md"
RESULTS = ROOT / "docs" / "results"


class Row(NamedTuple):
    """One line of the table: a figure of a results file.

    Attributes:
        label: the first cell.
        file: name of the file in `docs/results/`.
        keys: path of the figure in the file.
        form: format of the figure.
    """

    label: str
    file: str
    keys: tuple[str | int, ...]
    form: str


ROWS = (
    Row("win rate against `random`", "reproduce", ("matches", "random", "win_rate"), ".3f"),
    Row(
        "win rate against `max`, the highest expected damage",
        "reproduce",
        ("matches", "max", "win_rate"),
        ".3f",
    ),
    Row(
        "win rate against `rule`, which looks one duel ahead",
        "reproduce",
        ("matches", "rule", "win_rate"),
        ".3f",
    ),
    Row(
        "win rate against poke-env's SimpleHeuristicsPlayer, never met in training",
        "reproduce",
        ("matches", "poke-env:SimpleHeuristicsPlayer", "win_rate"),
        ".3f",
    ),
)


def figure(row: Row) -> str:
    """The second cell."""
    value: Any = json.loads((RESULTS / f"{row.file}.json").read_text(encoding="utf-8"))
    for key in row.keys:
        value = value[key]
    return format(value, row.form)


def table() -> str:
    """All rows."""
    return "\n".join(
        ["| measured | result |", "|---|---|", *(f"| {row.label} | {figure(row)} |" for row in ROWS)]
    )


def page(text: str) -> str:
    """The page with the present table."""
    pattern = re.compile(r"<!-- results -->.*?<!-- end -->", re.DOTALL)
    text, count = pattern.subn(lambda _: f"<!-- results -->\n{table()}\n<!-- end -->", text)
    assert count == 1, f"{PAGE} needs one place for the results"
    return text


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
