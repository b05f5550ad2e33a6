"""Errors name the culprit, the context and the way out, and survive pickling."""

from __future__ import annotations

import inspect
import pickle

import pytest

from pokeenv import errors

ERRORS = [
    value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, BaseException)
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_every_error_derives_from_pokeenv_error_and_says_when_it_is_raised(error: type[Exception]) -> None:
    assert issubclass(error, errors.PokeenvError)
    assert (error.__doc__ or "").startswith("Raised when ")


def test_illegal_action_error_names_action_legal_actions_and_context() -> None:
    error = errors.IllegalActionError(7, [0, 6, 8], {"row": 3, "turn": 14, "seed": 42}, "move 1")
    assert str(error) == "action 7 (move 1) is illegal; legal: [0, 6, 8]; row 3, turn 14, seed 42"
    assert (error.action, error.legal, error.context["turn"]) == (7, (0, 6, 8), 14)
    assert isinstance(error, ValueError)


def test_illegal_action_error_without_a_name_gives_the_number_alone() -> None:
    assert str(errors.IllegalActionError(26, [6])) == "action 26 is illegal; legal: [6]"


def test_engine_error_carries_exit_code_and_end_of_stderr() -> None:
    error = errors.EngineTerminatedError("worker 0 ended", exit_code=3, stderr="Error: boom\n")
    assert str(error) == "worker 0 ended; exit code 3; end of stderr:\nError: boom"
    assert (error.exit_code, error.stderr) == (3, "Error: boom\n")
    assert str(errors.EngineTimeoutError("no answer in 60 s")) == "no answer in 60 s"


@pytest.mark.parametrize(
    "error",
    [
        errors.IllegalActionError(7, [0, 6], {"row": 3}, "move 1"),
        errors.EngineTerminatedError("worker 0 ended", exit_code=3, stderr="boom"),
        errors.UnknownFormatError("unknown battle format 'x'"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_come_out_of_another_process_unchanged(error: Exception) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


def test_did_you_mean_names_the_nearest_and_stays_silent_when_nothing_is_near() -> None:
    assert errors.did_you_mean("gama", ["lr", "gamma"]) == " (did you mean 'gamma'?)"
    assert errors.did_you_mean("zzz", ["lr", "gamma"]) == ""
