"""Battles in Ray actors: the same episodes, and every fault ends with the right number of episodes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import agents.runs.ray_battles
from agents import cluster
from agents.agent import RLAgent
from agents.checkpoints.checkpoint import load_checkpoint
from agents.config import TrainConfig, load_config
from agents.episodes.episode_batch import EpisodeBatch
from agents.episodes.source import collect
from agents.errors import CollectionError
from agents.evaluate.__main__ import main as evaluate_main
from agents.runs.battles import InlineBattles
from agents.runs.build import make_agent, make_pool
from agents.runs.ray_battles import CollectingActor, RayBattles, league_folder
from agents.selfplay.training_source import TrainingSource
from tests.support.training import TINY

ray = pytest.importorskip("ray")
cluster_utils = pytest.importorskip("ray.cluster_utils")

ROOT = Path(__file__).parents[2]
SETTINGS = TINY | {"num_workers": 1, "turn_limit": 20, "collection.source": "ray"}
MIB = 1 << 20
# In the environment of every process that is started from here, through Ray too.
os.environ["POKEENV_TEST_RAY"] = str(os.getpid())
MARK = f"POKEENV_TEST_RAY={os.getpid()}\0".encode()

pytestmark = pytest.mark.timeout(900)


def config_of(**overrides: object) -> TrainConfig:
    values = SETTINGS | {f"collection.{key}": value for key, value in overrides.items()}
    return load_config(None, [f"{key}={value}" for key, value in values.items()])


def begin(
    battles: RayBattles | InlineBattles, config: TrainConfig, folder: Path
) -> tuple[RLAgent, TrainingSource]:
    agent = make_agent(config)
    return agent, battles.begin(agent, make_pool(config, agent, folder), folder, seed=7, version=0)


def batches_of(agent: RLAgent, source: TrainingSource, config: TrainConfig, count: int) -> list[EpisodeBatch]:
    """Batches of a run of some updates."""
    found = []
    for _ in range(count):
        source.collect_ahead(4, 4)
        found.append(collect(source, config.episodes_per_update))
        agent.update(found[-1], progress=0.5)
        source.version += 1
    return found


def batches_until(
    agent: RLAgent, source: TrainingSource, config: TrainConfig, *, actors: int
) -> list[EpisodeBatch]:
    """The batches that are learnt from until so many actors run."""
    batches = []
    deadline = time.monotonic() + 120
    while source.figures()["collection/actors"] != actors:
        assert time.monotonic() < deadline
        batches += batches_of(agent, source, config, 1)
    return batches


def equal(a: EpisodeBatch, b: EpisodeBatch) -> bool:
    return all(torch.equal(a[name], b[name]) for name in a)


def assert_no_episode_twice(batches: Sequence[EpisodeBatch]) -> None:
    """Two episodes of one battle are seen from two seats, so no first observation comes twice."""
    seen = set()
    for batch in batches:
        starts = torch.cat([torch.zeros(1, dtype=torch.long), batch.episode_lengths.cumsum(0)[:-1]])
        for start, length in zip(starts.tolist(), batch.episode_lengths.tolist(), strict=True):
            key = batch.observations[start : start + length].numpy().tobytes()
            assert key not in seen
            seen.add(key)


class Nodes:
    """Ray nodes on this machine, and the processes that belong to them."""

    def __init__(self) -> None:
        self.cluster = cluster_utils.Cluster(
            initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False}
        )
        ray.init(address=self.cluster.address, log_to_driver=False, logging_level="error")

    def add(self, **options: Any) -> Any:
        return self.cluster.add_node(num_cpus=1, **options)

    def close(self) -> None:
        ray.shutdown()
        self.cluster.shutdown()


@pytest.fixture
def nodes() -> Iterator[Nodes]:
    before = simulators()
    made = Nodes()
    yield made
    made.close()
    deadline = time.monotonic() + 20
    while left := simulators() - before:
        assert time.monotonic() < deadline, f"simulators without an owner: {left}"
        time.sleep(0.1)


def simulators() -> set[int]:
    """Node processes of the engine that this process, or anything it has started, has started."""
    found = set()
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (path / "cmdline").read_bytes()
            if b"worker/main.mjs" in command and MARK in (path / "environ").read_bytes():
                found.add(int(path.name))
    return found


def pid_of(battles: RayBattles, number: int) -> int:
    """Process of an actor."""
    call = battles._slots[number].handle.__ray_call__
    pid: int = ray.get(call.remote(lambda _: os.getpid()), timeout=60)
    return pid


@pytest.mark.slow
def test_one_actor_without_staleness_gives_the_same_run_as_this_process(nodes: Nodes, tmp_path: Path) -> None:
    found = []
    for kind in (InlineBattles, RayBattles):
        config = config_of(actors=1, staleness=0)
        battles = kind(config)
        found.append(batches_of(*begin(battles, config, tmp_path / kind.__name__), config, 4))
        battles.close()
    assert all(equal(a, b) for a, b in zip(*found, strict=True))


@pytest.mark.slow
def test_the_same_number_of_actors_gives_the_same_run_wherever_they_are(nodes: Nodes, tmp_path: Path) -> None:
    """Two actors on one node, on two nodes, and on two nodes of which one slows down."""
    config = config_of(actors=2)
    folders = set(Path(tempfile.gettempdir()).glob("pokeenv-league-*"))
    found = []
    nodes.add()
    for place in range(2):
        battles = RayBattles(config)
        agent, source = begin(battles, config, tmp_path / str(place))
        batches = batches_of(agent, source, config, 3)
        if place:
            os.kill(pid := pid_of(battles, 1), signal.SIGSTOP)
            source.collect_ahead(4, 4)
            time.sleep(1.0)
            os.kill(pid, signal.SIGCONT)
        found.append([*batches, collect(source, 4)])
        figures = source.figures()
        assert figures["collection/actors"] == 2
        assert sum(name.startswith("collection/decisions_per_s/") for name in figures) == 2
        battles.close()
        if not place:
            nodes.add()  # one more than needed: the actors may be placed otherwise
    assert set(Path(tempfile.gettempdir()).glob("pokeenv-league-*")) <= folders
    assert all(equal(a, b) for a, b in zip(*found, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("deterministic", [True, False])
def test_a_killed_actor_is_replaced(deterministic: bool, nodes: Nodes, tmp_path: Path) -> None:
    nodes.add()
    config = config_of(actors=2, deterministic=deterministic)
    battles = RayBattles(config)
    agent, source = begin(battles, config, tmp_path)
    batches = batches_of(agent, source, config, 2)
    os.kill(pid_of(battles, 1), signal.SIGKILL)
    batches += batches_of(agent, source, config, 4)
    batches += batches_until(agent, source, config, actors=2)
    assert all(batch.num_episodes >= config.episodes_per_update for batch in batches)
    assert_no_episode_twice(batches)
    battles.close()


@pytest.mark.slow
def test_a_removed_node_costs_its_actor_and_an_added_one_brings_it_back(
    nodes: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agents.runs.ray_battles, "REPLACE_LIMIT_S", 3.0)
    second = nodes.add()
    config = config_of(actors=2)
    battles = RayBattles(config)
    agent, source = begin(battles, config, tmp_path)
    batches = batches_of(agent, source, config, 2)
    nodes.cluster.remove_node(second, allow_graceful=False)
    batches += batches_of(agent, source, config, 3)
    assert source.figures()["collection/actors"] == 1
    nodes.add()
    batches += batches_until(agent, source, config, actors=2)
    assert all(batch.num_episodes >= config.episodes_per_update for batch in batches)
    assert_no_episode_twice(batches)
    battles.close()


@pytest.mark.slow
def test_a_stopped_actor_does_not_hold_up_the_others(
    nodes: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agents.runs.ray_battles, "BEAT_S", 0.5)
    monkeypatch.setattr(agents.runs.ray_battles, "SILENCE_LIMIT_S", 2.0)
    nodes.add()
    config = config_of(actors=2, deterministic=False)
    battles = RayBattles(config)
    agent, source = begin(battles, config, tmp_path)
    batches = batches_of(agent, source, config, 2)
    os.kill(pid := pid_of(battles, 1), signal.SIGSTOP)
    try:
        batches += batches_of(agent, source, config, 4)
        batches += batches_until(agent, source, config, actors=1)  # it is given up
        assert_no_episode_twice(batches)
        battles.close()
    finally:
        os.kill(pid, signal.SIGKILL)


class Bulky(CollectingActor):
    """An actor whose episodes take up a MiB more each."""

    def _collect(self, *arguments: Any) -> Any:
        delivery = super()._collect(*arguments)
        for episode in delivery.episodes:
            padding = np.zeros(MIB, dtype=np.uint8)
            object.__setattr__(episode, "padding", padding)
        return delivery


@pytest.mark.slow
def test_an_object_store_that_is_too_small_spills_to_disk(tmp_path: Path) -> None:
    before = simulators()
    with ExitStack() as stack:
        made = cluster_utils.Cluster()
        stack.callback(made.shutdown)
        for _ in range(2):
            made.add_node(num_cpus=1, object_store_memory=80 * MIB, include_dashboard=False)
        ray.init(address=made.address, log_to_driver=False, logging_level="error")
        stack.callback(ray.shutdown)
        config = config_of(actors=2, deterministic=False).model_copy(update={"episodes_per_update": 60})
        battles = RayBattles(config, Bulky)
        stack.callback(battles.close)
        _, source = begin(battles, config, tmp_path)
        batches = [collect(source, 60) for _ in range(2)]
    assert all(batch.num_episodes >= 60 for batch in batches)
    assert_no_episode_twice(batches)
    assert simulators() <= before


@pytest.mark.slow
def test_a_killed_driver_leaves_nothing_running_and_is_resumed(tmp_path: Path) -> None:
    """The cluster that the driver started ends with it; the resumed run reaches the same parameters."""
    values = SETTINGS | {"episodes": 40, "checkpoint_interval": 3, "collection.actors": 2}
    before = simulators()

    def command(folder: Path, *more: str) -> list[str]:
        options = [f"--set={key}={value}" for key, value in (values | {"checkpoint_dir": folder}).items()]
        return [sys.executable, "train_selfplay.py", *(more or options)]

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    subprocess.run(command(whole), cwd=ROOT, check=True, capture_output=True, timeout=300)
    driver = subprocess.Popen(command(killed), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 240
    while not list(killed.glob("run_001/*.pt")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    driver.kill()
    driver.wait()
    deadline = time.monotonic() + 60
    while simulators() - before:
        assert time.monotonic() < deadline, "simulators of a dead driver"
        time.sleep(0.2)
    resume = command(killed, "--resume", str(killed / "run_001"))
    subprocess.run(resume, cwd=ROOT, check=True, capture_output=True, timeout=300)
    states = []
    for folder in (whole, killed):
        newest = sorted(folder.glob("run_001/*.pt"))[-1]
        states.append((newest.name, load_checkpoint(newest).agent["policy_net"]))
    assert states[0][0] == states[1][0]
    assert all(torch.equal(states[0][1][name], states[1][1][name]) for name in states[0][1])


@pytest.mark.slow
def test_a_node_with_another_version_is_refused_by_name(
    nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = {**cluster.facts(), "pokeenv": "7.1.0"}
    monkeypatch.setattr(cluster, "facts", lambda: theirs)  # in the driver alone
    with pytest.raises(
        CollectionError, match=r"^node \S+-\w{6}: pokeenv 0.*here, and pokeenv 7\.1\.0 on the driver"
    ):
        RayBattles(config_of(actors=1))


@pytest.mark.slow
def test_a_node_without_simulator_and_network_is_named(
    nodes: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as elsewhere:  # a node has the environment that it is started in
        elsewhere.setenv("POKEENV_CACHE", str(tmp_path))
        elsewhere.setenv("npm_config_registry", "http://127.0.0.1:9/")
        elsewhere.setenv("npm_config_cache", str(tmp_path / "npm"))
        elsewhere.setenv("npm_config_fetch_retries", "0")
        nodes.add()
    with pytest.raises(CollectionError, match=r"^node \S+-\w{6}: .*(install|npm)"):
        RayBattles(config_of(actors=2))


@pytest.mark.slow
def test_files_of_killed_actors_are_removed(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left, running = tmp_path / f"pokeenv-league-{ended.pid}-a", tmp_path / f"pokeenv-league-{os.getpid()}-b"
    other = tmp_path / "pokeenv-league-of-mine"
    for folder in (left, running, other):
        (folder / "league").mkdir(parents=True)
    own = league_folder(tmp_path)
    assert set(tmp_path.iterdir()) == {own, running, other}


@pytest.mark.slow
def test_too_few_cpus_are_reported(nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agents.runs.ray_battles, "START_LIMIT_S", 15.0)
    with pytest.raises(CollectionError, match=r"of 3 actors run after 15 s, and the cluster has 1 CPUs"):
        RayBattles(config_of(actors=3))


def test_a_missing_package_or_cluster_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(CollectionError, match=r"Ray is not installed here: pip install 'pokeenv\[ray\]'"):
        cluster.connect(None, 1)


@pytest.mark.slow
def test_matches_have_the_same_results_in_actors(nodes: Nodes, tmp_path: Path) -> None:
    nodes.add()
    tables = []
    for name, more in (("here", []), ("there", ["--ray", "--actors", "2"])):
        path = tmp_path / f"{name}.json"
        options = ["--battles", "8", "--battle-format", "gen1randombattle", "--quiet", "--json", str(path)]
        assert evaluate_main(["random", "max", "rule", *options, *more]) == 0
        tables.append(json.loads(path.read_text(encoding="utf-8")))
    here, there = (without_speed(table) for table in tables)
    assert here == there


def without_speed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_speed(item) for key, item in value.items() if key != "battles_per_s"}
    if isinstance(value, list):
        return sorted(map(repr, map(without_speed, value)))
    return value


@pytest.mark.parametrize("more", [["--device", "auto"], ["--replays", "pages"], ["--actors", "0"]])
def test_options_that_do_not_fit_actors_are_refused(more: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        evaluate_main(["random", "max", "--ray", *more])
