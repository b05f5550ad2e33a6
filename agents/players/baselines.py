"""Scripted agents by name: they do not learn, and read the same observations as any policy."""

from __future__ import annotations

from agents.registry import SCRIPTED, load
from pokeenv import Agent


def make_baseline(name: str) -> Agent:
    """Make an agent of `agents.registry.SCRIPTED`.

    Raises:
        KeyError: none has this name.
    """
    agent: Agent = load(SCRIPTED[name])()
    return agent
