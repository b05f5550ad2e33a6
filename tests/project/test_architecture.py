"""The order of the rooms: train_selfplay.py -> agents -> pokeenv -> engine, and the lengths of files."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import pokeenv

ROOT = Path(__file__).parents[2]
TRAINING_SCRIPT = ROOT / "train_selfplay.py"


def python_files(room: str) -> list[Path]:
    files = sorted((ROOT / room).rglob("*.py"))
    assert files, f"no Python files in {room}/"
    return files


def imports(tree: ast.AST, package: str = "") -> Iterator[tuple[str, str]]:
    """Every import, also inside functions, as (module, name); name is "" for `import module`.

    Args:
        tree: syntax tree of a file.
        package: dotted package of the file, to resolve relative imports.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                parts = package.split(".")
                base = ".".join(parts[: len(parts) - node.level + 1])
                module = f"{base}.{module}" if module else base
            yield from ((module, alias.name) for alias in node.names)


def imports_of(file: Path) -> list[tuple[str, str]]:
    package = ".".join(file.relative_to(ROOT).parts[:-1])
    return list(imports(ast.parse(file.read_text(encoding="utf-8")), package))


def breaks_pokeenv(module: str, name: str) -> bool:
    return module.split(".")[0] in {"torch", "agents", "train_selfplay"}


def breaks_agents(module: str, name: str) -> bool:
    """Anything of pokeenv but its public names, and the training script."""
    root = module.split(".")[0]
    if root == "pokeenv":
        return module != "pokeenv" or (name != "" and name not in pokeenv.__all__)
    return root == "train_selfplay"


FLOORS = {
    "pokeenv": (
        ("arguments",),
        ("actions", "errors", "version"),
        ("yaml_files",),
        ("formats", "observation"),
        ("usage",),
        ("engine",),
        ("agent", "render", "replays", "rewards", "stream", "teams", "testing"),
        ("opponents",),
        ("envs",),
        ("wrappers",),
    ),
    "agents": (
        ("draws", "errors", "registry", "stored"),
        ("pretrained",),
        ("config", "episodes", "estimates"),
        ("cluster", "devices"),
        ("networks",),
        ("algorithms",),
        ("agent",),
        ("checkpoints",),
        ("players",),
        ("selfplay",),
        ("evaluate",),
        ("live", "play", "runs"),
        ("report",),
    ),
}
"""The rooms of each package from the ground up: a room imports only from lower floors and from itself."""


def floor_of(package: str, room: str) -> int:
    """Number of a room's floor.

    Raises:
        KeyError: the room is not in `FLOORS`.
    """
    for number, rooms in enumerate(FLOORS[package]):
        if room in rooms:
            return number
    raise KeyError(f"{package}.{room} has no floor: add it to FLOORS")


def breaks_floors(package: str, room: str, module: str, name: str) -> bool:
    """An import of the own package that leads to the same floor or above, outside the room itself."""
    parts = [*module.split("."), *([name] if name else [])]
    if parts[0] != package:
        return False
    if len(parts) < 2 or (
        module == package and name not in {room for rooms in FLOORS[package] for room in rooms}
    ):
        return True  # the package itself, which imports every room
    return parts[1] != room and floor_of(package, parts[1]) >= floor_of(package, room)


RULES = {"pokeenv": breaks_pokeenv, "agents": breaks_agents}


@pytest.mark.parametrize("room", RULES)
def test_no_file_imports_against_the_arrows(room: str) -> None:
    wrong = [
        f"{file.relative_to(ROOT)}: {module} {name}"
        for file in python_files(room)
        for module, name in imports_of(file)
        if RULES[room](module, name)
    ]
    assert not wrong


@pytest.mark.parametrize("package", FLOORS)
def test_every_room_imports_from_lower_floors_only(package: str) -> None:
    wrong = []
    for file in python_files(package):
        room = file.relative_to(ROOT / package).with_suffix("").parts[0]
        if room in ("__init__", "__main__"):
            continue
        for module, name in imports_of(file):
            if breaks_floors(package, room, module, name):
                wrong.append(f"{file.relative_to(ROOT)}: {module} {name}")
    assert not wrong


@pytest.mark.parametrize(
    ("package", "room", "line"),
    [
        ("pokeenv", "engine", "from pokeenv.envs.setup import BattleSetup"),
        ("pokeenv", "engine", "from ..envs import battle"),
        ("pokeenv", "engine", "from pokeenv import BattleEnv"),
        ("pokeenv", "engine", "import pokeenv"),
        ("pokeenv", "observation", "from pokeenv.rewards import WinLoss"),
        ("agents", "config", "from agents.networks import build_networks"),
        ("agents", "networks", "from agents.algorithms import BaseAlgorithm"),
        ("agents", "selfplay", "def f():\n    from agents.runs.run import open_run"),
    ],
)
def test_an_import_from_above_is_found(package: str, room: str, line: str) -> None:
    found = imports(ast.parse(line), f"{package}.{room}")
    assert any(breaks_floors(package, room, *each) for each in found)


@pytest.mark.parametrize("module", ["pokeenv", "pokeenv.testing", "agents.config"])
def test_torch_is_not_imported(module: str) -> None:
    program = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


def test_ray_is_imported_in_one_file() -> None:
    files = [file for package in FLOORS for file in python_files(package)]
    users = [file for file in files if any(module.split(".")[0] == "ray" for module, _ in imports_of(file))]
    assert [file.relative_to(ROOT).as_posix() for file in users] == ["agents/cluster.py"]


def files_that_name(word: str, *rooms: str) -> list[str]:
    return [
        file.relative_to(ROOT).as_posix()
        for room in rooms
        for file in python_files(room)
        if re.search(rf"\b{word}\b", file.read_text(encoding="utf-8"))
    ]


def test_the_embedded_engine_is_named_in_two_files_outside_its_folder_at_most() -> None:
    outside = [
        name
        for name in files_that_name("EmbeddedShowdown", "pokeenv", "agents", "benchmarks")
        if not name.startswith("pokeenv/engine/showdown/")
    ]
    assert len(outside) <= 2, outside


def test_the_number_of_actions_is_a_property_of_the_action_space() -> None:
    assert files_that_name("NUM_ACTIONS", "pokeenv", "agents", "benchmarks") == ["pokeenv/actions/singles.py"]


ROW_ARITHMETIC = re.compile(r"\b2 \* (?:\w+\.)?(?:battle|slot|index)\b|\brows? (?://|%) 2\b|\brow \^ 1\b")


def test_rows_of_seats_are_counted_in_one_file() -> None:
    assert ROW_ARITHMETIC.search("row = 2 * self.battle + seat") and ROW_ARITHMETIC.search("rows // 2")
    found = [
        file.relative_to(ROOT).as_posix()
        for package in FLOORS
        for file in python_files(package)
        if ROW_ARITHMETIC.search(file.read_text(encoding="utf-8"))
    ]
    assert found == ["pokeenv/engine/rows.py"]


TESTS_OF_BENCHMARKS = ("test_carousel.py", "test_results.py", "test_trials.py")
TEST_FOLDERS = ("agents", "pokeenv", "worker", "project")


def test_tests_share_code_through_their_support_folder_alone() -> None:
    wrong = [
        f"{file.relative_to(ROOT)}: {module}"
        for file in python_files("tests")
        for module, _ in imports_of(file)
        if (module.split(".")[0] == "benchmarks" and file.name not in TESTS_OF_BENCHMARKS)
        or module.startswith(tuple(f"tests.{f}." for f in TEST_FOLDERS))
    ]
    assert not wrong


def test_the_training_script_uses_public_names_only() -> None:
    assert not [found for found in imports_of(TRAINING_SCRIPT) if breaks_agents(*found)]


@pytest.mark.parametrize(
    ("room", "line"),
    [
        ("pokeenv", "import torch.nn as nn"),
        ("pokeenv", "def f():\n    from agents.players.baselines import RandomAgent"),
        ("agents", "from pokeenv.observation import LAYOUT"),
        ("agents", "import pokeenv.engine"),
        ("agents", "from pokeenv import engine"),
        ("agents", "from pokeenv.testing import check"),
        ("agents", "import train_selfplay"),
    ],
)
def test_an_import_against_the_arrows_is_found(room: str, line: str) -> None:
    assert any(RULES[room](*found) for found in imports(ast.parse(line), room.replace("/", ".")))


@pytest.mark.parametrize(
    ("room", "line"),
    [
        ("pokeenv", "import numpy as np"),
        ("agents", "import torch"),
        ("agents", "from pokeenv import LAYOUT, SelfPlayVectorEnv"),
    ],
)
def test_an_import_along_the_arrows_is_allowed(room: str, line: str) -> None:
    assert not any(RULES[room](*found) for found in imports(ast.parse(line), room.replace("/", ".")))


def test_every_public_name_exists() -> None:
    assert not [name for name in pokeenv.__all__ if not hasattr(pokeenv, name)]


@pytest.mark.parametrize("room", ["pokeenv", "agents", "benchmarks", "tests"])
def test_no_file_is_longer_than_400_lines(room: str) -> None:
    lengths = {
        str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines())
        for file in (*python_files(room), *(ROOT / room).rglob("*.mjs"))
    }
    assert not {name: length for name, length in lengths.items() if length > 400}


def test_the_training_script_fits_250_lines() -> None:
    assert len(TRAINING_SCRIPT.read_text(encoding="utf-8").splitlines()) <= 250


def test_the_package_is_imported_in_half_a_second() -> None:
    program = "import time, pokeenv; print(time.process_time())"
    seconds = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout
    assert float(seconds) < 0.5


def test_windows_is_refused_with_the_way_out() -> None:
    program = (
        "import importlib, sys, pokeenv; sys.platform = 'win32'; importlib.reload(pokeenv.engine.showdown)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.stderr.strip().endswith("on Windows, use WSL (`wsl --install`)")
