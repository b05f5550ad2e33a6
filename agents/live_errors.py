"""Why live play ends before its last battle, each with an exit code of ``python -m agents.live``."""

from __future__ import annotations

from pokeenv import PokeenvError


class LiveError(PokeenvError):
    """Raised when live play cannot go on: the base of its faults.

    Attributes:
        exit_code: of ``python -m agents.live``.
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
