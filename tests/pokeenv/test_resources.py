"""Resources of environments: processes of those that are dropped, and the room for their shared file."""

from __future__ import annotations

import gc
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import gymnasium as gym
import pytest

from pokeenv import EngineError, EngineTimeoutError, SelfPlayVectorEnv, observe_stream, parallel_env
from pokeenv.engine.showdown import shared_memory
from pokeenv.engine.showdown.engine import EmbeddedShowdown
from tests.support.processes import descriptors, running

FORMAT = "gen1randombattle"


def dropped_env() -> list[int]:
    env = gym.make("pokeenv/Battle-v0", battle_format=FORMAT)
    env.reset(seed=1)
    return env.unwrapped._seats.engine.worker_pids  # type: ignore[attr-defined]


def dropped_vector_env() -> list[int]:
    env = gym.make_vec("pokeenv/Battle-v0", num_envs=2, battle_format=FORMAT, num_workers=2)
    env.reset(seed=1)
    return env.unwrapped.engine.worker_pids  # type: ignore[attr-defined]


def dropped_parallel_env() -> list[int]:
    env = parallel_env(FORMAT)
    env.reset(seed=1)
    return env._env.engine.worker_pids


def dropped_self_play() -> list[int]:
    return SelfPlayVectorEnv(FORMAT, 1).engine.worker_pids


def dropped_stream() -> list[int]:
    return [observe_stream(FORMAT, "p1")._host._worker.pid]


def dropped_after_an_error() -> list[int]:
    env = SelfPlayVectorEnv(FORMAT, 1)
    pids = env.engine.worker_pids
    os.kill(pids[0], signal.SIGSTOP)  # it does not see the end of its pipe
    env.engine._workers[0]._timeout_s = 0.1
    with pytest.raises(EngineTimeoutError):
        env.reset(seed=1)
    return pids


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    "drop",
    [
        dropped_env,
        dropped_vector_env,
        dropped_parallel_env,
        dropped_self_play,
        dropped_stream,
        dropped_after_an_error,
    ],
)
def test_what_is_dropped_without_close_leaves_no_process_and_no_descriptor(
    drop: Callable[[], list[int]],
) -> None:
    gc.collect()  # what earlier tests have dropped
    before = descriptors()
    pids = drop()
    gc.collect()
    assert pids and [pid for pid in pids if running(pid)] == []
    assert descriptors() <= before


def run_in(script: str, setting: str) -> subprocess.CompletedProcess[str]:
    """Run Python with mounts of its own, made by the shell line `setting`; skip where that is not allowed."""
    unshare = ["unshare", "--map-root-user", "--mount", "bash", "-c"]
    if shutil.which("unshare") is None or subprocess.run([*unshare, setting], capture_output=True).returncode:
        pytest.skip("mounts of one's own are not allowed here")
    command = f"{setting} && exec {sys.executable} -c {shlex.quote(script)}"
    return subprocess.run([*unshare, command], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(("battles", "status"), [(1, 0), (64, 3)])
def test_a_full_shared_memory_folder_is_an_error_with_both_sizes(battles: int, status: int) -> None:
    script = (
        "import pokeenv, sys\n"
        f"try: pokeenv.SelfPlayVectorEnv('{FORMAT}', {battles}).reset(seed=1)\n"
        "except pokeenv.EngineError as error: print(error); sys.exit(3)\n"
    )
    result = run_in(script, "mount -t tmpfs -o size=100k tmpfs /dev/shm")
    assert (result.returncode, result.stderr) == (status, "")
    if status:
        assert re.search(r"need 0\.\d MiB of shared memory, and '/dev/shm' has 0\.1 MiB free", result.stdout)


@pytest.mark.parametrize("folder", ["missing", "read-only"])
def test_a_shared_memory_folder_that_cannot_be_used_is_replaced(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "missing" if folder == "missing" else Path("/proc")
    monkeypatch.setattr(shared_memory, "SHARED_MEMORY", str(path))
    with SelfPlayVectorEnv(FORMAT, 1) as env:
        obs, _ = env.reset(seed=1)
        assert obs["action_mask"].any()


def test_a_temporary_folder_that_cannot_be_used_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/proc")
    with pytest.raises(EngineError, match="set TMPDIR to a folder that can be written"):
        EmbeddedShowdown(FORMAT, 1)
