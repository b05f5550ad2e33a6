"""A short form of `make fuzz`: masks, leaks, parity with a network, ranges, replays."""

from __future__ import annotations

import pytest

from pokeenv import LAYOUT, REGISTERED_FORMATS
from tests.campaigns import fuzzing
from tests.campaigns.team_sources import DOUBLES
from tests.support.play import FAST_GENERATIONS


@pytest.mark.parametrize(
    ("battle_format", "decisions"),
    [
        *((f"gen{generation}randombattle", 300) for generation in FAST_GENERATIONS),
        *(pytest.param(battle_format, 2000, marks=pytest.mark.slow) for battle_format in REGISTERED_FORMATS),
    ],
)
def test_masks_are_exact_nothing_leaks_and_a_network_changes_nothing(
    battle_format: str, decisions: int
) -> None:
    report = fuzzing.fuzz(battle_format, decisions, timeout_s=250.0)
    assert report["failures"] == []
    assert report["decisions"] >= decisions
    assert report["replays"] >= 2
    assert report["compared"] >= decisions // 60, "hardly any decision was compared for leaks"


FAST_DOUBLES = {"gen9randomdoublesbattle", "gen8doublescustomgame", "gen9vgc2025regi"}


@pytest.mark.parametrize(
    ("battle_format", "teams", "decisions"),
    [
        *((*task, 150) for task in DOUBLES.items() if task[0] in FAST_DOUBLES),
        *(pytest.param(*task, 600, marks=pytest.mark.slow) for task in DOUBLES.items()),
    ],
)
def test_masks_of_doubles_are_exact_and_nothing_leaks(battle_format: str, teams: str, decisions: int) -> None:
    report = fuzzing.fuzz(battle_format, decisions, timeout_s=250.0, teams=teams)
    assert report["failures"] == []
    assert report["decisions"] >= decisions


def test_the_fuzz_reports_what_is_wrong() -> None:
    turn = LAYOUT.fields[0]
    task = fuzzing.make_task("gen1randombattle", 100, seed=1)
    task["high"][turn.offset] = 0.02
    failures = fuzzing.run(task, timeout_s=250.0)["failures"]
    assert failures and all(f"{turn.name} is" in failure for failure in failures)
