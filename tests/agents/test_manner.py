"""Checkpoints by name with a manner of playing: temperature, and the mean of the last weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from agents.agent import RLAgent
from agents.checkpoints.checkpoint import Progress
from agents.checkpoints.run_folder import RunFolder
from agents.config import TrainConfig, build_config
from agents.errors import CheckpointError
from agents.evaluate.entrants import Entrant
from agents.networks.masked_categorical import masked_log_probs
from agents.players.checkpoint_name import Manner, split_manner
from agents.players.loading import format_to_play, load_agent
from agents.runs.build import make_agent
from tests.support.reference import random_masks, random_observations

SMALL = {"hidden_size": 16, "embedding_size": 4, "type": "entity", "use_lstm": False}


def config() -> TrainConfig:
    return build_config({"battle_format": "gen1randombattle", "network": SMALL}, source="test")


def save_run(folder: Path, count: int) -> list[RLAgent]:
    """A run's checkpoints, each of an agent with other weights."""
    agents = []
    for update in range(1, count + 1):
        agent = make_agent(config().model_copy(update={"seed": update}))
        progress = Progress(update=update)
        RunFolder(folder, keep=count).save(config=config(), agent=agent, progress=progress, opponents={})
        agents.append(agent)
    return agents


def decide(agent: RLAgent, count: int, greedy: bool) -> tuple[np.ndarray, torch.Tensor, torch.Tensor]:
    """Actions on one observation, and the agent's logits and mask there."""
    rng = np.random.default_rng(0)
    observations = np.repeat(random_observations(1, rng), count, axis=0)
    masks = np.repeat(random_masks(1, rng), count, axis=0)
    agent.begin(count, seed=1)
    decision = agent.act(observations, masks, np.arange(count), greedy=greedy)
    logits = agent.policy_net.evaluate(torch.from_numpy(observations[:1])).detach()
    return decision.actions, logits, torch.from_numpy(masks[:1] != 0)


def test_a_temperature_draws_from_the_softened_policy_also_in_greedy_matches(tmp_path: Path) -> None:
    save_run(tmp_path, 1)
    agent = load_agent(f"{tmp_path}?temperature=0.02")
    assert isinstance(agent, RLAgent)
    actions, logits, mask = decide(agent, 20_000, greedy=True)
    expected = masked_log_probs(logits / 0.02, mask).exp()[0]
    assert expected.max() < 0.9  # something to draw
    shares = np.bincount(actions, minlength=len(expected)) / len(actions)
    np.testing.assert_allclose(shares, expected, atol=0.015)


def test_a_low_temperature_is_greedy_and_none_leaves_all_as_it_is(tmp_path: Path) -> None:
    save_run(tmp_path, 1)
    cold, plain, zero = (
        load_agent(f"{tmp_path}{end}") for end in ("?temperature=1e-6", "", "?temperature=0")
    )
    greedy, logits, mask = decide(plain, 50, greedy=True)
    assert (decide(cold, 50, greedy=False)[0] == greedy).all()
    assert (greedy == int(masked_log_probs(logits, mask).argmax())).all()
    drawn = [decide(agent, 50, greedy=False)[0] for agent in (plain, zero)]
    assert (drawn[0] == drawn[1]).all() and len(set(drawn[0].tolist())) > 1


def test_an_average_plays_the_mean_of_the_last_weights(tmp_path: Path) -> None:
    runs = save_run(tmp_path, 4)
    found = load_agent(f"{tmp_path}?average=3")
    assert isinstance(found, RLAgent)
    vectors = [torch.nn.utils.parameters_to_vector(agent.policy_net.parameters()) for agent in runs[1:]]
    mean = torch.nn.utils.parameters_to_vector(found.policy_net.parameters())
    torch.testing.assert_close(mean, torch.stack(vectors).mean(dim=0))
    with pytest.raises(CheckpointError, match=r"has 4 checkpoints up to checkpoint_00000004\.pt"):
        load_agent(f"{tmp_path}?average=5")
    model = tmp_path / "model.pt"
    model.write_bytes((tmp_path / "checkpoint_00000004.pt").read_bytes())
    with pytest.raises(CheckpointError, match=r"model\.pt is not one of a run's checkpoints"):
        load_agent(f"{model}?average=2")
    earlier = load_agent(f"{tmp_path / 'checkpoint_00000002.pt'}?average=2")
    assert isinstance(earlier, RLAgent)
    vectors = [torch.nn.utils.parameters_to_vector(agent.policy_net.parameters()) for agent in runs[:2]]
    mean = torch.nn.utils.parameters_to_vector(earlier.policy_net.parameters())
    torch.testing.assert_close(mean, torch.stack(vectors).mean(dim=0))


def test_an_entrant_of_an_evaluation_plays_in_its_manner(tmp_path: Path) -> None:
    save_run(tmp_path, 2)
    entrant = Entrant.read(f"{tmp_path}?temperature=0.5&average=2", "cpu")
    player = entrant.player()
    assert isinstance(player, RLAgent) and player.temperature == 0.5
    assert entrant.facts["checkpoint"].endswith("checkpoint_00000002.pt")
    assert format_to_play(entrant.name, None, any_format=False) == "gen1randombattle"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("temprature=1", "unknown setting 'temprature'.*temperature"),
        ("temperature=hot", "'hot' is not a number"),
        ("temperature=-1", "from 0 to 100"),
        ("temperature=nan", "from 0 to 100"),
        ("average=0", "at least 1"),
        ("average=1.5", "is not a number"),
    ],
)
def test_a_wrong_manner_is_refused_in_words(query: str, message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        split_manner(f"runs/short?{query}")


def test_a_name_without_a_manner_is_left_alone(tmp_path: Path) -> None:
    odd = tmp_path / "odd?average=7"
    odd.mkdir()
    assert split_manner(str(odd)) == (str(odd), Manner())
    assert split_manner("pretrained:gen9randombattle?average=2") == (
        "pretrained:gen9randombattle",
        Manner(0, 2),
    )
