"""Packages that only some benchmarks need."""

from __future__ import annotations

import importlib
import sys


def need(extra: str, *packages: str) -> None:
    """End the program with one sentence if a package of an extra is missing."""
    for package in packages:
        try:
            importlib.import_module(package)
        except ImportError as error:
            sys.exit(f"error: this benchmark needs {package} ({error}): pip install 'pokeenv[{extra}]'")
