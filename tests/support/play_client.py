"""The browser's part of a game's connection, without a browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin


@contextmanager
def joined(address: str, identity: str) -> Iterator[tuple[ClientConnection, dict[str, Any]]]:
    """A tab's connection and the first answer to it.

    Args:
        address: of the page.
        identity: of the tab's game.
    """
    host = address.split("/")[2]
    socket = f"ws{address.removeprefix('http')}socket"
    with connect(socket, origin=Origin(f"http://{host}")) as tab:
        tab.send(json.dumps({"join": identity}))
        yield tab, json.loads(tab.recv(timeout=30))
