"""Every exception of pokeenv. All of them derive from `PokeenvError`."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

_NO_CONTEXT: Mapping[str, object] = MappingProxyType({})


class PokeenvError(Exception):
    """Raised when anything in pokeenv fails: the base of every other exception here."""


class InstallError(PokeenvError):
    """Raised when the simulator cannot be installed or its installation is damaged."""


class EngineError(PokeenvError):
    """Raised when the engine reports a fault: the base of the faults of its worker processes.

    Attributes:
        exit_code: exit status of the worker process, `None` if it is unknown.
        stderr: the end of what the worker wrote to its standard error.
    """

    def __init__(self, message: str, *, exit_code: int | None = None, stderr: str = "") -> None:
        """Append exit code and stderr to the message, if given."""
        parts = [message]
        if exit_code is not None:
            parts.append(f"exit code {exit_code}")
        if stderr.strip():
            parts.append(f"end of stderr:\n{stderr.strip()}")
        # The composed text is the only argument: an exception is pickled as its arguments and attributes, and
        # must arrive unchanged from an AsyncVectorEnv worker.
        super().__init__("; ".join(parts))
        self.exit_code = exit_code
        self.stderr = stderr


class EngineTerminatedError(EngineError):
    """Raised when a worker process has ended while it was still needed."""


class EngineTimeoutError(EngineError):
    """Raised when a worker process does not answer within its time limit."""


class UnknownEngineError(PokeenvError, ValueError):
    """Raised when an engine is neither a known name nor a factory."""


class CapabilityError(PokeenvError, NotImplementedError):
    """Raised when an engine lacks an optional part of the contract that a call needs.

    Attributes:
        engine: name of the engine.
        capability: the part that it lacks.
        capabilities: the parts that it has.
    """

    def __init__(self, engine: str, capability: str, capabilities: Iterable[str] = ()) -> None:
        """Name the engine, the missing part and the parts that it has."""
        self.engine = engine
        self.capability = capability
        self.capabilities = tuple(sorted(capabilities))
        has = ", ".join(self.capabilities) or "none"
        super().__init__(
            f"engine '{engine}' lacks the capability '{capability}' (it has: {has}); use another engine"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by the constructor's arguments, not by the message."""
        return type(self), (self.engine, self.capability, self.capabilities)


class NotPicklableError(PokeenvError, TypeError):
    """Raised when an environment is pickled or copied whose simulator is running."""


class UnknownOpponentError(PokeenvError, ValueError):
    """Raised when an opponent is neither a known name, nor a function, nor an agent."""


class IllegalActionError(PokeenvError, ValueError):
    """Raised when an action is not legal in its decision.

    Attributes:
        action: the refused action.
        legal: the legal actions of that decision.
        context: place of the decision, such as `{"row": 3, "turn": 14, "seed": 42}`.
        name: name of the action in its action space, empty if it has none.
    """

    def __init__(
        self,
        action: int,
        legal: Sequence[int],
        context: Mapping[str, object] = _NO_CONTEXT,
        name: str = "",
    ) -> None:
        """Name the action, the legal ones and the place."""
        self.action = int(action)
        self.legal = tuple(int(choice) for choice in legal)
        self.context = dict(context)
        self.name = name
        named = f" ({name})" if name else ""
        message = f"action {self.action}{named} is illegal; legal: {list(self.legal)}"
        if self.context:
            message += "; " + ", ".join(f"{key} {value}" for key, value in self.context.items())
        super().__init__(message)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by the constructor's arguments, not by the message."""
        return type(self), (self.action, self.legal, self.context, self.name)


class ChoiceError(PokeenvError, ValueError):
    """Raised when an answer in words names no legal action; the message tells its writer what is wrong."""


class UnknownFormatError(PokeenvError, ValueError):
    """Raised when a battle format id is not one of Pokémon Showdown's."""


class UnsupportedFormatError(PokeenvError, ValueError):
    """Raised when a battle format exists but cannot be played as requested."""


class InvalidTeamError(PokeenvError, ValueError):
    """Raised when a team cannot be read or breaks the rules of its battle format.

    Attributes:
        refused: problems by text of the teams that a validator has refused, all of them.
    """

    def __init__(self, message: str, refused: Mapping[str, str] = MappingProxyType({})) -> None:
        """Keep the refused teams besides the message."""
        super().__init__(message)
        self.refused = dict(refused)


class ProtocolError(PokeenvError):
    """Raised when a battle's protocol lines or requests are not understood, or a server refuses a choice."""


class SnapshotError(PokeenvError, ValueError):
    """Raised when a snapshot cannot be taken, or does not fit the environment that is to restore it."""


class ImaginationError(PokeenvError):
    """Raised when no battle can be made that agrees with everything that a seat has received."""


class UsageError(PokeenvError, ValueError):
    """Raised when usage statistics cannot be read, or are of another battle format."""


class RewardConfigError(PokeenvError, ValueError):
    """Raised when a reward configuration has an unknown key or a value out of range."""


class RenderError(PokeenvError):
    """Raised when a picture cannot be drawn because a package for it is missing."""


class ReplayError(PokeenvError, ValueError):
    """Raised when a replay cannot be read, or its battle differs when it is played again."""


class RecordError(ReplayError):
    """Raised when a file cannot be read or is not the record of a battle."""


class ClosedError(PokeenvError):
    """Raised when an environment or an engine is used after `close()`."""


def failed_before(what: str, failure: BaseException) -> EngineError:
    """The error for using an object that has failed; raise it from `failure`."""
    reason = str(failure) or type(failure).__name__
    return EngineError(f"{what} has failed before ({reason}): close it and make another")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `" (did you mean 'gamma'?)"` for the known name nearest to `name`, or `""`."""
    nearest = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean '{nearest[0]}'?)" if nearest else ""


def shown(value: object, limit: int = 60) -> str:
    """A value in a message, cut if it is long."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    try:
        text = repr(value)
    except ValueError:  # an integer of thousands of digits
        return "a huge number"
    return text if len(text) <= limit else text[: limit - 3] + "..."
