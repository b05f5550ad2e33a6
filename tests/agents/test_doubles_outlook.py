"""The outlook in doubles, as inputs of the `candidate` network, and an update of that network."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import torch

from agents.config import NetworkSettings, load_config
from agents.episodes.source import collect
from agents.estimates import doubles_outlook
from agents.estimates.battle_view import Floats
from agents.networks import build_networks
from agents.runs.battles import open_battles
from agents.runs.build import make_agent, make_pool
from pokeenv import DOUBLES, DOUBLES_LAYOUT, ObservationKind, natural
from tests.support.doubles_position import DoublesPosition
from tests.support.play import play_battles
from tests.support.training import TINY

FORMAT = "gen9randomdoublesbattle"
MOVES = 6 * len(doubles_outlook.POKEMON_NUMBERS)


def named(observations: Floats) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Numbers of own Pokémon (B, 6) and of moves (B, 4), by name."""
    numbers = doubles_outlook.outlook(observations)
    pokemon = numbers[:, :MOVES].reshape(len(numbers), 6, -1)
    moves = numbers[:, MOVES:].reshape(len(numbers), 4, -1)
    return (
        dict(zip(doubles_outlook.POKEMON_NUMBERS, np.moveaxis(pokemon, 2, 0), strict=True)),
        dict(zip(doubles_outlook.MOVE_NUMBERS, np.moveaxis(moves, 2, 0), strict=True)),
    )


def test_an_outlook_of_a_position_is_that_of_its_attacks() -> None:
    position = DoublesPosition().move("own", 0, 0, "strength", 80)
    position.move("own", 0, 1, "earthquake", 85, type="ground", aimed=0, spread=1, aims_at_ally=1)
    position.move("own", 0, 2, "quickattack", 40, priority=1).pokemon("own", 2)
    position.pokemon("opposing", 0, hp=0.05).pokemon("opposing", 1, base_spe=200)
    pokemon, moves = named(position.observation[None])
    # Level 80, power 80, attack and defence of 206.6 and 291.6 HP, as in singles.
    hit = 34 * 80 / 50 * 0.925 / 291.6
    spread = 0.75 * hit * 85 / 80
    expected = {
        "damage_left": [2, 2, hit / 2 / 0.05, 0],
        "damage_right": [hit, spread, hit / 2, 0],
        "damage_ally": [0, spread, 0, 0],  # only the earthquake can hit it
        "ko_chance_left": [1, 1, 1, 0],
        "ko_chance_right": [0, 0, 0, 0],
        "moves_first_left": [0.5, 0.5, 1, 0.5],
        "moves_first_right": [0, 0, 1, 0],
    }
    for name, numbers in expected.items():
        np.testing.assert_allclose(moves[name][0], numbers, rtol=2e-2, err_msg=name)
    assert pokemon["ko_chance_left"][0].tolist() == [1, 0, 0, 0, 0, 0]
    assert pokemon["damage_right"][0, 0] == pytest.approx(hit, rel=2e-2)
    assert pokemon["moves_first_left"][0, 2] == 0.5
    assert not pokemon["damage_left"][0, 3:].any()


def test_an_outlook_is_finite_and_zero_where_nobody_is() -> None:
    lonely = 0
    for obs, acting, _ in play_battles(FORMAT, num_battles=4, steps=40, seed=4):
        observations = obs["observation"][acting]
        pokemon, moves = named(observations)
        for name, numbers in {**pokemon, **moves}.items():
            assert np.isfinite(numbers).all(), name
            assert np.abs(numbers).max(initial=0) <= 2.0, name
        for place in ("left", "right"):
            there = natural(observations, f"opposing.*.{place}", DOUBLES_LAYOUT)
            alive = natural(observations, "opposing.*.hp", DOUBLES_LAYOUT) > 0
            gone = ~(there & alive).any(axis=1)
            lonely += int(gone.sum())
            for name in (f"damage_{place}", f"moves_first_{place}"):
                assert not pokemon[name][gone].any()
                assert not moves[name][gone].any()
    assert lonely > 10


def test_candidates_read_observations_with_and_without_their_outlook_alike() -> None:
    settings = NetworkSettings(type="candidate", hidden_size=32)
    policy_net, value_net = build_networks(settings, DOUBLES, seed=0)
    steps = play_battles(FORMAT, num_battles=4, steps=6, seed=1)
    observations = torch.from_numpy(np.concatenate([obs["observation"][acting] for obs, acting, _ in steps]))
    prepared = policy_net.trunk.encoder.prepare(observations)
    assert prepared.shape[1] == DOUBLES_LAYOUT.size + doubles_outlook.SIZE
    for network in (policy_net, value_net):
        assert torch.equal(network.evaluate(observations), network.evaluate(prepared))
    changed = prepared.clone()
    changed[:, DOUBLES_LAYOUT.size :] += 0.5
    assert not torch.equal(policy_net.evaluate(changed), policy_net.evaluate(prepared))


@pytest.mark.parametrize(
    ("kind", "observation"),
    [("candidate", "base"), pytest.param("entity", "damage", marks=pytest.mark.slow)],
)
def test_an_update_starts_from_the_policy_that_acted(
    kind: str, observation: ObservationKind, tmp_path: Path
) -> None:
    values = TINY | {"battle_format": FORMAT, "num_workers": 1, "turn_limit": 20, "opponent_mix": "self:1"}
    values |= {
        "collection.source": "inline",
        "precision": "fp32",
        "network.type": kind,
        "network.observation": observation,
    }
    config = load_config(None, [f"{key}={value}" for key, value in values.items()])
    agent = make_agent(config)
    pool = make_pool(config, agent, tmp_path)
    before = [parameter.clone() for parameter in agent.policy_net.parameters()]
    with closing(open_battles(config)) as battles:
        source = battles.begin(agent, pool, tmp_path, seed=7, version=0)
        agent.update(collect(source, 4), progress=0.5)
    assert agent.metrics["max_abs_log_ratio_first"] < 1e-5
    assert any(not torch.equal(a, b) for a, b in zip(before, agent.policy_net.parameters(), strict=True))
