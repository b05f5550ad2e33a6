"""`ENGINES`: the engines by name, and `open_engine`."""

from __future__ import annotations

import pkgutil
from typing import Any, Protocol, cast

from pokeenv.engine.contract import Engine
from pokeenv.errors import UnknownEngineError, did_you_mean
from pokeenv.formats import BattleFormat
from pokeenv.observation import Layout, make_layout


class EngineFactory(Protocol):
    """A function that makes an engine, such as the class of an engine."""

    def __call__(
        self,
        battle_format: BattleFormat,
        num_battles: int,
        *,
        num_workers: int,
        turn_limit: int,
        timeout_s: float,
        layout: Layout,
    ) -> Engine:
        """Open an engine; see `open_engine` for the arguments."""


ENGINES: dict[str, str | EngineFactory] = {
    "showdown": "pokeenv.engine.showdown.engine:EmbeddedShowdown",
}
"""Factory of each engine, or its import path `module:name`, imported at the first use."""

DEFAULT_ENGINE = "showdown"


def open_engine(
    engine: str | EngineFactory,
    battle_format: BattleFormat,
    num_battles: int,
    *,
    num_workers: int = 1,
    turn_limit: int = 1000,
    timeout_s: float = 60.0,
    layout: Layout | None = None,
    **options: Any,
) -> Engine:
    """Open an engine.

    Args:
        engine: a name of `ENGINES`, or a factory.
        battle_format: format of the battles.
        num_battles: number of battles, N.
        num_workers: worker processes that share the battles; an engine without processes ignores it.
        turn_limit: a battle that passes this turn is truncated.
        timeout_s: limit of every wait, in seconds.
        layout: meaning of the numbers of an observation; None: the base layout of the format.
        options: further keywords of this engine alone.

    Raises:
        UnknownEngineError: there is no engine of that name.
        InstallError: a part of the engine cannot be installed.
        EngineError: the engine cannot be started.
    """
    return engine_factory(engine)(
        battle_format,
        num_battles,
        num_workers=num_workers,
        turn_limit=turn_limit,
        timeout_s=timeout_s,
        layout=layout or make_layout(actives=battle_format.action_space.actives),
        **options,
    )


def engine_factory(engine: str | EngineFactory) -> EngineFactory:
    """The factory of an engine given by name or as a factory.

    Raises:
        UnknownEngineError: neither a name of `ENGINES` nor callable.
    """
    found = ENGINES.get(engine) if isinstance(engine, str) else engine
    if isinstance(found, str):
        return cast(EngineFactory, pkgutil.resolve_name(found))
    if callable(found):
        return found
    hint = did_you_mean(engine, ENGINES) if isinstance(engine, str) else ""
    raise UnknownEngineError(
        f"unknown engine {engine!r}{hint}; known: {', '.join(ENGINES)},"
        " or give a factory such as the class of an engine"
    )
