from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("pokeenv", "agents", "setup.cfg", "pyproject.toml", "README.md", "LICENSE")

# Runs where only the installed wheel can be imported; prints its findings.
REPORT = """
import json, subprocess
from pathlib import Path
import pokeenv.observation
from pokeenv.engine.showdown import install
from pokeenv.opponents.drivers import make_driver
from pokeenv.opponents.names import opponent_names
make_driver("max", 1)
folder = install.simulator_path()
node = subprocess.check_output([str(install.node_executable()), "--version"], text=True)
package = Path(pokeenv.__file__).parent
report = {"package": str(package), "node": node, "simulator": str(folder)}
print(json.dumps(report | {"opponents": opponent_names()}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # A copy, since a build leaves its products beside the sources.
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in SOURCES:
        path = ROOT / name
        if path.is_dir():
            shutil.copytree(path, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, source / name)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(source)], check=True)
    (built,) = folder.glob("pokeenv-*.whl")
    return built


def test_wheel_holds_every_file_of_the_packages(wheel: Path) -> None:
    expected = {
        path.relative_to(ROOT).as_posix()
        for package in ("pokeenv", "agents")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == expected
    assert {
        "pokeenv/vocabulary.json",
        "pokeenv/engine/showdown/package-lock.json",
        "pokeenv/py.typed",
    } <= held
    assert any(name.startswith("pokeenv/engine/showdown/worker/") for name in held)


def test_installed_wheel_works_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*command, "--target", str(site), str(wheel)], check=True)
    result = subprocess.run(
        [sys.executable, "-c", REPORT],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=True,
    )
    report = json.loads(result.stdout)
    assert report["package"] == str(site / "pokeenv")
    assert report["opponents"] == ["max", "pretrained:gen9randombattle", "random", "rule"]
    assert report["node"].startswith("v24.")
    assert Path(report["simulator"], "node_modules", "pokemon-showdown", "dist", "sim", "battle.js").is_file()


def test_version_is_that_of_the_metadata(wheel: Path) -> None:
    result = subprocess.run([sys.executable, "-m", "pokeenv", "--version"], capture_output=True, text=True)
    assert result.stdout.split() == ["pokeenv", wheel.name.split("-")[1]], result.stderr
