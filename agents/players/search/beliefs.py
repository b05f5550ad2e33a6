"""`Beliefs`: what a search assumes about the opponent's team in formats whose players bring theirs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agents.errors import CheckpointError
from agents.players.search.settings import SearchSettings
from pokeenv import (
    BattleFormat,
    Engine,
    FileTeams,
    InvalidTeamError,
    UsageError,
    UsageStatistics,
    check_beliefs,
    read_usage,
)


@dataclass(frozen=True)
class Beliefs:
    """Sources of the opponent's sets; without any, the usual sets of the simulator.

    Attributes:
        teams: file or folder of teams; "": none.
        usage: usage statistics; None: none.
    """

    teams: str | Path = ""
    usage: UsageStatistics | None = None

    @classmethod
    def of(cls, name: str, settings: SearchSettings) -> Beliefs:
        """The beliefs that the settings of a search name.

        Raises:
            CheckpointError: a file is missing or cannot be read.
        """
        try:
            if settings.teams:
                FileTeams(settings.teams)
            return cls(settings.teams, read_usage(settings.usage) if settings.usage else None)
        except (InvalidTeamError, UsageError) as error:
            raise CheckpointError(f"{name!r}: {error}") from None

    def check_format(self, battle_format: BattleFormat) -> None:
        """Refuse a format that they are not for, or whose battles cannot be imagined.

        Raises:
            UnsupportedFormatError: battles of the format cannot be imagined, or it generates its teams.
            UsageError: the statistics are of another format.
        """
        battle_format.check_imagined()
        if self.teams or self.usage is not None:
            check_beliefs(battle_format, self.usage)

    def give_to(self, engine: Engine) -> None:
        """Let an engine draw the sets of imagined battles from these sources.

        Raises:
            InvalidTeamError: a team breaks the rules of the engine's format.
            UsageError: the statistics are of another format.
        """
        if not self.teams and self.usage is None:
            return
        pool = FileTeams(self.teams, engine.battle_format.base_id) if self.teams else None
        texts, labels = (pool.teams, pool.labels) if pool else ((), None)
        engine.add_teams(texts, labels)
        engine.set_beliefs(texts, self.usage)


NO_BELIEFS = Beliefs()
