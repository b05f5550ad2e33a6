"""poke-env's connection to a Showdown server, with messages in order and failures as errors."""

from __future__ import annotations

import asyncio
import json
import logging
import urllib.parse
import urllib.request
from collections.abc import Callable, Coroutine
from typing import Any

import websockets
from poke_env import (
    AccountConfiguration,
    LocalhostServerConfiguration,
    ServerConfiguration,
    ShowdownServerConfiguration,
)
from poke_env.ps_client import PSClient
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from agents.errors import LogInError, ServerLostError
from agents.live.seats import to_id

SERVER_PATH = "/showdown/websocket"
DEFAULT_PORT = 8000  # Showdown's default


class Connection(PSClient):
    """A poke-env connection that passes every message to a function.

    poke-env logs connection failures and keeps waiting; here `listen` raises them as errors.

    Args:
        account: name and password; without a password, the name must not be registered.
        server: addresses of the server and of the log-in server.
        receive: called with each message in order.
        timeout_s: limit for the connection and the log-in server, in seconds.

    Attributes:
        connected: set once the server has answered.
    """

    def __init__(
        self,
        account: AccountConfiguration,
        server: ServerConfiguration,
        receive: Callable[[str], Coroutine[Any, Any, None]],
        timeout_s: float,
    ) -> None:
        """Do not connect yet; the object belongs to the running event loop."""
        super().__init__(
            account, server_configuration=server, start_listening=False, loop=asyncio.get_running_loop()
        )
        self._receive = receive
        self._timeout_s = timeout_s
        self.connected = asyncio.Event()

    async def listen(self) -> None:
        """Connect, log in and pass messages on until the connection ends.

        Raises:
            ServerLostError: always, at the end.
            LogInError: the server rejects the name or the password.
        """
        try:
            async with websockets.connect(
                self.websocket_url, max_queue=None, open_timeout=self._timeout_s
            ) as websocket:
                self.websocket = websocket
                self.connected.set()
                async for message in websocket:
                    await self._read(str(message))
        except ConnectionClosed:
            pass
        except InvalidURI:
            raise ServerLostError(f"{self.websocket_url} is not the address of a server") from None
        except (InvalidHandshake, EOFError) as error:
            raise ServerLostError(f"{self.websocket_url} is not a Showdown server: {error}") from None
        except asyncio.TimeoutError:
            raise ServerLostError(
                f"no answer from {self.websocket_url} within {self._timeout_s:g} s"
            ) from None
        except OSError as error:
            raise ServerLostError(f"cannot reach {self.websocket_url}: {error.strerror or error}") from None
        raise ServerLostError(f"the server has ended the connection ({self.websocket_url})")

    async def close(self) -> None:
        """End the connection; does nothing if there is none."""
        if self.connected.is_set():
            await self.websocket.close()

    async def _read(self, message: str) -> None:
        """Log in if the message asks for it, then pass the message on."""
        parts = message.split("|")
        kind = "" if message.startswith(">") or len(parts) < 3 else parts[1]
        if kind == "challstr":
            await self._log_in("|".join(parts[2:]))
        elif kind == "nametaken":
            hint = "" if self.account_configuration.password else "; a registered name needs a password"
            raise LogInError(f"the server rejects the name {self.username!r}: {'|'.join(parts[3:])}{hint}")
        elif kind == "updateuser" and parts[3:4] == ["1"]:
            if to_id(parts[2].removesuffix("@!")) == to_id(self.username):
                self.logged_in.set()
        await self._receive(message)

    async def _log_in(self, challenge: str) -> None:
        assertion = ""
        if self.account_configuration.password:
            assertion = await asyncio.to_thread(self._ask_log_in_server, challenge)
        await self.send_message(f"/trn {self.username},0,{assertion}")

    def _ask_log_in_server(self, challenge: str) -> str:
        """The log-in server's answer to name and password, which the Showdown server checks."""
        name, password = self.account_configuration
        form = {"act": "login", "name": name, "pass": password, "challstr": challenge}
        url = self.server_configuration.authentication_url
        try:
            body = urllib.parse.urlencode(form).encode()
            with urllib.request.urlopen(url, body, timeout=self._timeout_s) as answer:
                reply = json.loads(answer.read().decode()[1:])
            assertion = reply["assertion"]
        except OSError as error:
            raise ServerLostError(f"cannot reach the log-in server {url}: {error}") from None
        except (ValueError, KeyError, TypeError):
            raise ServerLostError(f"the log-in server {url} gave an invalid answer") from None
        if not assertion or assertion.startswith(";"):
            words = (assertion or "").lstrip(";") or "wrong name or password"
            raise LogInError(f"the log-in server rejects {name!r} with this password: {words}")
        return str(assertion)

    def _create_logger(self, log_level: int | None) -> logging.Logger:
        """A silent logger, since important failures are raised as errors."""
        logger = logging.Logger(self.username, level=logging.CRITICAL)
        logger.addHandler(logging.NullHandler())
        return logger


def server_configuration(server: str) -> ServerConfiguration:
    """The address of a server.

    Args:
        server: `HOST:PORT`, a websocket address, or `showdown` for the official server.

    Raises:
        ValueError: the text is none of these.
    """
    if server == "showdown":
        return ShowdownServerConfiguration
    address = urllib.parse.urlsplit(server if "://" in server else f"ws://{server}")
    try:
        port = address.port
    except ValueError:
        port = -1
    if address.scheme not in ("ws", "wss") or not address.hostname or port == -1:
        raise ValueError(f"{server!r} is not a server: give HOST:PORT, ws://..., wss://... or 'showdown'")
    if port is None and address.scheme == "ws":
        address = address._replace(netloc=f"{address.netloc}:{DEFAULT_PORT}")
    if address.path in ("", "/"):
        address = address._replace(path=SERVER_PATH)
    return ServerConfiguration(address.geturl(), LocalhostServerConfiguration.authentication_url)
