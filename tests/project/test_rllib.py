"""The example for RLlib runs."""

from __future__ import annotations

import math
import runpy
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "rllib_masked_ppo.py"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_rllib_learns_with_action_masks_for_two_iterations() -> None:
    """An illegal action would be an error of the environment."""
    pytest.importorskip("tree", reason="make test-slow installs the extra rllib")
    returns = runpy.run_path(str(EXAMPLE))["main"](iterations=2, decisions=300)
    assert len(returns) == 2
    assert all(math.isfinite(mean) and -1 <= mean <= 1 for mean in returns)
