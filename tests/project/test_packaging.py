from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# The files and folders that are tracked, but for the generated ones beside them.
_LISTED = (ROOT / "MANIFEST.in").read_text(encoding="utf-8").splitlines()
SOURCES = [name for line in _LISTED if line.startswith(("include ", "graft ")) for name in line.split()[1:]]
SOURCES += ["MANIFEST.in", "setup.cfg", "pyproject.toml", "README.md", "LICENSE"]

METADATA = "PKG-INFO SOURCES.txt dependency_links.txt entry_points.txt requires.txt top_level.txt".split()

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
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # A copy, since a build leaves its products beside the sources.
    folder = tmp_path_factory.mktemp("sdist")
    source = folder / "source"
    for name in SOURCES:
        path, copy = ROOT / name, source / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, copy, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, copy)
    code = f"from setuptools import build_meta; build_meta.build_sdist({str(folder)!r})"
    subprocess.run([sys.executable, "-c", code], cwd=source, check=True, stdout=subprocess.DEVNULL)
    (built,) = folder.glob("pokeenv-*.tar.gz")
    return built


@pytest.fixture(scope="module")
def wheel(sdist: Path) -> Path:
    """Built from the sdist, as `python -m build` does."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(sdist.parent), str(sdist)], check=True)
    (built,) = sdist.parent.glob("pokeenv-*.whl")
    return built


def files_of(sdist: Path) -> set[str]:
    """Paths of the files of an sdist, as in the checkout."""
    with tarfile.open(sdist) as archive:
        return {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}


def test_sdist_holds_every_tracked_file(sdist: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("needs a checkout: git lists its files")
    tracked = {name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()}
    generated = {"PKG-INFO", *(f"pokeenv.egg-info/{name}" for name in METADATA)}
    assert files_of(sdist) - generated == tracked


def test_wheel_holds_every_file_of_the_packages(wheel: Path, sdist: Path) -> None:
    expected = {
        path.relative_to(ROOT).as_posix()
        for package in ("pokeenv", "agents")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == expected
    assert (
        {
            "agents/play/page.css",
            "agents/play/page.html",
            "agents/play/page.js",
            "agents/pretrained/gen1randombattle.pt",
            "agents/pretrained/gen9randombattle.pt",
            "pokeenv/engine/showdown/package-lock.json",
            "pokeenv/engine/showdown/worker/main.mjs",
            "pokeenv/py.typed",
            "pokeenv/vocabulary.json",
        }
        <= held
        <= files_of(sdist)
    )
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
    pretrained = ["pretrained:gen1randombattle", "pretrained:gen9randombattle"]
    assert report["opponents"] == ["expert", "max", *pretrained, "random", "rule", "search"]
    assert report["node"].startswith("v24.")
    assert Path(report["simulator"], "node_modules", "pokemon-showdown", "dist", "sim", "battle.js").is_file()


def test_version_is_that_of_the_metadata(wheel: Path) -> None:
    result = subprocess.run([sys.executable, "-m", "pokeenv", "--version"], capture_output=True, text=True)
    assert result.stdout.split() == ["pokeenv", wheel.name.split("-")[1]], result.stderr
