"""Without its extra, a feature ends with one sentence that names the extra and the command."""

from __future__ import annotations

import configparser
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# By case: the extra, a package of it that is made missing, and a program or a module with its arguments.
CASES = {
    "a benchmark": ("bench", "matplotlib", ["benchmarks.learning_curve", "runs/none", "curve.svg"]),
    "an example with Stable-Baselines3": ("sb3", "stable_baselines3", ["examples/sb3_ppo.py"]),
    "an example with sb3-contrib": ("sb3", "sb3_contrib", ["examples/sb3_contrib_ppo.py"]),
    "an example with RLlib": ("rllib", "ray", ["examples/rllib_masked_ppo.py"]),
    "training with Ray": ("ray", "ray", ["train_selfplay.py", "--set", "collection.source=ray"]),
    "training by poke-env": (
        "live",
        "poke_env",
        ["train_selfplay.py", "--set", "teacher=poke-env:RandomPlayer"],
    ),
    "playing against poke-env": ("live", "poke_env", ["agents.play", "--opponent", "poke-env:RandomPlayer"]),
}
ELSEWHERE = {
    "pettingzoo": "tests/pokeenv/test_parallel_env.py",
    "render": "tests/pokeenv/test_render.py",
}
"""Extras whose sentences other tests read."""
TOOLS = {"test", "dev", "docs"}
"""Extras of this repository's own commands, which install them."""

BLOCKED = """
import runpy, sys
sys.modules[sys.argv[1]] = None  # an import of it fails as if it were not installed
del sys.argv[:2]  # the word -c and the package
if sys.argv[0].endswith(".py"):
    runpy.run_path(sys.argv[0], run_name="__main__")
else:
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


# Importing Ray's or poke-env's users takes seconds; the other cases end with the same code.
SLOW = {
    "an example with sb3-contrib",
    "an example with RLlib",
    "training with Ray",
    "training by poke-env",
    "playing against poke-env",
}


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=pytest.mark.slow) if case in SLOW else case for case in CASES]
)
def test_a_missing_extra_is_named_in_one_sentence(case: str) -> None:
    extra, package, program = CASES[case]
    result = subprocess.run(
        [sys.executable, "-c", BLOCKED, package, *program],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode in (1, 2)
    (sentence,) = result.stderr.strip().splitlines()
    assert f"pip install 'pokeenv[{extra}]'" in sentence


def test_every_extra_has_its_case() -> None:
    settings = configparser.RawConfigParser()
    settings.read(ROOT / "setup.cfg")
    extras = set(settings["options.extras_require"])
    assert extras == {extra for extra, *_ in CASES.values()} | set(ELSEWHERE) | TOOLS
    for extra, name in ELSEWHERE.items():
        assert f"pokeenv[{extra}]" in (ROOT / name).read_text(encoding="utf-8").replace("\\", "")
