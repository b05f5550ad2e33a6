"""Cost of `observation="damage"` compared with the base observation, in one run.

    python -m benchmarks.damage [--battle-format F] [--battles N] [--seconds S] [--repeats R] [--save]

Two environments play random legal actions in turns, so that a change of the machine's speed affects both.
CPU time is that of this process and the workers; start-up and warm-up do not count. The figures are medians
over the turns.
"""

from __future__ import annotations

import argparse
import statistics

from benchmarks.env import RandomPlay
from benchmarks.results import add_save_option, report
from pokeenv import DEFAULT_FORMAT, SelfPlayVectorEnv


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.damage", description=__doc__.split("\n")[0])
    parser.add_argument("--battle-format", default=DEFAULT_FORMAT)
    parser.add_argument("--battles", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=5.0, help="CPU seconds of each measurement")
    parser.add_argument("--repeats", type=int, default=5)
    add_save_option(parser)
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
    settings = {name: getattr(args, name) for name in ("battle_format", "battles", "seconds", "repeats")}
    figures = {
        "base_us_per_decision": round(statistics.median(base_us), 1),
        "damage_us_per_decision": round(statistics.median(damage_us), 1),
        "damage_cpu_share": round(statistics.median(shares), 3),
    }
    report("damage", args.battle_format, settings, figures, save=args.save)


def _us_per_decision(play: RandomPlay, seconds: float) -> float:
    return 1e6 / play.play(seconds).per_cpu_s


if __name__ == "__main__":
    main()
