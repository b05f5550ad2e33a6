"""The recipes of `docs/extending.md`, executed as they appear on the page in a copy of the project."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
COPIED = ("agents", "pokeenv", "config", "train_selfplay.py", "setup.cfg")
BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)


@dataclass
class Recipe:
    """A section of the page.

    Attributes:
        files: contents of new files, by path.
        changes: differences of existing files, by path.
        commands: shell commands and Python programs, in their order.
    """

    files: dict[str, str] = field(default_factory=dict)
    changes: dict[str, str] = field(default_factory=dict)
    commands: list[list[str]] = field(default_factory=list)


def read_recipe(section: str) -> Recipe:
    recipe = Recipe()
    for language, title, content in BLOCK.findall(section):
        if language == "diff":
            recipe.changes[title] = recipe.changes.get(title, "") + content
        elif title:
            recipe.files[title] = content
        elif language == "python":
            recipe.commands.append([sys.executable, "-c", content])
        elif language == "sh":
            words = [shlex.split(line) for line in content.splitlines()]
            recipe.commands += [[sys.executable, *line[1:]] for line in words if line[0] == "python"]
    return recipe


RECIPES = {
    section.partition("\n")[0]: read_recipe(section)
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
}


def apply(difference: str, text: str) -> str:
    """Apply the lines of a difference, whose context must occur exactly once."""
    lines = difference.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if line[0] != "+")
    after = "".join(line[1:] for line in lines if line[0] != "-")
    assert text.count(before) == 1, f"these lines occur {text.count(before)} times, not once:\n{before}"
    return text.replace(before, after)


def copy_project(target: Path) -> None:
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name)  # with its compiled files, which are still valid
        else:
            shutil.copy(source, target / name)


# A network is added as an algorithm is, and takes as long.
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name == "A network" else name for name in RECIPES]
)
def test_a_recipe_works_as_it_stands_on_the_page(name: str, tmp_path: Path) -> None:
    recipe = RECIPES[name]
    assert recipe.commands
    copy_project(tmp_path)
    for path, content in recipe.files.items():
        assert not (tmp_path / path).exists()
        (tmp_path / path).write_text(content, encoding="utf-8")
    for path, difference in recipe.changes.items():
        changed = apply(difference, (tmp_path / path).read_text(encoding="utf-8"))
        (tmp_path / path).write_text(changed, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "OMP_NUM_THREADS": "1"}
    for command in recipe.commands:
        result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"


@pytest.mark.parametrize("name", ["An algorithm", "A network", "An opponent", "An engine"])
def test_one_new_file_and_one_line_of_a_registry_are_enough(name: str) -> None:
    recipe = RECIPES[name]
    assert len(recipe.files) == len(recipe.changes) == 1
    (difference,) = recipe.changes.values()
    assert [line[0] for line in difference.splitlines()] == [" ", "+"]
