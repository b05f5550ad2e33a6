"""Agents that come with the package, such as `pretrained:gen9randombattle`; each has a card beside it."""

from __future__ import annotations

from pathlib import Path

from agents.errors import CheckpointError
from agents.registry import PRETRAINED
from pokeenv import did_you_mean

PREFIX = "pretrained:"


def pretrained_path(name: str) -> Path:
    """The checkpoint of an agent of the package.

    Args:
        name: its name, such as `"pretrained:gen9randombattle"`.

    Raises:
        CheckpointError: there is no such agent.
    """
    if name not in PRETRAINED:
        known = ", ".join(PRETRAINED)
        raise CheckpointError(f"unknown agent {name!r}{did_you_mean(name, PRETRAINED)}; known: {known}")
    return Path(__file__).with_name(PRETRAINED[name])
