"""Live play: a server's messages give the observations of the embedded battle."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pokeenv import (
    ClosedError,
    EngineError,
    EngineTerminatedError,
    EngineTimeoutError,
    IllegalActionError,
    ObservationStream,
    ProtocolError,
    StreamHost,
    UnknownFormatError,
    observe_stream,
    parse_format,
)
from pokeenv.engine import RUNNING, SEED_WORDS
from pokeenv.engine.showdown.engine import EmbeddedShowdown
from tests.support.play import GENERATIONS
from tests.support.stream_server import Server

TEAM = Path(__file__).parents[2] / "config" / "teams" / "gen1ou" / "balance.txt"
# Other messages of a server in a battle's room.
NOISE = [
    ">battle-gen9randombattle-1",
    "|init|battle",
    "|title|Ann vs. Bob",
    "|j|☆Ann",
    "|J|☆Bob",
    "",
    "|",
    "|t:|1700000000",
    "|inactive|Time left: 150 sec this turn | 150 sec total",
    "|c|☆Ann|good luck | have fun",
    "|c:|1700000000| Bob|hi",
    "|raw|<div>raw</div>",
    '|uhtml|x|<p class="|">y</p>',
    "|html|<b>z</b>",
    "|n| Cy|cy",
    "|l| Cy",
    "Cy: chat without a bar",
    "|error|That command does not exist.",
    "|cantleave|",
    "|allowleave|",
    "|choice||move 1",
    '|tournament|update|{"isActive":true}',
    "|updateuser| Ann|1|60|{}",
    "|usercount|12",
    "|request|",
]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.process.kill()
    server.process.communicate()


@pytest.fixture(scope="module")
def host() -> Iterator[StreamHost]:
    with StreamHost() as host:
        yield host


def deliver(stream: ObservationStream, messages: list[str], *, request_first: bool) -> None:
    """Deliver the server's answer to one command, with noise; optionally the request before its lines."""
    if request_first:
        messages = sorted(messages, key=lambda message: not message.startswith("|request|"))
    for message in messages:
        stream.receive("\n".join(NOISE))
        stream.receive(message)


def play_beside(
    engine: EmbeddedShowdown, server: Server, streams: list[ObservationStream], *, request_first: bool
) -> list[str]:
    """Play the engine's battle on the server too and compare everything; returns the choices."""
    rng = np.random.default_rng(1)
    choices: list[str] = []
    for seat, messages in enumerate(server.start(engine.battle_log(0)["inputLog"])):
        deliver(streams[seat], messages, request_first=request_first)
    while True:
        running = engine.statuses[0] == RUNNING
        for seat, stream in enumerate(streams):
            assert (stream.acting, stream.ended) == (bool(engine.acting[seat]), not running)
            if stream.acting or stream.ended:
                assert stream.observation.tobytes() == engine.observations[seat].tobytes()
                assert stream.action_mask.tobytes() == engine.action_masks[seat].tobytes()
        if not running:
            return choices
        actions = np.array(
            [rng.choice(np.flatnonzero(mask)) if mask.any() else -1 for mask in engine.action_masks]
        )
        for seat in np.flatnonzero(engine.acting):
            choice = streams[seat].choice(actions[seat])
            if choice is None:
                continue
            choices.append(choice)
            for other, messages in enumerate(server.ask(seat=int(seat), choice=choice)):
                deliver(streams[other], messages, request_first=request_first)
        engine.step_async(actions)
        engine.step_wait()


def observe_beside(
    battle_format: str, server: Server, host: StreamHost, *, request_first: bool, team: str | None = None
) -> list[str]:
    """`play_beside` with a battle of its own, both seats playing `team` if there is one."""
    layout = host.layout_of(parse_format(battle_format, has_teams=None))
    engine = EmbeddedShowdown(battle_format, 1, layout=layout)
    try:
        if team is not None:
            engine.set_teams(0, (team, team))
        words = np.random.default_rng(7).integers(65536, size=SEED_WORDS, dtype=np.uint16)
        engine.step_async(np.full(2, -1), {0: words})
        engine.step_wait()
        streams = [
            observe_stream(battle_format, seat, host=host, request_first=request_first)
            for seat in ("p1", "p2")
        ]
        choices = play_beside(engine, server, streams, request_first=request_first)
        for stream in streams:
            stream.close()
        return choices
    finally:
        engine.close()


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_stream_sees_what_the_embedded_battle_sees(
    server: Server, host: StreamHost, generation: int
) -> None:
    battle_format = f"gen{generation}randombattle"
    assert len(observe_beside(battle_format, server, host, request_first=generation % 2 == 0)) > 20


@pytest.mark.parametrize(
    "battle_format",
    [
        pytest.param("gen1randombattle", marks=pytest.mark.slow),
        "gen9randombattle",
        pytest.param("gen9randomdoublesbattle", marks=pytest.mark.slow),
    ],
)
def test_a_stream_sees_the_damage_that_the_embedded_battle_sees(server: Server, battle_format: str) -> None:
    with StreamHost(observation="damage") as host:
        assert len(observe_beside(battle_format, server, host, request_first=False)) > 20
        with pytest.raises(ValueError, match="the host does not give observation='base'"):
            observe_stream("gen1randombattle", "p1", host=host, observation="base")


@pytest.mark.parametrize("request_first", [pytest.param(False, marks=pytest.mark.slow), True])
def test_team_preview_is_picked_one_by_one_and_said_at_once(
    server: Server, host: StreamHost, request_first: bool
) -> None:
    team = TEAM.read_text(encoding="utf-8")
    choices = observe_beside("gen9customgame", server, host, request_first=request_first, team=team)
    assert [choice.split()[0] for choice in choices[:2]] == ["team", "team"]
    assert len(choices) > 20


@pytest.mark.parametrize(
    "battle_format",
    [
        "gen9customgame@@@Picked Team Size = 3,Terastal Clause,HP Percentage Mod",
        *(
            pytest.param(f"gen{rest}", marks=pytest.mark.slow)
            for rest in (
                "9customgame@@@!Team Preview,Picked Team Size = 2,Exact HP Mod",
                "9customgame@@@!Team Preview,Team Type Preview",
                "9customgame@@@Force Open Team Sheets",
                "9doublescustomgame@@@Picked Team Size = 4,!!Max Team Size = 6",
                "4customgame@@@Team Preview,Sleep Clause Mod",
                "1customgame@@@Team Preview,Picked Team Size = 3",
            )
        ),
    ],
)
def test_a_stream_follows_custom_rules(server: Server, host: StreamHost, battle_format: str) -> None:
    team = TEAM.read_text(encoding="utf-8")
    assert len(observe_beside(battle_format, server, host, request_first=False, team=team)) > 10


@pytest.fixture(scope="module")
def opening() -> list[str]:
    """The input log of a battle that has just begun."""
    engine = EmbeddedShowdown("gen1randombattle", 1)
    try:
        engine.step_async(np.full(2, -1), {0: np.ones(SEED_WORDS, dtype=np.uint16)})
        engine.step_wait()
        log: list[str] = engine.battle_log(0)["inputLog"]
        return log
    finally:
        engine.close()


@pytest.fixture
def begun(server: Server, host: StreamHost, opening: list[str]) -> Iterator[ObservationStream]:
    """A stream of seat p1 at its first decision."""
    messages = server.start(opening)
    with observe_stream("gen1randombattle", "p1", host=host) as stream:
        for message in messages[0]:
            stream.receive(message)
        yield stream


def test_an_action_that_is_not_legal_is_refused(begun: ObservationStream) -> None:
    with pytest.raises(IllegalActionError, match=r"action 22 .*illegal; legal: .*turn 1, seat p1"):
        begun.choice(22)
    assert begun.acting
    assert begun.choice(6) == "move 1"
    with pytest.raises(IllegalActionError, match=r"legal: \[\]"):
        begun.choice(6)


def test_a_choice_that_the_server_calls_invalid_is_an_error_and_due_again(begun: ObservationStream) -> None:
    mask, choice = begun.action_mask, begun.choice(6)
    assert not begun.acting
    with pytest.raises(ProtocolError, match=r"seat p1: \[Invalid choice\] Can't move"):
        begun.receive("|error|[Invalid choice] Can't move: too late")
    assert begun.acting and (begun.action_mask == mask).all()
    assert begun.choice(6) == choice


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('|request|{"wait":true,"side":{"id":"p2","pokemon":[]}}', "a request for p2 reached .* seat p1"),
        ("|request|{", "JSON"),
    ],
)
def test_a_line_that_is_not_understood_ends_the_stream(
    begun: ObservationStream, line: str, words: str
) -> None:
    with pytest.raises(ProtocolError, match=words):
        begun.receive(line)
    with pytest.raises(ClosedError, match="cannot be used"):
        begun.receive("|turn|2")


def test_a_server_that_sends_requests_first_is_noticed(host: StreamHost) -> None:
    stream = observe_stream("gen1randombattle", "p1", host=host)
    with pytest.raises(ProtocolError, match="request_first=True"):
        stream.receive('|request|{"active":[{}],"side":{"id":"p1","pokemon":[]}}')


def test_seat_and_format_are_checked_before_a_process_starts() -> None:
    with pytest.raises(ValueError, match="seat='p3'; allowed: p1, p2"):
        observe_stream("gen9randombattle", "p3")  # type: ignore[arg-type]
    with pytest.raises(UnknownFormatError):
        observe_stream("gen9randombatle", "p1")


def test_a_host_that_has_failed_takes_no_late_answer_for_another() -> None:
    with StreamHost(timeout_s=20.0) as host:
        streams = [observe_stream("gen1randombattle", seat, host=host) for seat in ("p1", "p2")]
        host._worker._timeout_s = 0.3
        os.kill(host._worker.pid, signal.SIGSTOP)
        with pytest.raises(EngineTimeoutError):
            streams[0].receive("|turn|1")
        os.kill(host._worker.pid, signal.SIGCONT)
        with pytest.raises(EngineError, match=r"did not answer.*: close it and make another"):
            streams[1].receive("|turn|2")
        for stream in streams:
            stream.close()


def test_lines_that_are_no_text_are_refused_and_harm_nobody(host: StreamHost) -> None:
    with observe_stream("gen1randombattle", "p1", host=host) as stream:
        with pytest.raises(TypeError, match="bytes"):
            stream.receive([b"|turn|1"])  # type: ignore[list-item]
        stream.receive("|turn|1")
        assert stream.turn == 1


def test_a_stream_of_its_own_ends_its_worker_whatever_has_failed() -> None:
    stream = observe_stream("gen1randombattle", "p1")
    worker = stream._host._worker
    os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(EngineTerminatedError, match="SIGKILL"):
        stream.close()
    stream.close()
    assert not Path(f"/proc/{worker.pid}").exists()


def test_a_stream_of_its_own_ends_its_worker() -> None:
    with observe_stream("gen1randombattle", "p2") as stream:
        assert not stream.acting and not stream.ended and stream.turn == 0
    stream.close()
    with pytest.raises(ClosedError):
        stream.receive("|turn|1")
