"""The fuzz (`tests/campaigns/fuzz/fuzz.mjs`) from Python: one process per format.

    python -m tests.campaigns.fuzzing [--decisions 1500000] [--processes 2] [--doubles]

Divides two thirds of the decisions among the random battles of all nine generations and a third among
doubles; exit status 1 if anything failed.
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

from pokeenv import FORMATS, REGISTERED_FORMATS, VOCABULARY, make_layout
from pokeenv.engine.showdown.install import node_executable, simulator_path

SCRIPT = Path(__file__).parent / "fuzz" / "fuzz.mjs"
DOUBLES: tuple[tuple[str, str], ...] = (
    ("gen9randomdoublesbattle", ""),
    *((f"gen{generation}doublescustomgame", f"wild {generation}") for generation in range(3, 10)),
    ("gen9doublesou", "gen9randomdoublesbattle"),
    ("gen9vgc2025regi", "gen9randomdoublesbattle"),
    ("gen9championsvgc2026regmb", "gen9randomdoublesbattle"),
    ("gen8doublesou", "gen8randombattle"),
    ("gen7vgc2019", "gen7randombattle"),
    ("gen6doublesou", "gen6randombattle"),
    ("gen5vgc2012", "gen5randombattle"),
    ("gen4vgc2010", "gen4randombattle"),
    ("gen9challengecup2v2", ""),
    ("gen9doubleshackmonscup", ""),
)
"""Doubles formats, each with the source of its teams; see `make_task`."""


def make_task(battle_format: str, decisions: int, seed: int, teams: str = "") -> dict[str, Any]:
    """The input of the script; `teams` is a format with generated teams, or "wild 7", see `fuzz.mjs`."""
    layout = make_layout(actives=FORMATS[battle_format].action_space.actives)
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
    parser.add_argument("--decisions", type=int, default=1_500_000)
    parser.add_argument("--doubles", action="store_true", help="only doubles")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 65536)
    args = parser.parse_args()
    shares = (
        {} if args.doubles else {(name, ""): 2 / 3 / len(REGISTERED_FORMATS) for name in REGISTERED_FORMATS}
    )
    shares |= {task: (1.0 if args.doubles else 1 / 3) / len(DOUBLES) for task in DOUBLES}
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
