"""Hidden sets of brought teams come from the user's teams, from usage statistics, or from the usual sets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pokeenv import (
    FORMATS,
    FileTeams,
    InvalidTeamError,
    UnsupportedFormatError,
    UsageError,
    parse_format,
    read_usage,
)
from pokeenv.engine import SEED_WORDS
from pokeenv.engine.showdown.engine import EmbeddedShowdown

TEAMS = FileTeams(Path(__file__).parents[2] / "config" / "teams" / "gen9ou").teams
# As in Smogon's files, ids have no capitals and names of species do; weights are not whole numbers.
LEAD = {
    "Raw count": 1200,
    "usage": 0.3,
    "Viability Ceiling": [3, 90, 80, 70],
    "Abilities": {"protosynthesis": 812.5},
    "Items": {"boosterenergy": 600.25, "heavydutyboots": 212.25, "nothing": 0.0},
    "Spreads": {"Jolly:0/252/4/0/0/252": 700.0, "Impish:252/4/252/0/0/0": 112.5},
    "Moves": {"headlongrush": 800.0, "icespinner": 700.0, "rapidspin": 600.0, "knockoff": 400.0, "": 2.0},
    "Tera Types": {"steel": 500.0, "fire": 300.0},
    "Happiness": {"255": 812.5},
    "Teammates": {"Gholdengo": 300.0},
    "Checks and Counters": {},
}


def chaos(metagame: str = "gen9ou", **species: Any) -> dict[str, Any]:
    info = {"metagame": metagame, "cutoff": 1695.0, "cutoff deviation": 0, "number of battles": 1000}
    return {"info": info | {"team type": None}, "data": species}


def written(folder: Path, content: object) -> Path:
    path = folder / "chaos.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def engine() -> Iterator[EmbeddedShowdown]:
    """Slot 0 is at turn 1 of a battle of the first two teams; slot 1 is for imagined battles."""
    with closing(EmbeddedShowdown("gen9ou", 2)) as made:
        made.set_teams(0, (TEAMS[0], TEAMS[1]))
        made.step_async(np.full(4, -1), {0: np.arange(SEED_WORDS, dtype=np.uint16)}, idle=[1])
        made.step_wait()
        while made.turns[0] == 0:
            masks = made.action_masks[:2]
            made.advance([0], masks.argmax(axis=1)[None])
        yield made


def opposing_sets(engine: EmbeddedShowdown, seed: int) -> dict[str, list[str]]:
    """Fields of the packed sets of the team that an imagined battle gives to the opponent, by species."""
    engine.imagine(0, [seed], [1])
    fields = [packed.split("|") for packed in engine.packed_teams(1)[1].split("]")]
    return {each[1] or each[0]: each for each in fields}


ITEM, ABILITY, MOVES, NATURE, EFFORT = 2, 3, 4, 5, 6


def parts(sets: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    """Items, moves and numbers of sets by species, as the simulator writes their ids."""

    def ids(text: str) -> str:
        return "".join(each for each in text.lower() if each.isalnum() or each == ",")

    return {
        name: (ids(each[ITEM]), ",".join(sorted(ids(each[MOVES]).split(","))), each[NATURE], each[EFFORT])
        for name, each in sets.items()
    }


def test_a_pool_of_teams_names_the_opposing_team(engine: EmbeddedShowdown) -> None:
    usual = parts(opposing_sets(engine, 1))
    engine.set_beliefs(TEAMS)
    true = {
        (each[1] or each[0]): each
        for each in (packed.split("|") for packed in engine.packed_teams(0)[1].split("]"))
    }
    found = [parts(opposing_sets(engine, seed)) for seed in range(3)]
    assert found[0] == found[1] == found[2] == parts(true)
    engine.set_beliefs()
    assert parts(opposing_sets(engine, 1)) == usual != parts(true)


def test_sets_follow_usage_statistics(engine: EmbeddedShowdown, tmp_path: Path) -> None:
    name = next(iter(opposing_sets(engine, 0)))  # on the field
    engine.set_beliefs(usage=read_usage(written(tmp_path, chaos(**{name: LEAD}))))
    found = [parts(opposing_sets(engine, seed))[name] for seed in range(40)]
    engine.set_beliefs()
    items = [item for item, *_ in found]
    assert set(items) == {"boosterenergy", "heavydutyboots"}
    assert 18 < items.count("boosterenergy") < 38  # three of four
    assert {moves for _, moves, *_ in found} == {"headlongrush,icespinner,knockoff,rapidspin"}
    assert {nature for *_, nature, _ in found} == {"Jolly", "Impish"}
    assert {effort for *_, effort in found} == {",252,4,,,252", "252,4,252,,,"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "are not JSON"),
        ([1], "are none of Smogon's chaos files"),
        ({"info": {}, "data": {}}, "are none of Smogon's chaos files"),
        (chaos(), "name no species"),
        (chaos(Pikachu={"usage": 1.0, "Abilities": {}}), "Pikachu has no table of Items"),
        (
            chaos(Pikachu=LEAD | {"Moves": {"surf": "often"}}),
            "Pikachu has 'often' in Moves",
        ),
        (chaos(Pikachu=LEAD | {"usage": float("inf")}), "Pikachu has inf in usage"),
        (chaos(Pikachu=LEAD | {"Items": {"leftovers": 10**400}}), "Pikachu has 10*"),
    ],
)
def test_a_file_that_holds_no_usage_statistics_is_refused(
    content: object, message: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=message) as refusal:
        read_usage(written(tmp_path, content))
    assert "\n" not in str(refusal.value)


def test_beliefs_of_another_format_are_refused(engine: EmbeddedShowdown, tmp_path: Path) -> None:
    usage = read_usage(written(tmp_path, chaos("gen9uu", Pikachu=LEAD)))
    with pytest.raises(UsageError, match="are of gen9uu, not of gen9ou"):
        engine.set_beliefs(usage=usage)
    with pytest.raises(InvalidTeamError, match="Showdown refuses the team for gen9ou"):
        engine.set_beliefs(["Pikachu @ Light Ball\nAbility: Levitate\n- Surf"])
    with pytest.raises(UsageError, match=r"no usage statistics '.*missing\.json': No such file"):
        read_usage(tmp_path / "missing.json")


def test_every_singles_format_of_brought_teams_can_be_imagined() -> None:
    singles = [each for each in FORMATS.values() if each.game_type == "singles" and each.playable]
    refused = {each.id for each in singles if each.unimagined_reason}
    assert all(each.team_source == "generated" for each in singles if each.id in refused)
    assert {"gen9hackmonscup", "gen9battlefactory"} <= refused
    assert not {"gen9ou", "gen1ou", "gen9bssregi", "gen9randombattle"} & refused
    with pytest.raises(UnsupportedFormatError, match="battles of gen9hackmonscup cannot be imagined: its"):
        parse_format("gen9hackmonscup").check_imagined()
