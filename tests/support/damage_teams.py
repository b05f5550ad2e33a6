"""Teams and logs with which the damage block is compared with the simulator."""

from __future__ import annotations

import re

import numpy as np

SPREAD = "EVs: 85 HP / 85 Atk / 85 Def / 85 SpA / 85 SpD / 85 Spe\nSerious Nature"
_FULL_SPREAD = "EVs: 252 HP / 252 Atk / 252 Def / 252 SpA / 252 SpD / 252 Spe"  # generations 1 and 2


class BroughtTeams:
    """A team source that gives the first seat one team and the second another."""

    teams: tuple[str, str] = ("", "")
    given = 0

    def draw(self, rng: np.random.Generator) -> str:
        """The next seat's team."""
        self.given += 1
        return self.teams[(self.given - 1) % 2]


def one(species: str, *moves: str, generation: int = 9, extra: str = "") -> str:
    """A Pokémon with the spread that the damage block assumes for opponents."""
    spread = SPREAD if generation >= 3 else _FULL_SPREAD
    lines = [species, extra, spread, *(f"- {move}" for move in moves)]
    return "\n".join(line for line in lines if line)


def dealt(log: list[str], turn: int = 1, target: str = "p2a") -> tuple[int, int] | None:
    """HP of a place before and after the damage of a turn; None after a critical hit or without a use."""
    before = after = 0
    current = 0
    for index, line in enumerate(log):
        parts = line.split("|")
        if parts[1] == "turn":
            current = int(parts[2])
        if line.startswith(f"|-crit|{target}") and current == turn:
            return None
        # The line after `|split|p2` has the exact HP of p2's Pokémon.
        if (
            re.match(rf"\|(switch|-damage|-heal)\|{target}", line)
            and log[index - 1] == f"|split|{target[:2]}"
        ):
            hp = int(parts[4 if parts[1] == "switch" else 3].split("/")[0].split()[0])
            if current < turn:
                before = after = hp
            elif current == turn and parts[1] == "-damage" and "[from]" not in line:
                after = hp
    return before, after
