"""Worth of actions as inputs of the `candidate` network: the estimate by which `expert` acts."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from agents.config import NetworkSettings
from agents.estimates import action_worth, outlook
from agents.estimates.battle_estimates import BattleEstimates
from agents.estimates.battle_view import BattleView
from agents.networks import build_networks
from agents.players.loading import load_agent
from pokeenv import DOUBLES, LAYOUT, SINGLES
from tests.support.play import play_battles

WITH_WORTH = NetworkSettings.of(type="candidate", use_lstm=False, worth=True, hidden_size=64, shared=True)


@pytest.mark.parametrize("battle_format", ["gen1randombattle", "gen9randombattle"])
def test_the_best_action_is_that_of_the_expert(battle_format: str) -> None:
    expert = load_agent("expert")
    agreed = total = 0
    for obs, acting, _ in play_battles(battle_format, num_battles=4, steps=60, seed=3):
        observations, masks = obs["observation"][acting], obs["action_mask"][acting]
        numbers = action_worth.numbers(BattleEstimates(BattleView.read(observations), modified=True))
        assert np.isfinite(numbers).all()
        assert np.abs(numbers).max() <= 1.0
        pokemon = numbers[:, :12].reshape(-1, 6, 2)
        moves = numbers[:, 12:].reshape(-1, 4, 4)
        behind = np.concatenate([pokemon[:, :, 1], moves[:, :, 1], moves[:, :, 3]], axis=1)
        opposed = observations[:, [LAYOUT.offsets[f"opposing.{slot}.active"] for slot in range(6)]].any(
            axis=1
        )
        assert not numbers[~opposed].any()
        chosen = expert.act(observations, masks, np.flatnonzero(acting)).actions
        place = np.where(chosen < 10, chosen, 10 + (chosen - 10) % 4)  # a gimmick: that of its move
        ours = opposed & (masks.sum(axis=1) > 1)
        agreed += int((behind[np.arange(len(place)), place][ours] == 0).sum())
        total += int(ours.sum())
    assert total > 200
    assert agreed / total > 0.99


def test_networks_read_the_worth_behind_the_outlook() -> None:
    policy_net, value_net = build_networks(WITH_WORTH, SINGLES, seed=1)
    encoder = policy_net.trunk.encoder
    for obs, acting, _ in play_battles("gen9randombattle", num_battles=2, steps=6, seed=3):
        observations = torch.from_numpy(obs["observation"][acting])
        prepared = encoder.prepare(observations)
        assert prepared.shape[1] == LAYOUT.size + outlook.SIZE + action_worth.SIZE
        for network in (policy_net, value_net):
            assert torch.equal(network.evaluate(observations), network.evaluate(prepared))
    changed = prepared.clone()
    changed[:, -action_worth.SIZE :] += 0.5
    assert not torch.equal(policy_net.evaluate(changed), policy_net.evaluate(prepared))


def test_doubles_are_refused() -> None:
    with pytest.raises(ValueError, match=r"network\.worth"):
        build_networks(WITH_WORTH, DOUBLES, seed=1)
