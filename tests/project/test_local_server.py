"""The Showdown server of tests and benchmarks leaves nothing behind."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

OWNER = """
import time
from tests.support.local_server import LocalServer

with LocalServer() as server:
    print(server.port, server.logs, flush=True)
    time.sleep(60)
"""


def test_a_server_ends_with_its_killed_owner_and_takes_its_files_along() -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True)
    with owner:
        assert owner.stdout is not None
        port, logs = owner.stdout.readline().split(maxsplit=1)
        folder = Path(logs.strip()).parents[2]
        assert folder.name.startswith("running-") and folder.is_dir()
        owner.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20.0
    while (listens(int(port)) or folder.exists()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not listens(int(port))
    assert not folder.exists()


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
