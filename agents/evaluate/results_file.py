"""The JSON file of an evaluation, from which an interrupted evaluation continues."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agents.checkpoints.files import write_atomically
from agents.errors import EvaluationError
from agents.evaluate.match_result import MatchResult
from agents.evaluate.ratings import bradley_terry

Results = dict[tuple[str, str], MatchResult]
"""Results by the names of both agents, from the first agent's side."""


def read_results(path: Path, settings: Mapping[str, Any]) -> Results:
    """Read the results of an evaluation with the same settings; empty if there is no file.

    Raises:
        EvaluationError: the file belongs to another evaluation.
    """
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        found = {key: content[key] for key in settings}
        results = {
            (match["agent"], match["opponent"]): MatchResult.from_json(match) for match in content["matches"]
        }
    except (ValueError, KeyError, TypeError) as error:
        raise EvaluationError(f"{path}: not the JSON of an evaluation; choose another file") from error
    different = [
        f"{key}: {found[key]!r} there, {settings[key]!r} here"
        for key in settings
        if found[key] != settings[key]
    ]
    if different:
        raise EvaluationError(
            f"{path}: contains another evaluation ({'; '.join(different)}); choose another file or remove it"
        )
    return results


def write_results(path: Path, settings: Mapping[str, Any], results: Results) -> None:
    """Write the results and the ratings computed from them, as JSON."""
    content = dict(settings) | {
        "matches": [{"agent": a, "opponent": b} | result.to_json() for (a, b), result in results.items()],
        "ratings": [rating.to_json() for rating in bradley_terry(results, settings["seed"])],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, (json.dumps(content, indent=2) + "\n").encode())
