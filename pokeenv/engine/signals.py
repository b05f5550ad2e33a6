"""`SIGNALS`: the numbers of a row from which rewards are made."""

from __future__ import annotations

SIGNALS = (
    "own_hp",  # sum of the own team's HP fractions
    "opposing_hp",  # the same for the opposing team as seen; each unrevealed Pokémon counts 1.0
    "own_fainted",
    "opposing_fainted",
    "turn",
    "own_failures",  # moves so far that failed or hit an immune target
    "own_switches",  # voluntary switches so far
    "ended",  # 1.0 once the battle is won, lost or tied; a turn limit does not end it
    "outcome",  # +1 won, -1 lost, 0 tie or not ended
    "own_team_size",
    "opposing_team_size",
)
"""Names of a row's signals, in the order of the last axis of `before` and `after`."""
