"""Battle formats and the sources of teams."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from pokeenv import (
    FORMATS,
    REGISTERED_FORMATS,
    FileTeams,
    GeneratedTeams,
    InvalidTeamError,
    UnknownFormatError,
    UnsupportedFormatError,
    parse_format,
)
from pokeenv.__main__ import main
from pokeenv.engine.showdown.format_table import simulator_formats

EXPORT = """\
Pikachu (F) @ Light Ball
Ability: Static
EVs: 252 SpA / 252 Spe
Timid Nature
- Thunderbolt
- Surf

Snorlax @ Leftovers
Ability: Thick Fat
- Body Slam
- Rest
"""
PACKED = (
    "Pikachu||lightball|static|thunderbolt,surf|Timid|,,,252,,252||||50|]"
    "Snorlax||leftovers||bodyslam||||||50|"
)


@pytest.mark.parametrize("generation", range(1, 10))
def test_every_random_battle_is_singles_with_generated_teams(generation: int) -> None:
    battle_format = parse_format(f"gen{generation}randombattle")
    assert battle_format.generation == generation
    assert (battle_format.game_type, battle_format.team_source) == ("singles", "generated")
    assert not battle_format.team_preview
    assert battle_format.id in REGISTERED_FORMATS


@pytest.mark.slow
def test_the_table_of_formats_is_the_simulators_own() -> None:
    assert resources.files("pokeenv").joinpath("formats.json").read_text() == simulator_formats()


def test_every_singles_and_doubles_format_is_played_or_says_why_not() -> None:
    games = ("singles", "doubles")
    of_them = [battle_format for battle_format in FORMATS.values() if battle_format.game_type in games]
    played = [battle_format for battle_format in of_them if battle_format.playable]
    assert (len(FORMATS), len(of_them), len(played)) == (334, 325, 274)
    for battle_format in played:
        parse_format(battle_format.id, has_teams=battle_format.team_source == "files")
    for battle_format in set(of_them) - set(played):
        with pytest.raises(UnsupportedFormatError, match=r"no number for|room for 6|does not tell"):
            parse_format(battle_format.id, has_teams=True)


def test_a_format_that_has_members_picked_says_how_many() -> None:
    battle_format = parse_format("gen9bssregi", has_teams=True)
    assert (battle_format.team_preview, battle_format.picked_team_size) == (True, 3)
    assert parse_format("gen9ou", has_teams=True).picked_team_size == 0


def test_the_command_line_lists_the_formats_that_are_played(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["formats"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["gen9bssregi", "9", "files", "yes", "3"] in lines
    assert ["gen4ou", "4", "files", "no", "all"] in lines
    assert ["gen9vgc2025regi", "9", "files", "yes", "4"] in lines
    assert "gen9triples" not in {line[0] for line in lines}


def test_every_registered_format_can_be_played_by_its_id_alone() -> None:
    assert [parse_format(format_id).id for format_id in REGISTERED_FORMATS] == list(REGISTERED_FORMATS)


def test_a_format_name_is_read_as_showdown_reads_it() -> None:
    assert parse_format("[Gen 9] Random Battle").id == "gen9randombattle"


def test_a_team_format_needs_teams() -> None:
    battle_format = parse_format("gen9ou", has_teams=True)
    assert (battle_format.team_source, battle_format.team_preview) == ("files", True)
    assert not parse_format("gen4ou", has_teams=True).team_preview
    with pytest.raises(UnsupportedFormatError, match=r"give teams, or use 'gen9randombattle'"):
        parse_format("gen9ou")


def test_a_format_that_generates_its_teams_takes_none() -> None:
    with pytest.raises(UnsupportedFormatError, match="gen3customgame"):
        parse_format("gen3randombattle", has_teams=True)


@pytest.mark.parametrize(
    ("format_id", "message"),
    [
        ("gen9vgc2025regi", "needs teams.*use 'gen9randomdoublesbattle'"),
        ("gen6triplescustomgame", r"neither singles nor doubles \(triples\)"),
        ("gen9freeforallrandombattle", r"neither singles nor doubles \(freeforall\)"),
        ("gen9multirandombattle", r"neither singles nor doubles \(multi\)"),
        ("gen9mixandmegadoubles", 'its mod "mixandmega" changes battles'),
        ("gen9randombattlesharedpowerb12p6", "teams have up to 12 Pokémon.*; use 'gen9randombattle'"),
        ("gen9chatbats", 'its mod "chatbats" has what the observation has no number for'),
        ("gen9inverse", 'its rule "Inverse Mod" changes battles in a way that the observation does not tell'),
        ("gen9mixandmega", 'its mod "mixandmega" changes battles'),
        ("gen9foresighters", "its own rule changes battles"),
        ("gen9ou@@@Inverse Mod", "its rule \"Inverse Mod\" changes battles.*; use 'gen9ou'"),
    ],
)
def test_a_format_that_exists_but_is_not_played_names_the_way_out(format_id: str, message: str) -> None:
    with pytest.raises(UnsupportedFormatError, match=message):
        parse_format(format_id)


@pytest.mark.parametrize(
    ("format_id", "message"),
    [
        ("gen9randombatle", "did you mean 'gen9randombattle'"),
        ("randombattle", "did you mean 'gen.randombattle'"),
        ("gen10randombattle", "did you mean"),
        ("", "starts with its generation"),
        ("gen9vgc2025regf", "did you mean 'gen9vgc20"),
        ("gen8bssfactry", "did you mean 'gen8bssfactory'"),
        ("gen9zzzzzzzzzzzzzzzzzzzzzzzz", "python -m pokeenv formats"),
    ],
)
def test_an_unknown_format_is_refused_with_a_suggestion(format_id: str, message: str) -> None:
    with pytest.raises(UnknownFormatError, match=message):
        parse_format(format_id)


def test_generated_teams_leave_the_team_to_the_simulator() -> None:
    rng = np.random.default_rng(0)
    state = rng.bit_generator.state
    assert GeneratedTeams().draw(rng) is None
    assert rng.bit_generator.state == state


def test_an_export_file_is_one_team(tmp_path: Path) -> None:
    (tmp_path / "team.txt").write_text(EXPORT)
    assert FileTeams(tmp_path / "team.txt").teams == (EXPORT.strip(),)


def test_headings_part_the_teams_of_a_backup(tmp_path: Path) -> None:
    file = tmp_path / "backup.txt"
    file.write_text(
        f"=== [gen9ou] one ===\n\n{EXPORT}\n\n=== [gen9ou] two ===\n\n{EXPORT}", encoding="utf-8-sig"
    )
    teams = FileTeams(file)
    assert teams.teams == (EXPORT.strip(), EXPORT.strip())
    assert teams.labels == (f"team 1 'one' of '{file}'", f"team 2 'two' of '{file}'")


def test_packed_lines_are_teams_without_their_titles(tmp_path: Path) -> None:
    file = tmp_path / "teams.packed"
    file.write_text(f"{PACKED}\n\ngen9ou]my team|{PACKED}\n")
    teams = FileTeams(file)
    assert teams.teams == (PACKED, PACKED)
    assert teams.labels == (f"team 1 of '{file}'", f"team 2 'my team' of '{file}'")


def test_a_folder_gives_its_teams_in_the_order_of_their_paths(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "two.team").write_text(PACKED)
    (tmp_path / "a.txt").write_text(EXPORT)
    (tmp_path / "notes.md").write_text("not a team")
    teams = FileTeams(tmp_path)
    assert teams.teams == (EXPORT.strip(), PACKED)
    assert len(teams) == 2


def test_teams_are_drawn_evenly_and_by_the_generator_alone(tmp_path: Path) -> None:
    (tmp_path / "teams.txt").write_text("\n".join(f"{PACKED}{n}" for n in range(4)))
    teams = FileTeams(tmp_path)
    drawn = [teams.draw(rng) for rng in [np.random.default_rng(5)] for _ in range(2000)]
    again = [teams.draw(rng) for rng in [np.random.default_rng(5)] for _ in range(2000)]
    assert drawn == again
    counts = [drawn.count(team) for team in teams.teams]
    assert min(counts) > 400  # 500 expected, standard deviation 19


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "is empty"), ("Pikachu @ Light Ball\nAbility: Static\n", "no Pokémon with moves")],
)
def test_a_file_without_a_team_is_refused_by_its_name(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "bad.txt").write_text(text)
    with pytest.raises(InvalidTeamError, match=rf"bad\.txt.*{message}"):
        FileTeams(tmp_path)


def test_a_missing_or_teamless_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidTeamError, match="holds no team"):
        FileTeams(tmp_path)
    with pytest.raises(InvalidTeamError, match="no team file or folder"):
        FileTeams(tmp_path / "missing")
