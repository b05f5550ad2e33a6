"""Checkpoints: complete, self-describing, and refused if they do not fit."""

from __future__ import annotations

import errno
import hashlib
import io
import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from agents.checkpoints.checkpoint import (
    MAGIC,
    Progress,
    load_checkpoint,
    require_same_network,
    restore_agent,
)
from agents.checkpoints.run_folder import RunFolder, find_checkpoint
from agents.errors import CheckpointError, CheckpointWarning, StopRequested, TornCheckpointError
from agents.players.loading import format_to_play, load_agent
from agents.runs.build import make_agent
from pokeenv import DOUBLES, LAYOUT, OBS_SIZE, SINGLES, UnsupportedFormatError
from tests.support.checkpoints import save, small_config, weights
from tests.support.random_batches import random_batch


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


@pytest.mark.parametrize("stop_at", [1, 2, 3])
@pytest.mark.parametrize("network", ["lstm", "basic"])
def test_interrupted_update_leaves_the_agent_as_it_was(network: str, stop_at: int) -> None:
    config = small_config(
        f"network.type={network}",
        "batch_size=5",
        "ppo_epochs=3",
        "magnet=ema",
        "magnet_coef=0.1",
        "aux_coef=0.1",
    )
    agent, twin = make_agent(config), make_agent(config)
    for each in (agent, twin):
        each.update(random_batch())
    before, asked = weights(agent.state_dict()), itertools.count(1)
    with pytest.raises(StopRequested):
        agent.update(random_batch(1), should_stop=lambda: next(asked) == stop_at)
    assert weights(agent.state_dict()) == before
    for each in (agent, twin):
        each.update(random_batch(2))
    assert weights(agent.state_dict()) == weights(twin.state_dict())


def test_restoring_without_the_optimizer_leaves_it_fresh(tmp_path: Path) -> None:
    save(tmp_path / "a.pt", small_config())
    agent = make_agent(small_config())
    restore_agent(load_checkpoint(tmp_path / "a.pt"), agent, optimizer=False)
    assert agent.optimizer is not None
    assert agent.optimizer.state_dict()["state"] == {}


@pytest.mark.parametrize(("there", "here"), [(0.1, 0.0), (0.0, 0.1)])
def test_optimizer_of_other_parameters_is_refused_with_the_reason(
    tmp_path: Path, there: float, here: float
) -> None:
    save(tmp_path / "a.pt", small_config(f"aux_coef={there}"))
    agent = make_agent(small_config(f"aux_coef={here}"))
    checkpoint = load_checkpoint(tmp_path / "a.pt")
    with pytest.raises(CheckpointError, match=f"aux_coef {there}, this run has {here}.*reset_optimizer"):
        restore_agent(checkpoint, agent)
    restore_agent(checkpoint, agent, optimizer=False)


@pytest.mark.parametrize("length", [0, 10, len(MAGIC) + 20, -1, -1000])
def test_torn_file_is_refused(tmp_path: Path, length: int) -> None:
    path = tmp_path / "a.pt"
    save(path, small_config())
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(TornCheckpointError, match=rf"torn or damaged.*name its folder {tmp_path} instead"):
        load_checkpoint(path)


def test_flipped_bit_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.pt"
    save(path, small_config())
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match="torn or damaged"):
        load_checkpoint(path)


def test_full_disk_is_reported_and_keeps_the_older_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.pt"
    save(path, small_config())
    before = path.read_bytes()

    def fail(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(CheckpointError, match=r"a\.pt: cannot be written: No space left on device; earlier"):
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


@pytest.mark.slow
def test_a_checkpoint_of_a_format_with_custom_rules_is_loaded(tmp_path: Path) -> None:
    battle_format = "gen9randomdoublesbattle@@@Max Team Size = 3"
    save(tmp_path / "a.pt", small_config(f"battle_format={battle_format}"), updates=0)
    assert load_checkpoint(tmp_path / "a.pt").action_space is DOUBLES
    assert format_to_play(str(tmp_path / "a.pt"), None, any_format=False) == battle_format
    with pytest.raises(UnsupportedFormatError, match="not on gen9randomdoublesbattle: leave out"):
        format_to_play(str(tmp_path / "a.pt"), "gen9randomdoublesbattle", any_format=False)


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
    masks = np.ones((2, SINGLES.num_actions), dtype=np.int8)
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
    run.close()
    same = RunFolder.of_checkpoint(paths[1], tmp_path)
    assert same.path == run.path
    same.close()
    assert RunFolder.of_checkpoint(paths[0], tmp_path).path == tmp_path / "run_002"


def run_of(tmp_path: Path, updates: int) -> tuple[Path, list[Path]]:
    """A run folder that no process holds, and its checkpoints."""
    run, config = RunFolder.new(tmp_path), small_config()
    agent = make_agent(config)
    paths = [
        run.save(config=config, agent=agent, progress=Progress(n), opponents={})
        for n in range(1, updates + 1)
    ]
    run.close()
    return run.path, paths


def tear(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


@pytest.mark.parametrize("content", [b"", b"\0" * 5000, MAGIC[:5], MAGIC + b"x" * 100, None])
def test_newest_whole_checkpoint_is_taken_with_a_warning_that_names_both(
    tmp_path: Path, content: bytes | None
) -> None:
    folder, (first, second, third) = run_of(tmp_path, 3)
    third.write_bytes(third.read_bytes()[:-1] if content is None else content)
    for where in (folder, tmp_path):
        with pytest.warns(CheckpointWarning, match=f"{third}: torn or damaged; using {second}"):
            assert find_checkpoint(where) == second
    tear(second)
    with pytest.warns(CheckpointWarning, match=f"{third}, {second}: torn"):
        assert find_checkpoint(folder) == first


def test_run_with_torn_checkpoints_alone_is_not_replaced_by_another_run(tmp_path: Path) -> None:
    run_of(tmp_path, 1)
    second, (only,) = run_of(tmp_path, 1)
    tear(only)
    with pytest.raises(
        CheckpointError, match=rf"{second}: every checkpoint is torn or damaged \({only.name}\)"
    ):
        find_checkpoint(tmp_path)


def test_checkpoint_of_another_version_is_not_taken_for_a_torn_one(tmp_path: Path) -> None:
    folder, paths = run_of(tmp_path, 2)
    paths[1].write_bytes(paths[1].read_bytes().replace(MAGIC, b"pokeenv-checkpoint 1\n", 1))
    with pytest.raises(CheckpointError, match="another version of pokeenv: pokeenv-checkpoint 1"):
        find_checkpoint(folder)


def test_a_resume_cleans_up_after_a_crash(tmp_path: Path) -> None:
    folder, (_, second, third) = run_of(tmp_path, 3)
    tear(third)
    (folder / f".{third.name}.123.tmp").write_bytes(b"half")
    (folder / ".metrics.jsonl.123.tmp").write_bytes(b"half")
    held = RunFolder.of_checkpoint(second, tmp_path)
    assert held.path == folder
    assert held.checkpoints()[-1] == second
    names = {path.name for path in folder.iterdir()}
    assert names == {"checkpoint_00000001.pt", second.name, f"{third.name}.torn"}


def test_run_folder_is_held_by_one_process_at_a_time(tmp_path: Path) -> None:
    folder, paths = run_of(tmp_path, 1)
    held = RunFolder.of_checkpoint(paths[0], tmp_path)
    with pytest.raises(CheckpointError, match=rf"{folder}: another process is writing this run.*load_model="):
        RunFolder.of_checkpoint(paths[0], tmp_path)
    held.close()
    RunFolder.of_checkpoint(paths[0], tmp_path).close()


def test_many_runs_at_once_get_a_folder_each(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        folders = list(pool.map(lambda _: RunFolder.new(tmp_path / "runs"), range(64)))
    assert len({folder.path for folder in folders}) == 64
    for folder in folders:
        folder.close()


def test_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"checkpoint_dir: .*run_001 cannot be made: Not a directory"):
        RunFolder.new(tmp_path / "file")


def test_folder_without_checkpoints_says_so(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="contains no checkpoint"):
        find_checkpoint(tmp_path)
