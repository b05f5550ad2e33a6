"""Parts of a worker's time, from a CPU profile of the worker.

    python -m benchmarks.worker [--battle-format F] [--battles N] [--seconds S] [--functions K] [--save]

Plays random legal actions through `SelfPlayVectorEnv` with one worker under `node --cpu-prof` and assigns
each sample to a component: that of the innermost function on its stack that `COMPONENTS` names. Waiting for
the next step does not count; garbage collection has no stack and is a component of its own.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.env import RandomPlay
from benchmarks.results import add_save_option, report
from pokeenv import DEFAULT_FORMAT, SelfPlayVectorEnv
from pokeenv.engine.showdown import process

# Function names by component. The simulator is recognised by its files.
COMPONENTS = {
    "parse": {"parseBattleLine", "parseLine", "upgradeBattleArgs"},
    "view": {"readLog", "deliver", "receive", "note"},
    "requests": {"receiveRequest", "refresh", "fillChoices", "findOpposing", "stop"},
    "encode": {"encode"},
    "publish": {"publish", "push", "pull", "signals", "writeDone"},
    "teams": {"generate", "getTeam"},
    "waiting": {"readCommand"},
    "garbage": {"(garbage collector)"},
    "idle": {"(idle)"},
}
_COMPONENT_OF = {name: component for component, names in COMPONENTS.items() for name in names}
NOT_WORK = ("waiting", "idle")


def classify(nodes: list[dict[str, Any]]) -> dict[int, str]:
    """Component of every node of a profile's call tree."""
    by_id = {node["id"]: node for node in nodes}
    component: dict[int, str] = {}
    stack = [(nodes[0]["id"], "other")]
    while stack:
        number, inherited = stack.pop()
        frame = by_id[number]["callFrame"]
        own = _COMPONENT_OF.get(frame["functionName"])
        if own is None and inherited == "other" and "pokemon-showdown" in frame["url"]:
            own = "simulator"
        component[number] = own or inherited
        stack.extend((child, component[number]) for child in by_id[number].get("children", ()))
    return component


def split(profile: dict[str, Any]) -> tuple[Counter[str], Counter[tuple[str, str]]]:
    """Microseconds by component, and by component and function."""
    component = classify(profile["nodes"])
    frames = {node["id"]: node["callFrame"] for node in profile["nodes"]}
    parts: Counter[str] = Counter()
    functions: Counter[tuple[str, str]] = Counter()
    for number, delta in zip(profile["samples"], profile["timeDeltas"], strict=True):
        part = component[number]
        if part in NOT_WORK:
            continue
        frame = frames[number]
        file = frame["url"].rsplit("/", 1)[-1]
        parts[part] += delta
        functions[part, f"{frame['functionName'] or '(anonymous)'} {file}:{frame['lineNumber'] + 1}"] += delta
    return parts, functions


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.worker", description=__doc__.split("\n")[0])
    parser.add_argument("--battle-format", default=DEFAULT_FORMAT)
    parser.add_argument("--battles", type=int, default=32)
    parser.add_argument(
        "--seconds", type=float, default=15.0, help="CPU seconds of play; the first third is warm-up"
    )
    parser.add_argument("--functions", type=int, default=0, help="functions to list for each component")
    add_save_option(parser)
    args = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        process.NODE_FLAGS = (*process.NODE_FLAGS, "--cpu-prof", f"--cpu-prof-dir={folder}")
        process.END_TIMEOUT_S = 60.0  # writing the profile takes a while
        with SelfPlayVectorEnv(args.battle_format, args.battles) as env:
            decisions = RandomPlay(env).play(args.seconds).decisions
        profile = json.loads(next(Path(folder).glob("*.cpuprofile")).read_text())
    # The first third is loading and warming up.
    skipped = len(profile["samples"]) // 3
    profile["samples"], profile["timeDeltas"] = profile["samples"][skipped:], profile["timeDeltas"][skipped:]
    parts, functions = split(profile)
    total = sum(parts.values())
    for part, spent in parts.most_common():
        print(f"{part:10} {spent / total:6.1%}   {spent / parts['simulator']:6.1%} of the simulator")
        shown = [(name, time) for (owner, name), time in functions.most_common() if owner == part]
        for name, time in shown[: args.functions]:
            print(f"    {time / total:6.2%} {name}")
    settings = {"battle_format": args.battle_format, "battles": args.battles, "decisions": decisions}
    figures = {part: round(spent / total, 4) for part, spent in parts.most_common()}
    report("worker", args.battle_format, settings, figures, save=args.save)


if __name__ == "__main__":
    main()
