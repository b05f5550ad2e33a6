"""Hidden sets depend on what a battle has shown, not on the battles that a worker has imagined before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.campaigns.node_script import answers

SCRIPT = Path(__file__).with_name("draws.mjs")
TYRANITAR = {
    "usage": 0.5,
    "Abilities": {"sandstream": 10},
    "Items": {"leftovers": 10},
    "Spreads": {"Adamant:252/252/4/0/0/0": 10},
    "Moves": {"rockslide": 9, "earthquake": 8, "crunch": 7, "dragondance": 6, "icebeam": 5, "fireblast": 4},
    "TeraTypes": {},
    "Teammates": {},
}


def drawn(battle_format: str, *shown: dict[str, Any], before: dict[str, Any], usage: Any = None) -> None:
    options = {"formats": [battle_format], "usage": usage, "before": [before], "shown": list(shown)}
    found = list(answers(SCRIPT, **options))
    assert len(found) == len(shown)
    for each in found:
        assert each["fresh"] == each["later"]
        assert len({str(one) for one in each["fresh"]}) > 1


def test_a_rare_set_of_another_battle_changes_no_draw() -> None:
    tauros = {"forme": "Tauros", "level": 68}
    drawn("gen1randombattle", tauros, before=tauros | {"moves": ["splash"]})


def test_neither_gender_nor_order_of_another_battle_is_in_a_draw_from_usage_statistics() -> None:
    known = {"forme": "Tyranitar", "level": 100}
    options = {"usage": {"Tyranitar": TYRANITAR}}
    drawn("gen3ou", known, before=known | {"gender": "M"}, **options)
    moves = ["crunch", "rockslide"]
    drawn("gen3ou", known | {"moves": moves}, before=known | {"moves": moves[::-1]}, **options)


def test_unseen_members_keep_the_limits_of_a_generated_team() -> None:
    formats = [f"gen{generation}randombattle" for generation in range(1, 10)]
    for shares in answers(SCRIPT.with_name("team_limits.mjs"), formats=formats):
        assert shares["generated"] < 0.05
        assert shares["drawn"] == 0
