"""Digests of the observations of random play, to compare two versions of the code byte by byte.

    python -m benchmarks.digest [--battles N] [--steps S] [--battle-format F ...]

An optimisation must not change any line of the output; a change of the observations does.
"""

from __future__ import annotations

import argparse
import hashlib

from pokeenv import SelfPlayVectorEnv
from tests.support.play import play_battles

FORMATS = [f"gen{generation}randombattle" for generation in range(1, 10)]


def digest(battle_format: str, *, num_battles: int, steps: int) -> str:
    """Hash of acting rows, masks, signals and observations of all steps of random play."""
    found = hashlib.sha256()

    def add(env: SelfPlayVectorEnv) -> None:
        engine = env.engine
        seen = engine.acting | (engine.statuses != 0).repeat(2)  # other rows are stale
        for array in (engine.acting, engine.statuses, engine.turns, engine.action_masks, engine.signals):
            found.update(array.tobytes())
        found.update(engine.observations[seen].tobytes())

    for _, _, env in play_battles(battle_format, num_battles=num_battles, steps=steps, seed=11):
        add(env)
    return found.hexdigest()


def main() -> None:
    """Print a line per format."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.digest", description=__doc__.split("\n")[0])
    parser.add_argument("--battles", type=int, default=16)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--battle-format", nargs="+", default=FORMATS)
    args = parser.parse_args()
    for battle_format in args.battle_format:
        print(battle_format, digest(battle_format, num_battles=args.battles, steps=args.steps), flush=True)


if __name__ == "__main__":
    main()
