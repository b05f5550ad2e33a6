"""Names from which the table of fields is made, and the vocabularies of its identifiers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources

TEAM_SIZE = 6
MOVES_PER_POKEMON = 4

STATUSES = ("brn", "par", "slp", "frz", "psn", "tox")
STATS = ("hp", "atk", "def", "spa", "spd", "spe")
BOOSTS = ("atk", "def", "spa", "spd", "spe", "accuracy", "evasion")
GIMMICKS = ("mega", "zmove", "dynamax", "terastallize")
WEATHERS = (
    "sandstorm",
    "sunnyday",
    "raindance",
    "hail",
    "snowscape",
    "desolateland",
    "primordialsea",
    "deltastream",
)
TERRAINS = ("electricterrain", "grassyterrain", "psychicterrain", "mistyterrain")
ROOMS = ("trickroom", "gravity", "magicroom", "wonderroom", "mudsport", "watersport")
SCREENS = ("reflect", "lightscreen", "auroraveil", "safeguard", "mist", "tailwind", "luckychant")
# Screens that Light Clay prolongs, so that their duration may be unknown.
EXTENDED_SCREENS = ("reflect", "lightscreen", "auroraveil")
# Side conditions of G-Max moves that hurt every turn.
GMAX_DAMAGE = ("gmaxcannonade", "gmaxvinelash", "gmaxvolcalith", "gmaxwildfire")
# Hazards with their maximum number of layers.
HAZARDS = {"stealthrock": 1, "spikes": 3, "toxicspikes": 2, "stickyweb": 1, "gmaxsteelsurge": 1}
# Conditions that an active Pokémon loses when it leaves the field, by Showdown's id.
VOLATILES = {
    "aquaring": "heals every turn by Aqua Ring",
    "attract": "is in love",
    "autotomize": "is lighter by Autotomize",
    "bide": "is storing energy",
    "charge": "is charged: its next Electric move is stronger",
    "choicelock": "can only repeat its move because of a Choice item or Gorilla Tactics (as far as known)",
    "confusion": "is confused",
    "curse": "loses HP by a Ghost's Curse",
    "defensecurl": "has used Defense Curl",
    "destinybond": "takes its attacker with it until its next move",
    "disable": "has a disabled move",
    "dynamax": "is dynamaxed",
    "embargo": "cannot use its item",
    "encore": "must repeat its last move",
    "flashfire": "has stronger Fire moves by Flash Fire",
    "focusenergy": "lands critical hits more often",
    "foresight": "has been identified",
    "gastroacid": "has its ability suppressed by Gastro Acid or Core Enforcer",
    "glaiverush": "takes twice the damage until its next move",
    "grudge": "takes the PP of the move that makes it faint, until its next move",
    "healblock": "cannot heal",
    "imprison": "keeps the other side from using the moves it knows",
    "ingrain": "has taken root",
    "laserfocus": "lands a critical hit next",
    "leechseed": "is seeded",
    "lightscreen": "has halved special damage (generation 1)",
    "lockedmove": "is in the middle of a rampage (Outrage, Thrash, Petal Dance, Raging Fury, Rollout)",
    "lockon": "hits with its next move for certain",
    "magnetrise": "levitates by Magnet Rise",
    "mimic": "has copied a move by Mimic",
    "minimize": "has used Minimize",
    "miracleeye": "has been identified by Miracle Eye",
    "mist": "is shrouded in Mist (generation 1)",
    "mudsport": "weakens Electric moves (up to generation 5)",
    "mustrecharge": "must recharge",
    "nightmare": "has nightmares",
    "noretreat": "has used No Retreat",
    "octolock": "is held by Octolock",
    "partiallytrapped": "is partially trapped",
    "powershift": "has its attack and defence stats swapped (Power Shift)",
    "powertrick": "has its Attack and Defense swapped",
    "protosynthesis": "has a stat raised by Protosynthesis",
    "quarkdrive": "has a stat raised by Quark Drive",
    "rage": "is raging",
    "reflect": "has halved physical damage (generation 1)",
    "saltcure": "loses HP by Salt Cure",
    "slowstart": "is halved by Slow Start",
    "smackdown": "has been brought to the ground",
    "substitute": "is behind a substitute",
    "syrupbomb": "loses Speed every turn by Syrup Bomb",
    "tarshot": "is weak to Fire by Tar Shot",
    "taunt": "can use no status moves",
    "telekinesis": "is lifted by Telekinesis",
    "throatchop": "can use no sound moves",
    "torment": "cannot use a move twice in a row",
    "transform": "has transformed",
    "trapped": "cannot leave (Mean Look and the like)",
    "truant": "will loaf around instead of moving next",
    "twoturnmove": "is charging or out of reach in a two-turn move (see last_move)",
    "typechange": "has had its types changed",
    "unburden": "is twice as fast for having lost its item",
    "uproar": "is making an uproar",
    "watersport": "weakens Fire moves (up to generation 5)",
    "yawn": "will fall asleep",
}
# Besides these, what one of two active Pokémon has; effects of one turn count where a switch interrupts it.
DOUBLES_VOLATILES = {
    "commanding": "is in its ally's mouth by Commander and cannot choose",
    "commanded": "holds its ally by Commander and cannot leave",
    "dragoncheer": "lands critical hits more often by Dragon Cheer",
    "followme": "draws attacks to itself (Follow Me, Spotlight)",
    "helpinghand": "has its attacks of this turn strengthened by Helping Hand",
    "protect": "is protected this turn",
    "ragepowder": "draws attacks to itself by Rage Powder",
}
# Sides whose two Pokémon are protected this turn.
TURN_GUARDS = ("wideguard", "quickguard", "matblock", "craftyshield")
# How a move finds its targets where a side has two Pokémon, by the fields of a move block.
AIMS = {
    "aimed": "one target is chosen when it is used",
    "aims_at_ally": "the ally can be its target, or is hit besides",
    "spread": "it hits several Pokémon at once",
}
PLACES = ("left", "right")
"""The two active Pokémon of a side in doubles, by Showdown's positions a and b."""
# Volatiles whose age counts, in ends of turn (confusion: in tries to move).
TIMED_VOLATILES = (
    "confusion",
    "disable",
    "embargo",
    "encore",
    "healblock",
    "lockedmove",
    "magnetrise",
    "partiallytrapped",
    "slowstart",
    "syrupbomb",
    "taunt",
    "telekinesis",
    "throatchop",
    "uproar",
)


def _load_vocabulary() -> dict[str, tuple[str, ...]]:
    text = resources.files("pokeenv").joinpath("vocabulary.json").read_text(encoding="utf-8")
    return {name: tuple(ids) for name, ids in json.loads(text).items()}


VOCABULARY: dict[str, tuple[str, ...]] = _load_vocabulary()
"""Showdown ids by vocabulary; an id's position in its tuple is the number in the observation.

Position 0 is "" (unknown or none). In `items`, position 1 is "none": known to hold nothing.
"""


def _load_names() -> Mapping[str, Mapping[str, str]]:
    text = resources.files("pokeenv").joinpath("names.json").read_text(encoding="utf-8")
    return {
        table: dict(zip(VOCABULARY[table], names, strict=True)) for table, names in json.loads(text).items()
    }


NAMES: Mapping[str, Mapping[str, str]] = _load_names()
"""The games' names by vocabulary and Showdown id: `NAMES["moves"]["swordsdance"] == "Swords Dance"`."""
