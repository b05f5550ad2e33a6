"""Checks those rules for the project's prose that a program can check.

    python -m tests.support.prose [PATH ...]

prints each place that breaks a rule, as `file:line: phrase: the line`.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("agents", "pokeenv", "benchmarks", "tests", "config", "docs", "tools", "examples")
TOP = ("README.md", "CONTRIBUTING.md", "Makefile", "setup.cfg", "train_selfplay.py")
SKIPPED = ("docs/log/", "docs/results/", "tests/support/prose.py", "tests/project/test_prose.py")
"""Dated notes stay as they were written; the checker and its test quote what they forbid."""

FORBIDDEN = re.compile(
    r"\btold\b|\bstands\b|\bof yours\b|\bwho comes in\b|\bgoes on\b|\bgo on\b|\bwent on\b|\bgoing on\b"
    r"|\bwhoever\b|\bby itself\b|\b(?:class|func|meth|attr|mod):`|(?<!`)``(?!`)",
    re.IGNORECASE,
)
CLAUSE = re.compile(r"^(?:What|Where|Who|Whom|Whose|Whether|Whatever|How)\b(?!.*\?)")
"""A docstring or comment that begins with a clause instead of a noun or a verb."""


def files() -> list[Path]:
    """Every file of the project that holds prose."""
    found = [ROOT / name for name in TOP]
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*")):
            if (
                path.suffix in {".py", ".mjs", ".js", ".md", ".yml", ".yaml"}
                and "__pycache__" not in path.parts
            ):
                found.append(path)
    return [
        path for path in found if path.is_file() and not path.relative_to(ROOT).as_posix().startswith(SKIPPED)
    ]


def prose_of(path: Path) -> Iterator[tuple[int, str]]:
    """The prose of a file, line by line: comments, docstrings and texts of code, all of other files."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string.lstrip("# ")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield from enumerate(node.value.split("\n"), node.lineno)
    elif path.suffix in {".mjs", ".js"}:
        for number, line in enumerate(text.split("\n"), 1):
            if found := re.search(r"(?:^|\s)(?://|/\*\*?|\*)\s?(.*)$", line):
                yield number, found[1]
    else:
        yield from enumerate(text.split("\n"), 1)


def openings(path: Path) -> Iterator[tuple[int, str]]:
    """The first line of every docstring of a Python file and of every comment of the worker."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                if docstring := ast.get_docstring(node):
                    yield getattr(node, "lineno", 1), docstring.split("\n")[0]
    elif path.suffix == ".mjs":
        for number, line in enumerate(text.split("\n"), 1):
            if found := re.match(r"\s*/\*\*\s*(\S.*)$", line):
                yield number, found[1]


def faults(path: Path) -> Iterator[str]:
    """Each place of a file that breaks a rule."""
    name = path.relative_to(ROOT).as_posix()
    for number, line in prose_of(path):
        if found := FORBIDDEN.search(line):
            yield f"{name}:{number}: {found[0]!r}: {line.strip()}"
    for number, line in openings(path):
        if found := CLAUSE.match(line):
            yield f"{name}:{number}: begins with {found[0]!r}: {line.strip()}"


def main() -> int:
    """Print the faults of the given files and folders, or of the whole project."""
    wanted = [Path(name).resolve() for name in sys.argv[1:]] or [ROOT]
    found = [
        fault
        for path in files()
        if any(path == each or each in path.parents for each in wanted)
        for fault in faults(path)
    ]
    print("\n".join(found))
    print(f"{len(found)} faults")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
