"""The tree of both packages in `docs/architecture.md`: one line per file, its first sentence.

    python -m tools.tree

writes it between the page's markers. A file's line is the first sentence of its docstring or opening comment.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "architecture.md"
PACKAGES = ("agents", "pokeenv")
WIDTH = 34
"""Columns of the names."""

OTHERS = {
    "agents/play/page.css": "Style of the page.",
    "agents/play/page.html": "Frame of the page.",
    "agents/play/page.js": "The page: draws each view, sends the choices.",
    "agents/report/page.css": "Style of the report's page.",
    "agents/report/page.js": "Replays of the report's page, to click through.",
    "agents/py.typed": "Marks the package as typed.",
    "agents/estimates/usual_moves.npz": "The simulator's usual moves, made by `python -m tools.usual_moves`.",
    "pokeenv/py.typed": "Marks the package as typed.",
    "pokeenv/formats.json": "The simulator's formats, made by `python -m pokeenv formats --from-simulator`.",
    "pokeenv/names.json": "The games' names of all ids, made by `python -m tools.names`.",
    "pokeenv/vocabulary.json": "Numbers of species, moves, items and abilities.",
    "pokeenv/engine/showdown/package.json": "The npm packages of the worker.",
    "pokeenv/engine/showdown/package-lock.json": "Their exact versions.",
    "pokeenv/engine/showdown/worker": "The worker process: JavaScript around the simulator.",
    "pokeenv/engine/showdown/worker/accelerate": "The simulator, faster, with the same results.",
    "pokeenv/engine/showdown/worker/answers": "Answers to rare questions about a battle.",
    "pokeenv/engine/showdown/worker/damage": "The damage block of an observation.",
    "pokeenv/engine/showdown/worker/encode": "A seat's view as numbers.",
    "pokeenv/engine/showdown/worker/hosting": "Battles that the worker plays or only observes.",
    "pokeenv/engine/showdown/worker/imagine": "Battles imagined for a seat.",
    "pokeenv/engine/showdown/worker/seat": "Requests, masks and choices of a seat.",
    "pokeenv/engine/showdown/worker/showdown": "The npm packages: loading, types and tables.",
    "pokeenv/engine/showdown/worker/snapshot": "Battles as bytes, and back, and their copies in memory.",
    "pokeenv/engine/showdown/worker/view": "What a seat knows, from its messages.",
}
"""Lines of files and folders without a docstring."""

PRETRAINED = {
    ".pt": "An agent: weights in half precision.",
    ".md": "Its card: how it was made, and its results.",
}
"""Lines of the files in `agents/pretrained`."""


def files(package: str) -> list[Path]:
    """Every file of a package that belongs to the source."""
    return [
        path
        for path in sorted((ROOT / package).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    ]


def first_sentence(path: Path) -> str:
    """The first sentence of a file's own description."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        opening = ast.get_docstring(ast.parse(text)) or ""
    else:
        comment = re.match(r"(?://[^\n]*\n)+", text)
        opening = "" if comment is None else re.sub(r"^// ?", "", comment[0], flags=re.MULTILINE)
    paragraph = " ".join(opening.split("\n\n")[0].split())
    return re.split(r"(?<=\.) (?=[A-Z`])|; ", paragraph)[0].rstrip(".;") + "."


def describe(path: Path) -> str:
    """The line of a file, or of a folder by its `__init__.py`."""
    name = path.relative_to(ROOT).as_posix()
    if name in OTHERS:
        return OTHERS[name]
    if path.parent.name == "pretrained" and path.suffix in PRETRAINED:
        return PRETRAINED[path.suffix]
    return first_sentence(path / "__init__.py" if path.is_dir() else path)


def tree(folder: Path, depth: int = 0) -> Iterator[str]:
    """Lines of a folder: itself, its files, its folders."""
    yield f"{'  ' * depth + folder.name + '/':<{WIDTH}} {describe(folder)}"
    inside = [path for path in sorted(folder.iterdir()) if path.name != "__pycache__"]
    for path in inside:
        if path.is_file() and path.name != "__init__.py":
            yield f"{'  ' * (depth + 1) + path.name:<{WIDTH}} {describe(path)}"
    for path in inside:
        # Git leaves the empty folders of moved files behind.
        if path.is_dir() and any(each.is_file() and each.suffix != ".pyc" for each in path.rglob("*")):
            yield from tree(path, depth + 1)


def block(package: str) -> str:
    """The tree of a package with its markers."""
    lines = "\n".join(tree(ROOT / package))
    return f"<!-- tree {package} -->\n```text\n{lines}\n```\n<!-- end -->"


def page(text: str) -> str:
    """The page with the current trees."""
    for package in PACKAGES:
        pattern = re.compile(rf"<!-- tree {package} -->.*?<!-- end -->", re.DOTALL)
        text, count = pattern.subn(lambda _, package=package: block(package), text)  # type: ignore[misc]
        assert count == 1, f"{PAGE} needs one place for the tree of {package}"
    return text


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
