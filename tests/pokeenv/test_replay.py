"""Replays: the page, the record, and the battle played again."""

from __future__ import annotations

import json
import re
from contextlib import closing
from dataclasses import asdict, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pokeenv import (
    BattleEnv,
    BattleRecord,
    RecordError,
    ReplayError,
    SelfPlayVectorEnv,
    load_record,
    resimulate,
)
from pokeenv.__main__ import main
from pokeenv.engine.showdown.engine import EmbeddedShowdown
from pokeenv.replays.page import replay_page
from pokeenv.replays.record import record_battle
from pokeenv.replays.resimulate import compare_records, resimulate_all
from tests.support.play import random_actions

TEAMS = Path(__file__).parents[2] / "config" / "teams"


def play_to_the_end(env: SelfPlayVectorEnv, seed: int, folder: Path, name: str) -> Path:
    """Play at random until the first battle ends, and save it."""
    rng = np.random.default_rng(seed)
    obs, _ = env.reset(seed=seed)
    for _ in range(3000):
        obs, _, terminated, _, _ = env.step(random_actions(rng, env.acting, obs["action_mask"]))
        if terminated.any():
            return env.save_replay(int(np.flatnonzero(terminated)[0]) // 2, folder / name)
    raise AssertionError("no battle has ended")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a whole battle; its record lies beside it."""
    with SelfPlayVectorEnv("gen9randombattle", 2) as env:
        return play_to_the_end(env, 11, tmp_path_factory.mktemp("replay"), "battle")


@pytest.fixture(scope="module")
def record(saved: Path) -> BattleRecord:
    return load_record(saved)


@pytest.mark.parametrize("generations", [(1, 4, 7, 9), pytest.param((2, 3, 5, 6, 8), marks=pytest.mark.slow)])
def test_battles_of_every_generation_come_out_the_same_when_played_again(
    generations: tuple[int, ...], tmp_path: Path
) -> None:
    pages = []
    for generation in generations:
        with SelfPlayVectorEnv(f"gen{generation}randombattle", 1) as env:
            pages.append(play_to_the_end(env, generation, tmp_path, f"gen{generation}"))
    forced = 0
    for page, again in zip(pages, resimulate_all(pages), strict=True):
        record = load_record(page)
        assert again == record
        assert again.ended and again.battle_format == f"{page.stem}randombattle"
        forced += sum("|faint|" in line for line in record.log)
    assert forced > 20


def test_a_battle_with_team_preview_comes_out_the_same_when_played_again(tmp_path: Path) -> None:
    with SelfPlayVectorEnv("gen9customgame", 1, teams=TEAMS / "gen1ou") as env:
        page = play_to_the_end(env, 5, tmp_path, "preview")
    again = resimulate(page)
    assert any(line.startswith("|teampreview") for line in again.log)
    assert any(line.startswith(">p1 team ") for line in again.input_log)


def test_an_unfinished_battle_is_saved_as_such_and_played_again_as_far(tmp_path: Path) -> None:
    with BattleEnv("gen4randombattle") as env:
        obs, _ = env.reset(seed=3)
        for _ in range(5):
            obs, *_ = env.step(int(obs["action_mask"].argmax()))
        page = env.save_replay(tmp_path / "new" / "folder" / "battle.html")
    assert page == tmp_path / "new" / "folder" / "battle.html"
    again = resimulate(page)
    assert (again.ended, again.winner) == (False, "")
    assert f"unfinished after {again.turns} turns" in page.read_text(encoding="utf-8")


def test_the_same_battle_gives_the_same_bytes(saved: Path, tmp_path: Path) -> None:
    with SelfPlayVectorEnv("gen9randombattle", 2) as env:
        page = play_to_the_end(env, 11, tmp_path, "battle")
    for suffix in (".html", ".json"):
        assert page.with_suffix(suffix).read_bytes() == saved.with_suffix(suffix).read_bytes()


def test_the_record_holds_what_the_battle_was_made_from(record: BattleRecord) -> None:
    assert record.battle_format == "gen9randombattle"
    assert record.players == ("Player 1", "Player 2")
    assert record.winner in record.players
    assert record.versions["pokemon-showdown"] == "0.11.11"
    assert all(team.count("]") == 5 for team in record.teams)
    assert re.fullmatch(r"\d+(,\d+){3}", record.seed)
    assert record.outcome == f"{record.winner} won in {record.turns} turns"
    assert not any(line.startswith("|t:|") for line in record.log)


def changed(record: BattleRecord, *, line: int, text: str) -> BattleRecord:
    return replace(record, log=(*record.log[:line], text, *record.log[line + 1 :]))


def test_a_changed_line_is_reported_with_what_it_should_be(record: BattleRecord) -> None:
    line = next(number for number, text in enumerate(record.log) if text.startswith("|move|"))
    false = changed(record, line=line, text="|move|p1a: Nobody|Splash|p1a: Nobody")
    with pytest.raises(ReplayError) as raised:
        resimulate(false)
    message = str(raised.value)
    assert f"line {line + 1} of the log" in message
    assert record.log[line] in message and "Nobody|Splash" in message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"log": ("|bye",)}, "line 1 of the log is '|gametype|singles' and was '|bye'"),
        ({"log": ()}, "line 1 of the log is '|gametype|singles' and was missing"),
        ({"winner": "Nobody"}, "winner is 'Player"),
        ({"winner": "Nobody"}, "and was 'Nobody'"),
        ({"turns": 1000}, "and was '1000'"),
        ({"teams": ("Pikachu", "Pikachu")}, "and was \"('Pikachu', 'Pikachu')\""),
    ],
)
def test_whatever_differs_is_named(record: BattleRecord, change: dict[str, Any], message: str) -> None:
    compare_records(record, replace(record, versions={}))
    with pytest.raises(ReplayError, match=re.escape(message)):
        compare_records(replace(record, **change), record)
    with pytest.raises(ReplayError, match=f"line {len(record.log) + 1} of the log is '.bye' and was missing"):
        compare_records(record, replace(record, log=(*record.log, "|bye")))


def test_input_that_cannot_be_played_is_named_with_the_reason(record: BattleRecord) -> None:
    start = record.input_log[:3]
    with closing(EmbeddedShowdown("gen1randombattle", 1)) as engine:
        for input_log, message in (
            ([*start, ">p1 move 9"], r"line 4 of the input log, \">p1 move 9\": .*move 9"),
            (record.input_log[1:], "it comes before >start"),
            ([*start, ">eval 1"], "this command is not played again"),
            ([">start {"], "line 1 of the input log"),
            ([], "no >start line"),
        ):
            assert re.search(message, engine.resimulate(input_log)["problem"])
    with pytest.raises(ReplayError, match="cannot be played again: line 4"):
        resimulate(replace(record, input_log=(*start, ">p2 dance")))


def test_another_simulator_version_is_named_where_the_battle_differs(record: BattleRecord) -> None:
    old = replace(record, winner="Nobody", versions={"pokemon-showdown": "0.10.0"})
    with pytest.raises(ReplayError, match=r"recorded with pokemon-showdown 0\.10\.0, played with 0\.11\.11"):
        compare_records(old, record)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("no json", "Invalid JSON"),
        ("[" * 10**5, "Invalid JSON"),
        ("[]", "object"),
        ('{"log": []}', "battle_format: Field required"),
    ],
)
def test_a_file_that_is_no_record_is_refused_by_name(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "battle.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(RecordError, match=rf"'{file}' is not a record of a battle: .*{message}"):
        load_record(file)
    assert main(["replay", str(file)]) == 2
    with pytest.raises(RecordError, match=r"missing\.json"):
        load_record(tmp_path / "missing.html")


def test_a_record_with_one_wrong_value_is_refused(record: BattleRecord, tmp_path: Path) -> None:
    file, content = tmp_path / "battle.json", asdict(record)
    for key, value in content.items():
        wrong = [{}, [value], [1, 2], "text" if not isinstance(value, str) else 7, None]
        lacking = {name: other for name, other in content.items() if name != key}
        for other in (lacking, content | {"unknown": 1}, *(content | {key: each} for each in wrong)):
            file.write_text(json.dumps(other), encoding="utf-8")
            if key in ("log", "input_log", "versions") and other.get(key) in ({}, []):
                continue
            with pytest.raises(RecordError, match="not a record of a battle"):
                load_record(file)


@pytest.mark.parametrize(
    "line", [">start [1]", ">start {}", '>player p1 {"name": "a"}', ">start " + "[" * 10**5]
)
def test_a_foreign_input_log_is_refused(record: BattleRecord, line: str) -> None:
    start = line.split("{", 1)[0].split("[", 1)[0]
    lines = [line if old.startswith(start) else old for old in record.input_log]
    with pytest.raises(ReplayError, match=r"the input log's line|cannot be played again"):
        record_battle(record.log, lines)
    with pytest.raises(ReplayError):
        resimulate(replace(record, input_log=tuple(lines)))


def test_the_command_line_says_whether_a_replay_holds(
    saved: Path, record: BattleRecord, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", str(saved)]) == 0
    assert f"{record.outcome}: all {len(record.log)} lines are the same" in capsys.readouterr().out
    content = json.loads(saved.with_suffix(".json").read_text(encoding="utf-8"))
    content["log"][-1] = "|win|Nobody"
    false = tmp_path / "false.json"
    false.write_text(json.dumps(content), encoding="utf-8")
    assert main(["replay", str(false)]) == 1
    error = capsys.readouterr().err
    assert "|win|Nobody" in error and str(false) in error


class Page(HTMLParser):
    """Scripts of a page by class, its tags, and the text outside of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: dict[str | None, str] = {}
        self.tags: list[str] = []
        self.text = ""
        self._script: tuple[str | None] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "script":
            self._script = (dict(attrs).get("class"),)

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._script = None

    def handle_data(self, data: str) -> None:
        if self._script is None:
            self.text += data
        else:
            self.scripts[self._script[0]] = data


def test_the_page_holds_the_spectators_lines_and_the_battle_in_words(
    saved: Path, record: BattleRecord
) -> None:
    page = Page(saved.read_text(encoding="utf-8"))
    lines = page.scripts["battle-log-data"].replace("\\/", "/").split("\n")
    assert lines == list(record.public_log)
    assert not any("|split|" in line for line in lines)
    health = [line.split("|")[3].split()[0] for line in lines if line.startswith("|-damage|")]
    assert health and all(entry == "0" or entry.endswith("/100") for entry in health)
    assert "Turn 1" in page.text and f"Turn {record.turns}" in page.text
    assert f"{record.winner} won the battle!" in page.text
    assert record.outcome in page.text


def test_nothing_in_a_battle_can_break_out_of_the_page() -> None:
    evil = "</script><script>alert(1)</script><!--<script>"
    text = replay_page(
        title=evil,
        players=(evil, evil),
        outcome=evil,
        facts=[evil],
        log=[f"|player|p1|{evil}|", "|win|a/b"],
        narration=[{"turn": 1, "messages": [evil, f"  {evil}"]}],
    )
    page = Page(text)
    assert page.tags.count("script") == 2, "the log's and the viewer's"
    assert "<!--" not in text
    assert page.scripts["battle-log-data"].endswith("\n|win|a/b")
    assert page.text.count(evil) == text.count("alert(1)") - 1 > 5, "all but the log's are plain text"


LOCKED = {
    # Partial trapping in generation 1: Showdown resolves any choice to "move fight".
    "gen1customgame": "Dratini\n- Wrap\n- Agility\n\nShellder\n- Clamp\n- Tackle",
    # Imprison and hidden traps: choices that Showdown refuses, and Struggle that the player does not know of.
    "gen9customgame": "Mew\nAbility: Synchronize\n- Imprison\n- Transform\n- Pound\n\n"
    "Gothitelle\nAbility: Shadow Tag\n- Imprison\n- Pound",
}


@pytest.mark.parametrize("battle_format", LOCKED)
def test_battles_of_pokemon_that_are_locked_without_their_players_knowledge_are_played_again(
    battle_format: str, tmp_path: Path
) -> None:
    pages = []
    rng = np.random.default_rng(0)
    with SelfPlayVectorEnv(battle_format, 4, teams=LOCKED[battle_format], turn_limit=40) as env:
        obs, _ = env.reset(seed=1)
        for step in range(200):
            if step == 5:
                env.fork(0, [1, 2])  # what a snapshot restores is recorded as well
            obs, _, terminated, truncated, _ = env.step(random_actions(rng, env.acting, obs["action_mask"]))
            for battle in map(int, np.flatnonzero((terminated | truncated)[::2])):
                pages.append(env.save_replay(battle, tmp_path / str(len(pages))))
            if len(pages) >= 4:
                break
    records = [load_record(page) for page in pages]
    assert list(resimulate_all(pages)) == records
    lines = [line for record in records for line in record.log]
    locks = ("move: Imprison", "|cant|") if battle_format == "gen9customgame" else ("Wrap", "Clamp")
    assert all(any(lock in line for line in lines) for lock in locks)
