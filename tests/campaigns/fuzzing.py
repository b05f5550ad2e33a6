"""The fuzz (`tests/campaigns/fuzz/fuzz.mjs`) from Python: one process per format.

    python -m tests.campaigns.fuzzing [--decisions 1500000] [--processes 2] [--doubles] [FORMAT ...]

Divides two thirds of the decisions among the random battles of all nine generations and a third among all
doubles formats; exit status 1 if anything failed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pokeenv import REGISTERED_FORMATS, VOCABULARY, PokeenvError, make_layout, parse_format
from pokeenv.engine.showdown.install import node_executable, simulator_path
from tests.campaigns.team_sources import DOUBLES, team_source

SCRIPT = Path(__file__).parent / "fuzz" / "fuzz.mjs"


def make_task(battle_format: str, decisions: int, seed: int, teams: str = "") -> dict[str, Any]:
    """The input of the script; for `teams` see `team_source`."""
    layout = make_layout(actives=parse_format(battle_format, has_teams=None).action_space.actives)
    return {
        "simulatorPath": str(simulator_path()),
        "format": battle_format,
        "teams": teams or battle_format,
        "decisions": decisions,
        "seed": f"{seed},2,3,4",
        "layout": layout.to_json(),
        "vocabulary": VOCABULARY,
        "names": [field.name for field in layout.fields],
        "low": [field.low for field in layout.fields],
        "high": [field.high for field in layout.fields],
        "kinds": [field.kind for field in layout.fields],
    }


def run(task: dict[str, Any], timeout_s: float) -> dict[str, Any]:
    """Run the script."""
    result = subprocess.run(
        [node_executable(), SCRIPT],
        input=json.dumps(task),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=timeout_s,
    )
    report: dict[str, Any] = json.loads(result.stdout)
    return report


def fuzz(
    battle_format: str, decisions: int, seed: int = 1, timeout_s: float = 3600.0, teams: str = ""
) -> dict[str, Any]:
    """Check at least `decisions` decisions of one format.

    Returns:
        Counts, and `failures` with one sentence for each failure.
    """
    return run(make_task(battle_format, decisions, seed, teams), timeout_s)


def main() -> None:
    """Fuzz every generation and doubles, and print a line for each; the last line is JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.campaigns.fuzzing", description=__doc__.split("\n")[0]
    )
    parser.add_argument(
        "formats", nargs="*", metavar="FORMAT", help="only these formats, custom rules allowed"
    )
    parser.add_argument("--decisions", type=int, default=1_500_000)
    parser.add_argument("--doubles", action="store_true", help="only doubles")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 65536)
    args = parser.parse_args()
    try:
        named = [parse_format(name, has_teams=None) for name in args.formats]
    except PokeenvError as error:
        parser.error(str(error))
    others = {battle_format.id: team_source(battle_format) for battle_format in named} or DOUBLES
    singles = {} if args.doubles or named else dict.fromkeys(REGISTERED_FORMATS, "")
    shares = {task: 2 / 3 / len(singles) for task in singles.items()}
    shares |= {task: (1 / 3 if singles else 1.0) / len(others) for task in others.items()}
    print(f"seed {args.seed}", flush=True)
    totals: dict[str, int] = {}
    failures: list[str] = []
    with ThreadPoolExecutor(args.processes) as pool:

        def run_task(task: tuple[str, str]) -> dict[str, Any]:
            return fuzz(task[0], round(args.decisions * shares[task]), args.seed, teams=task[1])

        for report in pool.map(run_task, shares):
            failures += report.pop("failures")
            print(json.dumps(report), flush=True)
            for key, value in report.items():
                if key != "format":
                    totals[key] = totals.get(key, 0) + value
    for failure in failures:
        print(failure)
    print(json.dumps({"seed": args.seed, **totals, "failures": len(failures)}))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
