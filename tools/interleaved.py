"""Speed of the environment in two versions, side by side: `python tools/interleaved.py ROOT_A ROOT_B`.

    python tools/interleaved.py ROOT_A ROOT_B [--battle-format F] [--battles N] [--rounds R]

Each round starts one simulator of each version, warms both up, and then steps them in turns of a second or
two with the same seeds. Both versions must play the same battles, so both do the same work, which is checked;
a change of the machine's speed affects both. Figures are CPU time: that of the Python process and of all
threads of its simulator. A ratio above 1 means that B is faster. V8 compiles each process a little
differently, which moves a round by two or three percent: the median over the rounds counts. The last line is
JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

Turn = tuple[float, int]
"""CPU seconds and decisions of one turn."""


def play(battle_format: str, battles: int) -> None:
    """Child: read numbers of steps from standard input, take them, and write CPU seconds and decisions."""
    import numpy as np

    from pokeenv import NO_ACTION, SelfPlayVectorEnv

    with SelfPlayVectorEnv(battle_format, num_battles=battles, num_workers=1) as env:
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()

        def cpu_s() -> float:
            threads = [thread for child in children for thread in Path(f"/proc/{child}/task").iterdir()]
            nanoseconds = sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads)
            return nanoseconds / 1e9 + time.process_time()

        rng = np.random.default_rng(0)
        mask = env.reset(seed=0)[0]["action_mask"]
        print("ready", flush=True)
        for line in sys.stdin:
            start, decisions = cpu_s(), 0
            for _ in range(int(line)):
                acting = env.acting
                decisions += int(np.count_nonzero(acting))
                scores = rng.random(mask.shape, dtype=np.float32) * mask
                env.step(np.where(acting, scores.argmax(axis=1), NO_ACTION))
            print(cpu_s() - start, decisions, flush=True)


class Player:
    """A version of the code that plays in a process of its own."""

    def __init__(self, root: Path, battle_format: str, battles: int) -> None:
        """Start it in the root's own environment."""
        python = root / ".venv/bin/python"
        command = [str(python if python.exists() else sys.executable), str(Path(__file__).resolve())]
        self._process = subprocess.Popen(
            [*command, "--child", battle_format, str(battles)],
            cwd=root,
            env=os.environ | {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if self._answer() != ["ready"]:
            sys.exit(f"error: {root}: the environment did not start")

    def step(self, steps: int) -> Turn:
        """Take steps; return CPU seconds and decisions."""
        assert self._process.stdin is not None
        print(steps, file=self._process.stdin, flush=True)
        cpu_s, decisions = self._answer()
        return float(cpu_s), int(decisions)

    def _answer(self) -> list[str]:
        assert self._process.stdout is not None
        return self._process.stdout.readline().split()

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)


def measure(roots: list[Path], args: argparse.Namespace, turned: bool) -> list[float]:
    """One round: microseconds of CPU time a decision, of both versions."""
    players = [Player(root, args.battle_format, args.battles) for root in roots]
    order = [1, 0] if turned else [0, 1]
    for side in order:
        players[side].step(args.warm_up)
    cpu_s, decisions = [0.0, 0.0], [0, 0]
    for turn in range(args.turns):
        for side in order if turn % 2 == 0 else order[::-1]:
            spent, made = players[side].step(args.steps)
            cpu_s[side] += spent
            decisions[side] += made
    for player in players:
        player.close()
    if decisions[0] != decisions[1]:
        sys.exit(f"error: the versions play different battles: {decisions[0]} and {decisions[1]} decisions")
    return [1e6 * spent / made for spent, made in zip(cpu_s, decisions, strict=True)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("roots", type=Path, nargs=2, help="folders of the old and of the new code")
    parser.add_argument("--battle-format", default="gen9randombattle")
    parser.add_argument("--battles", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--turns", type=int, default=12, help="turns of each version in a round")
    parser.add_argument("--steps", type=int, default=100, help="steps of a turn")
    parser.add_argument("--warm-up", type=int, default=600, help="steps before the first turn")
    args = parser.parse_args()
    roots = [root.resolve() for root in args.roots]
    ratios = []
    for number in range(args.rounds):
        old, new = measure(roots, args, turned=number % 2 == 1)
        ratios.append(old / new)
        print(
            f"round {number + 1}: {old:.1f} and {new:.1f} us of CPU time a decision, ratio {ratios[-1]:.3f}",
            flush=True,
        )
    figures = {"median": statistics.median(ratios), "min": min(ratios), "max": max(ratios)}
    settings = {"battle_format": args.battle_format, "battles": args.battles, "rounds": args.rounds}
    print(json.dumps(settings | {name: round(ratio, 4) for name, ratio in figures.items()}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        play(sys.argv[2], int(sys.argv[3]))
    else:
        main()
