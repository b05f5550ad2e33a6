"""`PlayServer`: the page of a game and its connection, for browsers on this machine alone.

Every browser tab has a game of its own. The tab connects by a websocket and names its game, so that it
continues after a reload. All messages are JSON objects. The browser sends `{"join": ID}` first, and then
`{"choose": ACTION, "decision": NUMBER}`, `{"give_up": true}` or `{"again": "same" | "exchanged" | "new"}`;
the server answers each with `{"view": ...}` of `Game.view`, or `{"error": TEXT}`. It ends a connection for
good with `{"ended": TEXT}`.
"""

from __future__ import annotations

import hmac
import json
import logging
import re
import secrets
import sys
import threading
import traceback
from collections.abc import Callable
from http import HTTPStatus
from importlib.resources import files
from typing import Any

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from agents.play.game import Game
from pokeenv import IllegalActionError, PokeenvError

HOST = "127.0.0.1"
HANDSHAKE_S = 3.0  # also the longest wait for connections that a browser opened and never used, at the end
FIRST_MESSAGE_S = 10.0
BUSY_S = 5.0  # longest wait for a game that is being played, at the end
LONGEST_MESSAGE = 4096  # bytes

_TYPES = {"page.html": "text/html", "page.css": "text/css", "page.js": "text/javascript"}
_GAME_ID = re.compile(r"[0-9a-zA-Z-]{8,64}")


class _Session:
    """A tab's game. The lock is held while the game plays and while the other fields change."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.game: Game | None = None
        self.connection: ServerConnection | None = None
        self.timer: threading.Timer | None = None
        self.closed = False


class PlayServer:
    """Serves games on 127.0.0.1 until `close`.

    A request is answered if it names this host, comes from no other origin, and its path begins with the
    token, which is drawn anew for each server.

    Args:
        new_game: makes the game of a tab.
        port: 0 takes a free one.
        grace_s: seconds until the game of a closed tab ends; a reload is quicker.
        idle_s: seconds without a choice until a game ends.
        most_games: games at the same time.

    Attributes:
        address: of the page, with the token.

    Raises:
        OSError: the port cannot be used.
    """

    def __init__(
        self,
        new_game: Callable[[], Game],
        *,
        port: int = 0,
        grace_s: float = 30.0,
        idle_s: float = 3600.0,
        most_games: int = 8,
    ) -> None:
        """Listen; `serve` answers."""
        self._new_game = new_game
        self._grace_s, self._idle_s, self._most_games = grace_s, idle_s, most_games
        self._lock = threading.Lock()  # of the table of sessions; never held while waiting for a session's
        self._sessions: dict[str, _Session] = {}
        self._closing = False
        logger = logging.Logger(
            "agents.play", logging.CRITICAL
        )  # a browser's half-open connections are no news
        self._server = serve(
            self._serve_tab,
            HOST,
            port,
            process_request=self._answer,
            compression=None,
            open_timeout=HANDSHAKE_S,
            close_timeout=HANDSHAKE_S,
            max_size=LONGEST_MESSAGE,
            server_header=None,
            logger=logger,
        )
        self._host = f"{HOST}:{self._server.socket.getsockname()[1]}"
        self._token = secrets.token_urlsafe(24)
        self.address = f"http://{self._host}/{self._token}/"

    def serve(self) -> None:
        """Answer requests until `close`, or until an exception such as KeyboardInterrupt."""
        self._server.serve_forever()

    def close(self) -> None:
        """End all games and connections."""
        self._closing = True
        self._server.shutdown()
        with self._lock:
            sessions = list(self._sessions.items())
        for identity, session in sessions:
            free = session.lock.acquire(timeout=BUSY_S)  # closing the game of a busy agent fails its decision
            try:
                self._end(identity, session, "The program was stopped.")
            finally:
                if free:
                    session.lock.release()

    @property
    def games(self) -> int:
        """Number of running games."""
        with self._lock:
            return len(self._sessions)

    # Requests.

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer a request for a file, or refuse it; None lets a websocket open."""
        headers = request.headers
        if headers.get_all("Host") != [self._host]:
            return connection.respond(HTTPStatus.FORBIDDEN, f"This server is {self._host}.\n")
        origins, own = headers.get_all("Origin"), f"http://{self._host}"
        if origins not in ([], [own]):
            return connection.respond(HTTPStatus.FORBIDDEN, "Other origins are refused.\n")
        token, _, name = request.path.removeprefix("/").partition("/")
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            return connection.respond(
                HTTPStatus.FORBIDDEN, "Open the whole address that python -m agents.play printed.\n"
            )
        if name == "socket":
            if origins == [own]:
                return None
            return connection.respond(HTTPStatus.FORBIDDEN, "A websocket needs the page's origin.\n")
        name = name or "page.html"
        if name not in _TYPES:
            return connection.respond(HTTPStatus.NOT_FOUND, "There is no such file.\n")
        return self._file(name)

    def _file(self, name: str) -> Response:
        body = files(__package__).joinpath(name).read_bytes()
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; base-uri 'none'; "
            f"form-action 'none'; frame-ancestors 'none'; connect-src ws://{self._host}"
        )
        headers = Headers(
            {
                "Content-Type": f"{_TYPES[name]}; charset=utf-8",
                "Content-Length": str(len(body)),
                "Content-Security-Policy": policy,
                "Cache-Control": "no-store",
                "Connection": "close",
                "Cross-Origin-Resource-Policy": "same-origin",
                "Referrer-Policy": "no-referrer",
                "X-Content-Type-Options": "nosniff",
            }
        )
        return Response(HTTPStatus.OK.value, HTTPStatus.OK.phrase, headers, body)

    # Connections.

    def _serve_tab(self, connection: ServerConnection) -> None:
        """Play with one tab until its connection closes, in a thread of its own."""
        try:
            identity = _read(connection.recv(timeout=FIRST_MESSAGE_S)).get("join")
        except (TimeoutError, ConnectionClosed, ValueError):
            return
        if not isinstance(identity, str) or not _GAME_ID.fullmatch(identity):
            return
        session = self._session(identity)
        if session is None:
            _say(connection, ended=f"There are {self._most_games} battles already: close other tabs.")
            return
        try:
            self._play(connection, session)
        except TimeoutError:
            self._finish(identity, session, f"No choice in {self._idle_s:.0f} seconds: the battle has ended.")
        except ConnectionClosed:
            pass
        except PokeenvError as error:
            self._finish(identity, session, f"The battle cannot continue: {error}")
        except Exception as error:  # a fault of an agent must not take the other games with it
            if not self._closing:
                traceback.print_exc(file=sys.stderr)
            self._finish(identity, session, f"The battle cannot continue: {type(error).__name__}: {error}")
        finally:
            self._leave(identity, session, connection)

    def _session(self, identity: str) -> _Session | None:
        """The session of a game, made if there is none; None if there are too many."""
        with self._lock:
            session = self._sessions.get(identity)
            if session is None and len(self._sessions) < self._most_games and not self._closing:
                session = self._sessions[identity] = _Session()
            return session

    def _play(self, connection: ServerConnection, session: _Session) -> None:
        with session.lock:
            if session.closed:
                raise PokeenvError("its tab was closed; reload the page")
            earlier, session.connection = session.connection, connection
            if session.timer is not None:
                session.timer.cancel()
            if session.game is None:
                session.game = self._new_game()
            game = session.game
        if earlier is not None:
            _say(earlier, ended="This battle continues in another tab.")
            earlier.close()
        message: dict[str, Any] = {}
        while True:
            with session.lock:
                if session.connection is not connection:
                    return
                problem = _obey(game, message)
                connection.send(json.dumps({"error": problem} if problem else {"view": game.view()}))
                game.think()
            try:
                message = _read(connection.recv(timeout=self._idle_s))
            except ValueError as error:
                message = {"fault": str(error)}

    def _leave(self, identity: str, session: _Session, connection: ServerConnection) -> None:
        """Give a tab whose connection has closed some time to come back."""
        with session.lock:
            if session.closed or session.connection not in (None, connection):
                return
            session.connection = None
            session.timer = threading.Timer(self._grace_s, self._expire, (identity, session))
            session.timer.daemon = True
            session.timer.start()

    def _expire(self, identity: str, session: _Session) -> None:
        with session.lock:
            if session.connection is None:
                self._end(identity, session, "")

    def _finish(self, identity: str, session: _Session, reason: str) -> None:
        with session.lock:
            self._end(identity, session, reason)

    def _end(self, identity: str, session: _Session, reason: str) -> None:
        """End a session, whose lock the caller holds, and say why."""
        with self._lock:
            self._sessions.pop(identity, None)
        session.closed = True
        if session.timer is not None:
            session.timer.cancel()
        if session.game is not None:
            session.game.close()
        if session.connection is not None:
            _say(session.connection, ended=reason)
            session.connection.close()


def _obey(game: Game, message: dict[str, Any]) -> str:
    """Do what a message asks for, nothing if it is empty; return what is wrong with it."""
    match message:
        case {} if not message:
            return ""
        case {"choose": int(action), "decision": int(decision)}:
            try:
                game.choose(action, decision)
            except IllegalActionError as error:
                return str(error)
        case {"give_up": True}:
            game.give_up()
        case {"again": "same"}:
            game.start(game.seed, game.seat)
        case {"again": "exchanged"}:
            game.start(game.seed, 1 - game.seat)
        case {"again": "new"}:
            game.start(None, game.seat)
        case {"fault": str(fault)}:
            return fault
        case _:
            return f"not understood: {json.dumps(message)[:200]}"
    return ""


def _read(message: str | bytes) -> dict[str, Any]:
    """A message as a dictionary.

    Raises:
        ValueError: it is not a JSON object.
    """
    try:
        content = json.loads(message)
    except RecursionError as error:
        raise ValueError("the message is nested too deep") from error
    if not isinstance(content, dict):
        raise ValueError("a message is a JSON object")
    return content


def _say(connection: ServerConnection, **content: str) -> None:
    """Send a message to a connection that may have closed."""
    try:
        connection.send(json.dumps(content))
    except ConnectionClosed:
        pass
