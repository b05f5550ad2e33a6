"""Every exception and warning of `agents`; those of the environment are in `pokeenv.errors`."""

from __future__ import annotations

from pokeenv import PokeenvError


class ConfigError(PokeenvError, ValueError):
    """Raised when a configuration file or an override is unreadable, misspelt or out of range."""


class OpponentError(PokeenvError, ValueError):
    """Raised when an opponent or a mix of opponents is not understood."""


class LeagueError(PokeenvError):
    """Raised when a league's files are missing or damaged."""


class CheckpointError(PokeenvError):
    """Raised when a checkpoint is missing, torn, not to be written, or made for another layout or network."""


class TornCheckpointError(CheckpointError):
    """Raised when a file is not the whole checkpoint that was written."""


class CheckpointWarning(UserWarning):
    """Given when a torn checkpoint is passed over."""


class DivergedError(PokeenvError):
    """Raised when a loss or a gradient is not finite: a step with it would leave no parameter a number."""


class StopRequested(Exception):
    """Raised when `collect` ends before it has enough episodes because it was asked to stop."""


class CollectionError(PokeenvError):
    """Raised when the battles of a training run are played elsewhere and that place fails or is lost."""


class EvaluationError(PokeenvError):
    """Raised when an evaluation cannot continue the file to which it is to be written."""


class ReportError(PokeenvError):
    """Raised when there is no run to report on, or a file of its results cannot be read."""


class LiveError(PokeenvError):
    """Raised when live play cannot continue: the base of its errors.

    Attributes:
        exit_code: of `python -m agents.live`.
    """

    exit_code = 1


class ServerLostError(LiveError):
    """Raised when a server cannot be reached, or has ended the connection."""

    exit_code = 3


class LogInError(LiveError):
    """Raised when a server rejects a name or a password."""

    exit_code = 4


class NoAnswerError(LiveError):
    """Raised when somebody whose answer is awaited does not give it in time, or says no."""

    exit_code = 5
