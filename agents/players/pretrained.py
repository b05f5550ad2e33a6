"""Agents of the package for the entry points `pokeenv.opponents`: called without arguments, they make one."""

from __future__ import annotations

from agents.players.loading import load_agent
from pokeenv import Agent


def gen1randombattle() -> Agent:
    """`pretrained:gen1randombattle`."""
    return load_agent("pretrained:gen1randombattle")


def gen9randombattle() -> Agent:
    """`pretrained:gen9randombattle`."""
    return load_agent("pretrained:gen9randombattle")
