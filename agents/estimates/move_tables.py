"""Damage tables by move id: typical power, hits per use, fixed damage and special rules."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from agents.estimates.battle_view import Bools, Floats
from pokeenv import VOCABULARY

MOVE_ID = {name: index for index, name in enumerate(VOCABULARY["moves"])}


def move_table(values: Mapping[str, float], default: float = 0.0) -> Floats:
    """`(moves,)` table by move id; a name outside the vocabulary raises `KeyError`."""
    table = np.full(len(MOVE_ID), default, dtype=np.float32)
    for name, value in values.items():
        table[MOVE_ID[name]] = value
    return table


def move_set(names: str) -> Bools:
    """`(moves,)` table that is true for the named moves; spaces separate the names."""
    named: Bools = move_table(dict.fromkeys(names.split(), 1.0)) > 0.0
    return named


# Typical power of the moves whose power varies; the observation gives 0 for them.
USUAL_POWER = move_table(
    dict.fromkeys("return frustration".split(), 102)
    | dict.fromkeys("heavyslam heatcrash".split(), 80)
    | dict.fromkeys("lowkick grassknot gyroball electroball crushgrip wringout beatup hardpress".split(), 60)
    | {"magnitude": 71, "punishment": 60, "reversal": 40, "flail": 40, "fling": 30, "trumpcard": 40}
)

# Factor on the damage of one hit: the mean number of hits, or the cost of a move (a turn of recharge or
# charge, an interrupted Focus Punch).
_TWO_TO_FIVE = (
    "armthrust barrage bonerush bulletseed cometpunch doubleslap furyattack furyswipes"
    " iciclespear pinmissile rockblast scaleshot spikecannon tailslap watershuriken"
)
_TWICE = "bonemerang doublehit doubleironbash doublekick dragondarts dualchop dualwingbeat geargrind twinbeam"
RECHARGE_YIELD = 0.6
RECHARGE = (
    "blastburn eternabeam frenzyplant gigaimpact hydrocannon hyperbeam meteorassault prismaticlaser"
    " roaroftime rockwrecker"
)
_CHARGE = "bounce dig dive fly phantomforce razorwind skullbash skyattack solarbeam solarblade"
YIELD = move_table(
    dict.fromkeys(_TWO_TO_FIVE.split(), 3.0)
    | dict.fromkeys(_TWICE.split(), 2.0)
    | {"surgingstrikes": 3.0, "tripledive": 3.0, "tripleaxel": 4.5, "triplekick": 4.5, "populationbomb": 6.5}
    | dict.fromkeys(RECHARGE.split(), RECHARGE_YIELD)
    | dict.fromkeys(_CHARGE.split(), 0.5)
    | {"focuspunch": 0.3, "lastresort": 0.3, "suckerpunch": 0.8, "futuresight": 0.4, "doomdesire": 0.4},
    default=1.0,
)
LEVEL_DAMAGE = move_set("seismictoss nightshade psywave")
HP_DAMAGE = move_table({"sonicboom": 20, "dragonrage": 40})
HALVES_HP = move_set("superfang naturesmadness ruination")
KNOCKS_OUT = move_set("fissure guillotine horndrill sheercold")
HITS_DEFENCE = move_set("psyshock psystrike secretsword")
USES_DEFENCE = move_set("bodypress")
USES_OPPOSING_ATTACK = move_set("foulplay")
HALVES_DEFENCE = move_set("explosion selfdestruct")  # up to generation 4
CRITICAL = move_set("crabhammer karatechop razorleaf slash")  # in generation 1
FIRST_TURN_ONLY = move_set("fakeout firstimpression")
NEEDS_SLEEP = move_set("dreameater")
