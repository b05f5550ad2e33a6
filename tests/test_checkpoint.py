"""Checkpoints: whole, described by themselves, refused where they do not fit."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from agents.checkpoint import (
    MAGIC,
    CheckpointError,
    Progress,
    RunFolder,
    find_checkpoint,
    load_agent,
    load_checkpoint,
    require_same_network,
    restore_agent,
    save_checkpoint,
)
from agents.config import TrainConfig, load_config
from agents.episode_batch import Episode, EpisodeBatch
from agents.run import make_agent, make_pool
from pokeenv import LAYOUT, NUM_ACTIONS, OBS_SIZE

SMALL = ["network.hidden_size=16", "network.lstm_hidden_size=16", "network.embedding_size=4", "ppo_epochs=1"]


def small_config(*overrides: str) -> TrainConfig:
    return load_config(None, [*SMALL, *overrides])


def random_batch(seed: int = 0) -> EpisodeBatch:
    rng = np.random.default_rng(seed)
    zeros = np.zeros(5, dtype=np.float32)
    episode = Episode(
        observations=np.zeros((5, OBS_SIZE), dtype=np.float32),
        action_masks=np.ones((5, NUM_ACTIONS), dtype=np.int8),
        actions=rng.integers(NUM_ACTIONS, size=5),
        log_probs=zeros - np.log(np.float32(NUM_ACTIONS)),
        rewards=rng.standard_normal(5).astype(np.float32),
        values=zeros,
        terminated=True,
    )
    return EpisodeBatch.from_episodes([episode, episode], 1.0, 0.95)


def weights(state: object) -> bytes:
    """All tensors of a nested state, as bytes."""
    if isinstance(state, torch.Tensor):
        return state.cpu().numpy().tobytes()
    if isinstance(state, dict):
        return b"".join(weights(value) for value in state.values())
    return repr(state).encode()


def save(path: Path, config: TrainConfig, updates: int = 1) -> bytes:
    agent = make_agent(config)
    for _ in range(updates):
        agent.update(random_batch())
    pool = make_pool(config, agent, path.parent).state_dict()
    save_checkpoint(path, config=config, agent=agent, progress=Progress(7, 80, 900), opponents=pool)
    return weights(agent.state_dict())


def test_round_trip_keeps_weights_optimizer_counters_and_configuration(tmp_path: Path) -> None:
    config = small_config("lr=0.01")
    saved = save(tmp_path / "a.pt", config)
    checkpoint = load_checkpoint(tmp_path / "a.pt")
    agent = make_agent(config)
    assert weights(agent.state_dict()) != saved
    restore_agent(checkpoint, agent)
    assert weights(agent.state_dict()) == saved
    assert checkpoint.progress == Progress(7, 80, 900)
    assert checkpoint.config == config
    assert set(checkpoint.versions) == {"python", "torch", "numpy", "pokeenv"}


def test_restored_agent_learns_bit_for_bit_as_the_saved_one(tmp_path: Path) -> None:
    config = small_config("batch_size=5")
    save(tmp_path / "a.pt", config, updates=1)
    twice = make_agent(config)
    twice.update(random_batch())
    restored = make_agent(config)
    restore_agent(load_checkpoint(tmp_path / "a.pt"), restored)
    twice.update(random_batch(1))
    restored.update(random_batch(1))
    assert weights(twice.state_dict()) == weights(restored.state_dict())


def test_restoring_without_the_optimizer_leaves_it_fresh(tmp_path: Path) -> None:
    save(tmp_path / "a.pt", small_config())
    agent = make_agent(small_config())
    restore_agent(load_checkpoint(tmp_path / "a.pt"), agent, optimizer=False)
    assert agent.optimizer is not None
    assert agent.optimizer.state_dict()["state"] == {}


@pytest.mark.parametrize("length", [0, 10, len(MAGIC) + 20, -1, -1000])
def test_torn_file_is_refused(tmp_path: Path, length: int) -> None:
    path = tmp_path / "a.pt"
    save(path, small_config())
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(CheckpointError, match=r"torn|not a checkpoint"):
        load_checkpoint(path)


def test_flipped_bit_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.pt"
    save(path, small_config())
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match="torn or damaged"):
        load_checkpoint(path)


def test_crash_while_saving_keeps_the_older_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.pt"
    save(path, small_config())
    before = path.read_bytes()

    def fail(descriptor: int) -> None:
        raise OSError("disk is gone")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk is gone"):
        save(path, small_config())
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_other_observation_layout_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.pt"
    save(path, small_config())
    content = torch.load(io.BytesIO(path.read_bytes()[len(MAGIC) + 32 :]), weights_only=True)
    content["layout_hash"] = "0123456789abcdef"
    buffer = io.BytesIO()
    torch.save(content, buffer)
    path.write_bytes(MAGIC + hashlib.sha256(buffer.getvalue()).digest() + buffer.getvalue())
    with pytest.raises(CheckpointError, match=rf"0123456789abcdef.*{LAYOUT.hash}"):
        load_checkpoint(path)


def test_other_network_is_refused_with_both_values(tmp_path: Path) -> None:
    save(tmp_path / "a.pt", small_config())
    checkpoint = load_checkpoint(tmp_path / "a.pt")
    other = small_config("network.hidden_size=24")
    with pytest.raises(CheckpointError, match=r"network\.hidden_size: 16 there, 24 here"):
        require_same_network(checkpoint, other.network, "a.pt")
    with pytest.raises(CheckpointError, match="does not fit"):
        restore_agent(checkpoint, make_agent(other), source="a.pt")


def test_agent_is_loaded_by_checkpoint_by_folder_or_by_name(tmp_path: Path) -> None:
    run = RunFolder.new(tmp_path)
    config = small_config()
    agent = make_agent(config)
    path = run.save(config=config, agent=agent, progress=Progress(3, 4, 5), opponents={})
    obs = np.zeros((2, OBS_SIZE), dtype=np.float32)
    masks = np.ones((2, NUM_ACTIONS), dtype=np.int8)
    rows = np.arange(2)
    agent.begin(2, seed=1)
    expected = agent.act(obs, masks, rows)
    for name in (path, run.path, tmp_path):
        loaded = load_agent(str(name))
        loaded.begin(2, seed=1)
        np.testing.assert_array_equal(loaded.act(obs, masks, rows).log_probs, expected.log_probs)
    assert load_agent("max").name == "max"


def test_unknown_agent_is_refused_with_a_suggestion() -> None:
    with pytest.raises(CheckpointError, match="did you mean 'random'"):
        load_agent("randon")


def test_runs_never_share_a_folder_and_old_checkpoints_go(tmp_path: Path) -> None:
    first, second = RunFolder.new(tmp_path, keep=2), RunFolder.new(tmp_path)
    assert (first.path.name, second.path.name) == ("run_001", "run_002")
    config = small_config()
    agent = make_agent(config)
    for update in range(4):
        first.save(config=config, agent=agent, progress=Progress(update), opponents={})
    assert [path.name for path in first.checkpoints()] == ["checkpoint_00000002.pt", "checkpoint_00000003.pt"]
    assert find_checkpoint(tmp_path) == first.checkpoints()[-1], "the second run has none"


def test_resuming_from_an_older_checkpoint_starts_a_new_folder(tmp_path: Path) -> None:
    run = RunFolder.new(tmp_path)
    config = small_config()
    agent = make_agent(config)
    paths = [run.save(config=config, agent=agent, progress=Progress(n), opponents={}) for n in (1, 2)]
    assert RunFolder.of_checkpoint(paths[1], tmp_path).path == run.path
    assert RunFolder.of_checkpoint(paths[0], tmp_path).path == tmp_path / "run_002"


def test_folder_without_checkpoints_says_so(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="holds no checkpoint"):
        find_checkpoint(tmp_path)
