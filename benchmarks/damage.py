"""Cost of `observation="damage"` compared with the base observation, in one run.

    python -m benchmarks.damage [--battle-format F] [--battles N] [--seconds S] [--repeats R]

Two environments play random legal actions in turns, so that a machine that changes its speed changes
both. CPU time is that of this process and the workers; start-up and warm-up are not counted. The
figures are medians over the turns; the last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import statistics

from benchmarks.env import RandomPlay
from pokeenv import DEFAULT_FORMAT, SelfPlayVectorEnv


def main() -> None:
    """Measure and print; the last line is JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.damage", description=__doc__.split("\n")[0])
    parser.add_argument("--battle-format", default=DEFAULT_FORMAT)
    parser.add_argument("--battles", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=5.0, help="CPU seconds of each measurement")
    parser.add_argument("--repeats", type=int, default=5)
    args = parser.parse_args()

    base_us, damage_us = [], []
    with (
        SelfPlayVectorEnv(args.battle_format, args.battles) as base_env,
        SelfPlayVectorEnv(args.battle_format, args.battles, observation="damage") as damage_env,
    ):
        base, damage = RandomPlay(base_env), RandomPlay(damage_env)
        base.play(args.seconds), damage.play(args.seconds)  # warm-up
        for _ in range(args.repeats):
            base_us.append(_us_per_decision(base, args.seconds))
            damage_us.append(_us_per_decision(damage, args.seconds))
            print(f"base {base_us[-1]:6.1f} CPU us/decision   damage {damage_us[-1]:6.1f}", flush=True)
    shares = [1 - without / with_it for without, with_it in zip(base_us, damage_us, strict=True)]
    report = {
        "battle_format": args.battle_format,
        "battles": args.battles,
        "base_us_per_decision": round(statistics.median(base_us), 1),
        "damage_us_per_decision": round(statistics.median(damage_us), 1),
        "damage_cpu_share": round(statistics.median(shares), 3),
    }
    print(json.dumps(report))


def _us_per_decision(play: RandomPlay, seconds: float) -> float:
    return 1e6 / play.play(seconds).per_cpu_s


if __name__ == "__main__":
    main()
