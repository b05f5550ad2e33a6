"""The project's prose keeps those rules that a program can check."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import prose


def test_the_prose_keeps_the_rules() -> None:
    paths = prose.files()
    assert len(paths) > 100
    assert [fault for path in paths for fault in prose.faults(path)] == []


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("a.py", '"""A battle."""\n\n# the engine is told the seed\n', "a.py:3: 'told'"),
        ("a.py", 'raise ValueError("the run goes on")\n', "a.py:1: 'goes on'"),
        ("a.py", '"""What an agent decided."""\n', "a.py:1: begins with 'What'"),
        ("a.py", 'def f():\n    """Whether it is on."""\n', "a.py:1: begins with 'Whether'"),
        ("a.py", '"""See :class:`Agent`."""\n', "a.py:1: 'class:`'"),
        ("a.py", '"""Returns ``None``."""\n', "a.py:1: '``'"),
        ("a.mjs", "/** How it works. */\n", "a.mjs:1: begins with 'How'"),
        ("a.mjs", "// the team of whoever moves\n", "a.mjs:1: 'whoever'"),
        ("a.md", "It stands there.\n", "a.md:1: 'stands'"),
    ],
)
def test_a_fault_is_found_at_its_line(
    name: str, text: str, found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prose, "ROOT", tmp_path)
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert [fault[: len(found)] for fault in prose.faults(tmp_path / name)] == [found]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", '"""The decision of an agent."""\ntold = understands = 1\n'),
        ("a.py", '"""Does it pay? What does it cost?"""\n'),
        ("a.mjs", "/** Reads a line. */\nconst stands = 1;\n"),
        ("a.md", "```python\nx = 1\n```\n"),
    ],
)
def test_plain_prose_passes(name: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prose, "ROOT", tmp_path)
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert list(prose.faults(tmp_path / name)) == []
