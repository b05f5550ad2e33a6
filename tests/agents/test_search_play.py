"""Searches in imagined battles, in every place where an agent can be named."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest

from agents.evaluate.match_result import MatchResult
from agents.evaluate.matches import play_matches
from agents.players.loading import load_agent
from agents.players.search.heard_worlds import HeardWorlds, format_of
from agents.players.search.player import SearchAgent
from pokeenv import SelfPlayVectorEnv, UnsupportedFormatError, decide

FORMAT = "gen1randombattle"


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


def test_doubles_are_refused() -> None:
    with SelfPlayVectorEnv("gen9randomdoublesbattle", 1) as env:
        env.reset(seed=1)
        messages = env.engine.seat_messages(np.array([0]))
        with pytest.raises(UnsupportedFormatError, match="search plays singles, not gen9randomdoublesbattle"):
            HeardWorlds(1).hear([0], messages)
