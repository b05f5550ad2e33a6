"""poke-env's players in process."""

from __future__ import annotations

import functools
import importlib
import random
from typing import Any

import numpy as np
import pytest
from poke_env.battle import Battle
from poke_env.player import BattleOrder, DefaultBattleOrder, RandomPlayer, SimpleHeuristicsPlayer

from agents.evaluate.matches import play_matches
from agents.players.scripted.random_legal import RandomAgent
from pokeenv import (
    BattleEnv,
    BattleVectorEnv,
    PokeenvError,
    SelfPlayVectorEnv,
    UnknownOpponentError,
    decide,
    legal_actions,
)
from pokeenv.opponents.poke_env_player import (
    POKE_ENV,
    PokeEnvOpponent,
    choice_of,
    choices_of,
    default_choice,
    picks_of,
    poke_env_opponent,
)
from tests.support.play import GENERATIONS, random_actions

REQUEST = {
    "active": [{"moves": [{"id": "hiddenpower"}, {"id": "recharge"}, {"id": "uturn"}]}],
    "side": {"pokemon": [{"ident": "p2: Mr. Mime"}, {"ident": "p2: Nidoran-F"}, {"ident": "p2: Type: Null"}]},
}


@pytest.mark.parametrize(
    ("message", "choice"),
    [
        ("/choose move uturn", "move 3"),
        ("/choose move 1", "move 1"),
        ("/choose move hiddenpowerfire zmove", "move 1 zmove"),
        ("/choose move uturn terastallize", "move 3 terastallize"),
        ("/choose move splash", "move splash"),
        ("/choose switch Nidoran-F", "switch 2"),
        ("/choose switch Type: Null", "switch 3"),
        ("/choose switch 2", "switch 2"),
        ("/choose default", None),
        ("", None),
    ],
)
def test_orders_are_read_as_a_server_reads_them(message: str, choice: str | None) -> None:
    assert choice_of(message, REQUEST) == choice


def test_the_default_choice_is_the_first_move_else_the_first_switch() -> None:
    assert default_choice(["switch 2", None, "move 2", "move 2 mega", "move 3"]) == "move 2"
    assert default_choice([None, "switch 4", "switch 3", None]) == "switch 3"
    doubles = ["move 2 -2", "move 2 +1", "move 2 +2", "move 2 +1 mega", "move 3", "switch 3"]
    assert {default_choice(doubles) for _ in range(50)} == {"move 2 +1", "move 2 +2"}
    assert default_choice(["pass", "move 3 -2", "switch 3"]) == "move 3 -2"
    assert default_choice(["pass", None, "switch 3"]) == "switch 3"
    assert picks_of("/team 3,1,2") == picks_of("/team 312") == [2, 0, 1]


class Watcher(RandomPlayer):
    """Compares poke-env's legal orders with the mask of the environment."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.finished: list[Battle] = []
        self.legal: list[set[str]] = []

    def choose_move(self, battle: Any) -> BattleOrder:
        self.legal.append({str(order) for order in battle.valid_orders})
        return super().choose_move(battle)

    def _battle_finished_callback(self, battle: Any) -> None:
        self.finished.append(battle)


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_player_sees_its_battle_to_the_end_and_every_legal_choice(generation: int) -> None:
    player = Watcher(start_listening=False, battle_format=f"gen{generation}randombattle")
    opponent = PokeEnvOpponent(player)
    opponent.begin(1, 1)
    rng = np.random.default_rng(generation)
    turns: list[int] = []
    counts: list[tuple[int, int]] = []
    with SelfPlayVectorEnv(f"gen{generation}randombattle", 1) as env:
        obs, _ = env.reset(seed=generation)
        while len(turns) < 2:
            acting = env.acting.copy()
            actions = random_actions(rng, acting, obs["action_mask"])
            if acting[1]:
                seen, allowed = obs["observation"][1:], obs["action_mask"][1:]
                decision = decide(
                    opponent, env.engine, np.array([1]), seen, allowed, agent_rows=np.array([0])
                )
                actions[1] = decision.actions[0]
                counts.append((len(player.legal[-1]), int(allowed.sum())))
            obs, _, terminated, truncated, infos = env.step(actions)
            if (terminated | truncated)[0]:
                turns.append(int(infos["turns"][0]))
    assert opponent.invalid_orders == 0
    # The last battle's end is read when the next one begins.
    assert [battle.turn for battle in player.finished] == turns[:1]
    assert all(battle.finished and battle.gen == generation for battle in player.finished)
    different = [pair for pair in counts if pair[0] != pair[1]]
    assert len(different) <= 0.02 * len(counts), different


def test_battles_count_though_every_one_begins_afresh() -> None:
    opponent = PokeEnvOpponent(RandomPlayer)
    outcomes: list[float] = []
    with BattleEnv("gen1randombattle", opponent=opponent) as env:
        for seed in range(4):
            obs, _ = env.reset(seed=seed)
            done = False
            while not done:
                obs, _, terminated, truncated, info = env.step(int(obs["action_mask"].argmax()))
                done = terminated or truncated
            outcomes.append(info["outcome"])
    counted = outcomes[:3]  # a battle's end is read when the next one begins
    assert (opponent.wins, opponent.losses) == (counted.count(-1.0), counted.count(1.0))


def test_the_same_seed_gives_the_same_battles_and_leaves_random_alone() -> None:
    def play() -> list[tuple[float, int]]:
        ends: list[tuple[float, int]] = []
        with BattleVectorEnv("gen1randombattle", 3, opponent="poke-env:RandomPlayer") as env:
            obs, _ = env.reset(seed=5)
            rng = np.random.default_rng(0)
            while len(ends) < 4:
                acting = obs["action_mask"].any(axis=1)
                obs, _, terminated, _, infos = env.step(
                    np.maximum(0, random_actions(rng, acting, obs["action_mask"]))
                )
                for row in np.flatnonzero(terminated):
                    ends.append((float(infos["outcome"][row]), int(infos["turns"][row])))
        return ends

    random.seed(1)
    expected = random.Random(1).random()
    first = play()
    assert random.random() == expected
    assert play() == first


@pytest.mark.slow
def test_heuristics_beat_random_play_in_a_mirrored_match() -> None:
    result = play_matches(
        PokeEnvOpponent(SimpleHeuristicsPlayer), RandomAgent(), "gen9randombattle", 20, parallel=10
    )
    assert result.win_rate > 0.8


class Picker(RandomPlayer):
    """Leads with its third Pokémon; decides asynchronously."""

    leads: list[str]

    def teampreview(self, battle: Any) -> str:
        return "/team 3124"

    async def choose_move(self, battle: Any) -> BattleOrder:  # type: ignore[override]
        if battle.turn == 1:
            self.leads.append(battle.active_pokemon.species)
        return self.choose_random_move(battle)


def test_a_team_preview_is_answered_with_the_players_own_selection() -> None:
    Picker.leads = []
    opponent = PokeEnvOpponent(Picker)
    with BattleEnv("gen9bssregi", opponent=opponent, teams="config/teams/gen9bssregi") as env:
        obs, _ = env.reset(seed=3)
        while not Picker.leads:
            obs, *_ = env.step(int(obs["action_mask"].argmax()))
        third = env.unwrapped._seats.engine.battle_log(0)["teams"][1][2]["species"]
    assert Picker.leads == [third.lower().replace("-", "").replace(" ", "")]


def test_what_is_no_player_is_refused() -> None:
    with pytest.raises(UnknownOpponentError, match="did you mean 'RandomPlayer'"):
        poke_env_opponent("poke-env:RandomPlayr")
    with pytest.raises(UnknownOpponentError, match="is not a poke-env Player"):
        PokeEnvOpponent(object())  # type: ignore[arg-type]
    assert isinstance(poke_env_opponent(f"poke-env:{__name__}.Picker").player, Picker)


def test_without_poke_env_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(ImportError, match=r"pip install 'pokeenv\[live\]'"):
        poke_env_opponent("poke-env:RandomPlayer")


class Quitter(RandomPlayer):
    """Forfeits."""

    def choose_move(self, battle: Any) -> BattleOrder:
        from poke_env.player import ForfeitBattleOrder

        return ForfeitBattleOrder()


def test_a_forfeit_is_told_rather_than_played_as_something_else() -> None:
    with BattleEnv("gen1randombattle", opponent=PokeEnvOpponent(Quitter)) as env:
        with pytest.raises(PokeenvError, match="forfeits"):
            obs, _ = env.reset(seed=1)
            env.step(int(obs["action_mask"].argmax()))


@pytest.mark.parametrize("name", ["RandomPlayer", "MaxBasePowerPlayer", "SimpleHeuristicsPlayer"])
def test_players_play_doubles(name: str) -> None:
    opponent = poke_env_opponent(f"{POKE_ENV}{name}")
    rng = np.random.default_rng(0)
    ended = 0
    with BattleVectorEnv("gen9randomdoublesbattle", 4, opponent=opponent) as env:
        obs, _ = env.reset(seed=1)
        while ended < 6:
            actions = [rng.choice(legal_actions(mask)) if mask.any() else 0 for mask in obs["action_mask"]]
            obs, _, terminated, truncated, _ = env.step(np.array(actions))
            ended += int((terminated | truncated).sum())
    assert opponent.wins + opponent.losses + opponent.ties >= 4
    assert opponent.wins >= opponent.losses or name == "RandomPlayer"
    assert opponent.invalid_orders <= 2


def test_orders_of_doubles_are_read_as_a_server_reads_them() -> None:
    moves = [{"id": each, "target": "normal"} for each in ("protect", "surf")]
    pokemon = [{"ident": f"p2: {name}", "condition": "100/100"} for name in ("Milotic", "Pikachu", "Ditto")]
    request: dict[str, Any] = {"active": [{"moves": moves}] * 2, "side": {"pokemon": pokemon}}
    read = functools.partial(choices_of, request=request)
    assert read("/choose move surf terastallize 1, switch Ditto") == ["move 2 +1 terastallize", "switch 3"]
    assert read("/choose move surf -2, move protect") == ["move 2 -2", "move 1"]
    assert read("/choose default") == [None, None]
    request["active"] = [{"moves": [{"id": "fly"}]}, {"moves": moves}]
    assert read("/choose move fly 1, move surf 1") == ["move 1", "move 2 +1"]
    pokemon[0]["condition"] = "0 fnt"
    assert read("/choose pass, move protect") == ["move 1"]
    forced = {"forceSwitch": [True, True], "side": {"pokemon": pokemon}}
    assert choices_of("/choose pass, switch Ditto", forced) == ["pass", "switch 3"]


def test_a_player_of_another_game_is_refused_in_words() -> None:
    player = RandomPlayer(start_listening=False, battle_format="gen9randombattle")
    with (
        pytest.raises(PokeenvError, match="was made for gen9randombattle: make it with battle_format="),
        BattleVectorEnv("gen9randomdoublesbattle", 1, opponent=PokeEnvOpponent(player)) as env,
    ):
        env.reset(seed=1)
        env.step(np.array([env.engine.action_masks[0].argmax()]))


class Undecided(RandomPlayer):
    def choose_move(self, battle: Any) -> BattleOrder:
        return DefaultBattleOrder()


@pytest.mark.parametrize("battle_format", ["gen9randombattle", "gen9randomdoublesbattle"])
def test_showdowns_default_choice_is_a_legal_action(battle_format: str) -> None:
    opponent = PokeEnvOpponent(Undecided)
    with BattleEnv(battle_format, opponent=opponent) as env:
        obs, _ = env.reset(seed=1)
        over = False
        while not over:
            obs, _, terminated, truncated, _ = env.step(legal_actions(obs["action_mask"])[-1])
            over = terminated or truncated
    assert opponent.invalid_orders == 0
