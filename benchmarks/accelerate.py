"""Speed gained by each acceleration of the simulator, and by all of them together.

    python -m benchmarks.accelerate [--battle-format F] [--rounds N] [--battles N] [--sets S ...] [--save]
    python -m benchmarks.accelerate [--battle-format F] ... --node-flags "--flag ..." [--node PATH]

Processes with no acceleration, with one, with all but one, and with all of them take turns playing the same
battles without observations. Figures come from CPU time: the median over the rounds of the ratio to the
process without accelerations in the same round. `--sets` compares other sets (names separated by commas).
With `--node-flags`, once for each set of flags, processes with all accelerations and these flags for Node are
compared with the worker's own flags instead.
"""

from __future__ import annotations

import argparse
import json
import shlex
import statistics
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.results import add_save_option, report
from pokeenv import DEFAULT_FORMAT
from pokeenv.engine.showdown.install import node_executable, simulator_path
from pokeenv.engine.showdown.process import NODE_FLAGS

SCRIPT = Path(__file__).with_suffix(".mjs")


class Loop:
    """A process that plays battles in rounds."""

    def __init__(
        self, battle_format: str, accelerations: str, *, node: str = "", flags: Sequence[str] = NODE_FLAGS
    ) -> None:
        """Start the process; `accelerations` are names separated by commas, "all" or "none"."""
        command = [node or node_executable(), *flags, SCRIPT, simulator_path(), battle_format, accelerations]
        self._process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        self.accelerations: list[str] = json.loads(self._stdout.readline())["accelerations"]
        self.rates: list[float] = []

    def __enter__(self) -> Loop:
        """Return the loop itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def play(self, battles: int) -> float:
        """Play the next battles.

        Returns:
            Decisions per CPU second.
        """
        self._stdin.write(f"{battles}\n")
        self._stdin.flush()
        counted = json.loads(self._stdout.readline())
        return float(counted["decisions"] / counted["cpu_s"])


def measure(loops: dict[str, Loop], base: str, battles: int, rounds: int) -> dict[str, dict[str, float]]:
    """Let the loops take turns.

    Returns:
        By name: decisions per CPU second, and the ratio to the loop `base`; medians over the rounds.
    """
    for loop in loops.values():
        loop.play(battles)  # warm-up
    for _ in range(rounds):
        for loop in loops.values():
            loop.rates.append(loop.play(battles))
    figures = {}
    for name, loop in loops.items():
        ratios = [rate / other for rate, other in zip(loop.rates, loops[base].rates, strict=True)]
        figures[name] = {
            "decisions_per_cpu_s": round(statistics.median(loop.rates)),
            "ratio": round(statistics.median(ratios), 3),
        }
        print(
            f"{name:44} {figures[name]['decisions_per_cpu_s']:7.0f}/CPU s {figures[name]['ratio']:7.3f}",
            flush=True,
        )
    return figures


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.accelerate", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--battle-format", default=DEFAULT_FORMAT)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--battles", type=int, default=40, help="battles of each process in a round")
    parser.add_argument("--sets", nargs="+", metavar="SET")
    parser.add_argument("--node-flags", action="append", metavar="FLAGS")
    parser.add_argument("--node", default="", help="another Node to compare (with --node-flags)")
    add_save_option(parser)
    args = parser.parse_args()
    with ExitStack() as stack:

        def start(accelerations: str, *, node: str = "", flags: Sequence[str] = NODE_FLAGS) -> Loop:
            return stack.enter_context(Loop(args.battle_format, accelerations, node=node, flags=flags))

        if args.node_flags is not None:
            base = " ".join(NODE_FLAGS)
            loops = {base: start("all")}
            for text in args.node_flags:
                loops[f"{args.node} {text}".strip() or "no flags"] = start(
                    "all", node=args.node, flags=shlex.split(text)
                )
        else:
            base = "none"
            loops = {base: start("none")}
            names = loops[base].accelerations
            if args.sets:
                loops |= {name: start(name) for name in args.sets}
            else:
                loops |= {name: start(name) for name in names}
                for name in names:
                    rest = ",".join(other for other in names if other != name)
                    loops[f"all but {name}"] = start(rest)
                loops["all"] = start("all")
        figures = measure(loops, base, args.battles, args.rounds)
    settings = {
        "battle_format": args.battle_format,
        "battles": args.battles,
        "rounds": args.rounds,
        "base": base,
    }
    report("accelerate", args.battle_format, settings, figures, save=args.save)


if __name__ == "__main__":
    main()
