"""The engine on real battles: exact, sealed, and never hanging."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from pokeenv import (
    NO_ACTION,
    ClosedError,
    EngineError,
    EngineTerminatedError,
    EngineTimeoutError,
    IllegalActionError,
    SelfPlayVectorEnv,
)
from pokeenv.engine import EmbeddedShowdown
from pokeenv.observation import LAYOUT
from tests.play import play_battles, random_actions

FORMAT = "gen1randombattle"
EVERY_GENERATION = [f"gen{generation}randombattle" for generation in range(1, 10)]


def record(battle_format: str, *, num_workers: int, steps: int = 60) -> list[bytes]:
    """Everything that a random player sees of four battles."""
    rng = np.random.default_rng(5)
    seen = []
    with SelfPlayVectorEnv(battle_format, 4, num_workers=num_workers) as env:
        obs, _ = env.reset(seed=7)
        for _ in range(steps):
            acting = env.acting.copy()
            seen.append(acting.tobytes())
            seen.append(obs["observation"][acting].tobytes() + obs["action_mask"].tobytes())
            obs, rewards, *_ = env.step(random_actions(rng, env.acting, obs["action_mask"]))
            seen.append(rewards.tobytes())
    return seen


def running(pid: int) -> bool:
    """Whether a process lives (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(pids: list[int], seconds: float = 10.0) -> list[int]:
    """The processes that still live after a while."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and any(map(running, pids)):
        time.sleep(0.05)
    return [pid for pid in pids if running(pid)]


@pytest.mark.parametrize("battle_format", ["gen1randombattle", "gen9randombattle"])
def test_same_seed_and_actions_give_the_same_bytes(battle_format: str) -> None:
    assert record(battle_format, num_workers=1) == record(battle_format, num_workers=1)


def test_the_number_of_workers_changes_nothing_that_is_seen() -> None:
    assert record(FORMAT, num_workers=1) == record(FORMAT, num_workers=2)


@pytest.mark.parametrize("battle_format", EVERY_GENERATION)
def test_every_number_stays_in_its_range_in_every_generation(battle_format: str) -> None:
    low = np.array([field.low for field in LAYOUT.fields], dtype=np.float32)
    high = np.array([field.high for field in LAYOUT.fields], dtype=np.float32)
    ids = np.array([field.kind == "id" for field in LAYOUT.fields])
    flags = np.array([field.kind == "flag" for field in LAYOUT.fields])
    decisions = 0
    for obs, acting, _ in play_battles(battle_format, num_battles=8, steps=60, seed=1):
        seen = obs["observation"][acting]
        outside = np.argwhere((seen < low) | (seen > high) | ~np.isfinite(seen))
        assert len(outside) == 0, [LAYOUT.fields[column].name for _, column in outside[:5]]
        assert (seen[:, ids] == np.floor(seen[:, ids])).all()
        assert np.isin(seen[:, flags], (0.0, 1.0)).all()
        assert (obs["action_mask"][acting].sum(axis=1) > 0).all()
        assert (obs["action_mask"][~acting] == 0).all()
        decisions += len(seen)
    assert decisions > 500


def test_an_illegal_action_is_refused_and_changes_nothing() -> None:
    with SelfPlayVectorEnv(FORMAT, 2) as env:
        obs, _ = env.reset(seed=1)
        before = obs["observation"].copy()
        illegal = int(np.flatnonzero(obs["action_mask"][2] == 0)[0])
        actions = obs["action_mask"].argmax(axis=1)
        actions[2] = illegal
        with pytest.raises(IllegalActionError, match=f"action {illegal} .*illegal; legal: .*row 2, turn 1"):
            env.step(actions)
        assert (env.engine.observations == before).all()
        actions[2] = obs["action_mask"][2].argmax()
        env.step(actions)


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
        # A shell's background jobs ignore SIGINT, and so would what they start.
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


def test_descriptors_do_not_leak() -> None:
    def descriptors() -> int:
        return len(os.listdir("/proc/self/fd"))

    EmbeddedShowdown(FORMAT, 1).close()
    before = descriptors()
    for _ in range(3):
        EmbeddedShowdown(FORMAT, 1).close()
    assert descriptors() == before


def test_a_worker_that_cannot_start_says_why() -> None:
    with pytest.raises(EngineError, match='Showdown has no format "gen9nosuchformat"'):
        EmbeddedShowdown("gen9nosuchformat", 1)


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
