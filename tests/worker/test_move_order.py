"""The order of moves limits the Speed of an opposing Pokémon."""

from __future__ import annotations

from pathlib import Path

from tests.campaigns.node_script import answers

SCRIPT = Path(__file__).with_name("evidence.mjs")

ENTRY = ["|switch|p1a: Jolteon|Jolteon, L80, M|240/240", "|switch|p2a: Gengar|Gengar, L80, F|100/100"]
OWN, OPPOSING = "|move|p1a: Jolteon|Thunderbolt|p2a: Gengar", "|move|p2a: Gengar|Sludge Bomb|p1a: Jolteon"
SPEED = 270

Limits = list[dict[str, int | None]]


def limits(*battles: list[str], item: str = "leftovers", ability: str = "voltabsorb") -> list[Limits]:
    """The limits of Gengar's Speed after each battle's lines; None is infinity."""
    entry = {"ident": "p1: Jolteon", "item": item, "baseAbility": ability, "stats": {"spe": SPEED}}
    formats = ["gen9randombattle"]
    lines = [ENTRY + battle for battle in battles]
    return [found["limits"] for found in answers(SCRIPT, formats=formats, team=[entry], battles=lines)]


def test_the_first_of_two_equal_moves_is_not_slower() -> None:
    second, first = limits(["|turn|1", OWN, OPPOSING], ["|turn|1", OPPOSING, OWN])
    assert second == [{"stage": 0, "min": 0, "max": SPEED}]
    assert first == [{"stage": 0, "min": SPEED, "max": None}]


def test_stages_and_the_own_item_count() -> None:
    raised, lowered = (["|-boost|p2a: Gengar|spe|1"], ["|-unboost|p1a: Jolteon|spe|1"])
    turn = ["|turn|1", OPPOSING, OWN]
    assert limits(raised + turn, lowered + turn, item="choicescarf") == [
        [{"stage": 1, "min": SPEED * 3 // 2, "max": None}],
        [{"stage": 0, "min": SPEED, "max": None}],
    ]


def test_an_order_that_something_else_may_have_decided_tells_nothing() -> None:
    turn = ["|turn|1", OPPOSING, OWN]
    battles = {
        "priority": ["|turn|1", "|move|p2a: Gengar|Sucker Punch|p1a: Jolteon", OWN],
        "trick room": ["|-fieldstart|move: Trick Room|[of] p2a: Gengar", *turn],
        "tailwind": ["|-sidestart|p2: Player|move: Tailwind", *turn],
        "paralysis": ["|-status|p1a: Jolteon|par", *turn],
        "an item that acts": ["|turn|1", "|-activate|p2a: Gengar|item: Quick Claw", OPPOSING, OWN],
        "a switch": ["|turn|1", "|switch|p1a: Jolteon|Jolteon, L80, M|240/240", OPPOSING, OWN],
        "a called move": ["|turn|1", f"{OPPOSING}|[from] move: Metronome", OWN],
        "an encore": ["|turn|1", "|move|p2a: Gengar|Encore|p1a: Jolteon", OWN],
        "an item lost before": ["|-enditem|p2a: Gengar|Leftovers|[from] move: Knock Off", *turn],
        "an own item lost later": [*turn, "|-enditem|p1a: Jolteon|Leftovers|[from] move: Knock Off"],
    }
    found = limits(*battles.values())
    assert dict(zip(battles, found, strict=True)) == {name: [] for name in battles}
    plain = ["|turn|1", OPPOSING, OWN]
    assert limits(plain, item="laggingtail") == limits(plain, ability="quickfeet") == [[]]
