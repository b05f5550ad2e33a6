"""A Pokémon Showdown server on this machine, for tests and benchmarks that need one.

    python -m tests.support.local_server

installs it in advance.

The simulator's npm package contains the server too, but the server needs a writable copy of the package with
a configuration and folders. The whole package is installed once per user (the engine's own install leaves
the server out); every `LocalServer` runs in a copy made of hard links, which takes no space.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from filelock import FileLock

from pokeenv.engine.showdown.install import cache_folder, node_executable, npm_ci, simulator_version
from pokeenv.errors import PokeenvError

START_TIMEOUT_S = 90.0
_WRITTEN_FOLDERS = ("logs/repl", "logs/chat", "logs/modlog", "databases", "config/chat-plugins")
_SOURCES = ("data", "lib", "server", "sim", "tools")  # sources, which dist/ has in compiled form
# One child process for battles, one for sockets; throttles are off, because a benchmark starts many battles.
_SETTINGS = """
exports.bindaddress = '127.0.0.1';
exports.repl = false;
exports.nothrottle = true;
exports.subprocesses = {network: 1, simulator: %d, validator: 1, verifier: 1, pm: 1};
"""
# Every process of the server reads this; only the first one was not forked. When its owner ends or is killed,
# the pipe closes, and the process ends its process group and removes its files.
_END_WITH_OWNER = """
if (!process.send) {
  process.stdin.resume().on("end", () => {
    const folder = require("path").resolve(__dirname, "../../..");
    const everything = { recursive: true, force: true, maxRetries: 5 };
    require("fs").rm(folder, everything, () => process.kill(-process.pid, "SIGKILL"));
  });
}
"""


class ServerError(PokeenvError):
    """Raised when the local server does not start."""


class LocalServer:
    """A running server; it ends, with all its processes and files, at the end of the block or of its owner.

    Args:
        simulators: number of processes that share the battles.
        settings: JavaScript that is appended to the server's configuration, which all its processes read.

    Attributes:
        port: TCP port on 127.0.0.1.
        address: websocket address for clients.
        logs: folder of the server's logs.

    Raises:
        InstallError: the package cannot be installed.
        ServerError: the server ends, or does not listen within `START_TIMEOUT_S`.
    """

    def __init__(self, simulators: int = 1, settings: str = "") -> None:
        """Start the server and wait until it listens."""
        package = install_server()
        self._folder = Path(tempfile.mkdtemp(prefix="running-", dir=package.parents[1]))
        self._process: subprocess.Popen[bytes] | None = None
        try:
            root = _writable_copy(package, self._folder, _SETTINGS % simulators + _END_WITH_OWNER + settings)
            self.logs = root / "logs"
            self.port = _free_port()
            self.address = f"ws://127.0.0.1:{self.port}/showdown/websocket"
            with (self._folder / "server.log").open("wb") as log:
                self._process = subprocess.Popen(
                    [
                        node_executable(),
                        "pokemon-showdown",
                        "start",
                        "--no-security",
                        "--skip-build",
                        str(self.port),
                    ],
                    cwd=root,
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,  # a process group of its own: the server starts many processes
                )
            self._wait_until_listening()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> LocalServer:
        """The server itself."""
        return self

    def __exit__(self, *exception: object) -> None:
        """End the server."""
        self.close()

    @property
    def running(self) -> bool:
        """True if the server has neither been closed nor failed."""
        return self._process is not None and self._process.poll() is None

    def close(self) -> None:
        """End the server and remove its files; calling it again has no effect."""
        if self._process is not None:
            # Even if the server itself has ended, its children may still run.
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self._process.wait()
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def _wait_until_listening(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise ServerError(
                    f"the server ended with code {self._process.returncode}; {self._log_tail()}"
                )
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1.0).close()
                return
            except OSError:
                time.sleep(0.2)
        raise ServerError(f"the server did not listen within {START_TIMEOUT_S:g} s; {self._log_tail()}")

    def _log_tail(self) -> str:
        text = (self._folder / "server.log").read_text(encoding="utf-8", errors="replace")
        return f"end of its output:\n{text[-2000:].strip()}"


def install_server() -> Path:
    """The whole npm package, installed on first use.

    Raises:
        InstallError: the package cannot be installed.
    """
    folder = cache_folder() / f"server-{simulator_version()}"
    package = folder / "node_modules" / "pokemon-showdown"
    done = folder / "installed"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "install.lock", timeout=960.0):
        if not done.is_file():
            npm_ci(folder)
            done.touch()
    return package


def _writable_copy(package: Path, folder: Path, settings: str) -> Path:
    modules = folder / "node_modules"
    modules.mkdir()
    for other in package.parent.iterdir():
        if other.name != package.name:
            (modules / other.name).symlink_to(other)
    root = modules / package.name

    def leave_out(directory: str, names: list[str]) -> list[str]:
        return [name for name in names if Path(directory) == package and name in _SOURCES]

    shutil.copytree(package, root, copy_function=os.link, ignore=leave_out)
    for name in _WRITTEN_FOLDERS:
        (root / name).mkdir(parents=True, exist_ok=True)
    example = (root / "config" / "config-example.js").read_text(encoding="utf-8")
    (root / "config" / "config.js").write_text(example + settings, encoding="utf-8")
    return root


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    print(install_server())
