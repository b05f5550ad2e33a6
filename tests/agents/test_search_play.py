"""Searches in imagined battles, in every place where an agent can be named."""

from __future__ import annotations

import json
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

from agents.errors import CheckpointError
from agents.evaluate.match_result import MatchResult
from agents.evaluate.matches import play_matches
from agents.players.loading import load_agent
from agents.players.search.heard_worlds import HeardWorlds, format_of
from agents.players.search.joint import Start, second_decisions
from agents.players.search.player import SearchAgent
from agents.players.search.policy import ModelPolicy
from pokeenv import NO_ACTION, SelfPlayVectorEnv, UnsupportedFormatError, UsageError, decide
from pokeenv.engine import SEED_WORDS
from pokeenv.engine.showdown.engine import EmbeddedShowdown

FORMAT = "gen1randombattle"
DOUBLES = "gen9randomdoublesbattle"
TEAMS = Path(__file__).parents[2] / "config" / "teams" / "gen9ou"


def match(parallel: int) -> MatchResult:
    agent, opponent = load_agent("search:max?sims=4&worlds=1"), load_agent("random")
    assert isinstance(agent, SearchAgent)
    result = play_matches(agent, opponent, FORMAT, 4, seed=3, greedy=False, parallel=parallel, turn_limit=5)
    agent.close()
    return result


@pytest.mark.slow
def test_the_seed_fixes_a_match_whatever_the_number_of_parallel_battles() -> None:
    first, second = match(2), match(4)
    assert (first.wins, first.losses, first.turns) == (second.wins, second.losses, second.turns)


def test_a_search_is_an_opponent_of_an_environment() -> None:
    agent = load_agent("search:max?sims=4")
    assert isinstance(agent, SearchAgent)
    with gym.make("pokeenv/Battle-v0", battle_format=FORMAT, opponent=agent) as env:
        for seed in (1, 2):
            obs, _ = env.reset(seed=seed)
            for _ in range(3):
                obs, *_ = env.step(int(np.flatnonzero(obs["action_mask"])[0]))
            assert agent.sims[0] > 0
    agent.close()


def test_what_a_search_chooses_depends_on_its_own_messages_alone() -> None:
    """In the second engine the opponent acts too, but the searching seat has received the same messages."""
    decisions = []
    for also in (False, True):
        agent = load_agent("search:rule?sims=12&worlds=3")
        assert isinstance(agent, SearchAgent)
        with SelfPlayVectorEnv(FORMAT, 1) as env:
            obs, _ = env.reset(seed=4)
            agent.begin(2, seed=0)
            agent.reset_rows(np.arange(2))
            rows = np.arange(2) if also else np.arange(1)
            decision = decide(agent, env.engine, rows, obs["observation"][rows], obs["action_mask"][rows])
            assert decision.log_probs is not None and decision.values is not None
            decisions.append((int(decision.actions[0]), float(decision.values[0])))
        agent.close()
    assert decisions[0][0] == decisions[1][0]
    assert decisions[0][1] == pytest.approx(decisions[1][1], abs=1e-6)


def test_the_first_lines_name_the_format() -> None:
    lines = ["|gen|9", "|tier|[Gen 9] Random Battle", "|rule|Sleep Clause Mod: Limit one foe put to sleep"]
    assert format_of(lines) == "gen9randombattle"
    with pytest.raises(ValueError, match="do not begin with the first lines"):
        format_of(["|turn|2"])


def test_a_search_imagines_battles_with_their_custom_rules() -> None:
    battle_format = "gen1randombattle@@@Max Team Size = 2,!HP Percentage Mod"
    with SelfPlayVectorEnv(battle_format, 1) as env:
        env.reset(seed=1)
        messages = env.engine.seat_messages(np.array([0]))
        worlds = HeardWorlds(1)
        worlds.hear([0], messages)
        assert worlds.engine.battle_format == env.battle_format
        assert worlds.imagine(0, [1], [1]) == [0]
        teams = worlds.engine.packed_teams(1)
        worlds.close()
    assert [team.count("]") for team in teams] == [1, 1]


def test_one_search_answers_both_decisions_of_doubles() -> None:
    agent = load_agent("search:max?sims=8&worlds=2")
    assert isinstance(agent, SearchAgent)
    answered = 0
    with SelfPlayVectorEnv(DOUBLES, 1) as env:
        obs, _ = env.reset(seed=4)
        agent.begin(2, seed=0)
        agent.reset_rows(np.arange(2))
        rng, before = np.random.default_rng(1), 0.0
        for _ in range(24):
            engine = env.engine
            actions = np.array(
                [rng.choice(np.flatnonzero(mask)) if mask.any() else 0 for mask in obs["action_mask"]]
            )
            if engine.acting[0]:
                rows = np.zeros(1, dtype=np.int64)
                decision = decide(agent, engine, rows, obs["observation"][rows], obs["action_mask"][rows])
                assert decision.log_probs is not None and decision.values is not None
                if agent.sims[0] == 0:
                    answered += decision.values[0] != 0 and decision.values[0] == before
                before = decision.values[0]
                actions[0] = decision.actions[0]
            obs, *_ = env.step(actions)
    agent.close()
    assert answered >= 5


def test_second_decisions_are_those_that_the_policy_would_make() -> None:
    model = ModelPolicy(load_agent("rule"), 0.2)
    engine = EmbeddedShowdown(DOUBLES, 8)
    try:
        resets = {0: np.full(SEED_WORDS, 3, dtype=np.uint16)}
        engine.step_async(np.full(16, NO_ACTION), resets, range(1, 8))
        engine.step_wait()
        firsts = tuple(np.flatnonzero(mask)[:3] for mask in engine.action_masks[:2])
        before = engine.snapshot(0)
        (found,) = second_decisions(engine, model, [Start(0, firsts)], range(2, 7))
        assert engine.snapshot(0) == before
        for place in range(3):
            engine.advance([1], np.array([[firsts[0][place], firsts[1][place]]]), sources=[0])
            expected = model.probabilities(engine, np.array([2, 3]))
            for seat in (0, 1):
                assert found[seat][place] == pytest.approx(expected[seat])
    finally:
        engine.close()


def test_a_search_is_an_opponent_in_doubles() -> None:
    agent = load_agent("search:rule?sims=4&worlds=1")
    assert isinstance(agent, SearchAgent)
    with gym.make("pokeenv/Battle-v0", battle_format=DOUBLES, opponent=agent) as env:
        obs, _ = env.reset(seed=1)
        searched = []
        for _ in range(6):
            obs, *_ = env.step(int(np.flatnonzero(obs["action_mask"])[-1]))
            searched.append(agent.sims[0])
        assert max(searched) > 0
    agent.close()


def test_a_search_plays_with_brought_teams_after_the_team_preview() -> None:
    agent = load_agent(f"search:max?sims=4&worlds=2&teams={TEAMS}")
    assert isinstance(agent, SearchAgent)
    with gym.make("pokeenv/Battle-v0", battle_format="gen9ou", teams=TEAMS, opponent=agent) as env:
        obs, _ = env.reset(seed=1)
        sims = []
        for _ in range(4):
            obs, *_ = env.step(int(np.flatnonzero(obs["action_mask"])[0]))
            sims.append(agent.sims[0])
        assert sims[0] == 0, "the choice in a Team Preview is the policy's"
        assert max(sims) > 0
    agent.close()


def test_beliefs_that_cannot_be_used_are_refused_before_the_first_battle(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"usage=none\.json': no usage statistics 'none\.json'"):
        load_agent("search:max?usage=none.json")
    with pytest.raises(CheckpointError, match=r"no team file or folder 'none\.txt'"):
        load_agent("search:max?teams=none.txt")
    part = {"Abilities": {}, "Items": {}, "Spreads": {}, "Moves": {}}
    usage = {"info": {"metagame": "gen9uu"}, "data": {"Pikachu": part | {"usage": 1}}}
    (path := tmp_path / "usage.json").write_text(json.dumps(usage))
    for name, battle_format, error, message in (
        (f"search:max?usage={path}", "gen9ou", UsageError, "are of gen9uu, not of gen9ou"),
        (f"search:max?teams={TEAMS}", FORMAT, UnsupportedFormatError, "gen1randombattle generates its teams"),
        ("search:max", "gen9hackmonscup", UnsupportedFormatError, "gen9hackmonscup cannot be imagined"),
    ):
        teams = TEAMS if battle_format == "gen9ou" else None
        with pytest.raises(error, match=message):
            gym.make("pokeenv/Battle-v0", battle_format=battle_format, teams=teams, opponent=name)
