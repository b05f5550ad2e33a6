"""Opponents of a run as text: `"random:0.1,self:0.9"`."""

from __future__ import annotations

import math

from agents.errors import OpponentError
from agents.registry import BASELINES, PRETRAINED, SEARCH, YARDSTICKS
from pokeenv import did_you_mean

SELF = "self"
LEAGUE = "league"


def opponent_names() -> tuple[str, ...]:
    """Names that a mix may hold, beside `search:NAME`."""
    return (*BASELINES, *PRETRAINED, SELF, LEAGUE)


def is_yardstick(name: str) -> bool:
    """True for an agent that no run may learn from or against, also with a search around it."""
    return name.removeprefix(SEARCH).partition("?")[0] in YARDSTICKS


def parse_mix(text: str) -> dict[str, float]:
    """Read `"random:0.1,max:0.1,self:0.8"`.

    Args:
        text: names with positive ratios, separated by commas; ratios need not sum to 1.

    Returns:
        Share of battles by name, in the order of the text, summing to 1.

    Raises:
        OpponentError: a name is unknown, comes twice or is for measuring alone, or a ratio is not a positive
            number; or their sum is not finite.
    """
    ratios: dict[str, float] = {}
    for part in text.split(","):
        name, separator, number = (piece.strip() for piece in part.rpartition(":"))
        if not separator or not name:
            raise OpponentError(f"{part.strip()!r} in {text!r}: write name:ratio, such as random:0.2")
        if is_yardstick(name):
            raise OpponentError(f"opponent {name!r} is for measuring alone: put it in evaluation.opponents")
        if name not in opponent_names() and not name.startswith(SEARCH):
            known = ", ".join(opponent_names())
            raise OpponentError(
                f"unknown opponent {name!r}{did_you_mean(name, opponent_names())}; known: {known}"
            )
        if name in ratios:
            raise OpponentError(f"opponent {name!r} comes twice in {text!r}")
        try:
            ratio = float(number)
        except ValueError:
            raise OpponentError(f"ratio {number!r} of opponent {name!r} is not a number") from None
        if not (math.isfinite(ratio) and ratio > 0):
            raise OpponentError(f"ratio {number} of opponent {name!r} must be above 0")
        ratios[name] = ratio
    total = sum(ratios.values())
    if not math.isfinite(total):
        raise OpponentError(f"the ratios in {text!r} are too large to be added")
    return {name: ratio / total for name, ratio in ratios.items()}
