"""Agents that come with the package."""

from __future__ import annotations

from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

from agents.agent import RLAgent
from agents.checkpoints.checkpoint import load_checkpoint, save_pretrained
from agents.checkpoints.run_folder import find_checkpoint
from agents.config.opponent_mix import parse_mix
from agents.errors import CheckpointError
from agents.evaluate import __main__ as evaluate
from agents.players.loading import load_agent
from agents.pretrained import pretrained_path
from agents.registry import PRETRAINED
from agents.runs.run import plan_run
from pokeenv import LAYOUT, parse_format
from tests.support.checkpoints import save, small_config


@pytest.mark.parametrize("name", PRETRAINED)
def test_agents_of_the_package_load_and_have_a_card(name: str) -> None:
    agent, path = load_agent(name), pretrained_path(name)
    assert isinstance(agent, RLAgent)
    assert agent.name == name
    assert path.stat().st_size <= 8 * 2**20
    card = path.with_suffix(".md").read_text(encoding="utf-8")
    assert card.startswith(f"# {name}\n")
    checkpoint = load_checkpoint(path)
    assert f"{checkpoint.progress.decisions:,} decisions" in card
    assert parse_format(checkpoint.config.battle_format).id == name.partition(":")[2]


def test_a_pretrained_agent_plays_wherever_an_agent_can_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    name = "pretrained:gen9randombattle"
    assert evaluate.main([name, "random", "--battles", "4", "--quiet"]) == 0
    assert name in capsys.readouterr().out
    assert parse_mix(f"{name}:0.5,self:0.5") == {name: 0.5, "self": 0.5}
    with gym.make("pokeenv/Battle-v0", battle_format="gen9randombattle", opponent=name) as env:
        obs, _ = env.reset(seed=1)
        obs, *_ = env.step(int(np.flatnonzero(obs["action_mask"])[0]))
        assert obs["observation"].shape == (LAYOUT.size,)


def test_half_precision_changes_the_weights_by_rounding_alone(tmp_path: Path) -> None:
    save(tmp_path / "whole.pt", small_config())
    whole = load_checkpoint(tmp_path / "whole.pt")
    save_pretrained(tmp_path / "half.pt", whole)
    half = load_checkpoint(tmp_path / "half.pt")
    assert (tmp_path / "half.pt").stat().st_size < (tmp_path / "whole.pt").stat().st_size / 4
    for part in ("policy_net", "value_net"):
        for key, weights in whole.agent[part].items():
            assert half.agent[part][key].dtype == weights.dtype
            assert np.allclose(half.agent[part][key], weights, rtol=1e-3, atol=1e-6)
    # A run may start from it, with a new optimizer.
    assert plan_run(small_config(f"load_model={tmp_path / 'half.pt'}")).progress.update == 0


def test_an_unknown_name_and_another_layout_are_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CheckpointError, match=r"unknown agent 'pretrained:gen9randombatle' \(did you mean"):
        find_checkpoint("pretrained:gen9randombatle")
    path = pretrained_path("pretrained:gen9randombattle")
    monkeypatch.setattr(
        "agents.checkpoints.checkpoint.LAYOUTS", {"base": type("Other", (), {"hash": "other"})}
    )
    with pytest.raises(CheckpointError, match=r"made for observation layout \w+; this pokeenv has other"):
        load_checkpoint(path)
