"""A poke-env player, unmodified and without a server, against ours: `pip install 'pokeenv[live]'`."""

from __future__ import annotations

from agents.evaluate.match_result import MatchResult, format_table
from agents.evaluate.matches import Matches
from agents.players.loading import load_agent


def main(battles: int = 100, player: str = "SimpleHeuristicsPlayer") -> MatchResult:
    """Play mirrored battles between `rule` and a player of poke-env's."""
    names = "rule", f"poke-env:{player}"
    first, second = map(load_agent, names)
    with Matches("gen9randombattle", parallel=min(battles, 16)) as matches:
        result = matches.play(first, second, battles, seed=0)
    print(format_table({names: result}))
    return result


if __name__ == "__main__":
    main()
