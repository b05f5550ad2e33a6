"""The outlook: the expected fight of each own Pokémon, as inputs of the `candidate` network."""

from __future__ import annotations

import numpy as np
import torch

from agents.agent import RLAgent
from agents.algorithms import PPOAlgorithm
from agents.estimates import outlook
from agents.estimates.battle_estimates import BattleEstimates
from agents.estimates.battle_view import BattleView, Floats
from pokeenv import LAYOUT, SelfPlayVectorEnv
from tests.support.random_batches import batch_of_lengths
from tests.support.reference import build


def played_observations(steps: int = 30) -> Floats:
    """Observations of decisions in random play, both seats."""
    rng, parts = np.random.default_rng(1), []
    with SelfPlayVectorEnv("gen9randombattle", 4) as env:
        obs, _ = env.reset(seed=1)
        for _ in range(steps):
            masks = obs["action_mask"]
            parts.append(obs["observation"][masks.any(axis=1)].copy())
            obs, *_ = env.step((masks * rng.random(masks.shape)).argmax(axis=1))
    return np.concatenate(parts)


def test_an_outlook_holds_the_estimates_of_each_own_pokemon() -> None:
    observations = played_observations()
    estimates = BattleEstimates(BattleView.read(observations))
    numbers = outlook.numbers(estimates)
    assert numbers.shape == (len(observations), outlook.SIZE)
    assert np.isfinite(numbers).all()
    pokemon = numbers[:, : 6 * len(outlook.POKEMON_NUMBERS)].reshape(len(numbers), 6, -1)
    named = dict(zip(outlook.POKEMON_NUMBERS, np.moveaxis(pokemon, 2, 0), strict=True))
    opposed = observations[:, [LAYOUT.offsets[f"opposing.{slot}.active"] for slot in range(6)]].any(axis=1)
    assert opposed.any()
    assert not opposed.all()
    assert not numbers[~opposed].any()
    seen = opposed[:, None] & (estimates.hp > 0)
    np.testing.assert_allclose(named["moves_first"][seen], estimates.first[seen])
    taken = np.minimum(estimates.taken / np.maximum(estimates.hp, 0.01), 2)
    np.testing.assert_allclose(named["taken"][seen], taken[seen], rtol=1e-5)
    # A Pokémon that is certain to knock the opponent out does so in one hit.
    sure = seen & (named["ko_chance"] == 1)
    assert sure.sum() > 10
    assert (named["hits_to_ko"][sure] * 8 < 1.4).all()
    assert (named["damage"][sure] > 1).all()


def test_networks_read_observations_with_and_without_their_outlook_alike() -> None:
    policy_net, value_net = build("candidate")
    observations = torch.from_numpy(played_observations(6))
    prepared = policy_net.trunk.encoder.prepare(observations)
    assert prepared.shape[1] == LAYOUT.size + outlook.SIZE
    for network in (policy_net, value_net):
        assert torch.equal(network.evaluate(observations), network.evaluate(prepared))
    changed = prepared.clone()
    changed[:, LAYOUT.size :] += 0.5
    assert not torch.equal(policy_net.evaluate(changed), policy_net.evaluate(prepared))


def test_an_update_estimates_the_outlook_once() -> None:
    networks = build("candidate")
    calls: list[int] = []
    original = outlook.numbers

    def counted(estimates: BattleEstimates) -> Floats:
        calls.append(len(estimates.hp))
        return original(estimates)

    batch = batch_of_lengths([6, 9], np.random.default_rng(0))
    optimizer = torch.optim.Adam([*networks[0].parameters(), *networks[1].parameters()])
    outlook.numbers = counted
    try:
        RLAgent(*networks, optimizer, PPOAlgorithm(epochs=3, batch_size=5)).update(batch)
    finally:
        outlook.numbers = original
    assert calls == [15]
