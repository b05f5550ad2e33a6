"""Formats with custom rules: `gen9ou@@@Picked Team Size = 3`."""

from __future__ import annotations

import pickle
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from pokeenv import (
    DOUBLES,
    NO_ACTION,
    SINGLES,
    BattleFormat,
    SelfPlayVectorEnv,
    UnknownFormatError,
    UnsupportedFormatError,
    load_record,
    open_engine,
    parse_format,
    resimulate,
)
from pokeenv.__main__ import main
from pokeenv.engine import RUNNING, SEED_WORDS
from tests.support.play import random_actions

TEAMS = Path(__file__).parents[2] / "config" / "teams" / "gen9ou"
THREE = "gen9ou@@@Picked Team Size = 3,Terastal Clause"


def found(battle_format: str) -> BattleFormat:
    return parse_format(battle_format, has_teams=None)


def test_rules_change_the_format() -> None:
    three = found("[Gen 9] OU@@@ Picked Team Size = 3 , Terastal Clause ")
    assert (three.id, three.base_id) == (THREE, "gen9ou")
    assert (three.team_preview, three.picked_team_size, three.action_space) == (True, 3, SINGLES)
    assert found(three.id) is three
    assert pickle.loads(pickle.dumps(three)) == three


@pytest.mark.slow
def test_more_rules_change_the_format() -> None:
    assert not found("gen9ou@@@!Team Preview").team_preview
    vgc = found("gen9vgc2025regi@@@!!Picked Team Size = 3, -Incineroar")
    assert (vgc.picked_team_size, vgc.action_space) == (3, DOUBLES)
    assert found("gen9inverse@@@!Inverse Mod").playable


def test_no_rules_are_the_plain_format() -> None:
    assert found("gen9ou@@@ ") is found("gen9ou")
    with pytest.raises(UnknownFormatError, match="has '@@@' more than once; separate rules by commas"):
        found("gen9ou@@@Terastal Clause@@@Inverse Mod")


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ("Sleep Claus Mod", 'Unrecognized rule "Sleep Claus Mod"'),
        pytest.param("-Mikachu", 'Nothing matches "Mikachu"', marks=pytest.mark.slow),
        pytest.param("Team Preview", "None of your custom rules change anything", marks=pytest.mark.slow),
        pytest.param("Picked Team Size = none", '"none" must be an integer number', marks=pytest.mark.slow),
    ],
)
def test_rules_that_showdown_refuses_are_refused_in_its_words(rules: str, words: str) -> None:
    with pytest.raises(
        UnknownFormatError, match=f"custom rules of battle format 'gen9ou@@@{rules}': .*{words}"
    ):
        found(f"gen9ou@@@{rules}")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("battle_format", "words"),
    [
        ("gen9ou@@@Scalemons Mod", "its rule \"Scalemons Mod\" changes battles.*; use 'gen9ou'"),
        ("gen9ou@@@Twisted Dimension Mod", 'its rule "Twisted Dimension Mod" changes battles'),
        ("gen9ou@@@[Gen 9] Foresighters", r'its rule "\[Gen 9\] Foresighters" changes battles'),
        ("gen9inverse@@@-Pikachu", "its rule \"Inverse Mod\" changes .*; use 'gen9randombattle'"),
        ("gen9randombattle@@@Max Move Count = 5", "have up to 5 moves, and the observation has room for 4"),
        ("gen9randombattle@@@Max Team Size = 7", "have up to 7 Pokémon, and the observation has room for 6"),
    ],
)
def test_rules_that_an_observation_cannot_tell_are_refused_by_name(battle_format: str, words: str) -> None:
    with pytest.raises(UnsupportedFormatError, match=words):
        found(battle_format)


def test_battles_and_their_replays_keep_the_rules(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    with SelfPlayVectorEnv(THREE, 1, teams=TEAMS) as env:
        obs, _ = env.reset(seed=2)
        ended = np.zeros(2, dtype=bool)
        while not ended.any():
            assert not obs["action_mask"][:, 22:].any()  # nobody may Terastallize
            obs, _, ended, _, _ = env.step(random_actions(rng, env.acting, obs["action_mask"]))
        page = env.save_replay(0, tmp_path / "battle")
    record = load_record(page)
    assert record.battle_format == THREE
    assert record.log.count("|teamsize|p1|3") == 1
    assert any(line.startswith("|rule|Terastal Clause") for line in record.log)
    assert resimulate(page) == record


def test_snapshots_and_copies_keep_the_rules() -> None:
    rng = np.random.default_rng(3)
    battle_format = found("gen1randombattle@@@Max Team Size = 2")
    with closing(open_engine("showdown", battle_format, 3)) as engine:
        engine.step_async(np.full(6, NO_ACTION), {0: np.ones(SEED_WORDS, dtype=np.uint16)}, idle=[1, 2])
        engine.step_wait()
        engine.restore(1, engine.snapshot(0))
        engine.copy(0, [2])
        while engine.statuses[0] == RUNNING:
            own = random_actions(rng, engine.acting[:2], engine.action_masks[:2])
            engine.step_async(np.tile(own, 3))
            engine.step_wait()
        logs = [engine.battle_log(battle) for battle in range(3)]
        with_times = [(log["log"], log["inputLog"]) for log in logs]
    untimed = [([line for line in log if not line.startswith("|t:|")], given) for log, given in with_times]
    assert untimed[0] == untimed[1] == untimed[2]
    assert "|teamsize|p1|2" in untimed[0][0]
    assert battle_format.id in untimed[0][1][0]


def test_the_validator_reads_the_rules_and_team_files_the_plain_format(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["teams", "gen9ou", str(TEAMS)]) == 0
    assert main(["teams", "gen9ou@@@-Great Tusk", str(TEAMS)]) == 1
    lines = capsys.readouterr().out.splitlines()
    refused = [line for line in lines if line.startswith("refused")]
    with_tusk = [path for path in TEAMS.iterdir() if "Great Tusk" in path.read_text(encoding="utf-8")]
    assert len(refused) == len(with_tusk) > 0
    assert all("Great Tusk is banned" in line for line in refused)
    assert lines[-1] == f"{4 - len(refused)} of 4 teams are valid in gen9ou@@@-Great Tusk"
