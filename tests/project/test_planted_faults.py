"""The planted faults keep up with the code; `make planted` runs their tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.campaigns.planted_faults import FAULTS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", FAULTS)
def test_the_line_of_a_fault_occurs_once(name: str) -> None:
    fault = FAULTS[name]
    assert (ROOT / fault.file).read_text(encoding="utf-8").count(fault.line) == 1
    assert (ROOT / fault.tests.split()[0]).exists()
