"""Faults around the engine: errors name them, nothing hangs, nothing is left behind."""

from __future__ import annotations

import gc
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

from pokeenv import (
    NO_ACTION,
    BattleEnv,
    BattleFormat,
    BattleVectorEnv,
    ClosedError,
    EngineError,
    EngineTerminatedError,
    EngineTimeoutError,
    InstallError,
    SelfPlayVectorEnv,
)
from pokeenv.engine.showdown import install as installer
from pokeenv.engine.showdown.engine import EmbeddedShowdown
from tests.support.processes import descriptors, running, wait_until_gone

FORMAT = "gen1randombattle"


def test_a_killed_worker_raises_an_error_with_its_signal() -> None:
    with SelfPlayVectorEnv(FORMAT, 2) as env:
        obs, _ = env.reset(seed=1)
        actions = obs["action_mask"].argmax(axis=1)
        os.kill(env.engine.worker_pids[0], signal.SIGKILL)
        with pytest.raises(EngineTerminatedError, match="SIGKILL"):
            env.step(actions)


def test_a_silent_worker_raises_a_timeout() -> None:
    with SelfPlayVectorEnv(FORMAT, 2, timeout_s=20.0) as env:
        obs, _ = env.reset(seed=1)
        env.engine._workers[0]._timeout_s = 0.5
        pid = env.engine.worker_pids[0]
        os.kill(pid, signal.SIGSTOP)
        try:
            start = time.monotonic()
            with pytest.raises(EngineTimeoutError, match=r"did not answer within 0\.5 s"):
                env.step(obs["action_mask"].argmax(axis=1))
            assert time.monotonic() - start < 5
            with pytest.raises(EngineError, match="has failed before"):
                env.step(obs["action_mask"].argmax(axis=1))
        finally:
            env.close()
    assert wait_until_gone([pid]) == []


def test_a_closed_engine_says_so_and_closing_twice_is_fine() -> None:
    engine = EmbeddedShowdown(FORMAT, 1)
    pids = engine.worker_pids
    engine.close()
    engine.close()
    assert wait_until_gone(pids) == []
    with pytest.raises(ClosedError):
        engine.step_async(np.full(2, NO_ACTION))


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_nothing_is_left_behind_however_the_parent_ends(ending: signal.Signals) -> None:
    script = (
        "import signal, time\n"
        # A shell's background jobs ignore SIGINT, and so do their children.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from pokeenv import SelfPlayVectorEnv\n"
        f"env = SelfPlayVectorEnv('{FORMAT}', 2, num_workers=2)\n"
        "env.reset(seed=1)\n"
        "print(*env.engine.worker_pids, flush=True)\n"
        "time.sleep(60)\n"
    )
    shared = Path("/dev/shm")
    before = set(shared.iterdir()) if shared.is_dir() else set()
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert parent.stdout is not None
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(pids) == 2
    parent.send_signal(ending)
    parent.wait(timeout=10)
    assert wait_until_gone(pids) == []
    mine = {path for path in set(shared.iterdir()) - before if "pokeenv" in path.name} if before else set()
    assert mine == set()


def test_a_worker_that_cannot_start_says_why() -> None:
    with pytest.raises(EngineError, match='Showdown has no format "gen9nosuchformat"'):
        EmbeddedShowdown(BattleFormat("gen9nosuchformat", 9), 1)


def test_a_worker_that_died_between_steps_is_named_at_every_later_call() -> None:
    with SelfPlayVectorEnv(FORMAT, 2) as env:
        obs, _ = env.reset(seed=1)
        actions = obs["action_mask"].argmax(axis=1)
        pid = env.engine.worker_pids[0]
        os.kill(pid, signal.SIGKILL)
        wait_until_gone([pid])
        with pytest.raises(EngineTerminatedError, match="SIGKILL"):
            env.step(actions)
        with pytest.raises(EngineError, match=r"SIGKILL.*: close it and make another"):
            env.step(actions)


def test_a_worker_that_does_not_read_raises_a_timeout() -> None:
    with SelfPlayVectorEnv(FORMAT, 2, timeout_s=20.0) as env:
        env.reset(seed=1)
        worker = env.engine._workers[0]
        worker._timeout_s = 0.5
        os.kill(worker.pid, signal.SIGSTOP)
        start = time.monotonic()
        with pytest.raises(EngineTimeoutError, match=r"did not read its messages within 0\.5 s"):
            worker.request({"command": "more than a pipe holds", "padding": "x" * 1_000_000})
        assert time.monotonic() - start < 5


def test_an_interrupted_wait_closes_the_engine_to_further_use() -> None:
    with SelfPlayVectorEnv(FORMAT, 2) as env:
        obs, _ = env.reset(seed=1)
        worker = env.engine._workers[0]
        wait, worker.step_wait = worker.step_wait, lambda: (_ for _ in ()).throw(KeyboardInterrupt)
        with pytest.raises(KeyboardInterrupt):
            env.step(obs["action_mask"].argmax(axis=1))
        worker.step_wait = wait
        with pytest.raises(EngineError, match=r"KeyboardInterrupt.*: close it and make another"):
            env.reset(seed=1)


@pytest.mark.parametrize("number", [4, pytest.param(50, marks=pytest.mark.slow)])
def test_environments_one_after_the_other_leave_no_descriptor(number: int) -> None:
    BattleEnv(FORMAT).close()
    gc.collect()  # what earlier tests have dropped
    counts = []
    for seed in range(number):
        env = BattleEnv(FORMAT)
        env.reset(seed=seed)
        env.close()
        counts.append(descriptors())
    assert max(counts) == counts[0], counts


def test_a_worker_killed_in_the_middle_of_a_step_is_named() -> None:
    with SelfPlayVectorEnv(FORMAT, 64) as env:
        obs, _ = env.reset(seed=1)
        pid = env.engine.worker_pids[0]
        os.kill(pid, signal.SIGSTOP)  # so that the step is certainly under way when the worker dies
        env.step_async(obs["action_mask"].argmax(axis=1))
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(EngineTerminatedError, match=f"worker {pid} was ended by SIGKILL"):
            env.step_wait()


def test_an_environment_goes_on_with_a_new_worker_after_one_has_died() -> None:
    env = BattleEnv(FORMAT)
    obs, _ = env.reset(seed=1)
    os.kill(env._seats.engine.worker_pids[0], signal.SIGKILL)
    with pytest.raises(EngineTerminatedError):
        env.step(int(obs["action_mask"].argmax()))
    again, _ = env.reset(seed=1)
    assert (again["observation"] == obs["observation"]).all()
    env.close()


def test_a_new_worker_has_begun_no_battle() -> None:
    with BattleVectorEnv(FORMAT, 2, autoreset_mode="Disabled") as env:
        obs, _ = env.reset(seed=1)
        actions = obs["action_mask"].argmax(axis=1)
        env.close()
        env.reset(options={"reset_mask": np.array([True, False])})
        with pytest.raises(gym.error.ResetNeeded, match=r"battles \[1\] are over"):
            env.step(actions)


def test_an_environment_reset_after_its_end_can_be_closed_again() -> None:
    env = BattleVectorEnv(FORMAT, 2)
    env.reset(seed=1)
    env.close()
    env.reset(seed=1)
    pids = env.engine.worker_pids
    env.close()
    assert wait_until_gone(pids) == []


def test_a_fork_is_told_to_make_its_own_engine_and_does_no_harm() -> None:
    with SelfPlayVectorEnv(FORMAT, 1) as env:
        obs, _ = env.reset(seed=1)
        actions = obs["action_mask"].argmax(axis=1)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                env.step(actions)
            except EngineError as error:
                status = 0 if "came here by a fork" in str(error) else 2
            finally:
                env.close()
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        env.step(actions)


def test_an_environment_carried_into_a_fork_starts_its_own_simulator_at_reset() -> None:
    env = BattleEnv(FORMAT)
    obs, _ = env.reset(seed=1)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            again, _ = env.reset(seed=1)
            status = 0 if (again["observation"] == obs["observation"]).all() else 2
        finally:
            env.close()
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    env.step(int(obs["action_mask"].argmax()))
    env.close()


def test_a_fork_that_lives_on_does_not_keep_its_parents_worker() -> None:
    script = (
        "import os, time\n"
        "from pokeenv import SelfPlayVectorEnv\n"
        f"env = SelfPlayVectorEnv('{FORMAT}', 1)\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    time.sleep(60)\n"
        "print(env.engine.worker_pids[0], child, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    worker, child = map(int, parent.stdout.readline().split())
    parent.kill()
    parent.wait()
    assert wait_until_gone([worker]) == []
    assert running(child)
    os.kill(child, signal.SIGKILL)


def test_environments_work_in_processes_forked_after_the_import() -> None:
    envs = gym.vector.AsyncVectorEnv([lambda: BattleEnv(FORMAT) for _ in range(2)], context="fork")
    try:
        obs, _ = envs.reset(seed=1)
        obs, *_ = envs.step(obs["action_mask"].argmax(axis=1))
        assert obs["action_mask"].any(axis=1).all()
    finally:
        envs.close()


def test_an_engine_cannot_be_pickled_and_says_so() -> None:
    engine = EmbeddedShowdown(FORMAT, 1)
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(engine)
    engine.close()


def test_a_damaged_install_is_named_with_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    simulator = installer.simulator_path()
    copy = tmp_path / simulator.name
    shutil.copytree(simulator, copy)
    monkeypatch.setenv(installer.CACHE_VARIABLE, str(tmp_path))
    installer.check_install(copy)
    damaged = copy / "node_modules" / "pokemon-showdown" / "dist" / "sim" / "battle.js"
    damaged.write_bytes(damaged.read_bytes()[:50_000])
    with pytest.raises(InstallError, match=r"is damaged.*install --force"):
        EmbeddedShowdown(FORMAT, 1)


def test_a_full_disk_is_told_with_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm = tmp_path / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    npm.parent.mkdir(parents=True)
    npm.write_text("console.error('npm error code ENOSPC'); process.exit(228);")
    monkeypatch.setenv(installer.CACHE_VARIABLE, str(tmp_path / "cache"))
    node = installer.node_executable()
    monkeypatch.setattr(installer, "_node_root", lambda: tmp_path)
    monkeypatch.setattr(installer, "node_executable", lambda: node)
    with pytest.raises(InstallError, match=r"The disk is full.*POKEENV_CACHE"):
        installer.simulator_path()
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["install.lock"]
