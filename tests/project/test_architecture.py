"""The arrows between the rooms: train_selfplay.py -> agents -> pokeenv -> engine, and file lengths."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import pokeenv

ROOT = Path(__file__).parents[2]
TRAINING_SCRIPT = ROOT / "train_selfplay.py"
ENGINE_MAY_IMPORT = {"errors", "observation", "actions", "engine"}


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


def breaks_engine(module: str, name: str) -> bool:
    """Rooms of pokeenv above the engine; of the rewards, only the names of the signals."""
    if module.split(".")[0] != "pokeenv":
        return breaks_pokeenv(module, name)
    if (module, name) == ("pokeenv.rewards", "SIGNALS"):
        return False
    room = [*module.split("."), name][1]
    return room not in ENGINE_MAY_IMPORT


RULES = {"pokeenv": breaks_pokeenv, "agents": breaks_agents, "pokeenv/engine": breaks_engine}


@pytest.mark.parametrize("room", RULES)
def test_no_file_imports_against_the_arrows(room: str) -> None:
    wrong = [
        f"{file.relative_to(ROOT)}: {module} {name}"
        for file in python_files(room)
        for module, name in imports_of(file)
        if RULES[room](module, name)
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
        ("pokeenv/engine", "from pokeenv.rewards import WinLoss"),
        ("pokeenv/engine", "from ..battle_env import BattleEnv"),
        ("pokeenv/engine", "from pokeenv import BattleEnv"),
        ("pokeenv/engine", "import pokeenv"),
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
        ("pokeenv/engine", "from pokeenv.rewards import SIGNALS"),
        ("pokeenv/engine", "from ..errors import EngineError"),
        ("pokeenv/engine", "from .process import Worker"),
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
