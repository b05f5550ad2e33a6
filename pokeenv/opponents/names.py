"""Opponents by name.

`"random"` is built in, and `"poke-env:NAME"` is a player of poke-env
(`pokeenv.opponents.poke_env_player`). Every other name comes from the entry points of the group
`ENTRY_POINT_GROUP`, which any installed package may declare:

    [options.entry_points]
    pokeenv.opponents =
        strong = my_package.players:StrongPlayer

The object named there is called without arguments and returns an agent (`Agent`) or a function
(`Policy`). A name with a colon may be declared by its first part alone, whose object is then called with the
rest: `"search:rule"` calls the object of `search` with `"rule"`.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata

import numpy as np
from numpy.typing import NDArray

from pokeenv.agent import Agent, is_agent
from pokeenv.errors import UnknownOpponentError, did_you_mean

ENTRY_POINT_GROUP = "pokeenv.opponents"

Policy = Callable[[NDArray[np.float32], NDArray[np.int8]], int]
"""`(observation (layout.size,), action_mask (A,)) -> action`."""


def opponent_names() -> list[str]:
    """Every name of an opponent: `"random"` and the names that installed packages declare."""
    return sorted({"random", *_entry_points()})


def load_opponent(name: str) -> Policy | Agent:
    """The agent or function that an installed package declares under a name.

    Raises:
        UnknownOpponentError: no package declares the name, or its object cannot play.
    """
    found = _entry_points()
    declared, arguments = name, []
    if name not in found and ":" in name:
        declared, _, rest = name.partition(":")
        arguments = [rest]
    if declared not in found:
        known = opponent_names()
        raise UnknownOpponentError(
            f"unknown opponent '{name}'{did_you_mean(name, known)}; known: {', '.join(known)}, or give a"
            f" function or an agent (names are the entry points '{ENTRY_POINT_GROUP}' of installed packages;"
            " after adding one, install its package again)"
        )
    opponent: Policy | Agent = found[declared].load()(*arguments)
    if isinstance(opponent, str) or not (is_agent(opponent) or callable(opponent)):
        raise UnknownOpponentError(
            f"opponent '{name}' ({found[declared].value}) gave {opponent!r},"
            " which is neither a function nor an agent"
        )
    return opponent


def _entry_points() -> dict[str, metadata.EntryPoint]:
    found: dict[str, metadata.EntryPoint] = {}
    for point in metadata.entry_points(group=ENTRY_POINT_GROUP):
        first = found.setdefault(point.name, point)
        if first.value != point.value:
            raise UnknownOpponentError(
                f"opponent '{point.name}' is declared twice, as {first.value} and as {point.value}: "
                "uninstall one of the packages, or give the opponent as an object"
            )
    return found
