"""`BattleSetup`: which battles an environment plays, and within which limits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from gymnasium import spaces

from pokeenv.actions import SINGLES
from pokeenv.engine import EmbeddedShowdown
from pokeenv.formats import BattleFormat, parse_format
from pokeenv.observation import Layout, ObservationKind, make_layout
from pokeenv.teams.sources import FileTeams, TeamSource, brings_teams, check_teams, draw_teams, hold_teams


@dataclass(frozen=True)
class BattleSetup:
    """What all environments have in common before a simulator runs; it can be pickled.

    Attributes:
        battle_format: the format.
        teams: source of both sides' teams, None where the format generates them.
        turn_limit: a battle that goes beyond this turn is truncated.
        timeout_s: limit of every wait for the simulator, in seconds.
        layout: what a seat sees.
    """

    battle_format: BattleFormat
    teams: TeamSource | None
    turn_limit: int
    timeout_s: float
    layout: Layout

    @classmethod
    def make(
        cls,
        battle_format: str,
        *,
        teams: TeamSource | str | Path | None,
        turn_limit: int,
        timeout_s: float,
        observation: ObservationKind = "base",
    ) -> BattleSetup:
        """Check the arguments of an environment.

        Raises:
            UnknownFormatError: Showdown has no such format.
            UnsupportedFormatError: the format is not played, or lacks teams.
            InvalidTeamError: no teams where `teams` points to, or Showdown's validator refuses some of them.
            InstallError: the simulator, which validates the teams, cannot be installed.
            ValueError: a limit is out of range, or there is no such observation.
        """
        if turn_limit < 1:
            raise ValueError(f"turn_limit must be at least 1, not {turn_limit}")
        if not timeout_s > 0:
            raise ValueError(f"timeout_s must be greater than 0, not {timeout_s}")
        parsed = parse_format(battle_format, has_teams=brings_teams(teams))
        source = FileTeams(teams) if isinstance(teams, str | Path) else teams
        layout = make_layout(observation)
        check_teams(parsed, source)
        return cls(parsed, source, turn_limit, timeout_s, layout)

    def observation_space(self) -> spaces.Dict:
        """Space of what one seat sees."""
        return self.layout.space()

    def action_space(self) -> spaces.Discrete[np.int64]:
        """Space of what one seat can choose."""
        return spaces.Discrete(SINGLES.num_actions)

    def start_engine(self, num_battles: int, num_workers: int = 1) -> EmbeddedShowdown:
        """Start the simulator.

        Raises:
            InstallError: the simulator cannot be installed.
            EngineError: a worker cannot be started.
        """
        engine = EmbeddedShowdown(
            self.battle_format.id,
            num_battles,
            num_workers=num_workers,
            turn_limit=self.turn_limit,
            timeout_s=self.timeout_s,
            layout=self.layout,
        )
        hold_teams(engine, self.teams)
        return engine

    def draw_teams(self, rng: np.random.Generator) -> tuple[str, str] | None:
        """Teams of p1 and p2 for the next battle; None: Showdown generates them."""
        return draw_teams(self.teams, rng)
