"""Battles in a process of their own: the same episodes, nothing left behind, every fault in words."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

import agents.runs.battles
import agents.runs.process_battles
from agents.agent import RLAgent
from agents.config import TrainConfig, load_config
from agents.episodes.episode_batch import EpisodeBatch
from agents.episodes.source import collect
from agents.errors import CollectionError
from agents.networks.masked_categorical import masked_log_probs
from agents.runs import large_messages
from agents.runs.battles import InlineBattles, open_battles
from agents.runs.build import make_agent, make_pool
from agents.runs.collector import Order
from agents.runs.metrics import summary_line
from agents.runs.process_battles import ProcessBattles
from agents.runs.remote_source import AsynchronousSource, RemoteSource
from agents.selfplay.opponents import OpponentPool
from agents.selfplay.training_source import TrainingSource
from pokeenv import PokeenvError
from tests.support.training import TINY

ROOT = Path(__file__).parents[2]
SETTINGS = TINY | {"num_workers": 1, "turn_limit": 20}


def config_of(**overrides: object) -> TrainConfig:
    values = SETTINGS | {f"collection.{key}": value for key, value in overrides.items()}
    return load_config(None, [f"{key}={value}" for key, value in values.items()])


@dataclass
class Learner:
    """A learner, its opponents, and the source of its episodes."""

    agent: RLAgent
    pool: OpponentPool
    source: TrainingSource

    def update(self, batch: EpisodeBatch) -> None:
        """Learn as the training loop does."""
        self.agent.update(batch, progress=0.5)
        self.source.version += 1
        self.pool.refresh(self.agent, self.source.version)


def learner(battles: ProcessBattles | InlineBattles, config: TrainConfig, folder: Path) -> Learner:
    agent = make_agent(config)
    pool = make_pool(config, agent, folder)
    return Learner(agent, pool, battles.begin(agent, pool, folder, seed=7, version=0))


@pytest.fixture(scope="module")
def battles() -> Iterator[ProcessBattles]:
    """A collecting process that one learner after another uses."""
    process = ProcessBattles(config_of(source="process"))
    yield process
    process.close()


def equal(a: EpisodeBatch, b: EpisodeBatch) -> bool:
    return all(torch.equal(a[name], b[name]) for name in a)


def children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    found = [int(child) for child in text.split()]
    return found + [grandchild for child in found for grandchild in children(child)]


def assert_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + 20
    while alive := [pid for pid in pids if Path(f"/proc/{pid}").exists()]:
        assert time.monotonic() < deadline, f"still running: {alive}"
        time.sleep(0.05)


def log_probs(agent: RLAgent, batch: EpisodeBatch) -> torch.Tensor:
    """Log-probabilities of the batch's actions under a policy, each episode from its start."""
    parts = []
    with torch.no_grad():
        for part in torch.arange(batch.num_decisions).split(batch.episode_lengths.tolist()):
            logits, _ = agent.policy_net(batch.observations[part].unsqueeze(1))
            chosen = masked_log_probs(logits.squeeze(1), batch.action_masks[part])
            parts.append(chosen.gather(1, batch.actions[part].unsqueeze(1)).squeeze(1))
    return torch.cat(parts)


def test_without_staleness_a_process_gives_the_same_run_as_this_process(
    battles: ProcessBattles, tmp_path: Path
) -> None:
    """Over several updates, with a new frozen opponent, new league members, and a reset between."""
    batches = {}
    for place, config in (("here", config_of()), ("there", config_of(source="process", staleness=0))):
        battles._config = config
        inline = InlineBattles(config) if place == "here" else None
        run = learner(inline or battles, config, tmp_path / place)
        batches[place] = []
        for update in range(5):
            run.source.collect_ahead(4, 4)
            batch = collect(run.source, config.episodes_per_update)
            batches[place].append((batch, run.source.results, run.pool.state_dict()["scores"]))
            run.update(batch)
            if update == 2:
                run.source.reset(99)
        batches[place].append(run)
        if inline is not None:
            inline.close()
    *ours, here = batches["here"]
    *theirs, there = batches["there"]
    for (batch, results, scores), (other, other_results, other_scores) in zip(ours, theirs, strict=True):
        assert equal(batch, other)
        assert results == other_results
        assert scores == other_scores
    assert {result.assignment.version for _, results, _ in ours for result in results} != {0}
    weights = [run.agent.networks.parameters() for run in (here, there)]
    assert all(torch.equal(a, b) for a, b in zip(*weights, strict=True))
    assert repr(here.pool.state_dict()) == repr(there.pool.state_dict())


def test_episodes_collected_ahead_are_those_of_the_policy_that_acted(
    battles: ProcessBattles, tmp_path: Path
) -> None:
    """However long the update takes, the next batch comes from the weights before it."""
    config = battles._config = config_of(source="process")
    found = []
    for pause in (0.0, 0.5):
        run = learner(battles, config, tmp_path / str(pause))
        run.source.collect_ahead(4, 4)
        first = collect(run.source, 4)
        acting = run.agent.snapshot("acting")
        run.update(first)
        time.sleep(pause)
        second = collect(run.source, 4)
        assert second.versions.tolist() == [0] * second.num_episodes
        assert (log_probs(acting, second) - second.old_log_probs).abs().max() < 1e-5
        assert (log_probs(run.agent, second) - second.old_log_probs).abs().max() > 1e-4
        third = collect(run.source, 4)  # nothing was collected ahead: with the newest weights
        assert third.versions.max() == 1
        found.append((first, second, third))
    assert all(equal(a, b) for a, b in zip(*found, strict=True))


def test_a_reset_drops_what_is_on_order(battles: ProcessBattles, tmp_path: Path) -> None:
    config = battles._config = config_of(source="process")
    batches = []
    for ahead in (False, True):
        run = learner(battles, config, tmp_path / str(ahead))
        if ahead:
            run.source.collect_ahead(4, 4)
        batch = collect(run.source, 4)
        run.update(batch)
        run.source.reset(5)
        batches.append(collect(run.source, 4))
        assert batches[-1].versions.tolist() == [1] * batches[-1].num_episodes
    assert equal(*batches)


def test_episodes_above_the_greatest_staleness_are_dropped_and_counted(
    battles: ProcessBattles, tmp_path: Path
) -> None:
    config = battles._config = config_of(source="process", max_staleness=0)
    run = learner(battles, config, tmp_path)
    assert isinstance(run.source, RemoteSource)
    run.source.collect_ahead(4, 4)
    run.source.version = 1
    batch = collect(run.source, 4)
    assert batch.num_episodes >= 4
    assert batch.versions.tolist() == [1] * batch.num_episodes
    assert run.source.figures()["collection/dropped"] >= 4


def test_the_progress_line_shows_actors_their_nodes_their_age_and_what_was_dropped() -> None:
    metrics = {"time/decisions_per_s": 900.0, "loss": 0.5, "rollout/staleness": 1.26}
    assert "actors" not in summary_line(metrics)
    metrics |= {"collection/actors": 3.0, "collection/dropped": 2.0}
    assert summary_line(metrics) == "900 decisions/s, loss 0.500, 3 actors, staleness 1.3, 2 dropped"
    rates = {f"collection/decisions_per_s/node-{number}": 400.0 + number for number in range(4)}
    assert ", 3 actors (4 nodes, 400 to 403 decisions/s), " in summary_line(metrics | rates)
    del rates["collection/decisions_per_s/node-2"], rates["collection/decisions_per_s/node-3"]
    assert ", 3 actors (node-0 400/s, node-1 401/s), " in summary_line(metrics | rates)


def test_the_next_batch_is_ordered_before_the_present_one_arrives(
    battles: ProcessBattles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Order] = []
    monkeypatch.setattr(battles, "send", sent.append)
    run = learner(battles, config_of(source="process"), tmp_path)
    for _ in range(2):  # the second call finds both on order
        assert run.source.collect_ahead(4, 6) == 6  # batches may grow
        assert [order.seed for order in sent] == [7, None]
        assert [order.num_episodes for order in sent] == [4, 6]


def test_without_a_next_batch_or_staleness_one_batch_is_ordered(
    battles: ProcessBattles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for following, staleness in ((0, 1), (4, 0)):
        sent: list[Order] = []
        monkeypatch.setattr(battles, "send", sent.append)
        config = config_of(source="process", staleness=staleness)
        monkeypatch.setattr(battles, "_config", config)
        run = learner(battles, config, tmp_path / str(staleness))
        assert run.source.collect_ahead(6, following) == 0
        assert [order.num_episodes for order in sent] == [6]


def test_collectors_that_never_wait_get_the_size_of_the_present_batch(
    battles: ProcessBattles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Order] = []
    monkeypatch.setattr(battles, "send", sent.append)
    config = config_of(source="process")
    run = learner(battles, config, tmp_path)
    source = AsynchronousSource(battles, run.agent, run.pool, config, seed=7, version=0)
    for version, size in enumerate((6, 8)):
        source.version = version
        for _ in range(2):  # the second call finds the version published
            assert source.collect_ahead(size, size + 1) == 0
    assert [(order.version, order.num_episodes) for order in sent] == [(0, 6), (1, 8)]


def test_a_batch_that_has_arrived_is_not_ordered_again(
    battles: ProcessBattles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = learner(battles, config_of(source="process"), tmp_path)
    while not run.source.num_finished:
        run.source.advance()
    sent: list[Order] = []
    monkeypatch.setattr(battles, "send", sent.append)
    run.source.collect_ahead(4, 4)
    assert [order.num_episodes for order in sent] == [4]


@pytest.mark.parametrize("shared", [True, False])
def test_large_arrays_arrive_whole_and_aligned(shared: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_messages, "HAS_SHARED_MEMORY", shared and large_messages.HAS_SHARED_MEMORY)
    here, there = multiprocessing.Pipe()
    arrays = [
        np.arange(count, dtype=kind) for count, kind in ((5001, np.int8), (3, np.int64), (2000, np.float32))
    ]
    open_files = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        large_messages.send_large(here, ("name", arrays))
        name, received = large_messages.receive_large(there)
        assert name == "name"
        assert all(np.array_equal(a, b) and a.dtype == b.dtype for a, b in zip(arrays, received, strict=True))
        assert all(array.flags.aligned for array in received)
    del received
    assert len(os.listdir("/proc/self/fd")) == open_files
    large_messages.send_large(here, "no array")
    assert large_messages.receive_large(there) == "no array"
    here.close()
    with pytest.raises(EOFError):
        large_messages.receive_large(there)


@pytest.mark.parametrize(("cores", "place"), [(1, "InlineBattles"), (2, "ProcessBattles")])
def test_auto_collects_in_another_process_if_there_is_a_core_for_it(
    cores: int, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("InlineBattles", "ProcessBattles"):
        monkeypatch.setattr(agents.runs.battles, name, lambda _, name=name: name)
    monkeypatch.setattr(agents.runs.battles, "usable_cores", lambda: cores)
    for template in ("train_config.yml", "train_config_long.yml"):
        assert open_battles(load_config(ROOT / "config" / template)) == place


@pytest.mark.slow
def test_a_killed_collector_is_named_and_leaves_nothing_behind(tmp_path: Path) -> None:
    config = config_of(source="process")
    process = ProcessBattles(config)
    try:
        simulators = children(process.pid)
        assert simulators
        run = learner(process, config, tmp_path)
        run.source.collect_ahead(4, 4)
        os.kill(process.pid, signal.SIGKILL)
        with pytest.raises(CollectionError, match=rf"process {process.pid} was ended by SIGKILL; resume"):
            collect(run.source, 1000)
        assert_gone(simulators)
    finally:
        process.close()


@pytest.mark.slow
def test_a_collector_that_does_not_work_is_given_up_and_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = config_of(source="process")
    process = ProcessBattles(config)
    family = [process.pid, *children(process.pid)]
    try:
        run = learner(process, config, tmp_path)
        run.source.advance()
        os.kill(process.pid, signal.SIGSTOP)
        monkeypatch.setattr(agents.runs.process_battles, "SILENCE_LIMIT_S", 0.5)
        monkeypatch.setattr(agents.runs.process_battles, "END_TIMEOUT_S", 0.1)
        with pytest.raises(CollectionError, match=rf"{process.pid} has not worked for 0\.5 s"):
            collect(run.source, 1000)
    finally:
        process.close()
    assert_gone(family)


def test_a_fault_of_this_process_is_not_an_end_of_the_collector(
    battles: ProcessBattles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(agents.runs.process_battles, "send_large", refuse)
    monkeypatch.setattr(agents.runs.process_battles, "END_TIMEOUT_S", 0.1)
    run = learner(battles, config_of(source="process"), tmp_path)
    with pytest.raises(CollectionError, match=r"runs, but cannot be reached: .*Too many open files; resume"):
        run.source.advance()


@pytest.mark.slow
def test_a_killed_owner_leaves_nothing_running(tmp_path: Path) -> None:
    arguments = [f"--set={key}={value}" for key, value in SETTINGS.items()]
    arguments += [
        f"--set=checkpoint_dir={tmp_path}",
        "--set=episodes=100000",
        "--set=collection.source=process",
    ]
    command = [sys.executable, "train_selfplay.py", *arguments]
    owner = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob("run_001/*.pt")) and time.monotonic() < deadline:
        time.sleep(0.1)
    family = children(owner.pid)
    owner.kill()
    owner.wait()
    assert len(family) >= 2, "a collector and its simulators"
    assert_gone(family)


@pytest.mark.slow
def test_a_fault_of_the_configuration_is_that_of_the_environment() -> None:
    config = config_of(source="process").model_copy(update={"battle_format": "gen9foo"})
    with pytest.raises(PokeenvError, match="unknown battle format 'gen9foo'"):
        open_battles(config)
