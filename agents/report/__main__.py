"""Write one HTML page about a training run: `python -m agents.report RUN_DIR`.

The page shows results with intervals, plots of all logged metrics, the configuration, and battles of the
newest checkpoint to step through. It needs no other files, and works for a run that is still training.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agents.checkpoints.files import write_atomically
from agents.report.page import report_page
from agents.report.replays import play_replays
from agents.report.run_data import RunData, read_run
from pokeenv import PokeenvError


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m agents.report", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument(
        "run_dir", type=Path, help="folder of a run, or a folder of runs: the newest that has metrics"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="the page (default RUN_DIR/report.html)")
    parser.add_argument(
        "--evaluation",
        type=Path,
        metavar="FILE",
        help="JSON of agents.evaluate, for the tables of results and ratings",
    )
    parser.add_argument(
        "--replays", type=int, default=3, metavar="N", help="battles to play and to show (default 3; 0: none)"
    )
    args = parser.parse_args(argv)
    if args.replays < 0:
        parser.error(f"--replays must not be negative, not {args.replays}")
    return args


def play(run: RunData, count: int) -> tuple[list[dict[str, Any]], list[str]]:
    """The battles to show; if there are none, also the reason."""
    if not count:
        return [], []
    if run.checkpoint is None:
        return [], ["No replays: the run has no checkpoint to play them."]
    if not run.checkpoint[1].config.evaluation.opponents:
        return [], ["No replays: evaluation.opponents is empty."]
    try:
        return list(play_replays(*run.checkpoint, count)), []
    except (PokeenvError, ImportError) as error:
        return [], [f"No replays: {error}."]


def main(argv: Sequence[str] | None = None) -> int:
    """Write the page; return the exit code."""
    args = parse_args(argv)
    try:
        run = read_run(args.run_dir, args.evaluation)
        replays, notes = play(run, args.replays)
        path = args.output or run.path / "report.html"
        page = report_page(run, replays, notes).encode()
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, page)
    except PokeenvError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"error: {error.filename}: cannot be written: {error.strerror}", file=sys.stderr)
        return 2
    for note in (*run.notes, *notes):
        print(f"note: {note}", file=sys.stderr)
    print(f"{path}: {len(page) / 1000:,.0f} kB, {len(replays)} replays")
    return 0


if __name__ == "__main__":
    sys.exit(main())
