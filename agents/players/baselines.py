"""Baselines by name: opponents that do not learn and see what any policy sees."""

from __future__ import annotations

from agents.registry import BASELINES, load
from pokeenv import Agent


def make_baseline(name: str) -> Agent:
    """Make a baseline of `agents.registry.BASELINES`.

    Raises:
        KeyError: there is none of this name.
    """
    agent: Agent = load(BASELINES[name])()
    return agent
