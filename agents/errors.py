"""Every exception and warning of `agents`; those of the environment are in `pokeenv.errors`."""

from __future__ import annotations

from pokeenv import PokeenvError


class ConfigError(PokeenvError, ValueError):
    """Raised when a configuration file or an override is unreadable, misspelt or out of range."""


class OpponentError(PokeenvError, ValueError):
    """Raised when the text of an opponent or of a mix of opponents is invalid."""


class LeagueError(PokeenvError):
    """Raised when a league's files are missing or damaged."""


class CheckpointError(PokeenvError):
    """Raised when a checkpoint is missing or torn, cannot be written, or fits another layout or network."""


class TornCheckpointError(CheckpointError):
    """Raised when a file is not the whole checkpoint that was written."""


class CheckpointWarning(UserWarning):
    """Issued when a torn checkpoint is skipped."""


class DivergedError(PokeenvError):
    """Raised when a loss or a gradient is not finite: a step with it would make the parameters NaN."""


class StopRequested(Exception):
    """Raised when `collect` ends before it has enough episodes because it was asked to stop."""


class CollectionError(PokeenvError):
    """Raised when the battles of a training run are played elsewhere and that place fails or is lost."""


class EvaluationError(PokeenvError):
    """Raised when an evaluation cannot continue the results in its output file."""


class ReportError(PokeenvError):
    """Raised when there is no run to report on, or a file of its results cannot be read."""


class LiveError(PokeenvError):
    """Raised when live play cannot continue: the base of its errors.

    Attributes:
        exit_code: exit code of `python -m agents.live`.
    """

    exit_code = 1


class ServerLostError(LiveError):
    """Raised when a server cannot be reached, or has ended the connection."""

    exit_code = 3


class LogInError(LiveError):
    """Raised when a server rejects a name or a password."""

    exit_code = 4


class NoAnswerError(LiveError):
    """Raised when a user does not answer in time, or declines."""

    exit_code = 5
