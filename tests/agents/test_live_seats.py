"""Live play without a server: refusals, battles of others, command lines and counts."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import websockets

from agents.errors import LiveError, NoAnswerError, ServerLostError
from agents.live.__main__ import count, main, parse_args, summarise
from agents.live.connection import server_configuration
from agents.live.seats import LiveResult, LiveSeats
from agents.players.baselines import make_baseline
from agents.players.loading import format_to_play, load_agent
from agents.players.search.player import SearchAgent
from pokeenv import ProtocolError, StreamHost, UnsupportedFormatError
from pokeenv.engine import SEED_WORDS
from pokeenv.engine.showdown.engine import EmbeddedShowdown
from tests.support.checkpoints import save, small_config
from tests.support.server_play import Recorder, play_session, settings
from tests.support.stream_server import Server

ROOM = "battle-gen1randombattle-1"


@pytest.fixture(scope="module")
def host() -> Iterator[StreamHost]:
    with StreamHost() as host:
        yield host


@pytest.fixture(scope="module")
def first_messages() -> list[list[str]]:
    """Lines of each message to p1 at the start of a battle, with the number that a server gives a request."""
    engine = EmbeddedShowdown("gen1randombattle", 1)
    server = Server()
    try:
        engine.step_async(np.full(2, -1), {0: np.ones(SEED_WORDS, dtype=np.uint16)})
        engine.step_wait()
        messages, _ = server.start(engine.battle_log(0)["inputLog"])
    finally:
        engine.close()
        server.process.kill()
        server.process.communicate()
    numbered = [message.replace("|request|{", '|request|{"rqid":3,') for message in messages]
    return [["|init|battle", "|title|A vs. B"], *(message.split("\n") for message in numbered)]


def seats_of(host: StreamHost, **kwargs: Any) -> LiveSeats:
    return LiveSeats(make_baseline("max"), "gen1randombattle", host, **kwargs)


def begin(seats: LiveSeats, messages: list[list[str]], room: str = ROOM) -> list[str]:
    return [said for lines in messages if (said := seats.receive(room, lines)) is not None]


@pytest.mark.parametrize("request_first", [False, True])
def test_lines_and_requests_are_read_in_either_order(
    host: StreamHost, first_messages: list[list[str]], request_first: bool
) -> None:
    seats = seats_of(host)
    messages = sorted(first_messages, key=lambda lines: lines[0].startswith("|request|") != request_first)
    messages.sort(key=lambda lines: lines[0] != "|init|battle")
    (said,) = begin(seats, messages)
    assert said.startswith("/choose move ") and said.endswith("|3")


def test_a_search_receives_the_messages_of_its_room(
    host: StreamHost, first_messages: list[list[str]]
) -> None:
    agent = load_agent("search:max?sims=4&worlds=1")
    assert isinstance(agent, SearchAgent)
    (said,) = begin(LiveSeats(agent, "gen1randombattle", host), first_messages)
    assert said.startswith("/choose ") and agent.sims[0] > 0
    agent.close()


def test_lines_of_a_newer_server_are_survived(host: StreamHost, first_messages: list[list[str]]) -> None:
    seats = seats_of(host)
    (said,) = begin(seats, [*first_messages[:-1], ["|-sparkle|p1a: Nobody", "|newroom|"], first_messages[-1]])
    assert said.startswith("/choose move ")
    assert seats.receive(ROOM, ["|-sparkle|p1a: Nobody", "|turn|2"]) is None and seats.rooms == [ROOM]


def test_a_refused_choice_is_left_to_the_server_once(
    host: StreamHost, first_messages: list[list[str]]
) -> None:
    seats = seats_of(host)
    begin(seats, first_messages)
    refusal = ["|error|[Invalid choice] Can't move: the battle has moved on"]
    assert [seats.receive(ROOM, refusal) for _ in range(2)] == ["/choose default|3", None]
    assert seats.receive(ROOM, ["|win|P1"]) is None
    (result,) = seats.ended()
    assert result.refused == 1 and result.decisions == 1


@pytest.mark.parametrize(("line", "outcome"), [("|win|P2", "lost"), ("|win|P1", "won"), ("|tie", "tied")])
def test_an_end_is_told_once_from_the_own_side(
    host: StreamHost, first_messages: list[list[str]], line: str, outcome: str
) -> None:
    seats = seats_of(host)
    begin(seats, first_messages)
    names = {
        part[2]: part[3]
        for lines in first_messages
        for text in lines
        if (part := text.split("|"))[1:2] == ["player"]
    }
    seats.receive(ROOM, [line.replace("P1", names["p1"]).replace("P2", names["p2"])])
    (result,) = seats.ended()
    assert (result.outcome, result.opponent, result.turns) == (outcome, names["p2"], 1)
    assert seats.ended() == [] and seats.rooms == []


def test_rooms_of_other_formats_and_rooms_beyond_the_limit_are_left_alone(
    host: StreamHost, first_messages: list[list[str]]
) -> None:
    seats = seats_of(host, concurrent=2)
    rooms = [
        "battle-gen2randombattle-1",
        ROOM,
        "battle-gen1randombattle-2-secret",
        "battle-gen1randombattle-3",
    ]
    assert [len(begin(seats, first_messages, room)) for room in rooms] == [0, 1, 1, 0]
    assert seats.rooms == rooms[1:3] and seats.begun == 2
    seats.leave(ROOM, "enough")
    assert len(begin(seats, first_messages, rooms[3])) == 1


def test_a_line_that_is_not_understood_names_the_room(
    host: StreamHost, first_messages: list[list[str]]
) -> None:
    seats = seats_of(host)
    begin(seats, first_messages)
    with pytest.raises(
        ProtocolError, match=rf"{ROOM}: seat p1, turn 1: .* the log of all seats: \|split\|p1"
    ):
        seats.receive(ROOM, ["|split|p1"])


def test_a_battle_is_silent_once_nothing_is_asked_for_so_long(
    host: StreamHost, first_messages: list[list[str]]
) -> None:
    now = [0.0]
    seats = seats_of(host, clock=lambda: now[0])
    begin(seats, first_messages)
    now[0] = 9.0
    assert seats.silent(10.0) == [] and seats.silent(8.0) == [ROOM]
    assert seats.leave(ROOM, "late").seconds == 9.0


def failed(chosen: Any, host: StreamHost, kind: type[LiveError]) -> str:
    with pytest.raises(kind) as caught:
        play_session(Recorder(make_baseline("max")), chosen, host, [])
    return str(caught.value)


def test_a_server_that_does_not_answer_is_told(host: StreamHost) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        words = failed(settings(port, "gen1randombattle", timeout_s=0.3), host, ServerLostError)
    assert words == f"no answer from ws://127.0.0.1:{port}/showdown/websocket within 0.3 s"


def test_what_is_no_showdown_server_is_told(host: StreamHost) -> None:
    async def refuse(websocket: Any) -> None:
        await websocket.close()

    async def say_nothing(websocket: Any) -> None:
        await websocket.wait_closed()

    async def against(handler: Any, kind: type[LiveError]) -> str:
        async with websockets.serve(handler, "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            chosen = settings(port, "gen1randombattle", timeout_s=0.5)
            return await asyncio.to_thread(failed, chosen, host, kind)

    assert "has ended the connection" in asyncio.run(against(refuse, ServerLostError))
    words = asyncio.run(against(say_nothing, NoAnswerError))
    assert words == "the server has not answered the log-in within 0.5 s"


@pytest.mark.parametrize(
    ("server", "address"),
    [
        ("localhost:8000", "ws://localhost:8000/showdown/websocket"),
        ("localhost", "ws://localhost:8000/showdown/websocket"),
        ("wss://sim3.psim.us", "wss://sim3.psim.us/showdown/websocket"),
        ("ws://[::1]:9000/other", "ws://[::1]:9000/other"),
        ("showdown", "wss://sim3.psim.us/showdown/websocket"),
    ],
)
def test_addresses_may_be_short(server: str, address: str) -> None:
    assert server_configuration(server).websocket_url == address


@pytest.mark.parametrize("server", ["localhost:port", "http://localhost:8000", ":8000", "host:99999"])
def test_what_is_no_address_is_refused(server: str) -> None:
    with pytest.raises(ValueError, match="is not a server: give HOST:PORT"):
        server_configuration(server)


def test_a_checkpoint_plays_the_format_it_was_trained_on(tmp_path: Path) -> None:
    save(tmp_path / "a.pt", small_config("battle_format=gen1randombattle"))
    model = str(tmp_path / "a.pt")
    assert format_to_play(model, None, any_format=False) == "gen1randombattle"
    assert format_to_play(model, "[Gen 1] Random Battle", any_format=False) == "gen1randombattle"
    assert format_to_play(model, "gen2randombattle", any_format=True) == "gen2randombattle"
    assert format_to_play("max", "gen2randombattle", any_format=False) == "gen2randombattle"
    with pytest.raises(
        UnsupportedFormatError, match=r"trained on gen1randombattle, not on gen2.*--any-format"
    ):
        format_to_play(model, "gen2randombattle", any_format=False)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--model", "maxx"], "'maxx' is neither a checkpoint nor one of"),
        (["--model", "max", "--battle-format", "gen9nonsense"], "unknown battle format"),
        (["--model", "max", "--battle-format", "gen9ou"], "needs teams and none were given"),
        (
            ["--model", "max", "--ladder", "1", "--battle-format", "gen1randombattle@@@Max Team Size = 2"],
            "ladders know no custom rules: use --accept or --challenge",
        ),
        (["--model", "max", "--team", "config/teams/gen9ou"], "generates its own teams"),
        (["--model", "poke-env:RandomPlayer"], "play on a server without pokeenv"),
        (["--model", "max", "--server", "localhost:port"], "is not a server"),
    ],
)
def test_faults_before_anything_is_played_exit_with_2(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    output = capsys.readouterr()
    assert words in output.err and output.err.startswith("error: ") and not output.out


def test_a_server_that_is_not_there_exits_with_3_and_leaves_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    path = tmp_path / "results" / "live.json"
    arguments = ["--model", "random", "--server", f"127.0.0.1:{port}", "--password", "hush"]
    assert main([*arguments, "--json", str(path)]) == 3
    assert f"cannot reach ws://127.0.0.1:{port}/showdown/websocket" in capsys.readouterr().err
    text = path.read_text(encoding="utf-8")
    assert json.loads(text)["exit_code"] == 3 and json.loads(text)["battles"] == [] and "hush" not in text


def test_without_poke_env_the_way_out_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "poke_env", None)
    assert main(["--model", "random"]) == 1
    assert "pip install 'pokeenv[live]'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--ladder", "3", "--battles", "2"],
        ["--ladder", "0"],
        ["--battles", "0"],
        ["--accept", "--ladder", "2"],
        ["--timeout", "0"],
        ["--timeout", "nan"],
        ["--concurrent", "-1"],
    ],
)
def test_numbers_that_contradict_or_mean_nothing_are_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse_args(["--model", "random", *arguments])
    assert caught.value.code == 2


def test_a_password_comes_from_the_environment_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POKEENV_PASSWORD", "there")
    assert parse_args(["--model", "random"]).password == "there"
    assert parse_args(["--model", "random", "--password", "here"]).password == "here"
    assert parse_args(["--model", "random", "--ladder", "4"]).battles == 4


def test_ties_count_half_and_battles_that_were_left_for_nothing() -> None:
    results = [
        LiveResult(ROOM, "B", outcome, 3, 3, 0, 1.0)  # type: ignore[arg-type]
        for outcome in ("won", "won", "lost", "tied", "unfinished")
    ]
    numbers = count(results)
    assert numbers["win_rate"] == 2.5 / 4
    assert summarise(numbers).startswith("2 won, 1 lost, 1 tied, 1 unfinished; win rate 0.625 [")
    assert summarise(count(results[-1:])) == "0 won, 0 lost, 0 tied, 1 unfinished"
