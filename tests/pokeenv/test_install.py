from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock

from pokeenv.engine.showdown import install as installer
from pokeenv.errors import InstallError

ENGINE_FOLDER = Path(installer.__file__).parent
# Nothing listens on the discard port of the loopback interface.
NO_NETWORK = {"npm_config_registry": "http://127.0.0.1:9/", "npm_config_fetch_retries": "0"}
LOADS_SIMULATOR = "require('pokemon-showdown/dist/sim/battle'); require('@pkmn/client')"


def start_install(cache: Path, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "pokeenv", "install"],
        env={**os.environ, "POKEENV_CACHE": str(cache), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # The child of a shell's background job would ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def without_network(tmp_path: Path) -> dict[str, str]:
    return {**NO_NETWORK, "npm_config_cache": str(tmp_path / "empty_npm_cache")}


def assert_node_loads_simulator(folder: Path) -> None:
    subprocess.run([str(installer.node_executable()), "-e", LOADS_SIMULATOR], cwd=folder, check=True)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "install.lock")


@pytest.fixture
def simulator() -> Path:
    return installer.simulator_path()


@pytest.fixture
def cache_copy(simulator: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An own cache with a complete install, which a test may damage."""
    cache = tmp_path / "cache"
    shutil.copytree(simulator, cache / simulator.name)
    monkeypatch.setenv("POKEENV_CACHE", str(cache))
    return cache / simulator.name


def test_installed_simulator_is_loaded_by_node(simulator: Path) -> None:
    assert_node_loads_simulator(simulator)


def test_random_teams_of_every_generation_survive_pruning(simulator: Path) -> None:
    script = """
    const {Dex, Teams} = require('pokemon-showdown/dist/sim');
    const formats = Dex.formats.all().filter(format => format.team);
    for (const format of formats) Teams.generate(format.id, {seed: [1, 2, 3, 4]});
    console.log(JSON.stringify(formats.map(format => format.id)));
    """
    command = [str(installer.node_executable()), "-e", script]
    result = subprocess.run(command, cwd=simulator, check=True, capture_output=True, text=True)
    assert {f"gen{generation}randombattle" for generation in range(1, 10)} <= set(json.loads(result.stdout))


def test_present_install_is_found_within_5_ms(simulator: Path) -> None:
    durations_s = []
    for _ in range(10):
        started = time.perf_counter()
        assert installer.simulator_path() == simulator
        durations_s.append(time.perf_counter() - started)
    assert min(durations_s) < 0.005


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_install_leaves_nothing_half_made_and_two_at_once_finish_it(
    signal_number: signal.Signals, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    # npm waits for a registry that accepts no connection: the install is under way until it is stopped.
    waiting = {"npm_config_fetch_retries": "9", "npm_config_fetch_retry_mintimeout": "60000"}
    environment = {**without_network(tmp_path), **waiting, "npm_config_fetch_retry_maxtimeout": "60000"}
    process = start_install(cache, **environment)
    deadline = time.monotonic() + 60
    while not list(cache.glob(".staging-*/new/package-lock.json")):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    # As a terminal's Ctrl-C and a machine's end do, the signal reaches npm too.
    os.killpg(process.pid, signal_number)
    process.communicate(timeout=60)
    assert not list(cache.glob("simulator-*"))
    if signal_number == signal.SIGINT:  # after Ctrl-C the install removes its own files
        assert names(cache) == []
        return

    processes = [start_install(cache), start_install(cache)]
    outputs = [process.communicate(timeout=280) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    assert len({stdout for stdout, _ in outputs}) == 1
    assert sum("installing Pokémon Showdown" in stderr for _, stderr in outputs) == 1
    folder = Path(outputs[0][0].strip())
    assert names(cache) == [folder.name]
    assert_node_loads_simulator(folder)


def test_missing_network_is_told_with_the_way_out(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    process = start_install(cache, **without_network(tmp_path))
    _, stderr = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "The npm registry cannot be reached" in stderr
    assert "HTTPS_PROXY" in stderr and "POKEENV_CACHE" in stderr
    assert "ECONNREFUSED" in stderr
    assert "Traceback" not in stderr
    assert names(cache) == []


def test_full_disk_is_told_by_its_name() -> None:
    assert "The disk is full" in installer._way_out(
        "npm error code ENOSPC\nnpm error no space left on device"
    )


@pytest.mark.parametrize("lost", [pytest.param("node_modules", marks=pytest.mark.slow), "installed.json"])
def test_damaged_install_is_replaced(lost: str, cache_copy: Path) -> None:
    path = cache_copy / lost
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    assert installer.simulator_path() == cache_copy
    assert_node_loads_simulator(cache_copy)
    assert names(cache_copy.parent) == [cache_copy.name]


def test_failed_replacement_keeps_the_install(
    cache_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in without_network(tmp_path).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InstallError, match="cannot be reached"):
        installer.install(force=True)
    assert installer.simulator_path() == cache_copy
    assert_node_loads_simulator(cache_copy)


def test_lock_held_too_long_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POKEENV_CACHE", str(tmp_path))
    monkeypatch.setattr(installer, "LOCK_TIMEOUT_S", 0.2)
    with FileLock(tmp_path / "install.lock"), pytest.raises(InstallError, match="POKEENV_CACHE"):
        installer.simulator_path()


def test_folder_that_cannot_be_written_is_an_install_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("POKEENV_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(InstallError, match="POKEENV_CACHE"):
        installer.simulator_path()


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS has its own cache folder")
def test_cache_folder_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POKEENV_CACHE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/ignored")
    assert installer.cache_folder() == tmp_path / ".cache" / "pokeenv"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert installer.cache_folder() == tmp_path / "xdg" / "pokeenv"
    monkeypatch.setenv("POKEENV_CACHE", str(tmp_path / "own"))
    assert installer.cache_folder() == tmp_path / "own"


def test_lock_file_names_the_public_registry_alone() -> None:
    lock = json.loads((ENGINE_FOLDER / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages
    for name, package in packages.items():
        assert package["resolved"].startswith("https://registry.npmjs.org/"), name
        assert package["integrity"].startswith("sha512-"), name


def test_npm_packages_are_pinned_exactly_and_once() -> None:
    manifest = json.loads((ENGINE_FOLDER / "package.json").read_text(encoding="utf-8"))
    lock = json.loads((ENGINE_FOLDER / "package-lock.json").read_text(encoding="utf-8"))
    assert lock["packages"][""]["dependencies"] == manifest["dependencies"]
    for name, version in manifest["dependencies"].items():
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
    pkmn = [name.rpartition("node_modules/")[2] for name in lock["packages"] if "/@pkmn/" in name]
    assert len(pkmn) == len(set(pkmn)), "two copies of one @pkmn package do not know each other's classes"
    assert "@pkmn/dex" not in pkmn
