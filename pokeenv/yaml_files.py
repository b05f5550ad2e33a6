"""The one reader of YAML, for configurations, rewards and values on the command line."""

from __future__ import annotations

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from pokeenv.errors import PokeenvError

MAX_BYTES = 2**20
"""Size of the largest file that is read."""


class _Loader(yaml.SafeLoader):
    """`yaml.SafeLoader` without duplicate keys and aliases, that reads `3e-4` as a number (YAML 1.2)."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            key = str(key_node.value)
            if key in seen:
                raise yaml.MarkedYAMLError(problem=f"duplicate key {key!r}", problem_mark=key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="aliases are not allowed", problem_mark=mark)
        return super().compose_node(parent, index)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"), list("-+.0123456789")
)


def parse_yaml(text: str, error: type[PokeenvError]) -> Any:
    """Read one document: plain values, without aliases and duplicate keys.

    Args:
        text: the document.
        error: class of the exception.

    Raises:
        PokeenvError: of the class `error`: one line says where and why the document cannot be read.
    """
    try:
        return yaml.load(text, Loader=_Loader)  # a SafeLoader
    except yaml.MarkedYAMLError as fault:
        line = f" in line {fault.problem_mark.line + 1}" if fault.problem_mark else ""
        hint = " (indent with spaces)" if "'\\t'" in str(fault.problem) else ""
        raise error(f"not valid YAML{line}: {fault.problem}{hint}") from None
    except RecursionError:
        raise error("not valid YAML: nested too deeply") from None
    except (yaml.YAMLError, ValueError) as fault:  # such as the date 2024-13-45
        raise error(f"not valid YAML: {' '.join(str(fault).split())}") from None


def read_yaml(path: Path, error: type[PokeenvError]) -> Any:
    """Read a file of at most `MAX_BYTES` with one document.

    Raises:
        PokeenvError: of the class `error`: the file cannot be read, or as in `parse_yaml`.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as fault:
        raise error(f"{path}: cannot be read: {fault.strerror}") from None
    if len(content) > MAX_BYTES:
        raise error(f"{path}: cannot be read: larger than {MAX_BYTES:,} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise error(f"{path}: cannot be read: not UTF-8 text") from None
    try:
        return parse_yaml(text, error)
    except error as fault:
        raise error(f"{path}: {fault}") from None
