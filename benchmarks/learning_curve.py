"""Draw the learning curve of a run: win rates over its decisions, while learning and in its evaluations.

    python -m benchmarks.learning_curve runs/short/RUN docs/learning_curve.svg

Needs matplotlib (extra `bench`).
"""

from __future__ import annotations

import argparse
import itertools
import json
from pathlib import Path
from typing import Any

from benchmarks.extras import need


def read_metrics(run: Path) -> list[dict[str, Any]]:
    """One dictionary per update."""
    lines = (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def draw(updates: list[dict[str, Any]], out: Path) -> None:
    """Write the plot."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(7, 3.2), layout="constrained")
    decisions = list(itertools.accumulate(update["rollout/decisions"] for update in updates))
    names = sorted(
        {key for update in updates for key in update if key.startswith(("win_rate/", "evaluation/"))}
    )
    for name in names:
        points = [(x, update[name]) for x, update in zip(decisions, updates, strict=True) if name in update]
        kind, _, opponent = name.partition("/")
        if kind == "evaluation":
            axis.plot(*zip(*points, strict=True), "o:", label=f"against {opponent}, evaluated")
        elif opponent not in ("self", "league"):
            axis.plot(*zip(*points, strict=True), label=f"against {opponent}, while learning")
    axis.set(xlabel="decisions learnt from", ylabel="win rate", ylim=(0, 1))
    axis.grid(alpha=0.3)
    axis.legend(loc="best", frameon=False, fontsize="small")
    figure.savefig(out, metadata={"Date": None})


def main() -> None:
    """Read a run, write its plot."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.learning_curve", description=__doc__.split("\n")[0]
    )
    parser.add_argument("run", type=Path, help="folder of a run")
    parser.add_argument("out", type=Path, help="file to write, such as docs/learning_curve.svg")
    args = parser.parse_args()
    need("bench", "matplotlib")
    draw(read_metrics(args.run), args.out)


if __name__ == "__main__":
    main()
