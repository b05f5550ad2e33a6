"""Make a result file of strength from an evaluation.

    python -m agents.evaluate random max rule --battles 1000 --json ladder.json
    python -m benchmarks.strength ladder.json ladder-gen9

    python -m benchmarks.strength runs/reproduce/RUN/evaluation.json reproduce --agent "make reproduce"

The second form takes the final evaluation of a run, with the settings in the run's `config.yml`. The file is
`docs/results/strength-NAME.json`. Its figures are `matches` (agent, opponent, battles, win rate with a tie
counting half, 95% interval) and, for an evaluation of several pairs, `ratings` in Elo points.
"""

from __future__ import annotations

import argparse
import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from benchmarks import results

SETTINGS = ("battle_format", "teams", "battles", "seed", "greedy")


def from_matches(content: Mapping[str, Any]) -> dict[str, Any]:
    """The result of `python -m agents.evaluate --json`."""
    settings = {name: content[name] for name in SETTINGS}
    figures = {"matches": content["matches"], "ratings": content["ratings"]}
    result = results.describe("strength", content["battle_format"], settings, figures)
    agents = [agent["name"] for agent in content["agents"]]
    options = ["--battles", str(content["battles"]), "--battle-format", content["battle_format"]]
    return result | {"command": shlex.join(["python", "-m", "agents.evaluate", *agents, *options])}


def from_run(evaluation: Mapping[str, Any], folder: Path, agent: str) -> dict[str, Any]:
    """The result of a run's final evaluation.

    Args:
        evaluation: results by the names of the opponents.
        folder: the run's folder.
        agent: name of the agent in the table.
    """
    config = yaml.safe_load((folder / "config.yml").read_text(encoding="utf-8"))
    settings = {
        "battle_format": config["battle_format"],
        "battles": config["evaluation"]["battles"],
        "seed": config["seed"],
        "greedy": config["evaluation"]["greedy"],
    }
    matches = [{"agent": agent, "opponent": opponent} | found for opponent, found in evaluation.items()]
    result = results.describe(
        "strength", f"{agent}, {config['battle_format']}", settings, {"matches": matches}
    )
    return result | {"command": agent}


def main() -> None:
    """Read the evaluation, write the result file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.strength", description=__doc__.split("\n")[0])
    parser.add_argument("evaluation", type=Path, help="JSON of agents.evaluate, or evaluation.json of a run")
    parser.add_argument("name", help="the result is docs/results/strength-NAME.json")
    parser.add_argument("--agent", help="name of a run's agent (default: the name of its folder)")
    args = parser.parse_args()
    content = json.loads(args.evaluation.read_text(encoding="utf-8"))
    if "matches" in content:
        result = from_matches(content)
    else:
        folder = args.evaluation.absolute().parent
        result = from_run(content, folder, args.agent or folder.name)
    print(f"wrote {results.write(f'strength-{args.name}', result)}")


if __name__ == "__main__":
    main()
