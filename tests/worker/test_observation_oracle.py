"""Random battles in every generation: observations agree with the simulator's own state (see oracle.py)."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

import numpy as np
import pytest

from pokeenv import Layout, decode
from tests.support.oracle import problems
from tests.support.play import FAST_GENERATIONS, play_battles, shared_env
from tests.support.wild_teams import WildTeams

# Largest share of decisions with a wrong field in long play; docs/log/ lists the facts that no seat can know.
SLACK = 0.003
# Wild teams hide more: a silent Pressure, an unseen Regenerator or Own Tempo.
WILD_SLACK = 0.01
GENERATIONS = range(1, 10)


@cache
def ranges(layout: Layout) -> list[Any]:
    """Least and greatest numbers, and masks of the ids and of the flags."""
    ends = [np.array([getattr(field, end) for field in layout.fields], np.float32) for end in ("low", "high")]
    return ends + [np.array([field.kind == kind for field in layout.fields]) for kind in ("id", "flag")]


def check_ranges(obs: dict[str, Any], acting: Any, layout: Layout) -> None:
    """Every number is in its range, and the rows that act have legal actions."""
    seen = obs["observation"][acting]
    low, high, ids, flags = ranges(layout)
    outside = np.argwhere((seen < low) | (seen > high) | ~np.isfinite(seen))
    assert len(outside) == 0, [layout.fields[column].name for _, column in outside[:5]]
    assert (seen[:, ids] == np.floor(seen[:, ids])).all()
    assert np.isin(seen[:, flags], (0.0, 1.0)).all()
    assert (obs["action_mask"].any(axis=1) == acting).all()


def compare(
    battle_format: str, *, steps: int, every: int, seed: int, **kwargs: Any
) -> tuple[int, Counter[str], dict[str, Any]]:
    """Number of decisions compared, number of errors of each field, and the first case of each."""
    decisions, wrong, first = 0, Counter[str](), dict[str, Any]()
    for step, (obs, acting, env) in enumerate(
        play_battles(battle_format, num_battles=4, steps=steps, seed=seed, **kwargs)
    ):
        check_ranges(obs, acting, env.layout)
        if step % every:
            continue
        for battle in np.unique(np.flatnonzero(acting) // 2).tolist():
            truth = env.engine.true_state(battle)
            for seat in (0, 1):
                row = 2 * battle + seat
                if not acting[row]:
                    continue
                decisions += 1
                for name, seen, true in problems(decode(obs["observation"][row].copy()), truth, seat):
                    wrong[name] += 1
                    first.setdefault(name, (seen, true, f"row {row}, step {step}"))
    return decisions, wrong, first


@pytest.mark.parametrize("generation", GENERATIONS)
def test_observations_say_what_the_simulator_knows(generation: int) -> None:
    decisions, wrong, first = compare(f"gen{generation}randombattle", steps=60, every=4, seed=generation)
    assert not wrong, first
    assert decisions > 70


@pytest.mark.parametrize("generation", FAST_GENERATIONS)
def test_observations_of_wild_teams_say_what_the_simulator_knows(generation: int) -> None:
    teams = WildTeams(generation, 10, seed=1)
    decisions, wrong, first = compare(
        f"gen{generation}customgame", steps=30, every=2, seed=generation, teams=teams
    )
    assert not {name: first[name] for name, count in wrong.items() if count > WILD_SLACK * decisions}
    assert decisions > 70


def test_observations_of_doubles_say_what_the_simulator_knows() -> None:
    decisions, wrong, first = compare("gen9randomdoublesbattle", steps=80, every=4, seed=1)
    assert not wrong, first
    assert decisions > 60


def test_team_members_of_one_name_and_species_are_not_confused() -> None:
    teams = WildTeams(9, 10, seed=1)
    for number, team in enumerate(teams.teams):
        sets = [packed.split("|") for packed in team.split("]")]
        for even, odd in zip(sets[::2], sets[1::2], strict=True):
            even[:2] = "Bob", even[1] or even[0]
            odd[:2], odd[7], odd[10] = even[:2], even[7], even[10]  # species, gender and level too
        teams.teams[number] = "]".join(map("|".join, sets))
    decisions, wrong, first = compare("gen9customgame", steps=30, every=2, seed=9, teams=teams)
    assert not {name: first[name] for name, count in wrong.items() if count > WILD_SLACK * decisions}
    assert decisions > 70


def test_open_team_sheets_say_what_the_simulator_knows() -> None:
    """Items, abilities and moves are known from the first decision, and stay right."""
    teams = "config/teams/gen9championsvgc2026regmb"
    battle_format = "gen9championsvgc2026regmbbo3"
    decisions, wrong, first = compare(battle_format, steps=60, every=4, seed=5, teams=teams)
    assert not wrong, first
    assert decisions > 40
    with shared_env(battle_format, 4, teams=teams) as env:
        obs, _ = env.reset(seed=5)
        for row, seat in enumerate(obs["observation"]):
            sides = env.engine.true_state(row // 2)["sides"]
            team = {pokemon["species"]: pokemon for pokemon in sides[1 - row % 2]["pokemon"]}
            for seen in decode(seat.copy(), env.layout)["opposing"]:
                true = team[seen["species"]]
                assert (seen["item"], seen["ability"]) == (true["item"], true["ability"])
                assert {move["id"] for move in seen["moves"]} == {move["id"] for move in true["moves"]}


@pytest.mark.slow
def test_observations_of_doubles_say_what_the_simulator_knows_for_long() -> None:
    decisions, wrong, first = compare("gen9randomdoublesbattle", steps=1000, every=2, seed=7)
    assert not {name: first[name] for name, count in wrong.items() if count > SLACK * decisions}
    assert decisions > 2000


@pytest.mark.slow
@pytest.mark.parametrize("generation", range(3, 10))
def test_observations_of_wild_teams_in_doubles_say_what_the_simulator_knows(generation: int) -> None:
    teams = WildTeams(generation, 100, seed=3)
    decisions, wrong, first = compare(
        f"gen{generation}doublescustomgame", steps=1000, every=2, seed=3, teams=teams
    )
    # The hidden target of a failed move may have had Pressure.
    slack = {name: WILD_SLACK if name.startswith("opposing.move.pp_used") else SLACK for name in wrong}
    assert not {name: first[name] for name, count in wrong.items() if count > slack[name] * decisions}
    assert decisions > 3000


@pytest.mark.slow
@pytest.mark.parametrize("generation", GENERATIONS)
def test_observations_of_wild_teams_say_what_the_simulator_knows_for_long(generation: int) -> None:
    teams = WildTeams(generation, 200, seed=2)
    decisions, wrong, first = compare(
        f"gen{generation}customgame", steps=1000, every=2, seed=2000 + generation, teams=teams
    )
    assert not {name: first[name] for name, count in wrong.items() if count > WILD_SLACK * decisions}
    assert decisions > 2000


@pytest.mark.slow
@pytest.mark.parametrize("generation", GENERATIONS)
def test_observations_say_what_the_simulator_knows_for_long(generation: int) -> None:
    decisions, wrong, first = compare(
        f"gen{generation}randombattle", steps=1000, every=2, seed=1000 + generation
    )
    assert not {name: first[name] for name, count in wrong.items() if count > SLACK * decisions}
    assert decisions > 2000
