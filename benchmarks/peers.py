"""Random play through pokeenv compared with poke-env on a local Showdown server, on all cores, in one run.

    python -m benchmarks.peers [--battle-format F] [--seconds S] [--repeats R] [--save]

Both sides play the same policy (uniform over the legal actions) in both seats; a decision is the choice of
one Pokémon. Each side first finds its fastest setting (concurrent battles, processes); then the sides take
turns. poke-env is used as its documentation shows: two instances of `RandomPlayer` battle each other, in one
client process or in two. The server is the npm package that pokeenv embeds, on the loopback interface. Both
sides warm up for half a minute, because V8 compiles the simulator's functions for that long.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks.env import RandomPlay
from benchmarks.extras import need
from benchmarks.results import add_save_option, report
from pokeenv import DEFAULT_FORMAT, SelfPlayVectorEnv
from tests.support.local_server import LocalServer

SHORT_WARM_UP_S = 6.0  # before the tries that find the fastest setting
LOGIN_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Setting:
    """Number of processes of one side, and of concurrent battles in each of them."""

    processes: int
    battles: int


POKE_ENV_SETTINGS = [Setting(p, b) for p, b in itertools.product((1, 2), (4, 16, 64))]
POKEENV_SETTINGS = [Setting(p, b) for p, b in itertools.product((1, 2), (8, 32, 64))]


def poke_env_rate(
    battle_format: str, setting: Setting, address: str, seconds: float, warm_up: float
) -> float:
    """Decisions per second of poke-env on the server at `address`."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.peers",
        "--battle-format",
        battle_format,
        "--client",
        address,
    ]
    command += ["--seconds", str(seconds), "--warm-up", str(warm_up), "--battles", str(setting.battles)]
    clients = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(setting.processes)]
    try:
        outputs = [
            client.communicate(timeout=LOGIN_TIMEOUT_S + warm_up + 2 * seconds + 30.0)[0]
            for client in clients
        ]
    finally:
        for client in clients:
            client.kill()
    return sum(float(json.loads(output.splitlines()[-1])["decisions_per_s"]) for output in outputs)


def pokeenv_rate(battle_format: str, setting: Setting, seconds: float, warm_up: float) -> float:
    """Decisions per second of pokeenv: one environment for each worker, stepped alternately."""
    with ExitStack() as stack:
        envs = [
            stack.enter_context(SelfPlayVectorEnv(battle_format, setting.battles))
            for _ in range(setting.processes)
        ]
        play = RandomPlay(*envs)
        play.play(warm_up * setting.processes)
        return play.play(seconds * setting.processes).per_s


async def play_poke_env(
    battle_format: str, battles: int, address: str, seconds: float, warm_up: float
) -> float:
    """Let two random players of poke-env battle each other; return their decisions per second."""
    from poke_env import AccountConfiguration, RandomPlayer, ServerConfiguration
    from poke_env.battle import AbstractBattle
    from poke_env.player.battle_order import BattleOrder, DoubleBattleOrder, PassBattleOrder

    decisions = 0

    class Counting(RandomPlayer):
        """A `RandomPlayer` whose choices are counted."""

        def choose_move(self, battle: AbstractBattle) -> BattleOrder:
            """Choose, and count the Pokémon that do not pass."""
            nonlocal decisions
            order = super().choose_move(battle)
            single = not isinstance(order, DoubleBattleOrder)
            orders = [order] if single else [order.first_order, order.second_order]
            decisions += sum(not isinstance(each, PassBattleOrder) for each in orders)
            return order

    players = [
        Counting(
            AccountConfiguration(f"peer {os.getpid()} {seat}", None),
            battle_format=battle_format,
            max_concurrent_battles=battles,
            server_configuration=ServerConfiguration(address, ""),
        )
        for seat in range(2)
    ]
    playing = asyncio.create_task(players[0].battle_against(players[1], n_battles=1_000_000))
    deadline = time.perf_counter() + LOGIN_TIMEOUT_S
    while not decisions:
        if time.perf_counter() > deadline:
            raise TimeoutError(f"no battle has begun within {LOGIN_TIMEOUT_S:g} s")
        await asyncio.sleep(0.1)
    await asyncio.sleep(warm_up)
    before, start = decisions, time.perf_counter()
    await asyncio.sleep(seconds)
    rate = (decisions - before) / (time.perf_counter() - start)
    playing.cancel()
    return rate


def fastest(name: str, settings: list[Setting], rate_of: Callable[[Setting], float]) -> Setting:
    """The setting with the highest rate in a short trial."""
    rates = {}
    for setting in settings:
        rates[setting] = rate_of(setting)
        print(f"{name} {setting.processes} x {setting.battles}: {rates[setting]:.0f} decisions/s", flush=True)
    return max(rates, key=lambda setting: rates[setting])


def compare(battle_format: str, seconds: float, warm_up: float, repeats: int) -> dict[str, object]:
    """Measure both sides in turns."""
    with LocalServer() as server:
        theirs = fastest(
            "poke-env",
            POKE_ENV_SETTINGS,
            lambda setting: poke_env_rate(
                battle_format, setting, server.address, seconds / 2, SHORT_WARM_UP_S
            ),
        )
    ours = fastest(
        "pokeenv",
        POKEENV_SETTINGS,
        lambda setting: pokeenv_rate(battle_format, setting, seconds / 2, SHORT_WARM_UP_S),
    )
    our_rates, their_rates = [], []
    for _ in range(repeats):
        # A new server for each turn: an idle one would take CPU time from the other side.
        with LocalServer() as server:
            their_rates.append(poke_env_rate(battle_format, theirs, server.address, seconds, warm_up))
        our_rates.append(pokeenv_rate(battle_format, ours, seconds, warm_up))
        print(f"pokeenv {our_rates[-1]:8.0f}/s   poke-env {their_rates[-1]:8.0f}/s", flush=True)
    ratios = [our / their for our, their in zip(our_rates, their_rates, strict=True)]
    return {
        "pokeenv_processes": ours.processes,
        "pokeenv_battles_each": ours.battles,
        "poke_env_processes": theirs.processes,
        "poke_env_battles_each": theirs.battles,
        "pokeenv_decisions_per_s": round(statistics.median(our_rates)),
        "poke_env_decisions_per_s": round(statistics.median(their_rates)),
        "ratio": round(statistics.median(ratios), 2),
    }


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__.split("\n")[0])
    parser.add_argument("--battle-format", default=DEFAULT_FORMAT)
    parser.add_argument("--seconds", type=float, default=15.0, help="length of each measurement")
    parser.add_argument(
        "--warm-up", type=float, default=30.0, help="seconds of warm-up before each measurement"
    )
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--client", metavar="ADDRESS", help=argparse.SUPPRESS)
    parser.add_argument("--battles", type=int, default=16, help=argparse.SUPPRESS)
    add_save_option(parser)
    args = parser.parse_args()
    need("live", "poke_env")
    if args.client:
        rate = asyncio.run(
            play_poke_env(args.battle_format, args.battles, args.client, args.seconds, args.warm_up)
        )
        print(json.dumps({"decisions_per_s": rate}), flush=True)
        os._exit(0)  # running battles need not finish
    figures = compare(args.battle_format, args.seconds, args.warm_up, args.repeats)
    settings = {name: getattr(args, name) for name in ("battle_format", "seconds", "warm_up", "repeats")}
    report("peers", args.battle_format, settings, figures, save=args.save)


if __name__ == "__main__":
    main()
