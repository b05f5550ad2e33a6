"""Formats with teams that the player brings, and Team Preview."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pokeenv import BattleEnv, FileTeams, InvalidTeamError, SelfPlayVectorEnv, decode, legal_actions
from tests.play import random_actions

TEAMS = Path(__file__).parent.parent / "config" / "teams"


class UnlearnableMove:
    """A team that no format allows."""

    def draw(self, rng: np.random.Generator) -> str:
        return "Pikachu\nEVs: 1 HP\n- Spore\n"


def test_a_battle_is_played_with_the_team_of_a_file() -> None:
    with SelfPlayVectorEnv("gen1ou", 1, teams=TEAMS / "gen1ou") as env:
        obs, _ = env.reset(seed=1)
        for row in (0, 1):
            own = [pokemon["species"] for pokemon in decode(obs["observation"][row].copy())["own"]]
            assert own == ["starmie", "chansey", "tauros", "snorlax", "exeggutor", "alakazam"]
        ended = 0
        rng = np.random.default_rng(0)
        for _ in range(400):
            obs, _, terminated, *_ = env.step(random_actions(rng, env.acting, obs["action_mask"]))
            ended += int(terminated.any())
    assert ended > 0


def test_every_shipped_team_is_valid_in_its_format() -> None:
    folders = [folder for folder in TEAMS.iterdir() if folder.is_dir()]
    assert folders
    for folder in folders:
        teams = FileTeams(folder)
        with SelfPlayVectorEnv(folder.name, 1, teams=teams) as env:
            for team in teams.teams:
                env.engine.set_teams(0, (team, team))


def test_an_invalid_team_is_refused_in_the_validators_own_words() -> None:
    with (
        SelfPlayVectorEnv("gen9ou", 1, teams=UnlearnableMove()) as env,
        pytest.raises(InvalidTeamError, match="Pikachu can't learn Spore"),
    ):
        env.reset(seed=1)


def test_team_preview_asks_for_the_lead_and_leads_with_it() -> None:
    with BattleEnv("gen9customgame", teams=TEAMS / "gen1ou") as env:
        obs, _ = env.reset(seed=1)
        assert decode(obs["observation"])["field"]["team_preview"]
        assert legal_actions(obs["action_mask"]) == [0, 1, 2, 3, 4, 5]
        obs, *_ = env.step(3)
        state = decode(obs["observation"])
        assert not state["field"]["team_preview"]
        assert state["own"][3]["active"] and state["own"][3]["species"] == "snorlax"


def test_a_team_preview_can_bring_any_member_of_the_team() -> None:
    three = "\n\n".join((TEAMS / "gen1ou" / "balance.txt").read_text().strip().split("\n\n")[1:4])

    class Three:
        def draw(self, rng: np.random.Generator) -> str:
            return three

    with BattleEnv("gen11v1", teams=Three()) as env:
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


def test_a_team_that_is_too_large_for_the_observation_is_refused() -> None:
    text = (TEAMS / "gen1ou" / "balance.txt").read_text().split("===\n")[-1].strip()

    class Seven:
        def draw(self, rng: np.random.Generator) -> str:
            return text + "\n\nPikachu\nAbility: Static\nEVs: 1 HP\n- Surf\n"

    with (
        BattleEnv("gen9customgame", teams=Seven()) as env,
        pytest.raises(InvalidTeamError, match="at most 6"),
    ):
        env.reset(seed=1)
