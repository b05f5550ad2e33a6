"""Streams of servers and logs that write things in other ways: line ends, nothing, numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest

from pokeenv import ObservationStream, ProtocolError, StreamHost, decode, observe_stream
from pokeenv.engine import SEED_WORDS
from pokeenv.engine.showdown.engine import EmbeddedShowdown
from tests.support.stream_server import Server

FORMAT = "gen9customgame"
TEAM = "Mew\nAbility: No Ability\n- Pound\n- Tackle\n- Splash\n\nAbra\nAbility: No Ability\n- Pound"


@pytest.fixture(scope="module")
def host() -> Iterator[StreamHost]:
    with StreamHost(observation="damage") as host:
        yield host


@pytest.fixture(scope="module")
def messages() -> list[str]:
    """The messages that p1 receives before and in the first turn, the request of the turn last."""
    server = Server()
    with closing(EmbeddedShowdown(FORMAT, 1)) as engine:
        engine.set_teams(0, (TEAM, TEAM))
        engine.step_async(np.full(2, -1), {0: np.ones(SEED_WORDS, dtype=np.uint16)})
        engine.step_wait()
        received = server.start(engine.battle_log(0)["inputLog"])[0]
    for seat in (0, 1):
        received += server.ask(seat=seat, choice="team 12")[0]
    server.process.communicate()
    return sorted(received, key=lambda message: message.startswith("|request|") and '"active":[' in message)


def observe(host: StreamHost, messages: list[str], *more: str) -> ObservationStream:
    """A stream that has received the messages."""
    stream = observe_stream(FORMAT, "p1", host=host)
    for message in [*messages[:-1], *more, messages[-1]]:
        stream.receive(message)
    stream.close()
    return stream


def with_request(messages: list[str], **values: object) -> list[str]:
    """The messages with other values in each Pokémon of the last request."""
    request = json.loads(messages[-1].removeprefix("|request|"))
    for entry in request["side"]["pokemon"]:
        entry.update(values)
    return [*messages[:-1], f"|request|{json.dumps(request)}"]


@pytest.mark.parametrize(
    "values",
    [
        {"ability": "none", "baseAbility": "none"},
        {"ability": "", "baseAbility": ""},
        {"ability": None, "baseAbility": None},
        {"ability": "No Ability", "baseAbility": "noability"},
        {"item": "none"},
        {"item": None},
        {"item": "noitem"},
    ],
)
def test_every_form_of_nothing_in_a_request_is_nothing(
    host: StreamHost, messages: list[str], values: dict[str, object]
) -> None:
    usual = observe(host, messages)
    own = decode(usual.observation, usual.layout)["own"][0]
    assert (own["ability"], own["base_ability"], own["item"]) == ("noability", "noability", "none")
    assert (
        observe(host, with_request(messages, **values)).observation.tobytes() == usual.observation.tobytes()
    )


@pytest.mark.parametrize("nothing", ["", "none", None])
def test_no_tera_type_and_no_further_move(host: StreamHost, messages: list[str], nothing: str | None) -> None:
    request = json.loads(messages[-1].removeprefix("|request|"))
    lead = request["side"]["pokemon"][0]
    lead["teraType"] = nothing
    lead["moves"].append(nothing)
    request["active"][0]["moves"].append({"move": "None", "id": nothing, "pp": 0, "maxpp": 0})
    stream = observe(host, [*messages[:-1], f"|request|{json.dumps(request)}"])
    own = decode(stream.observation, stream.layout)["own"][0]
    assert own["tera_type"] == ""
    assert [move["id"] for move in own["moves"] if move["known"]] == ["pound", "tackle", "splash"]
    assert stream.action_mask[6:10].tolist() == [1, 1, 1, 0]


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("|-ability|p2a: Mew|none", "ability", "noability"),
        ("|-ability|p2a: Mew|none|[from] move: Role Play", "ability", "noability"),
        ("|-item|p2a: Mew|none", "item", "none"),
        ("|-item|p2a: Mew|No Item|[from] ability: Frisk", "item", "none"),
        ("|-enditem|p2a: Mew|none", "last_item", ""),
        ("|-start|p2a: Mew|typechange|none", "type_1", ""),
        ("|-start|p2a: Mew|typechange|???", "type_1", ""),
        ("|-start|p2a: Mew|typeadd|none", "type_3", ""),
        ("|switch|p2a: Abra|Abra, L100, N|100/100", "species", "abra"),
    ],
)
def test_nothing_in_a_line_is_nothing(
    host: StreamHost, messages: list[str], line: str, key: str, value: str
) -> None:
    stream = observe(host, messages, line)
    active = next(each for each in decode(stream.observation, stream.layout)["opposing"] if each["active"])
    assert active[key] == value
    assert np.isfinite(stream.observation).all()


def test_carriage_returns_end_lines_as_well(host: StreamHost, messages: list[str]) -> None:
    usual = observe(host, messages)
    returns = [message.replace("\n", "\r\n") + "\r" for message in messages]
    assert observe(host, returns).observation.tobytes() == usual.observation.tobytes()
    lists = observe_stream(FORMAT, "p1", host=host)
    lists.receive(messages)
    assert lists.observation.tobytes() == usual.observation.tobytes()
    lists.close()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("|turn|two", '"two" is no whole number'),
        ("|turn|", '"" is no whole number'),
        ("|turn|1.5", r'"1\.5" is no whole number'),
        ("|teamsize|p1|many", '"many" is no whole number'),
        ("|-boost|p2a: Mew|atk|much", '"much" is no whole number'),
        ("|-unboost|p2a: Mew|atk|", '"" is no whole number'),
        ("|-setboost|p2a: Mew|atk|NaN", '"NaN" is no whole number'),
        ("|-setboost|p2a: Mew|charm|1", 'unknown stat "charm"'),
        ("|-swapboost|p2a: Mew|p1a: Mew|atk, charm", 'unknown stat "charm"'),
        ("|-damage|p2a: Mew|half/100", '"half/100" is no HP and status'),
        ("|-damage|p2a: Mew|50/0", '"50/0" is no HP and status'),
        ("|-heal|p2a: Mew|", '"" is no HP and status'),
        ("|switch|p2a: Abra|Abra|", '"" is no HP and status'),
    ],
)
def test_what_should_be_a_number_and_is_none_ends_the_stream(
    host: StreamHost, messages: list[str], line: str, words: str
) -> None:
    with pytest.raises(ProtocolError, match=words):
        observe(host, messages, line)


def test_an_open_team_sheet_shows_the_other_team(host: StreamHost, messages: list[str]) -> None:
    sheet = "|showteam|p2|Mew||LifeOrb|Synchronize|Psychic,Surf||||||50|,,,,,Ghost]Abra||||Pound|||||||"
    own = "|showteam|p1|Mew||LifeOrb|Synchronize|Psychic,Surf||||||50|,,,,,Ghost]Abra||||Pound|||||||"
    usual = observe(host, messages)
    assert observe(host, messages, own).observation.tobytes() == usual.observation.tobytes()
    stream = observe(host, messages, sheet)
    mew, abra = decode(stream.observation, stream.layout)["opposing"][:2]
    assert (mew["item"], mew["ability"], mew["tera_type"]) == ("lifeorb", "synchronize", "ghost")
    assert not mew["terastallized"]
    assert [move["id"] for move in mew["moves"] if move["id"]] == ["psychic", "surf"]
    assert (abra["item"], abra["revealed"]) == ("none", False)
    before = decode(usual.observation, usual.layout)["opposing"][0]
    assert (before["item"], before["ability"]) == ("", "")
