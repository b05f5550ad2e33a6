"""The README: short, its code runs, its figures are those of the results."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tools import readme

TEXT = readme.PAGE.read_text(encoding="utf-8")
MAKEFILE = (Path(__file__).parents[2] / "Makefile").read_text(encoding="utf-8")


def test_the_readme_is_read_in_a_minute() -> None:
    lines = TEXT.splitlines()
    assert len(lines) <= 120
    assert max(map(len, lines)) <= 160


def test_the_code_plays_a_battle() -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, "README.md", "exec"), names)
    with names["env"]:
        assert names["terminated"] or names["truncated"]
        assert names["info"]["outcome"] in (-1, 0, 1)


def test_the_figures_are_those_of_the_results() -> None:
    assert readme.page(TEXT) == TEXT, "the results have changed: run `python -m tools.readme`"


def test_no_cell_of_the_results_holds_two_numbers() -> None:
    rows = readme.table().splitlines()[2:]
    assert rows
    for row in rows:
        _, *figures = row.strip("| ").split(" | ")
        assert len(figures) == 2
        assert all(re.fullmatch(r"[\d.]+", figure) for figure in figures), row


def test_every_make_target_in_the_readme_exists() -> None:
    targets = set(re.findall(r"\bmake ([a-z0-9-]+)", TEXT))
    assert targets
    assert targets <= set(re.findall(r"^([a-z0-9-]+):", MAKEFILE, flags=re.MULTILINE))
