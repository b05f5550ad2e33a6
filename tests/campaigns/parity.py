"""Do poke-env's players win as often in process as on a local Showdown server?

    python -m tests.campaigns.parity [--battles N] [--battle-format F] [--teams PATH]

Every pair of `PLAYERS` plays both ways, N battles each. In process both sit in `PokeEnvOpponent` and play
mirrored matches; on the server they are used as in poke-env's documentation, and each sends half of the
challenges, so each sits in p1 half of the time. For each pair, the hypothesis that both win rates (a tie
counts half) are equal is tested by the two-sided two-proportion z-test with pooled variance, at a level of 5%
for all pairs together (Bonferroni). Mirrored battles vary less than independent ones, so the test rejects
equal rates too rarely rather than too often. It finds a difference of d = 3.2 * sqrt(2 p (1 - p) / N) or more
with a probability of at least about 80%: 0.10 for N = 500 and p = 0.5.

The exit code is 1 if a pair differs; the last line is JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import itertools
import json
import math
import os
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agents.evaluate.match_result import wilson_interval
from agents.evaluate.matches import play_matches
from pokeenv import DEFAULT_FORMAT, PokeEnvOpponent, pack_teams, parse_format
from tests.support.local_server import LocalServer, ServerError

if TYPE_CHECKING:
    from poke_env.player import Player
    from poke_env.teambuilder import Teambuilder

PLAYERS = ("RandomPlayer", "MaxBasePowerPlayer", "SimpleHeuristicsPlayer")
LEVEL = 0.05  # probability that a pair is reported although none differs
CONCURRENT = 10  # battles at the same time on the server
STALL_S = 180.0  # seconds without the end of a battle
_number = itertools.count(1)


@dataclass(frozen=True)
class Score:
    """Result of the first player of a pair.

    Attributes:
        wins: number of wins; a tie counts half.
        battles: number of battles.
        seconds: duration by the clock.
        invalid: number of illegal orders; not counted on a server.
    """

    wins: float
    battles: int
    seconds: float
    invalid: int | None = None

    @property
    def rate(self) -> float:
        """Share of battles won."""
        return self.wins / self.battles

    def to_json(self) -> dict[str, Any]:
        """Numbers by name."""
        interval = [round(bound, 4) for bound in wilson_interval(self.wins, self.battles)]
        return {
            "win_rate": round(self.rate, 4),
            "interval": interval,
            "battles": self.battles,
            "seconds": round(self.seconds, 1),
            "invalid_orders": self.invalid,
        }


def two_proportion_p(a: Score, b: Score) -> float:
    """Two-sided p-value of equal win rates: the z-test with pooled variance."""
    pooled = (a.wins + b.wins) / (a.battles + b.battles)
    variance = pooled * (1 - pooled) * (1 / a.battles + 1 / b.battles)
    return math.erfc(abs(a.rate - b.rate) / math.sqrt(2 * variance)) if variance else 1.0


def score_in_process(
    names: tuple[str, str], battle_format: str, battles: int, teams: str | None = None
) -> Score:
    """Play a pair in the embedded simulator."""
    start = time.perf_counter()
    first, second = (PokeEnvOpponent(make_player(name, battle_format)) for name in names)
    result = play_matches(first, second, battle_format, battles, teams=teams)
    invalid = first.invalid_orders + second.invalid_orders
    return Score(result.wins + result.ties / 2, result.battles, time.perf_counter() - start, invalid)


def score_on_server(
    names: tuple[str, str], battle_format: str, battles: int, address: str, teams: str | None = None
) -> Score:
    """Play a pair on a server."""
    return asyncio.run(_score_on_server(names, battle_format, battles, address, teams))


async def _score_on_server(
    names: tuple[str, str], battle_format: str, battles: int, address: str, teams: str | None
) -> Score:
    start = time.perf_counter()
    players = [make_player(name, battle_format, address, teams) for name in names]
    try:
        for sender, receiver in (players, players[::-1]):
            await _finish(sender.battle_against(receiver, n_battles=battles // 2), players[0])
        first = players[0]
        wins = first.n_won_battles + first.n_tied_battles / 2
        return Score(wins, first.n_finished_battles, time.perf_counter() - start)
    finally:
        for player in players:
            await player.ps_client.stop_listening()


async def _finish(playing: Any, player: Player) -> None:
    """Wait for the battles as long as they keep ending."""
    task = asyncio.ensure_future(playing)
    ended, since = player.n_finished_battles, time.monotonic()
    while not (await asyncio.wait({task}, timeout=1.0))[0]:
        if player.n_finished_battles > ended:
            ended, since = player.n_finished_battles, time.monotonic()
        elif time.monotonic() - since > STALL_S:
            task.cancel()
            raise ServerError(f"no battle on the server has ended for {STALL_S:g} s, after {ended} of them")
    await task


def make_player(
    name: str, battle_format: str, address: str | None = None, teams: str | None = None
) -> Player:
    """A poke-env player, on the server at `address` or without a server.

    Args:
        name: its class in `poke_env.player`.
        battle_format: Showdown's id.
        address: websocket address; None: no server.
        teams: file or folder of the teams from which it draws on a server; None if the format generates them.
    """
    cls: type[Player] = getattr(importlib.import_module("poke_env.player"), name)
    if address is None:
        return cls(battle_format=battle_format, start_listening=False)
    poke_env = importlib.import_module("poke_env")
    account = f"{name[:9]} {os.getpid() % 10_000} {next(_number)}"
    return cls(
        poke_env.AccountConfiguration(account, None),
        battle_format=battle_format,
        max_concurrent_battles=CONCURRENT,
        server_configuration=poke_env.ServerConfiguration(address, ""),
        team=None
        if teams is None
        else _drawing_from(pack_teams(parse_format(battle_format, has_teams=True), teams)),
    )


def _drawing_from(teams: Sequence[str]) -> Teambuilder:
    class Drawing(importlib.import_module("poke_env.teambuilder").Teambuilder):  # type: ignore[misc]
        """Draws one of the packed teams for each battle."""

        def yield_team(self) -> str:
            return random.choice(teams)

    builder: Teambuilder = Drawing()
    return builder


def compare(battle_format: str, battles: int, teams: str | None = None) -> list[dict[str, Any]]:
    """Play and test all pairs, printing a line for each."""
    pairs = list(itertools.combinations(reversed(PLAYERS), 2))
    print(f"{'pair':<50} {'in process':>22} {'on a server':>22}   difference      p")
    rows = []
    for names in pairs:
        ours = score_in_process(names, battle_format, battles, teams)
        with LocalServer() as server:
            theirs = score_on_server(names, battle_format, battles, server.address, teams)
        p = two_proportion_p(ours, theirs)
        line = f"{' against '.join(names):<50} {_told(ours):>22} {_told(theirs):>22}"
        print(f"{line}   {ours.rate - theirs.rate:+10.3f}  {p:5.3f}", flush=True)
        rows.append(
            {
                "pair": list(names),
                "in_process": ours.to_json(),
                "on_server": theirs.to_json(),
                "p": round(p, 4),
                "agrees": p >= LEVEL / len(pairs),
            }
        )
    return rows


def _told(score: Score) -> str:
    low, high = wilson_interval(score.wins, score.battles)
    return f"{score.rate:.3f} [{low:.3f}, {high:.3f}]"


def main() -> int:
    """Compare all pairs; return 1 if a pair differs."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.campaigns.parity", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--battles", type=int, default=500, help="of each pair, each way; an even number")
    parser.add_argument("--battle-format", default=DEFAULT_FORMAT)
    parser.add_argument("--teams", help="file or folder of teams, for formats that do not generate them")
    args = parser.parse_args()
    if args.battles < 2 or args.battles % 2:
        parser.error(f"--battles must be a positive even number, not {args.battles}")
    rows = compare(args.battle_format, args.battles, args.teams)
    agrees = all(row["agrees"] for row in rows)
    print("the win rates agree" if agrees else "win rates differ", f"(level {LEVEL:g}, all pairs together)")
    print(json.dumps({"battle_format": args.battle_format, "agrees": agrees, "pairs": rows}))
    return 0 if agrees else 1


if __name__ == "__main__":
    sys.exit(main())
