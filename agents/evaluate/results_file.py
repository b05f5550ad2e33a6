"""The JSON files of evaluations: matches of all pairs, and the final evaluation of a run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from agents.checkpoints.files import write_atomically
from agents.errors import EvaluationError
from agents.evaluate.match_result import PAIR_SCORES, MatchResult
from agents.evaluate.ratings import Rating, bradley_terry
from agents.stored import Stored, read_stored
from pokeenv import PokeenvError

Results = dict[tuple[str, str], MatchResult]
"""Results by the names of both agents, from the first agent's point of view."""

Count = Annotated[int, Field(ge=0, le=10**9)]
Share = Annotated[float, Field(ge=0, le=1)]
Elo = Annotated[float, Field(ge=-1e9, le=1e9)]


class StoredResult(Stored):
    """The value of `MatchResult.to_json`."""

    battles: Count = Field(ge=1)
    wins: Count
    losses: Count
    ties: Count
    truncated: Count
    win_rate: Share
    interval: tuple[Share, Share]
    mean_turns: float = Field(ge=0, le=1e9)
    battles_per_s: float = Field(ge=0, le=1e9)
    pair_counts: tuple[Count, ...] = Field(min_length=len(PAIR_SCORES), max_length=len(PAIR_SCORES))

    @model_validator(mode="after")
    def _check_sums(self) -> StoredResult:
        if self.wins + self.losses + self.ties != self.battles or self.truncated > self.ties:
            raise ValueError("wins, losses and ties must sum to battles, and truncated battles are ties")
        if 2 * sum(self.pair_counts) != self.battles:
            raise ValueError("pair_counts must sum to half the battles")
        return self

    def result(self) -> MatchResult:
        """The result."""
        return MatchResult(
            wins=self.wins,
            losses=self.losses,
            ties=self.ties,
            truncated=self.truncated,
            turns=self.mean_turns,
            battles_per_s=self.battles_per_s,
            pair_counts=self.pair_counts,
        )


class StoredMatch(StoredResult):
    """A result with the names of both agents."""

    agent: str
    opponent: str


class StoredRating(Stored):
    """The value of `Rating.to_json`."""

    agent: str
    elo: Elo
    interval: tuple[Elo, Elo]


class StoredAgent(Stored):
    """An agent of an evaluation, with its checkpoint if it has one."""

    name: str
    checkpoint: str | None = None
    sha256: str | None = None


class StoredEvaluation(Stored):
    """The settings and the results of `python -m agents.evaluate`."""

    battle_format: str
    teams: str | None
    turn_limit: Count | None = None
    battles: Count
    seed: Count
    greedy: bool
    parallel: Count
    agents: list[StoredAgent]
    matches: list[StoredMatch]
    ratings: list[StoredRating]

    def results(self) -> Results:
        """Results by the names of both agents."""
        return {(match.agent, match.opponent): match.result() for match in self.matches}


def read_results(path: Path, settings: Mapping[str, Any]) -> Results:
    """Read the results of an evaluation with the same settings; empty if there is no file.

    Raises:
        EvaluationError: the file is something else, or belongs to another evaluation.
    """
    if not path.exists():
        return {}
    try:
        stored = read_stored(StoredEvaluation, path, EvaluationError)
    except EvaluationError as error:
        raise EvaluationError(
            f"not an evaluation that can be continued; choose another file: {error}"
        ) from None
    found = stored.model_dump(exclude_unset=True)
    different = [
        f"{key}: {found.get(key)!r} there, {settings[key]!r} here"
        for key in settings
        if found.get(key) != settings[key]
    ]
    if different:
        raise EvaluationError(
            f"{path}: contains another evaluation ({'; '.join(different)}); choose another file or remove it"
        )
    return stored.results()


def read_evaluation(path: Path, error: type[PokeenvError]) -> tuple[Results, Sequence[Rating]]:
    """Read what `python -m agents.evaluate --json` wrote: results, and ratings, best first.

    Raises:
        PokeenvError: of the class `error`: the file is something else, or cannot be read.
    """
    stored = read_stored(StoredEvaluation, path, error)
    return stored.results(), [Rating(one.agent, one.elo, one.interval) for one in stored.ratings]


def read_final_evaluation(path: Path, error: type[PokeenvError]) -> dict[str, MatchResult]:
    """Read the final evaluation of a run: results by opponent.

    Raises:
        PokeenvError: as in `read_evaluation`.
    """
    stored = read_stored(dict[str, StoredResult], path, error)
    return {name: result.result() for name, result in stored.items()}


def write_results(path: Path, settings: Mapping[str, Any], results: Results) -> None:
    """Write the results and the ratings computed from them, as JSON."""
    content = dict(settings) | {
        "matches": [{"agent": a, "opponent": b} | result.to_json() for (a, b), result in results.items()],
        "ratings": [rating.to_json() for rating in bradley_terry(results, settings["seed"])],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, (json.dumps(content, indent=2) + "\n").encode())
