"""Teams as people keep them: exports, packed teams, JSON and backups, read as the simulator reads them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pokeenv import BattleEnv, FileTeams, InvalidTeamError, SelfPlayVectorEnv
from pokeenv.__main__ import main
from pokeenv.engine.showdown.install import node_executable
from pokeenv.engine.showdown.worker_config import worker_start
from pokeenv.teams.parsing import parse_teams

SCRIPT = Path(__file__).parents[1] / "support" / "team_texts.mjs"
EXPORT = "Snorlax @ Leftovers\nAbility: Thick Fat\nEVs: 252 HP\n- Body Slam\n- Rest"
PACKED = "Tauros||leftovers|intimidate|bodyslam,earthquake||252,,,,,|||||"
JSON = '[{"species": "Snorlax", "ability": "Thick Fat", "moves": ["Body Slam", "Rest"], "evs": {"hp": 252}}]'


def test_texts_of_teams_are_read_as_the_simulator_reads_each_team_alone() -> None:
    process = subprocess.Popen(
        [str(node_executable()), str(SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    )
    with process:
        assert process.stdin is not None and process.stdout is not None

        def ask(message: object) -> Any:
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write(json.dumps(message) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        cases = ask({**worker_start(), "seed": 7, "rounds": 4})
        read = [parse_teams(case["text"], "a text") for case in cases]
        for case, teams in zip(cases, read, strict=True):
            assert [team.problem for team in teams] == [""] * len(case["alone"]), case
            headings = [[team.name, team.battle_format] for team in teams]
            assert headings == case["headings"], case
        answer = ask([[team.text for team in teams] for teams in read])
    assert answer["differences"] == []
    assert len(cases) > 200 and answer["valid"] > 100


class Source:
    """A source that gives what it was made with."""

    def __init__(self, team: object) -> None:
        self.team = team

    def draw(self, rng: np.random.Generator) -> Any:
        return self.team


def test_text_takes_the_place_of_a_file_and_lists_mix_texts_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text(EXPORT)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "two.showdown").write_text(PACKED)
    assert FileTeams(EXPORT).teams == (EXPORT,)
    assert FileTeams(PACKED).labels == ("team 1 of the text",)
    several = FileTeams([PACKED, str(tmp_path / "one.txt"), tmp_path / "folder", JSON])
    assert several.teams[:3] == (PACKED, EXPORT, PACKED)
    assert json.loads(several.teams[3]) == json.loads(JSON)
    assert several.labels[3] == "team 1 of text 4"
    with BattleEnv("gen9customgame", teams=(JSON, PACKED)) as env:
        env.reset(seed=1)
        assert {team[0]["species"] for team in env.battle_log()["teams"]} <= {"Snorlax", "Tauros"}


def test_a_backup_gives_the_teams_of_the_format_that_is_played() -> None:
    backup = "\n\n".join(
        f"=== {heading} ===\n\n{team}"
        for heading, team in [
            ("[gen9ou] a", EXPORT),
            ("[gen7ou] b", PACKED),
            ("c", PACKED),
            ("[gen9ou] d", PACKED),
        ]
    )

    def names(battle_format: str) -> list[str]:
        return [label.split("'")[1] for label in FileTeams(backup, battle_format).labels]

    assert names("gen9ou") == ["a", "c", "d"]
    assert names("gen7ou") == ["b", "c"]
    assert names("gen9customgame") == names("") == ["a", "b", "c", "d"]
    with SelfPlayVectorEnv("gen7customgame", 1, teams=backup.replace("gen7ou", "gen7customgame")) as env:
        env.reset(seed=3)
        assert {team[0]["species"] for team in env.battle_log(0)["teams"]} == {"Tauros"}


@pytest.mark.parametrize(
    "name",
    ["a.txt", "a.TEAM", "a.packed", "a.showdown", "a.json", "a.gen9ou_team", "team", "b/c.gen1ou_team"],
)
def test_a_folder_gives_every_file_that_other_projects_write(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(PACKED)
    for other in ("notes.md", ".DS_Store", ".git/HEAD", "team.py"):
        (tmp_path / other).parent.mkdir(exist_ok=True)
        (tmp_path / other).write_text("no team")
    assert FileTeams(tmp_path).teams == (PACKED,)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "Zoë (Snorlax)\n- Rest\n".encode("latin-1"),
            "line 1 is not UTF-8 text: save the file with the encoding",
        ),
        (b'[{"species": "Snorlax", "moves": ["Rest"],}]', "cannot be read as JSON: .*line 1 column"),
        (b'{"species": "Snorlax", "moves": ["Rest"]}', "as JSON: a team is an array of sets"),
        (b'[{"species": "Snorlax", "level": NaN, "moves": ["Rest"]}]', "as JSON: Out of range"),
        (b'[{"a":' * 100_000, "as JSON: "),
        (b'[{"moves": [], "level": ' + b"9" * 6000 + b"}]", "as JSON: "),
        (b'[{"species": "Snorlax", "moves": []}]', "has no Pok.mon with moves"),
        (b"Tauros||||||||||||", "has no Pok.mon with moves"),
    ],
)
def test_a_file_that_is_no_team_is_refused_in_words(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "bad.txt"
    file.write_bytes(content)
    with pytest.raises(InvalidTeamError, match=rf"bad\.txt'.*{message}"):
        FileTeams(tmp_path)


@pytest.mark.parametrize(
    ("teams", "message"),
    [
        (b"Snorlax", "teams is a bytes; expected a file, a folder"),
        (7, "teams is a int; expected"),
        (object(), "teams is a object; expected"),
        (Source, "teams is a type; expected"),
        ([], "teams is empty"),
        ("", "teams holds ''"),
        ([PACKED, None], "teams holds None"),
        ("x" * 300, "no team file or folder 'x*': File name too long"),
        ("Snorlax", "no team file or folder 'Snorlax'"),
        ("Snorlax\n", "team 1 of the text has no Pok.mon with moves"),
    ],
)
def test_other_values_are_refused_when_the_environment_is_made(teams: Any, message: str) -> None:
    for make in (BattleEnv, SelfPlayVectorEnv):
        with pytest.raises(InvalidTeamError, match=message):
            make("gen9customgame", teams=teams)


def test_a_source_without_a_team_is_named(tmp_path: Path) -> None:
    with (
        SelfPlayVectorEnv("gen9ou", 1, teams=Source(None)) as env,
        pytest.raises(InvalidTeamError, match=r"Source\.draw\(\) gave None; expected a team as text"),
    ):
        env.reset(seed=1)


def test_the_command_line_gives_a_verdict_on_every_team(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "a.showdown").write_text(
        f"=== [gen9ou] good ===\n\n{EXPORT}\n\n=== [gen7ou] old ===\n\n{EXPORT}"
    )
    (tmp_path / "b.txt").write_text(f"{PACKED.replace('bodyslam', 'fly')}\n{PACKED}\n")
    (tmp_path / "c.txt").write_bytes(b"\xff")
    assert main(["teams", "gen9ou", str(tmp_path)]) == 1
    lines = capsys.readouterr().out.replace(f"{tmp_path}/", "").splitlines()
    assert lines == [
        "valid    team 1 'good' of 'a.showdown'",
        "other    team 2 'old' of 'a.showdown'",
        "refused  team 1 of 'b.txt': Tauros can't learn Fly.",
        "valid    team 2 of 'b.txt'",
        "refused  team file 'c.txt': line 1 is not UTF-8 text: save the file with the encoding UTF-8",
        "2 of 4 teams are valid in gen9ou; 1 of other formats left out",
    ]
    assert main(["teams", "gen9ou", str(tmp_path / "a.showdown")]) == 0
