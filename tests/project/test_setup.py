"""The first minutes: `make` says where to start, set-up shows progress and names faults in one sentence."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.install import sentence_of, status_of

ROOT = Path(__file__).parents[2]
NOTHING_LISTENS = "http://127.0.0.1:9/simple"  # the discard port of the loopback interface

# Lines of pip 23.2 and 26.2 in these situations, and the beginning of the sentence for each.
OUTPUTS = {
    "no network": (
        "WARNING: Retrying (Retry(total=1, connect=None)) after connection broken by 'NewConnectionError("
        "'<pip._vendor.urllib3.connection.HTTPSConnection object>: Failed to establish a new connection: "
        "[Errno -3] Temporary failure in name resolution')': /simple/setuptools/\n"
        "ERROR: No matching distribution found for setuptools>=77\n",
        "the package index cannot be reached",
    ),
    "full disk": (
        "Installing collected packages: mpmath, websockets\n"
        "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n",
        "the disk is full",
    ),
    "no compiler": (
        "../meson.build:1:0: ERROR: Unknown compiler(s): [['cc'], ['gcc'], ['clang']]\n"
        "error: metadata-generation-failed\n",
        "a package has no built file for this Python and must be compiled",
    ),
    "old Python": (
        "ERROR: Package 'pokeenv' requires a different Python: 3.9.18 not in '>=3.10'\n",
        "a package does not support Python",
    ),
    "another fault": (
        "ERROR: Cannot install a and b because these package versions have conflicting dependencies.\n",
        "pip failed: Cannot install a and b because",
    ),
}


@pytest.mark.parametrize("case", OUTPUTS)
def test_a_fault_of_pip_is_one_sentence_with_the_way_out(case: str) -> None:
    output, beginning = OUTPUTS[case]
    sentence = sentence_of(output)
    assert sentence.startswith(beginning) and "\n" not in sentence


def test_progress_names_the_present_step() -> None:
    lines = ["Obtaining file:///work\n", "Collecting numpy<3,>=1.26\n"]
    assert status_of(lines, 0) == "preparing the build"
    lines.append("  Downloading numpy-2.4.6-cp311-cp311-manylinux_2_28_x86_64.whl (16.9 MB)\n")
    assert status_of(lines, 0) == "1 packages found, now numpy 2.4.6 (16.9 MB)"
    lines.append("Installing collected packages: mpmath, websockets, numpy\n")
    assert status_of(lines, 10**6) == "installing 3 packages, 0 done"


def make(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("make")
    if program is None:
        pytest.skip("make is not installed")
    for name in ("Makefile", "setup.cfg", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, folder)
    # Without the variables of a make that runs the tests, which would have this one name its folder.
    own = {
        name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    }
    return subprocess.run(
        [program, *arguments],
        cwd=folder,
        env=own | variables,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_make_alone_says_where_to_start(tmp_path: Path) -> None:
    first = make(tmp_path).stdout.splitlines()[0]
    assert first.startswith("Start with: make train")


def test_a_missing_python_is_named_before_anything_is_written(tmp_path: Path) -> None:
    result = make(tmp_path, "setup", "PYTHON=python3.99")
    assert "python3.99 is missing: install Python 3.10 or newer" in result.stdout + result.stderr
    assert result.returncode != 0 and not (tmp_path / ".venv").exists()


@pytest.mark.slow
def test_set_up_without_a_network_shows_progress_and_ends_with_one_sentence(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    settings = {"PIP_INDEX_URL": NOTHING_LISTENS, "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull}
    result = subprocess.run(
        [tmp_path / "venv" / "bin" / "python", ROOT / "tools" / "install.py", ".[test]"],
        cwd=ROOT,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=250,
    )
    assert result.returncode == 1
    first, *progress, last = result.stderr.splitlines()
    assert first.startswith("pokeenv: installing Python packages")
    assert all(line.startswith("pokeenv: ") for line in progress)
    assert last.startswith("error: the package index cannot be reached")
    assert (tmp_path / "venv" / "setup.log").exists()
