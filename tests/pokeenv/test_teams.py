"""Teams that the player brings: the shipped ones, their validation, and Team Preview."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pokeenv import (
    FORMATS,
    BattleEnv,
    FileTeams,
    GeneratedTeams,
    InvalidTeamError,
    SelfPlayVectorEnv,
    decode,
    legal_actions,
)
from pokeenv.__main__ import main
from pokeenv.engine.showdown.team_registry import TeamRegistry
from tests.support.play import FAST_GENERATIONS, random_actions

TEAMS = Path(__file__).parents[2] / "config" / "teams"
BALANCE = TEAMS / "gen1ou" / "balance.txt"
SHIPPED = [
    *(f"gen{generation}ou" for generation in range(1, 10)),
    "gen9bssregi",
    "gen9doublesou",
    "gen9championsvgc2026regmb",
]
FAST = {*(f"gen{generation}ou" for generation in FAST_GENERATIONS), "gen9bssregi"}
SPORE = "Pikachu\nAbility: Static\nEVs: 1 HP\n- Spore\n"
FLY = "Snorlax\nAbility: Thick Fat\nEVs: 1 HP\n- Fly\n"


class Drawn:
    """Teams given out in turn, for p1 and p2."""

    def __init__(self, *teams: Any) -> None:
        self.teams = teams
        self.count = 0

    def draw(self, rng: np.random.Generator) -> Any:
        self.count += 1
        return self.teams[(self.count - 1) % len(self.teams)]


def pokemon(species: str, *moves: str, level: int = 100, item: str = "", ability: str = "") -> str:
    """Export text of one Pokémon."""
    lines = [
        f"{species} @ {item}" if item else species,
        f"Ability: {ability}",
        f"Level: {level}",
        "EVs: 1 HP",
    ]
    return "\n".join([*lines, *(f"- {move}" for move in moves)])


def play(env: SelfPlayVectorEnv, battles: int, steps: int = 4000) -> int:
    """Play at random until so many battles have ended, and check ranges; returns their number."""
    rng = np.random.default_rng(0)
    obs, _ = env.reset(seed=1)
    ended = 0
    for _ in range(steps):
        obs, _, terminated, truncated, _ = env.step(random_actions(rng, env.acting, obs["action_mask"]))
        ended += int((terminated | truncated)[0::2].sum())
        if ended >= battles:
            break
    for row in obs["observation"]:
        assert env.single_observation_space["observation"].contains(row.copy())
    return ended


@pytest.mark.parametrize(
    "battle_format",
    [each if each in FAST else pytest.param(each, marks=pytest.mark.slow) for each in SHIPPED],
)
def test_four_shipped_teams_of_every_format_are_valid_and_play(battle_format: str) -> None:
    teams = FileTeams(TEAMS / battle_format)
    assert len(teams) >= 4
    assert all(f"[{battle_format}]" in file.read_text() for file in (TEAMS / battle_format).iterdir())
    with SelfPlayVectorEnv(battle_format, 4, teams=teams, turn_limit=8) as env:
        assert play(env, battles=4) >= 4


@pytest.mark.slow
@pytest.mark.parametrize("battle_format", SHIPPED)
def test_shipped_teams_play_many_battles_without_an_error(battle_format: str) -> None:
    with SelfPlayVectorEnv(battle_format, 8, teams=TEAMS / battle_format) as env:
        assert play(env, battles=64) >= 64


GENERATED = [
    battle_format.id
    for battle_format in FORMATS.values()
    if battle_format.playable and battle_format.team_source == "generated"
]


@pytest.mark.slow
@pytest.mark.parametrize("battle_format", GENERATED)
def test_every_format_with_generated_teams_plays_without_an_error(battle_format: str) -> None:
    with SelfPlayVectorEnv(battle_format, 8) as env:
        assert play(env, battles=32) >= 32


def test_every_folder_of_shipped_teams_is_tested() -> None:
    assert sorted(folder.name for folder in TEAMS.iterdir()) == sorted(SHIPPED)


def test_a_battle_is_played_with_the_team_of_a_file() -> None:
    with SelfPlayVectorEnv("gen1ou", 1, teams=BALANCE) as env:
        obs, _ = env.reset(seed=1)
        for row in (0, 1):
            own = [pokemon["species"] for pokemon in decode(obs["observation"][row].copy())["own"]]
            assert own == ["starmie", "chansey", "tauros", "snorlax", "exeggutor", "alakazam"]


def test_a_frustration_without_power_is_seen_and_does_no_damage(tmp_path: Path) -> None:
    file = tmp_path / "happy.txt"
    members = ("Snorlax", "Tauros", "Miltank", "Ursaring", "Clefable", "Granbull")
    sets = (pokemon(name, "Frustration", "Return", "Rest") for name in members)
    file.write_text("\n\n".join(sets).replace("EVs", "Happiness: 255\nEVs"))
    with BattleEnv("gen2ou", teams=file, observation="damage") as env:
        obs, _ = env.reset(seed=1)
        frustration, back = decode(obs["observation"])["own"][0]["moves"][:2]
        assert (frustration["id"], back["id"]) == ("frustration", "return")
        assert frustration["power"] == 0 and back["power"] == pytest.approx(102)
        env.step(6)


def test_seats_draw_their_teams_independently() -> None:
    pairs = set()
    with BattleEnv("gen1ou", teams=TEAMS / "gen1ou", turn_limit=1) as env:
        for seed in range(12):
            env.reset(seed=seed)
            teams = env.battle_log()["teams"]
            pairs.add(tuple(team[0]["species"] for team in teams))
    assert len(pairs) >= 6 and any(first != second for first, second in pairs)


def bad_files(folder: Path) -> None:
    (folder / "first.txt").write_text(f"=== [gen9ou] sleepy ===\n\n{SPORE}\n")
    (folder / "second.txt").write_text(
        f"=== [gen9ou] flier ===\n\n{FLY}\n\n=== again ===\n\n{SPORE}EVs: 2 HP"
    )


@pytest.mark.parametrize("make", [BattleEnv, SelfPlayVectorEnv])
def test_invalid_files_are_all_refused_before_a_battle_in_the_validators_words(
    make: Callable[..., Any], tmp_path: Path
) -> None:
    bad_files(tmp_path)
    with pytest.raises(InvalidTeamError) as refused:
        make("gen9ou", teams=tmp_path)
    message = str(refused.value)
    assert message.startswith("Showdown refuses 3 teams for gen9ou:")
    assert f"team 1 'sleepy' of '{tmp_path / 'first.txt'}': Pikachu can't learn Spore" in message
    assert f"team 1 'flier' of '{tmp_path / 'second.txt'}': Snorlax can't learn Fly" in message
    assert f"team 2 'again' of '{tmp_path / 'second.txt'}': Pikachu can't learn Spore" in message


def test_the_command_line_validates_teams(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    bad_files(tmp_path)
    assert main(["teams", "gen1ou", str(TEAMS / "gen1ou")]) == 0
    assert capsys.readouterr().out.endswith("\n4 of 4 teams are valid in gen1ou\n")
    assert main(["teams", "gen9oo", str(tmp_path)]) == 1
    assert "did you mean 'gen9ou'" in capsys.readouterr().err


def test_a_drawn_team_that_is_invalid_is_refused() -> None:
    with (
        SelfPlayVectorEnv("gen9ou", 1, teams=Drawn(SPORE)) as env,
        pytest.raises(
            InvalidTeamError, match="Showdown refuses the team for gen9ou: Pikachu can't learn Spore"
        ),
    ):
        env.reset(seed=1)


@pytest.mark.parametrize(("first", "second"), [(SPORE, None), (None, SPORE), (SPORE, 7)])
def test_a_source_that_gives_one_seat_no_team_is_refused(first: object, second: object) -> None:
    with (
        SelfPlayVectorEnv("gen1customgame", 1, teams=Drawn(first, second)) as env,
        pytest.raises(InvalidTeamError, match=r"Drawn.draw\(\) gave (None|7); expected a team as text"),
    ):
        env.reset(seed=1)


def test_generated_teams_are_no_teams_brought() -> None:
    with BattleEnv("gen1randombattle", teams=GeneratedTeams()) as env:
        obs, _ = env.reset(seed=1)
        with BattleEnv("gen1randombattle") as plain:
            assert (plain.reset(seed=1)[0]["observation"] == obs["observation"]).all()


def test_teams_once_validated_are_named_by_number_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with SelfPlayVectorEnv("gen1ou", 4, num_workers=2, teams=TEAMS / "gen1ou", turn_limit=2) as env:

        def no_message(*arguments: object) -> None:
            raise AssertionError("a message was sent to a worker")

        monkeypatch.setattr(env.engine, "_ask", no_message)
        assert play(env, battles=40) >= 40


def test_a_long_list_of_refused_teams_is_cut_short() -> None:
    def ask(worker: int, message: dict[str, Any]) -> dict[str, Any]:
        return {"answers": [{"packed": "", "problems": ["no"] * 20} for _ in message["teams"]]}

    texts = [f"bad {number}" for number in range(100)]
    with pytest.raises(InvalidTeamError) as refused:
        TeamRegistry("a format of this test", 1, 4).add(texts, texts, ask)
    lines = str(refused.value).splitlines()
    assert lines[0] == "Showdown refuses 100 teams for a format of this test:"
    assert lines[1].endswith("no; and 12 more problems")
    assert lines[-1].strip() == "and 88 more teams"


def test_team_preview_asks_for_the_lead_and_leads_with_it() -> None:
    with BattleEnv("gen9customgame", teams=BALANCE) as env:
        obs, _ = env.reset(seed=1)
        assert decode(obs["observation"])["field"]["team_preview"]
        assert legal_actions(obs["action_mask"]) == [0, 1, 2, 3, 4, 5]
        obs, *_ = env.step(3)
        state = decode(obs["observation"])
        assert not state["field"]["team_preview"]
        assert state["own"][3]["active"] and state["own"][3]["species"] == "snorlax"


def test_a_team_preview_can_bring_any_member_of_the_team() -> None:
    three = "\n\n".join(BALANCE.read_text().strip().split("\n\n")[1:4])
    with BattleEnv("gen11v1", teams=Drawn(three)) as env:
        for pick in (0, 1, 2):
            obs, _ = env.reset(seed=pick)
            assert legal_actions(obs["action_mask"]) == [0, 1, 2]
            obs, *_ = env.step(pick)
            own = decode(obs["observation"])["own"]
            assert [slot for slot, pokemon in enumerate(own) if pokemon["active"]] == [pick]
            done = False
            while not done:
                obs, _, terminated, truncated, _ = env.step(legal_actions(obs["action_mask"])[0])
                done = terminated or truncated


def test_three_of_six_are_picked_lead_first_and_no_other_ever_battles() -> None:
    rng = np.random.default_rng(0)
    with BattleEnv("gen9bssregi", teams=TEAMS / "gen9bssregi") as env:
        for seed in range(6):
            obs, _ = env.reset(seed=seed)
            picks = [int(slot) for slot in rng.permutation(6)[:3]]
            for count, pick in enumerate(picks):
                expected = [slot for slot in range(6) if slot not in picks[:count]]
                assert legal_actions(obs["action_mask"]) == expected
                obs, *_ = env.step(pick)
            state = decode(obs["observation"])
            assert state["own"][picks[0]]["active"]
            done = False
            while not done:
                state = decode(obs["observation"])
                assert [slot for slot in range(6) if state["own"][slot]["known"]] == sorted(picks)
                assert state["field"]["own_team_size"] == state["field"]["opposing_team_size"] == 3
                switches = [action for action in legal_actions(obs["action_mask"]) if action < 6]
                assert set(switches) <= set(picks)
                action = rng.choice(legal_actions(obs["action_mask"]))
                obs, _, terminated, truncated, _ = env.step(int(action))
                done = terminated or truncated
            fainted = [pokemon["fainted"] for pokemon in decode(obs["observation"])["own"]]
            opposing = [pokemon["fainted"] for pokemon in decode(obs["observation"])["opposing"]]
            assert sum(fainted) == 3 or sum(opposing) == 3


def test_a_preview_shows_the_opposing_species_and_levels_but_no_items() -> None:
    with BattleEnv("gen9bssregi", teams=TEAMS / "gen9bssregi" / "trick_room.txt") as env:
        obs, _ = env.reset(seed=1)
        opposing = decode(obs["observation"])["opposing"]
    assert [member["species"] for member in opposing] == [
        "calyrexice",
        "zamazenta",
        "porygon2",
        "ursaluna",
        "kingambit",
        "primarina",
    ]
    assert {(member["level"], member["item"], member["moves"][0]["id"]) for member in opposing} == {
        (50, "", "")
    }


FORMES = [
    (pokemon("Urshifu", "Tackle"), pokemon("Urshifu-Rapid-Strike", "Tackle")),
    (pokemon("Greninja", "Tackle"), pokemon("Greninja-Bond", "Tackle")),
    (pokemon("Pumpkaboo", "Tackle"), pokemon("Pumpkaboo-Super", "Tackle")),
    (pokemon("Silvally", "Tackle"), pokemon("Silvally-Fire", "Tackle", item="Fire Memory")),
    (pokemon("Zamazenta", "Tackle"), pokemon("Zamazenta", "Tackle", item="Rusted Shield")),
    (pokemon("Dudunsparce", "Tackle"), pokemon("Dudunsparce-Three-Segment", "Tackle")),
]


def test_a_preview_hides_the_formes_that_showdown_hides() -> None:
    own = pokemon("Mew", "Tackle")
    seen = []
    for which in (0, 1):
        theirs = "\n\n".join(formes[which] for formes in FORMES)
        with SelfPlayVectorEnv("gen9customgame", 1, teams=Drawn(own, theirs)) as env:
            obs, _ = env.reset(seed=1)
            seen.append(obs["observation"][0].copy())
            assert play(env, battles=1) == 1
    assert [member["species"] for member in decode(seen[0])["opposing"]] == [
        "urshifu",
        "greninja",
        "pumpkaboo",
        "silvally",
        "zamazenta",
        "dudunsparce",
    ]
    assert seen[0].tobytes() == seen[1].tobytes()


def test_picks_that_a_rule_on_their_levels_forbids_are_masked() -> None:
    names = ["Tauros", "Starmie", "Chansey", "Snorlax", "Exeggutor", "Alakazam"]
    moves = {"Chansey": "Seismic Toss", "Alakazam": "Psychic", "Exeggutor": "Psychic", "Starmie": "Surf"}
    levels = [55, 55, 50, 50, 50, 50]
    team = "\n\n".join(
        pokemon(name, moves.get(name, "Body Slam"), level=level)
        for name, level in zip(names, levels, strict=True)
    )
    with BattleEnv("gen1nc1997", teams=Drawn(team)) as env:
        obs, _ = env.reset(seed=1)
        assert legal_actions(obs["action_mask"]) == [0, 1, 2, 3, 4, 5]
        obs, *_ = env.step(0)
        assert legal_actions(obs["action_mask"]) == [
            2,
            3,
            4,
            5,
        ]  # 155 levels in all: 55 + 55 + 50 are too many
        env.step(3)


def test_a_battle_factory_draws_one_tier_for_both_seats_and_exchanges_teams_exactly() -> None:
    with SelfPlayVectorEnv("gen7battlefactory", 4, mirrored=True) as env:
        env.reset(seed=3)
        for battle in (0, 2):
            straight, swapped = (env.battle_log(which)["teams"] for which in (battle, battle + 1))
            assert straight == swapped[::-1]


def test_a_team_that_is_too_large_for_the_observation_is_refused() -> None:
    six = BALANCE.read_text().split("===\n")[-1].strip()
    moves = ("Pound", "Tackle", "Surf", "Splash", "Growl")
    for team, reason in [
        (f"{six}\n\n{SPORE}", "the team has 7 Pok.mon, and an observation has room for 6"),
        (pokemon("Mew", *moves), "Mew has 5 moves, and an observation has room for 4"),
        (pokemon("Bob (Mew)", *moves), "Bob has 5 moves"),
    ]:
        with pytest.raises(InvalidTeamError, match=f"for gen9customgame: {reason}"):
            BattleEnv("gen9customgame", teams=team)


def test_a_team_that_the_observation_has_no_number_for_is_refused() -> None:
    with (
        BattleEnv("gen1customgame", teams=Drawn(pokemon("MissingNo.", "Water Gun"))) as env,
        pytest.raises(InvalidTeamError, match=r'MissingNo\.: unknown type "Bird"'),
    ):
        env.reset(seed=1)
