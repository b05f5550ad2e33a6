"""Agents with different kinds of observations: the numbers they read, and the matches they play."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import agents.evaluate.__main__
import agents.report.__main__
import train_selfplay
from agents.agent import RLAgent
from agents.checkpoints.run_folder import find_checkpoint
from agents.evaluate.matches import Matches, evaluate_agent, play_matches
from agents.live.seats import LiveSeats
from agents.players.baselines import make_baseline
from agents.players.loading import load_agent
from agents.players.scripted.random_legal import RandomAgent
from agents.registry import BASELINES
from pokeenv import LAYOUT, Agent, BattleEnv, ObservationKind, StreamHost, largest_kind, make_layout
from tests.support.reference import SPECS, build, random_observations

FORMAT = "gen1randombattle"
DAMAGE = make_layout("damage")
SMALL = {
    "battle_format": FORMAT,
    "episodes": 6,
    "episodes_per_update": 3,
    "parallel": 4,
    "num_workers": 1,
    "turn_limit": 20,
    "checkpoint_interval": 1,
    "tensorboard": False,
    "opponent_mix": "self:0.5,max:0.5",
    "network.type": "entity",
    "network.shared": True,
    "network.hidden_size": 16,
    "network.lstm_hidden_size": 16,
    "network.embedding_size": 4,
    "evaluation.battles": 0,
    "evaluation.opponents": "[max]",
}


def make_agent(observation: ObservationKind, kind: str = "entity_lstm") -> RLAgent:
    networks = build(kind, observation=observation)
    return RLAgent(*networks, None, None, name=observation)


@pytest.mark.parametrize("kind", SPECS)
def test_networks_read_their_kind_and_nothing_behind_it(kind: str) -> None:
    obs = torch.from_numpy(random_observations(5, np.random.default_rng(0), DAMAGE)).unsqueeze(0)
    for network in build(kind):
        torch.testing.assert_close(network(obs)[0], network(obs[..., : LAYOUT.size])[0], rtol=0, atol=0)
    for network in build(kind, observation="damage"):
        assert network.trunk.observation_kind == "damage"
        changed = obs.clone()
        changed[..., LAYOUT.size :] = 0.0
        assert (network(obs)[0] - network(changed)[0]).abs().max() > 1e-4


def test_what_a_move_does_reaches_its_own_logits_only_through_its_token() -> None:
    """Without shared features, a pointer's logit depends on its own move alone."""
    policy_net, _ = build("entity", observation="damage")
    with torch.no_grad():
        policy_net.trunk.encoder.layers[0].weight.zero_()  # the features are constant then
        policy_net.trunk.encoder.layers[0].bias.fill_(1.0)
    obs = torch.from_numpy(random_observations(4, np.random.default_rng(1), DAMAGE)).unsqueeze(0)
    for move in range(4):
        changed = obs.clone()
        changed[..., DAMAGE.offsets[f"damage.own_move.{move}.expected"]] += 1.0
        differs = (policy_net(obs)[0] != policy_net(changed)[0]).any(0).any(0)  # (26,)
        assert torch.nonzero(differs).flatten().tolist() == [6 + 4 * gimmick + move for gimmick in range(5)]


@pytest.mark.parametrize("name", [name for name in BASELINES if name != "random"])
def test_baselines_play_the_same_whatever_stands_behind(name: str) -> None:
    rng = np.random.default_rng(0)
    obs = random_observations(50, rng, DAMAGE)
    masks = (rng.random((50, 26)) < 0.4).astype(np.int8)
    masks[:, 7] = 1
    agent, rows = make_baseline(name), np.arange(50)
    expected = agent.act(obs[:, : LAYOUT.size], masks, rows).actions
    assert agent.act(obs, masks, rows).actions.tolist() == expected.tolist()


def test_the_largest_kind_that_an_agent_reads_is_played() -> None:
    base, damage = make_agent("base"), make_agent("damage")
    baseline: Agent = make_baseline("max")
    assert largest_kind([baseline]) == largest_kind([baseline, base]) == largest_kind([]) == "base"
    assert largest_kind([base, damage, baseline]) == "damage"
    result = play_matches(damage, base, FORMAT, 4, parallel=4, turn_limit=30)
    assert result.wins + result.losses + result.ties == 4
    results = evaluate_agent(damage, ["random"], FORMAT, 2, seed=0, greedy=True, parallel=2, turn_limit=30)
    assert list(results) == ["random"]


class Narrow(RandomAgent):
    """Reads the base observation only."""

    def act(self, observations: np.ndarray, *others: Any, **options: Any) -> Any:
        """Refuse any other observation."""
        assert observations.shape[1] == LAYOUT.size
        return super().act(observations, *others, **options)


def test_agents_that_name_no_kind_are_shown_the_base() -> None:
    play_matches(make_agent("damage"), Narrow(), FORMAT, 2, parallel=2, turn_limit=30)
    with BattleEnv(FORMAT, opponent=Narrow(), observation="damage") as env:
        obs, _ = env.reset(seed=1)
        for _ in range(3):
            obs, *_ = env.step(int(obs["action_mask"].argmax()))


TOO_LITTLE = "a RLAgent reads observation='damage', 1689 numbers, but is given 1649: make the environment"


def test_an_agent_that_reads_more_than_there_is_is_refused_before_it_plays() -> None:
    damage = make_agent("damage")
    with pytest.raises(ValueError, match=TOO_LITTLE):
        BattleEnv(FORMAT, opponent=damage)
    with Matches(FORMAT, parallel=2) as matches, pytest.raises(ValueError, match=TOO_LITTLE):
        matches.play(make_baseline("max"), damage, 2)
    with StreamHost() as host, pytest.raises(ValueError, match=TOO_LITTLE):
        LiveSeats(damage, FORMAT, host)
    damage.begin(1)
    with pytest.raises(ValueError, match=TOO_LITTLE):
        damage.act(np.zeros((1, 1649), np.float32), np.ones((1, 26), np.int8), np.zeros(1, np.int64))
    with BattleEnv(FORMAT, opponent=damage, observation="damage") as env:
        obs, _ = env.reset(seed=1)
        env.step(int(obs["action_mask"].argmax()))


def test_a_kind_that_does_not_exist_names_the_agent() -> None:
    agent = Narrow()
    agent.observation_kind = "dmg"  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match=r"Narrow\.observation_kind is 'dmg'; allowed: 'base', 'damage'"):
        BattleEnv(FORMAT, opponent=agent)


@pytest.mark.slow
def test_a_run_with_damage_is_saved_gone_on_with_and_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "empty.yml"
    config.write_text("", encoding="utf-8")
    settings = SMALL | {"checkpoint_dir": tmp_path / "runs", "network.observation": "damage"}
    arguments = ["--config", str(config), *(f"--set={key}={value}" for key, value in settings.items())]
    assert train_selfplay.main(arguments) == 0
    assert train_selfplay.main(["--resume", str(tmp_path / "runs"), "--set=episodes=9"]) == 0
    checkpoint = find_checkpoint(tmp_path / "runs")
    assert largest_kind([load_agent(str(checkpoint))]) == "damage"
    assert (
        agents.evaluate.__main__.main([str(checkpoint), "max", "--battles=2", f"--battle-format={FORMAT}"])
        == 0
    )
    assert agents.report.__main__.main([str(checkpoint.parent), "--replays=2"]) == 0
    assert "2 replays" in capsys.readouterr().out
    base = "--set=network.observation=base"
    assert train_selfplay.main([*arguments, f"--set=load_model={checkpoint}", base]) == 2
    assert "network.observation: 'damage' there, 'base' here" in capsys.readouterr().err
