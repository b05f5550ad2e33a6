"""Effects of moves besides damage: tables by move id."""

from __future__ import annotations

from agents.estimates.battle_view import Floats
from agents.estimates.move_tables import RECHARGE, move_set, move_table

HEALING = move_table(
    dict.fromkeys(
        "healorder milkdrink moonlight morningsun recover roost shoreup slackoff softboiled strengthsap"
        " synthesis".split(),
        0.5,
    )
    | {"rest": 1.0}
)
"""Share of full HP that a move restores."""

REST = move_set("rest")
RECHARGES = move_set(RECHARGE)
SACRIFICE = move_set("explosion mistyexplosion selfdestruct")
REMOVAL = move_set("courtchange defog mortalspin rapidspin tidyup")

HAZARDS = {"stealthrock": 0.08, "stickyweb": 0.07, "spikes": 0.06, "toxicspikes": 0.05}
"""Worth of one layer of each hazard, in HP per opposing Pokémon on the bench."""
LAYS = {name: move_set(name) for name in HAZARDS}

STATUSES = ("brn", "par", "slp", "frz", "psn", "tox")

SCREENS = {name: move_set(name) for name in ("auroraveil", "lightscreen", "reflect")}

SLEEP = move_set("darkvoid grasswhistle hypnosis lovelykiss sing sleeppowder spore yawn")
POWDER = move_set("poisonpowder sleeppowder spore stunspore")
POISON = move_set("poisonpowder toxic toxicthread")
TOXIC = move_set("toxic")
BURN = move_set("willowisp")
PARALYSIS = move_set("glare stunspore thunderwave")
THUNDER_WAVE = move_set("thunderwave")
SEED = move_set("leechseed")
CONFUSION = move_set("confuseray swagger sweetkiss supersonic teeterdance")

# Stages by which status moves raise or lower the user's stats.
_STAGES = {
    "atk": {
        6: "bellydrum",
        2: "filletaway shellsmash swordsdance",
        1: "bulkup clangoroussoul coil curse dragondance growth honeclaws howl meditate noretreat sharpen"
        " shiftgear tidyup victorydance workup",
    },
    "def": {
        3: "cottonguard",
        2: "acidarmor barrier irondefense",
        1: "bulkup clangoroussoul coil cosmicpower curse defensecurl harden noretreat stockpile victorydance"
        " withdraw",
        -1: "shellsmash",
    },
    "spa": {
        3: "tailglow",
        2: "filletaway geomancy nastyplot shellsmash",
        1: "calmmind clangoroussoul growth noretreat quiverdance takeheart workup",
    },
    "spd": {
        2: "amnesia geomancy",
        1: "calmmind clangoroussoul cosmicpower noretreat quiverdance stockpile takeheart",
        -1: "shellsmash",
    },
    "spe": {
        2: "agility autotomize filletaway geomancy rockpolish shellsmash shiftgear",
        1: "clangoroussoul dragondance noretreat quiverdance tidyup victorydance",
        -1: "curse",
    },
}
GROWTH = move_set("growth")
PRICE = move_table({"bellydrum": 0.5, "filletaway": 0.5, "clangoroussoul": 0.33})
"""Share of full HP that a move costs; the move fails with less HP."""

BOOSTS: dict[str, Floats] = {
    stat: move_table({name: stages for stages, names in moves.items() for name in names.split()})
    for stat, moves in _STAGES.items()
}
"""For each stat, the stages by which each move raises it for the user."""
