"""Streams of a server that is newer than the pinned simulator: unknown names are noted once."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from contextlib import closing
from zlib import crc32

import numpy as np
import pytest

from pokeenv import ObservationStream, ProtocolError, StreamHost, decode, observe_stream
from pokeenv.engine import SEED_WORDS
from pokeenv.engine.showdown.engine import EmbeddedShowdown
from tests.support.stream_server import Server

# Lines of a later version, sent after every message of the battle.
INVENTED = [
    "|-sparkle|p2a: Nobody|glitter",
    "|weatherfront|north",
    "|-start|p2a: Nobody|move: Sparkle",
    "|-end|p1a: Nobody|Sparkle",
    "|-singleturn|p1a: Nobody|move: Sparkle Guard",
    "|-sidestart|p2: Bob|move: Sparkle Web",
    "|-sideend|p2: Bob|move: Sparkle Web",
    "|-fieldstart|move: Sparkle Room|[of] p1a: Nobody",
    "|-fieldend|move: Sparkle Room",
    "|-activate|p2a: Nobody|ability: Sparkling",
    "|-item|p2: Nobody Else|Sparkle Orb",
    "|-boost|p2: Nobody Else|atk|1",
    "|-sidestart|all|move: Spikes",
    "|-start",
]


def later(name: str) -> str:
    """A name as a later version has it: half of the names are other ones, always the same."""
    id = re.sub("[^a-z0-9]", "", name.lower())
    if not crc32(id.encode()) % 2 or re.match("hiddenpower|return|frustration", id):
        return name
    return f"neo{name}" if name == id else f"Neo{name}"


def later_details(details: str) -> str:
    """The details of a Pokémon with another species and a further part."""
    species, *rest = details.split(", ")
    return ", ".join([later(species), *rest, "sparkling"])


def later_request(request: dict) -> dict:
    """A request with other species, moves, items, abilities and types."""
    for entry in request["side"]["pokemon"]:
        entry["details"] = later_details(entry["details"])
        entry["moves"] = [later(move) for move in entry["moves"]]
        for key in ("item", "ability", "baseAbility", "teraType"):
            if entry.get(key):
                entry[key] = later(entry[key])
    for active in request.get("active", []):
        for move in active["moves"]:
            move["id"] = later(move["id"])
    return request


def later_line(line: str) -> str:
    """A line with the names of a later version."""
    line = re.sub(r"(move|ability|item): ([^|\[\]]+)", lambda found: f"{found[1]}: {later(found[2])}", line)
    parts = line.split("|")
    kind = "".join(parts[1:2])
    if kind == "request" and parts[2]:
        return f"|request|{json.dumps(later_request(json.loads('|'.join(parts[2:]))))}"
    if kind in ("switch", "drag", "replace", "detailschange", "poke"):
        parts[3] = later_details(parts[3])
    elif kind in ("move", "-item", "-enditem", "-ability", "-start", "-end", "-terastallize", "-status"):
        parts[3] = later(parts[3])
    elif kind in ("-weather", "-fieldstart"):
        parts[2] = later(parts[2])
    return "|".join(parts)


def later_message(message: str) -> str:
    lines = [later_line(line) for line in message.split("\n")]
    return "\n".join(lines if message.startswith("|request|") else [*lines, *INVENTED])


@pytest.fixture(scope="module")
def host() -> Iterator[StreamHost]:
    with StreamHost(observation="damage") as host:
        yield host


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.process.communicate()


def opening(server: Server, battle_format: str) -> list[list[str]]:
    with closing(EmbeddedShowdown(battle_format, 1)) as engine:
        engine.step_async(np.full(2, -1), {0: np.full(SEED_WORDS, 3, dtype=np.uint16)})
        engine.step_wait()
        return server.start(engine.battle_log(0)["inputLog"])


SLOW = [pytest.param(generation, marks=pytest.mark.slow) for generation in (1, 4)]


@pytest.mark.parametrize("generation", [*SLOW, 9])
def test_a_battle_of_a_later_version_is_played_to_its_end(
    server: Server, host: StreamHost, caplog: pytest.LogCaptureFixture, generation: int
) -> None:
    battle_format = f"gen{generation}randombattle"
    rng = np.random.default_rng(generation)
    usual, foe, newer = (observe_stream(battle_format, seat, host=host) for seat in ("p1", "p2", "p1"))
    decisions = 0

    def deliver(answers: list[list[str]]) -> None:
        for message in answers[0]:
            usual.receive(message)
            newer.receive(later_message(message))
        for message in answers[1]:
            foe.receive(message)

    deliver(opening(server, battle_format))
    while not usual.ended:
        assert (newer.acting, newer.turn) == (usual.acting, usual.turn)
        assert newer.action_mask.tobytes() == usual.action_mask.tobytes()
        if usual.acting:
            check(newer, usual)
        for seat, stream in enumerate((usual, foe)):
            if stream.acting:
                action = rng.choice(np.flatnonzero(stream.action_mask))
                decisions += 1
                choice = stream.choice(action)
                if stream is usual:
                    assert newer.choice(action) == choice
                deliver(server.ask(seat=seat, choice=choice))
                break
    assert newer.ended and decisions > 20
    notes = [record.getMessage() for record in caplog.records if record.name == "pokeenv.stream"]
    assert any('unknown species "Neo' in note for note in notes)
    assert len(set(notes)) == len(notes)
    for stream in (usual, foe, newer):
        stream.close()


def check(newer: ObservationStream, usual: ObservationStream) -> None:
    """The known names are the same, the unknown ones unknown, and numbers of the server are right."""
    assert np.isfinite(newer.observation).all()
    seen, whole = (decode(stream.observation, usual.layout) for stream in (newer, usual))
    for side in ("own", "opposing"):
        for entry, true in zip(seen[side], whole[side], strict=True):
            for key in ("known", "active", "fainted", "hp", "level", "male", "female"):
                assert entry[key] == true[key], (side, key)
            assert entry["base_species"] in ("", true["base_species"])
            assert entry["item"] in ("", true["item"])
            assert entry["ability"] in ("", true["ability"])
    for entry, true in zip(seen["own"], whole["own"], strict=True):
        for move, known in zip(entry["moves"], true["moves"], strict=True):
            assert move["id"] in ("", known["id"])
            assert (move["known"], move["usable"], move["pp"]) == (
                known["known"],
                known["usable"],
                known["pp"],
            )


def test_each_name_is_noted_once_and_the_battle_goes_on(
    server: Server, host: StreamHost, caplog: pytest.LogCaptureFixture
) -> None:
    messages = opening(server, "gen9randombattle")[0]
    for _ in range(2):  # two battles, one host
        with observe_stream("gen9randombattle", "p1", host=host) as stream:
            for message in messages:
                stream.receive(message)
            stream.receive("|-gleam|p1a: Nobody\n|-gleam|p2a: Nobody\n|-weather|Gleam")
            assert stream.acting
            stream.receive("|turn|2")
            assert stream.turn == 2
    notes = [record.getMessage() for record in caplog.records]
    assert notes == [
        'unknown to Showdown 0.11.11, read on without it: unknown protocol message "-gleam"'
        " in the line: |-gleam|p1a: Nobody",
        'unknown to Showdown 0.11.11, read on without it: unknown weather "Gleam"',
    ]
    assert logging.getLogger("pokeenv.stream").level == logging.NOTSET


def test_the_log_of_all_seats_is_refused(host: StreamHost) -> None:
    with (
        observe_stream("gen9randombattle", "p1", host=host) as stream,
        pytest.raises(ProtocolError, match=r"the log of all seats: \|split\|p1"),
    ):
        stream.receive("|split|p1")
