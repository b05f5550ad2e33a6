"""Result files: their form, and the pages that are made from them."""

from __future__ import annotations

import argparse
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from benchmarks import page, results, strength
from benchmarks.sections import GOALS, SECTIONS

DOCS = results.ROOT / "docs"
OWN_PAGES = {"strength", "ablation", "learning", "memory"}
"""Benchmarks whose figures are not a section of `docs/benchmarks.md`."""


@pytest.mark.parametrize("name", sorted(page.PAGES))
def test_a_page_equals_the_generated_one(name: str) -> None:
    written = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    assert written == page.PAGES[name](), f"run `python -m benchmarks.page {name} > docs/{name}.md`"


@pytest.mark.parametrize("name", results.names())
def test_a_result_file_has_all_keys_and_a_known_benchmark(name: str) -> None:
    result = results.read(name)
    assert set(result) == results.KEYS
    assert date.fromisoformat(result["date"])
    assert {"processor", "cores", "system"} <= set(result["machine"])
    assert result["benchmark"] in {section.benchmark for section in SECTIONS} | OWN_PAGES
    assert name.startswith(result["benchmark"])
    if result["source"] is not None:
        source, _, heading = result["source"].partition(", ")
        assert f"## {heading}\n" in (results.ROOT / source).read_text(encoding="utf-8")


def test_every_figure_on_the_page_comes_from_a_file() -> None:
    found = [results.read(name) for name in results.names()]
    for section in SECTIONS:
        own = [result for result in found if result["benchmark"] == section.benchmark]
        assert own, section.title
    assert all(goal.figure in results.read(goal.name)["figures"] for goal in GOALS)


def test_no_cell_holds_two_numbers() -> None:
    for text in (page.benchmarks_page(), page.ablation_page(), page.memory_page()):
        for cell in re.findall(r"(?<=\| )[-+\d][^|]*(?= \|)", text):
            day = re.fullmatch(r"\d{4}-\d{2}-\d{2}|[0-9a-f]{7,40}", cell)  # or a commit
            assert day or len(re.findall(r"\d[\d.,]*", cell)) < 2, cell


def test_a_benchmark_saves_its_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    monkeypatch.setattr("sys.argv", ["benchmarks/env.py", "--battles", "2", "--save", "--repeats", "1"])
    parser = argparse.ArgumentParser()
    results.add_save_option(parser)
    save = parser.parse_args(["--save"]).save
    results.report("env", "gen9randombattle cores", {"battles": 2}, {"ratio": 1.5}, save=save)
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {
        "benchmark": "env",
        "battles": 2,
        "ratio": 1.5,
    }
    result = json.loads((tmp_path / "env-gen9randombattle-cores.json").read_text(encoding="utf-8"))
    assert set(result) == results.KEYS
    assert result["command"] == "python -m benchmarks.env --battles 2 --repeats 1"
    assert result["machine"]["cores"] >= 1
    assert result["figures"] == {"ratio": 1.5}


def test_without_the_option_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    results.report("env", "gen9randombattle", {}, {"ratio": 1.5}, save=None)
    assert not list(tmp_path.iterdir())


def evaluation_of_pairs() -> dict[str, Any]:
    match = {"agent": "max", "opponent": "random", "battles": 2, "win_rate": 1.0, "interval": [0.34, 1.0]}
    rating = {"agent": "max", "elo": 70.0, "interval": [-35.0, 400.0]}
    return {
        "battle_format": "gen1randombattle",
        "teams": None,
        "battles": 2,
        "seed": 0,
        "greedy": True,
        "parallel": 2,
        "agents": [{"name": "max"}, {"name": "random"}],
        "matches": [match],
        "ratings": [rating],
    }


def test_strength_from_an_evaluation_of_pairs() -> None:
    result = strength.from_matches(evaluation_of_pairs())
    assert set(result) == results.KEYS
    assert result["command"] == (
        "python -m agents.evaluate max random --battles 2 --battle-format gen1randombattle"
    )
    assert results.match(result, "max", "random")["win_rate"] == 1.0
    with pytest.raises(KeyError, match="no match of random against max"):
        results.match(result, "random", "max")


def test_strength_from_the_final_evaluation_of_a_run(tmp_path: Path) -> None:
    config = "battle_format: gen1randombattle\nseed: 0\nevaluation: {battles: 2, greedy: true}\n"
    (tmp_path / "config.yml").write_text(config, encoding="utf-8")
    evaluation = {"max": {"battles": 2, "win_rate": 0.5, "interval": [0.09, 0.91]}}
    result = strength.from_run(evaluation, tmp_path, "mine")
    assert result["label"] == "mine, gen1randombattle"
    assert results.match(result, "mine", "max")["win_rate"] == 0.5
