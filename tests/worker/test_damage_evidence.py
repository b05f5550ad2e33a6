"""Damage that was dealt and taken excludes sets that could not have done it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.campaigns.node_script import answers

SCRIPT = Path(__file__).with_name("evidence.mjs")

OWN: dict[str, Any] = {
    "ident": "p1: Jolteon",
    "item": "heavydutyboots",
    "baseAbility": "voltabsorb",
    "stats": {"atk": 150, "def": 150, "spa": 220, "spd": 200, "spe": 260},
}
EVS = dict.fromkeys(("hp", "atk", "def", "spa", "spd", "spe"), 85)
IVS = dict.fromkeys(EVS, 31)
GENGAR: dict[str, Any] = {
    "species": "Gengar",
    "level": 80,
    "ability": "Cursed Body",
    "moves": ["sludgebomb"],
    "evs": EVS,
    "ivs": IVS,
}
SETS = {
    "orb": GENGAR | {"item": "Life Orb"},
    "specs": GENGAR | {"item": "Choice Specs"},
    "vest": GENGAR | {"item": "Assault Vest"},
    "boots": GENGAR | {"item": "Heavy-Duty Boots"},
    "frail": GENGAR | {"item": "Heavy-Duty Boots", "evs": EVS | {"spd": 0}},
}

ENTRY = [
    "|switch|p1a: Jolteon|Jolteon, L80, M|240/240",
    "|switch|p2a: Gengar|Gengar, L80, F|100/100",
    "|turn|1",
]
BOLT = "|move|p1a: Jolteon|Thunderbolt|p2a: Gengar"
BOMB = "|move|p2a: Gengar|Sludge Bomb|p1a: Jolteon"


def refuted(*battles: list[str], team: list[dict[str, Any]] | None = None) -> list[set[str]]:
    """The sets of Gengar that each battle's lines refute."""
    lines = [ENTRY + battle for battle in battles]
    options = {"formats": ["gen9randombattle"], "team": team or [OWN], "sets": SETS, "battles": lines}
    return [set(found["refuted"]) for found in answers(SCRIPT, **options)]


def taken(left: int, *before: str) -> list[str]:
    return [BOMB, *before, f"|-damage|p1a: Jolteon|{left}/240" if left else "|-damage|p1a: Jolteon|0 fnt"]


def dealt(left: int, *before: str) -> list[str]:
    return [BOLT, *before, f"|-damage|p2a: Gengar|{left}/100"]


def test_the_damage_taken_shows_the_item_of_the_attacker() -> None:
    assert refuted(taken(104), taken(72), taken(128), taken(156)) == [
        {"specs", "vest", "boots", "frail"},
        {"orb", "vest", "boots", "frail"},
        {"orb", "specs"},
        set(SETS),
    ]


def test_the_damage_dealt_shows_the_bulk_of_the_target() -> None:
    assert refuted(dealt(42), dealt(54), dealt(66)) == [
        {"orb", "specs", "vest", "boots"},
        {"frail", "vest"},
        {"orb", "specs", "boots", "frail"},
    ]


def test_what_enters_the_formula_counts() -> None:
    """Each battle raises or lowers the damage, so the same loss speaks for another set, or for none."""
    burnt = ["|-status|p2a: Gengar|brn"]
    weak = ["|-unboost|p2a: Gengar|spa|1"]
    screen = ["|-sidestart|p1: Player 1|move: Light Screen"]
    found = refuted(
        taken(104, "|-crit|p1a: Jolteon"), burnt + taken(104), weak + taken(128), screen + taken(168)
    )
    assert found == [set(SETS), *(set(SETS) - {one} for one in ("orb", "specs", "orb"))]


def test_a_knock_out_excludes_only_sets_that_are_too_weak() -> None:
    hurt = ["|-damage|p1a: Jolteon|130/240|[from] Stealth Rock", "|turn|2"]
    endured = [BOMB, "|-damage|p1a: Jolteon|1/240"]
    assert refuted(hurt + taken(0), hurt + endured) == [{"vest", "boots", "frail"}] * 2


def test_damage_that_depends_on_something_else_tells_nothing() -> None:
    battles = {
        "a called move": [f"{BOMB}|[from] Metronome", "|-damage|p1a: Jolteon|104/240"],
        "an item that acts": taken(104, "|-enditem|p2a: Gengar|Poison Gem|[from] gem"),
        "no move": [BOMB, "|-damage|p1a: Jolteon|104/240|[from] psn"],
        "a Substitute": [BOMB, "|-activate|p1a: Jolteon|move: Substitute|[damage]"],
        "several hits": ["|move|p2a: Gengar|Bullet Seed|p1a: Jolteon", "|-damage|p1a: Jolteon|104/240"],
        "a move of changing power": [
            "|move|p2a: Gengar|Assurance|p1a: Jolteon",
            "|-damage|p1a: Jolteon|104/240",
        ],
        "another ability": ["|-ability|p2a: Gengar|Adaptability|[from] move: Worry Seed", *taken(104)],
        "Wonder Room": ["|-fieldstart|move: Wonder Room|[of] p1a: Jolteon", *taken(104)],
        "Dynamax": ["|-start|p1a: Jolteon|Dynamax", *taken(104)],
    }
    found = refuted(*battles.values())
    assert dict(zip(battles, found, strict=True)) == {name: set() for name in battles}
    assert refuted(taken(104), team=[OWN, OWN | {"ident": "p1: Zoroark", "baseAbility": "illusion"}]) == [
        set()
    ]


def test_a_lost_item_counts_no_longer() -> None:
    """The item that Gengar holds is known then; the one that it was brought with is not."""
    lost = ["|-enditem|p2a: Gengar|Life Orb|[from] move: Knock Off|[of] p1a: Jolteon"]
    assert refuted(lost + taken(128), lost + taken(104), taken(104) + lost) == [
        set(),
        set(SETS),
        {"specs", "vest", "boots", "frail"},
    ]
