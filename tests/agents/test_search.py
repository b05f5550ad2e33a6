"""Search: matrix games with known solutions, and decisions in copies of true battles."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from agents.config.opponent_mix import parse_mix
from agents.errors import CheckpointError
from agents.players.loading import format_to_play, load_agent
from agents.players.search.joint import answers_of
from agents.players.search.matrix_game import solve
from agents.players.search.player import SearchAgent
from agents.players.search.policy import most_probable
from agents.players.search.root import Root
from agents.players.search.settings import SearchSettings, split_name
from pokeenv import NO_ACTION, UnsupportedFormatError
from pokeenv.engine import SEED_WORDS
from pokeenv.engine.showdown.engine import EmbeddedShowdown
from tests.support.scripted_battle import pokemon
from tests.support.true_worlds import TrueWorlds

SLOTS = 33

# Scizor is slower and falls to Overheat. Only the move with priority wins; X-Scissor does more damage.
SCIZOR = pokemon("Scizor", "X-Scissor", "Bullet Punch", "Swords Dance", ability="Technician")
DEOXYS = pokemon("Deoxys-Attack", "Overheat", "Splash", ability="Pressure")
X_SCISSOR, BULLET_PUNCH = 6, 7


@pytest.mark.parametrize(
    ("payoffs", "own", "opposing", "value"),
    [
        ([[1, -1], [-1, 1]], [1 / 2, 1 / 2], [1 / 2, 1 / 2], 0),  # matching pennies
        ([[0, -1, 1], [1, 0, -1], [-1, 1, 0]], [1 / 3] * 3, [1 / 3] * 3, 0),  # rock, paper, scissors
        ([[3, -1], [-1, 1]], [1 / 3, 2 / 3], [1 / 3, 2 / 3], 1 / 3),
        ([[2, 0], [1, 1.5]], [1 / 5, 4 / 5], [3 / 5, 2 / 5], 6 / 5),
        ([[1, 2], [0, 1]], [1, 0], [1, 0], 1),  # the first row and the first column dominate
    ],
)
def test_equilibria_of_matrix_games(
    payoffs: list[list[float]], own: list[float], opposing: list[float], value: float
) -> None:
    columns = len(payoffs[0])
    solution = solve(
        np.array(payoffs, dtype=float), np.zeros(columns, dtype=int), np.full(columns, 1 / columns)
    )
    assert solution.own == pytest.approx(own, abs=0.02)
    assert solution.opposing == pytest.approx(opposing, abs=0.02)
    assert solution.value == pytest.approx(value, abs=0.02)


def test_an_opponent_that_knows_its_world_plays_differently_in_each() -> None:
    # In world 1 the opponent has one action, which favours the first row as much as it can avoid in world 0.
    payoffs, worlds = np.array([[3.0, -1.0, 3.0], [-1.0, 1.0, -1.0]]), np.array([0, 0, 1])
    solution = solve(payoffs, worlds, np.array([0.5, 0.5, 1.0]))
    assert solution.own == pytest.approx([1, 0], abs=0.02)
    assert solution.opposing == pytest.approx([0, 1, 1], abs=0.02)
    assert solution.value == pytest.approx((-1 + 3) / 2, abs=0.02)


def test_an_opponent_that_follows_the_model_gets_the_best_response() -> None:
    rock_paper_scissors = np.array([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    always_rock, one_world = np.array([1.0, 0, 0]), np.zeros(3, dtype=int)
    best = solve(rock_paper_scissors, one_world, always_rock, trust=1.0)
    assert best.own.tolist() == [0, 1, 0] and best.value == 1
    cautious = solve(rock_paper_scissors, one_world, always_rock, trust=0.5)
    assert 0 < cautious.value < best.value and cautious.own.argmax() == 1


def test_actions_are_cut_to_the_most_probable() -> None:
    chances = np.array([0.1, 0.0, 0.5, 0.01, 0.39])
    assert most_probable(chances, 3).tolist() == [2, 4, 0]
    assert most_probable(chances, 5).tolist() == [2, 4, 0, 3]  # the illegal one is left out
    assert most_probable(chances, 5, least=0.2).tolist() == [2, 4]


def test_answers_are_the_most_probable_pairs_of_decisions() -> None:
    seconds = [np.array([0.0, 0.5, 0.3, 0.2]), None]
    answers = answers_of(np.array([3, 5]), np.array([0.6, 0.4]), seconds, 3)
    assert answers.actions.tolist() == [[5, -1], [3, 1], [3, 2]]
    assert answers.chances == pytest.approx([0.4, 0.3, 0.18])
    alone = answers_of(np.array([3, 5]), np.array([0.6, 0.4]), None, 2, least=0.5)
    assert alone.actions.tolist() == [[3, -1]]


def test_scenarios_follow_the_model_and_take_worlds_by_turns() -> None:
    settings = SearchSettings()
    root = Root.of(0, np.array([0.5, 0.5]), settings, np.random.default_rng(1))
    for slot in (10, 11):
        root.add_world(slot, 0, answers_of(np.array([0, 1]), np.array([0.7, 0.3]), None, 4))
    drawn = [root.next_scenario(number) for number in range(200)]
    assert [world.slot for world, _, _ in drawn] == [10, 11] * 100
    share = np.mean([column == 0 for world, column, _ in drawn if world.slot == 10])
    assert share == pytest.approx(0.7, abs=0.02)
    assert len({seed for _, _, seed in drawn}) == 200


def test_an_unknown_value_does_not_favour_an_action() -> None:
    settings = SearchSettings(anchor=0.0, trust=1.0)
    root = Root.of(0, np.array([0.5, 0.3, 0.2]), settings, np.random.default_rng(1))
    root.add_world(10, 0, None)
    (world,) = root.worlds
    root.add(world, 0, np.array([np.nan, np.nan, np.nan]))
    assert root.sims == 0 and root.solve(settings) is None
    root.add(world, 0, np.array([0.2, np.nan, 0.6]))
    solution = root.solve(settings)
    assert solution is not None
    assert solution.values == pytest.approx([0.2, 0.4, 0.6])
    assert solution.own.tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("name", "policy", "settings"),
    [
        ("search:rule", "rule", SearchSettings()),
        ("search:runs/x?sims=16&trust=0.5", "runs/x", SearchSettings(sims=16, trust=0.5)),
        ("search:pretrained:gen9randombattle?ms=50", "pretrained:gen9randombattle", SearchSettings(0, 50.0)),
        ("search:rule?ms=50&sims=8", "rule", SearchSettings(8, 50.0)),
    ],
)
def test_names_hold_the_settings(name: str, policy: str, settings: SearchSettings) -> None:
    assert split_name(name) == (policy, settings)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("search:", "name the policy"),
        ("search:search:rule", "name the policy"),
        ("search:rule?simms=4", "unknown setting 'simms' (did you mean 'sims'?)"),
        ("search:rule?sims=many", "sims='many' is not a number"),
        ("search:rule?trust=2", "trust must be from 0 to 1, not 2"),
        ("search:rule?sims=0", "needs a limit"),
    ],
)
def test_wrong_names_are_refused(name: str, message: str) -> None:
    with pytest.raises(CheckpointError) as raised:
        split_name(name)
    assert message in str(raised.value)


@pytest.fixture(scope="module")
def engine() -> Iterator[EmbeddedShowdown]:
    engine = EmbeddedShowdown("gen6customgame", SLOTS)
    engine.set_teams(0, (SCIZOR, DEOXYS))
    idle = range(1, SLOTS)
    engine.step_async(np.full(2 * SLOTS, NO_ACTION), {0: np.full(SEED_WORDS, 3, dtype=np.uint16)}, idle)
    engine.step_wait()
    while engine.turns[0] < 1:  # Team Preview
        engine.advance([0], np.zeros((1, 2), dtype=np.int64))
    yield engine
    engine.close()


def searcher(engine: EmbeddedShowdown, policy: str = "max", seed: int = 0, **settings: float) -> SearchAgent:
    _, read = split_name(f"search:{policy}?" + "&".join(f"{key}={value}" for key, value in settings.items()))
    agent = SearchAgent(lambda: load_agent(policy), read, lambda rows: TrueWorlds(engine, range(1, SLOTS)))
    agent.begin(2, seed=seed)
    agent.receive(np.zeros(0, dtype=np.int64), [])
    return agent


def decide_in(engine: EmbeddedShowdown, agent: SearchAgent, row: int = 0, greedy: bool = True) -> int:
    rows = np.array([row])
    decision = agent.act(engine.observations[rows], engine.action_masks[rows], rows, greedy)
    return int(decision.actions[0])


def test_one_ply_finds_the_win_that_the_policy_misses(engine: EmbeddedShowdown) -> None:
    policy = load_agent("max")
    policy.begin(1)
    alone = policy.act(engine.observations[:1], engine.action_masks[:1], np.zeros(1, dtype=np.int64))
    assert alone.actions.tolist() == [X_SCISSOR]
    agent = searcher(engine, sims=24)
    assert decide_in(engine, agent) == BULLET_PUNCH
    rows = np.array([0])
    decision = agent.act(engine.observations[rows], engine.action_masks[rows], rows, greedy=True)
    assert decision.values is not None and decision.values[0] > 0.9
    assert decision.log_probs is not None and np.exp(decision.log_probs[0]) > 0.9


def test_the_searched_battle_does_not_change(engine: EmbeddedShowdown) -> None:
    before = engine.snapshot(0)
    decide_in(engine, searcher(engine, sims=24, depth=1))
    assert engine.snapshot(0) == before


def test_the_seed_fixes_the_decisions(engine: EmbeddedShowdown) -> None:
    def draws(seed: int) -> list[int]:
        agent = searcher(engine, seed=seed, sims=6, trust=0, temperature=5)
        return [decide_in(engine, agent, row=1, greedy=False) for _ in range(12)]

    assert draws(1) == draws(1)
    agent = searcher(engine, sims=6)
    first = [decide_in(engine, agent) for _ in range(2)]
    agent.begin(2, seed=0)
    assert first == [decide_in(engine, agent) for _ in range(2)]


@pytest.mark.parametrize("sims", [3, 12, 50])
def test_simulations_are_a_limit(engine: EmbeddedShowdown, sims: int) -> None:
    agent = searcher(engine, sims=sims)
    decide_in(engine, agent)
    assert agent.sims == [sims // 3 * 3]  # three own actions a scenario


def test_too_few_simulations_leave_the_policy_alone(engine: EmbeddedShowdown) -> None:
    agent = searcher(engine, sims=2)
    assert decide_in(engine, agent) == X_SCISSOR
    assert agent.sims == [0]


def test_milliseconds_are_a_limit(engine: EmbeddedShowdown) -> None:
    agent = searcher(engine, ms=300)
    decide_in(engine, agent)  # the first call loads code
    started = time.perf_counter()
    decide_in(engine, agent)
    assert time.perf_counter() - started < 1.5  # other programs share the machine
    assert agent.sims[0] > 12


def test_the_page_about_search_lists_every_setting_with_its_default() -> None:
    page = (Path(__file__).parents[2] / "docs" / "search.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (\S*) \|", page, re.MULTILINE))
    defaults = {
        key: "(none)" if value == "" else f"{value:g}" for key, value in asdict(SearchSettings()).items()
    }
    assert rows == defaults


def test_a_search_may_be_an_opponent_of_a_training_run() -> None:
    assert parse_mix("search:rule?sims=8:1,self:3") == {"search:rule?sims=8": 0.25, "self": 0.75}


def test_a_search_plays_the_format_of_its_policy() -> None:
    assert format_to_play("search:pretrained:gen9randombattle", None, any_format=False) == "gen9randombattle"
    with pytest.raises(UnsupportedFormatError, match="was trained on gen9randombattle"):
        format_to_play("search:pretrained:gen9randombattle", "gen1randombattle", any_format=False)


def test_players_without_observations_cannot_be_searched_with() -> None:
    with pytest.raises(CheckpointError, match="cannot play in imagined battles"):
        load_agent("search:poke-env:RandomPlayer")
