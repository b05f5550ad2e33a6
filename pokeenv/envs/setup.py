"""`BattleSetup`: the battles that an environment plays, and their limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import numpy as np
from gymnasium import spaces

from pokeenv.arguments import positive_number, whole_number
from pokeenv.engine import Engine, EngineFactory, open_engine
from pokeenv.engine.registry import DEFAULT_ENGINE, engine_factory
from pokeenv.formats import BattleFormat, parse_format
from pokeenv.observation import Layout, ObservationKind, make_layout
from pokeenv.teams.sources import TeamSource, brings_teams, draw_teams, make_source
from pokeenv.teams.validation import check_teams, hold_teams


class BattleOptions(TypedDict, total=False):
    """Keywords that every environment takes; `BattleSetup.make` has their defaults.

    Attributes:
        teams: for formats that need teams: a file, a folder, the text of teams, a list of these (see
            `FileTeams`), or a `TeamSource`.
        turn_limit: a battle that passes this turn is truncated.
        timeout_s: limit of each wait for the simulator, in seconds. observation: `"base"` or `"damage"`; see
        `BattleEnv`.
        engine: engine that plays the battles: a name of `pokeenv.engine.ENGINES`, or a factory such as the
            class of an `Engine`.
    """

    teams: TeamSource | str | Path | Sequence[str | Path] | None
    turn_limit: int
    timeout_s: float
    observation: ObservationKind
    engine: str | EngineFactory


@dataclass(frozen=True)
class BattleSetup:
    """Checked options of an environment; it can be pickled, and replaces the argument `battle_format`.

    Attributes:
        battle_format: the format.
        teams: source of both sides' teams; None if the engine generates them.
        turn_limit: a battle that passes this turn is truncated.
        timeout_s: limit of every wait for the simulator, in seconds.
        layout: meaning of the numbers of an observation.
        engine: name or factory of the engine.
    """

    battle_format: BattleFormat
    teams: TeamSource | None
    turn_limit: int
    timeout_s: float
    layout: Layout
    engine: str | EngineFactory

    @classmethod
    def make(
        cls,
        battle_format: str | BattleFormat,
        *,
        teams: TeamSource | str | Path | Sequence[str | Path] | None = None,
        turn_limit: int = 1000,
        timeout_s: float = 60.0,
        observation: ObservationKind = "base",
        engine: str | EngineFactory = DEFAULT_ENGINE,
    ) -> BattleSetup:
        """Check the options of an environment; see `BattleOptions`.

        Raises:
            UnknownFormatError: Showdown has no such format.
            UnsupportedFormatError: the format is not supported, or lacks teams.
            UnknownEngineError: there is no such engine.
            CapabilityError: the engine cannot play with the given teams.
            InvalidTeamError: `teams` holds no team, or a team that breaks the format's rules.
            InstallError: the simulator, which validates the teams, cannot be installed.
            ValueError: a limit is out of range, or there is no such observation.
        """
        turn_limit = whole_number("turn_limit", turn_limit, least=1)
        timeout_s = positive_number("timeout_s", timeout_s)
        engine_factory(engine)
        parsed = parse_format(battle_format, has_teams=brings_teams(teams))
        source = make_source(teams, parsed.base_id)
        layout = make_layout(observation, parsed.action_space.actives)
        check_teams(parsed, source, engine=engine)
        return cls(parsed, source, turn_limit, timeout_s, layout, engine)

    def observation_space(self) -> spaces.Dict:
        """Space of one seat's observations."""
        return self.layout.space(self.battle_format.action_space)

    def action_space(self) -> spaces.Discrete[np.int64]:
        """Space of one seat's actions."""
        return spaces.Discrete(self.battle_format.action_space.num_actions)

    def start_engine(self, num_battles: int, num_workers: int = 1) -> Engine:
        """Start the engine.

        Raises:
            InstallError: the simulator cannot be installed.
            EngineError: a worker cannot be started.
        """
        engine = open_engine(
            self.engine,
            self.battle_format,
            num_battles,
            num_workers=num_workers,
            turn_limit=self.turn_limit,
            timeout_s=self.timeout_s,
            layout=self.layout,
        )
        hold_teams(engine, self.teams)
        return engine

    def draw_teams(self, rng: np.random.Generator) -> tuple[str, str] | None:
        """Teams of p1 and p2 for the next battle; None if the engine generates them."""
        return draw_teams(self.teams, rng)


Battles = str | BattleFormat | BattleSetup
"""Argument `battle_format` of an environment: Showdown's id, a format, or a setup with all options."""


def make_setup(battles: Battles, options: BattleOptions) -> BattleSetup:
    """The setup of an environment from its arguments.

    Raises:
        TypeError: options were given besides a setup, or an option is unknown.
        PokeenvError: see `BattleSetup.make`.
        ValueError: see `BattleSetup.make`.
    """
    if not isinstance(battles, BattleSetup):
        return BattleSetup.make(battles, **options)
    if options:
        raise TypeError(f"the setup has all options: leave out {', '.join(options)}")
    return battles
