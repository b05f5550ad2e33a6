"""Type effectiveness for every generation, indexed by the type ids of the observation.

The observation gives the effectiveness of known moves against the Pokémon on the field. This table gives the
effectiveness against Pokémon on the bench.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pokeenv import VOCABULARY

TYPE_ID = {name: index for index, name in enumerate(VOCABULARY["types"])}

# Attacking type: (super effective, not very effective, no effect), since generation 6.
_MODERN = {
    "bug": ("dark grass psychic", "fairy fighting fire flying ghost poison steel", ""),
    "dark": ("ghost psychic", "dark fairy fighting", ""),
    "dragon": ("dragon", "steel", "fairy"),
    "electric": ("flying water", "dragon electric grass", "ground"),
    "fairy": ("dark dragon fighting", "fire poison steel", ""),
    "fighting": ("dark ice normal rock steel", "bug fairy flying poison psychic", "ghost"),
    "fire": ("bug grass ice steel", "dragon fire rock water", ""),
    "flying": ("bug fighting grass", "electric rock steel", ""),
    "ghost": ("ghost psychic", "dark", "normal"),
    "grass": ("ground rock water", "bug dragon fire flying grass poison steel", ""),
    "ground": ("electric fire poison rock steel", "bug grass", "flying"),
    "ice": ("dragon flying grass ground", "fire ice steel water", ""),
    "normal": ("", "rock steel", "ghost"),
    "poison": ("fairy grass", "ghost ground poison rock", "steel"),
    "psychic": ("fighting poison", "psychic steel", "dark"),
    "rock": ("bug fire flying ice", "fighting ground steel", ""),
    "steel": ("fairy ice rock", "electric fire steel water", ""),
    "water": ("fire ground rock", "dragon grass water", ""),
}

# (attacking, defending): multiplier, where generations 2 to 5 differ from the modern chart...
_BEFORE_6 = {("dark", "steel"): 0.5, ("ghost", "steel"): 0.5}
# ... and where generation 1 differs from both.
_IN_1 = {("bug", "poison"): 2.0, ("poison", "bug"): 2.0, ("ghost", "psychic"): 0.0, ("ice", "fire"): 1.0}


def _chart(generation: int) -> NDArray[np.float32]:
    chart = np.ones((len(TYPE_ID), len(TYPE_ID)), dtype=np.float32)
    for attacking, columns in _MODERN.items():
        for multiplier, defending in zip((2.0, 0.5, 0.0), columns, strict=True):
            chart[TYPE_ID[attacking], [TYPE_ID[name] for name in defending.split()]] = multiplier
    changes = {**(_BEFORE_6 if generation < 6 else {}), **(_IN_1 if generation == 1 else {})}
    for (attacking, defending), multiplier in changes.items():
        chart[TYPE_ID[attacking], TYPE_ID[defending]] = multiplier
    return chart


TYPE_CHART = np.stack([_chart(generation) for generation in range(10)])  # (10, types, types)
"""`TYPE_CHART[generation, attacking, defending]`; an unknown type (0) is hit neutrally.

Types that do not exist in a generation keep their modern row, which is never used. Stellar is neutral; its
double damage to a terastallized target is ignored.
"""
