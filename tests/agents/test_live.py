"""Live play against a real Showdown server on this machine: the same decisions, and clean ends."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from poke_env.concurrency import POKE_LOOP
from poke_env.player import BattleOrder

from agents.errors import LiveError, LogInError, NoAnswerError, ServerLostError
from agents.live.seats import LiveResult
from agents.live.session import LiveSession, LiveSettings
from agents.players.baselines import make_baseline
from agents.runs.build import make_agent
from pokeenv import DOUBLES, FORMATS, Agent, Decision, StreamHost, pack_teams, parse_format
from pokeenv.engine import RUNNING, SeatMessages
from pokeenv.engine.showdown.engine import EmbeddedShowdown
from pokeenv.opponents.poke_env_player import choices_of, picks_of
from tests.support.checkpoints import small_config
from tests.support.local_server import LocalServer
from tests.support.server_play import (
    SETTINGS,
    Idler,
    Recorder,
    RecordingSeats,
    Seen,
    bot,
    play_session,
    server_log,
    settings,
)

TEAMS = Path(__file__).parents[2] / "config" / "teams"


@pytest.fixture(scope="module")
def servers() -> Iterator[list[LocalServer]]:
    started: list[LocalServer] = []
    yield started
    for server in started:
        server.close()


@pytest.fixture
def server(servers: list[LocalServer]) -> LocalServer:
    """One server for all tests, and a new one after a test has killed it."""
    if not servers or not servers[-1].running:
        servers.append(LocalServer(settings=SETTINGS))
    return servers[-1]


@pytest.fixture(scope="module")
def host() -> Iterator[StreamHost]:
    with StreamHost() as host:
        yield host


def recurrent_agent(battle_format: str) -> Agent:
    """The same random weights each time."""
    return make_agent(small_config("network.type=lstm", f"battle_format={battle_format}"))


def action_of(feed: SeatMessages, log: list[str], picks: list[int], halves: list[str | None]) -> int:
    """The action of the next decision in an input log.

    Args:
        feed: messages of the seat.
        log: the seat's choices that have not been read.
        picks: team slots of a Team Preview that have been read, and are not yet picked.
        halves: choices of the Pokémon that have been read, and are not yet taken.
    """
    assert feed.request is not None
    if feed.request.get("teamPreview"):
        if not picks:
            picks += picks_of(log.pop(0).replace(" ", ""))
        return picks.pop(0) + (len(feed.choices) == DOUBLES.num_actions)
    while True:
        halves += [] if halves else choices_of(f"/choose {log.pop(0)}", feed.request)
        choice = halves.pop(0)
        assert choice is not None
        if choice in feed.choices:
            return feed.choices.index(choice)
        assert choice == "pass"  # of a Pokémon without a decision


def replay_in_engine(battle_format: str, input_log: list[str], seen: list[Seen]) -> None:
    """Play a battle of the server's again in the embedded engine, with a new agent in the seat."""
    commands = [line[1:].split(" ", 1) for line in input_log]
    start = json.loads(next(content for command, content in commands if command == "start"))
    players = [json.loads(content[3:]) for command, content in commands if command == "player"]
    own = int(players[1]["name"] == "Tester")
    theirs = [content for command, content in commands if command == f"p{2 - own}"]
    agent = recurrent_agent(battle_format)
    agent.begin(1)
    picks: list[int] = []
    halves: list[str | None] = []
    engine = EmbeddedShowdown(battle_format, 1)
    with closing(engine):
        if "team" in players[0]:
            engine.set_teams(0, (players[0]["team"], players[1]["team"]))
        seeds = [start["seed"], *(player.get("seed", "0,0,0,0") for player in players)]
        words = np.array(",".join(seeds).split(","), dtype=np.uint16)
        engine.step_async(np.full(2, -1), {0: words})
        engine.step_wait()
        decided = []
        while engine.statuses[0] == RUNNING:
            actions = np.full(2, -1)
            for row in np.flatnonzero(engine.acting).tolist():
                if row == own:
                    obs, mask = engine.observations[[row]], engine.action_masks[[row]]
                    actions[row] = agent.act(obs, mask, np.array([0]), greedy=True).actions[0]
                    decided.append(Seen(obs.tobytes(), mask.tobytes(), int(actions[row])))
                    assert decided[-1] == seen[len(decided) - 1]
                else:
                    actions[row] = action_of(engine.seat_messages(np.array([row]))[0], theirs, picks, halves)
            engine.step_async(actions)
            engine.step_wait()
        assert decided == seen and not theirs


@pytest.mark.parametrize(
    "battle_format",
    [
        "gen9randombattle",
        pytest.param("gen9ou", marks=pytest.mark.slow),
        pytest.param("gen9randomdoublesbattle", marks=pytest.mark.slow),
        "gen9championsvgc2026regmb",
        pytest.param("gen9ou@@@Picked Team Size = 3,Terastal Clause", marks=pytest.mark.slow),
    ],
)
def test_decisions_on_a_server_are_those_of_the_embedded_engine(
    server: LocalServer, host: StreamHost, battle_format: str
) -> None:
    found = parse_format(battle_format, has_teams=None)
    teams = pack_teams(found, TEAMS / found.base_id) if found.team_source == "files" else []
    live = Recorder(recurrent_agent(battle_format))
    with bot(server, "Randall", battle_format, team=teams[0] if teams else None):
        chosen = settings(server, battle_format, opponent="Randall", battles=2, concurrent=2, teams=teams)
        results: list[LiveResult] = []
        seats = play_session(live, chosen, host, results)
    assert [result.opponent for result in results] == ["Randall"] * 2
    assert all(result.outcome in ("won", "lost", "tied") and not result.refused for result in results)
    assert sorted(result.room for result in results) == sorted(seats.messages)

    # The same messages, one battle after the other: battles at the same time share no hidden state.
    again = Recorder(recurrent_agent(battle_format))
    replayed = RecordingSeats(again, battle_format, host)
    for room, messages in seats.messages.items():
        for lines in messages:
            replayed.receive(room, lines)
        replayed.ended()
    assert replayed.said == seats.said
    assert again.battles == live.battles

    for room, seen in zip(seats.messages, live.battles, strict=True):
        replay_in_engine(battle_format, server_log(server, room)["inputLog"], seen)


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60.0
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def refused(chosen: LiveSettings, host: StreamHost, kind: type[LiveError]) -> str:
    """The error message of a session that ends without a battle."""
    results: list[LiveResult] = []
    with pytest.raises(kind) as caught:
        play_session(make_baseline("max"), chosen, host, results)
    assert type(caught.value) is kind and not results
    return str(caught.value)


def test_a_message_is_noticed_that_comes_just_as_the_wait_for_it_begins(host: StreamHost) -> None:
    async def wait() -> None:
        seats = RecordingSeats(make_baseline("max"), "gen1randombattle", host)
        session = LiveSession(settings(1, "gen1randombattle", timeout_s=1.0), seats, print)
        message = asyncio.create_task(session._receive("|"))  # runs at the first pause of this task
        await session._until(iter((False, True)).__next__, "no message")
        await message

    asyncio.run(wait())


def test_two_agents_find_each_other_on_the_ladder(server: LocalServer, host: StreamHost) -> None:
    results: dict[str, list[LiveResult]] = {"Ann": [], "Bob": []}

    async def play(name: str) -> None:
        seats = RecordingSeats(make_baseline("max"), "gen1randombattle", host)
        chosen = settings(server, "gen1randombattle", mode="ladder", name=name, timer=True)
        await LiveSession(chosen, seats, results[name].append).play()
        (messages,) = seats.messages.values()
        assert any("Battle timer is ON" in line for lines in messages for line in lines)

    async def both() -> None:
        await asyncio.gather(play("Ann"), play("Bob"))

    asyncio.run(both())
    (ann,), (bob,) = results.values()
    assert {ann.outcome, bob.outcome} in ({"won", "lost"}, {"tied"})
    assert (ann.opponent, bob.opponent, ann.turns) == ("Bob", "Ann", bob.turns)


def test_an_opponent_that_stops_moving_is_left(server: LocalServer, host: StreamHost) -> None:
    results: list[LiveResult] = []
    with bot(server, "Idler", "gen1randombattle", Idler) as idler:
        chosen = settings(server, "gen1randombattle", opponent="Idler", timeout_s=5.0)
        play_session(make_baseline("max"), chosen, host, results)
        wait_until(lambda: idler.n_won_battles == 1)  # the battle was forfeited
    assert [(result.outcome, result.reason) for result in results] == [
        ("unfinished", "nobody has moved for 5 s")
    ]
    assert (results[0].turns, results[0].decisions) == (1, 1)


@pytest.mark.slow
def test_a_challenge_may_spell_custom_rules_otherwise(server: LocalServer, host: StreamHost) -> None:
    results: list[LiveResult] = []
    chosen = settings(server, "gen1randombattle@@@Max Team Size = 2", mode="accept")
    with bot(server, "Speller", "gen1randombattle@@@max team size=2") as speller:

        def notice(words: str) -> None:
            assert words == "logged in as Tester"
            asyncio.run_coroutine_threadsafe(speller.send_challenges("tester", 1), POKE_LOOP)

        seats = play_session(make_baseline("max"), chosen, host, results, notice)
    assert [result.outcome in ("won", "lost", "tied") for result in results] == [True]
    (room,) = seats.messages
    assert server_log(server, room)["log"].count("|teamsize|p1|2") == 1


def test_challenges_in_another_format_are_rejected(server: LocalServer, host: StreamHost) -> None:
    results: list[LiveResult] = []
    notices: list[str] = []
    with ExitStack() as stack:
        bots = [
            stack.enter_context(bot(server, f"Bot {generation}", f"gen{generation}randombattle"))
            for generation in (1, 2)
        ]

        def notice(words: str) -> None:
            notices.append(words)
            if words != "logged in as Tester" and not words.startswith("rejected"):
                return
            # The first is rejected, after which the second may play.
            sender = bots[len(notices) - 1]
            sending = asyncio.run_coroutine_threadsafe(sender.send_challenges("tester", 1), POKE_LOOP)
            stack.callback(sending.cancel)

        play_session(
            make_baseline("max"), settings(server, "gen2randombattle", mode="accept"), host, results, notice
        )
    assert notices[1] == "rejected: Bot 1 challenges in gen1randombattle, not gen2randombattle"
    assert [result.opponent for result in results] == ["Bot 2"]
    assert results[0].outcome in ("won", "lost", "tied")


def test_a_name_that_is_taken_or_invalid_is_rejected_in_the_servers_words(
    server: LocalServer, host: StreamHost
) -> None:
    with bot(server, "Somebody", "gen1randombattle"):
        words = refused(settings(server, "gen1randombattle", name="somebody"), host, LogInError)
        assert "rejects the name 'somebody': Someone is already using the name" in words
    words = refused(settings(server, "gen1randombattle", name="!!!"), host, LogInError)
    assert "must contain at least one letter" in words


class LogInServer(BaseHTTPRequestHandler):
    """Knows no password."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b']{"actionsuccess":false,"assertion":";;Wrong password."}')

    def log_message(self, format: str, *args: Any) -> None:
        pass


def test_a_wrong_password_is_told_and_not_shown(server: LocalServer, host: StreamHost) -> None:
    with HTTPServer(("127.0.0.1", 0), LogInServer) as log_in:
        threading.Thread(target=log_in.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{log_in.server_port}/action.php?"
        chosen = settings(server, "gen1randombattle", password="secret words", log_in=url)
        words = refused(chosen, host, LogInError)
        log_in.shutdown()
    assert words == "the log-in server rejects 'Tester' with this password: Wrong password."
    assert "secret" not in repr(chosen)
    chosen = settings(server, "gen1randombattle", password="secret words", log_in=url)
    assert refused(chosen, host, ServerLostError).startswith(f"cannot reach the log-in server {url}")


def test_formats_and_users_that_the_server_does_not_know_are_named(
    server: LocalServer, host: StreamHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A format of this version that the server lacks.
    known = {**FORMATS, "gen1nonsense": replace(FORMATS["gen1randombattle"], id="gen1nonsense")}
    monkeypatch.setattr("pokeenv.formats.FORMATS", known)
    with bot(server, "Knower", "gen1randombattle"):
        words = refused(settings(server, "gen1nonsense", opponent="Knower"), host, NoAnswerError)
    assert words.startswith("no battle in gen1nonsense: Your selected format is invalid")
    words = refused(settings(server, "gen1randombattle", opponent="Nobody"), host, NoAnswerError)
    assert words == "no battle in gen1randombattle: The user 'Nobody' was not found."


def test_a_challenge_that_nobody_accepts_ends_and_is_taken_back(
    server: LocalServer, host: StreamHost
) -> None:
    with bot(server, "Sleeper", "gen1randombattle") as sleeper:  # plays that format alone
        chosen = settings(server, "gen2randombattle", opponent="Sleeper", timeout_s=4.0)
        words = refused(chosen, host, NoAnswerError)
        assert words == "Sleeper has not accepted the challenge in gen2randombattle within 4 s"
        # The withdrawn challenge does not block the next one.
        results: list[LiveResult] = []
        chosen = settings(server, "gen1randombattle", opponent="Sleeper")
        play_session(make_baseline("max"), chosen, host, results)
        assert results[0].opponent == sleeper.username


class MovesOnce(Idler):
    def choose_move(self, battle: Any) -> BattleOrder:
        return self.choose_random_move(battle) if battle.turn == 1 else super().choose_move(battle)


def test_ctrl_c_in_mid_battle_forfeits_and_ends_without_a_traceback(server: LocalServer) -> None:
    address = f"127.0.0.1:{server.port}"
    command = [sys.executable, "-m", "agents.live", "--model", "random", "--server", address]
    with bot(server, "Idler", "gen9randombattle", MovesOnce) as idler:
        process = subprocess.Popen(
            [*command, "--challenge", "Idler", "--username", "Mortal"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A shell's background jobs ignore Ctrl-C, and so do the processes that they start.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        try:
            # A second turn has come: so the other, whatever it has read of that, decided in the first.
            wait_until(lambda: any(battle.turn > 1 for battle in idler.battles.values()))
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=30.0)
        finally:
            process.kill()
        wait_until(lambda: idler.n_won_battles == 1)
    assert process.returncode == 130
    assert errors.splitlines() == ["logged in as Mortal", "stopped"]
    assert re.search(r"unfinished  against Idler  \([12] turns, [1-9] decisions", output), output
    assert output.splitlines()[-1] == "0 won, 0 lost, 0 tied, 1 unfinished"


def test_a_server_that_dies_in_mid_battle_is_told_with_what_was_left(
    server: LocalServer, host: StreamHost
) -> None:
    class Killer(Recorder):
        def act(self, *args: Any, **kwargs: Any) -> Decision:
            if len(self.battles[0]) == 2:
                server.close()
            return super().act(*args, **kwargs)

    results: list[LiveResult] = []
    with bot(server, "Randall", "gen1randombattle"):
        with pytest.raises(ServerLostError, match="the server has ended the connection"):
            chosen = settings(server, "gen1randombattle", opponent="Randall")
            play_session(Killer(make_baseline("random")), chosen, host, results)
    assert [(result.outcome, result.decisions) for result in results] == [("unfinished", 3)]
    assert results[0].reason.startswith("the server has ended the connection")
    # Nothing listens on that port any more.
    words = refused(settings(server, "gen1randombattle"), host, ServerLostError)
    assert words.startswith(f"cannot reach ws://127.0.0.1:{server.port}/showdown/websocket: ")
