"""Baselines by name: opponents that do not learn and read the same observations as any policy."""

from __future__ import annotations

from agents.registry import BASELINES, load
from pokeenv import Agent


def make_baseline(name: str) -> Agent:
    """Make a baseline of `agents.registry.BASELINES`.

    Raises:
        KeyError: no baseline has this name.
    """
    agent: Agent = load(BASELINES[name])()
    return agent
