"""`TeamRegistry`: numbers of the teams that the workers of an engine hold."""

from __future__ import annotations

from typing import Any

from pokeenv.engine.showdown.team_registry import TeamRegistry


def test_a_full_book_gives_the_number_of_the_longest_unused_team() -> None:
    asked: list[tuple[int, dict[str, Any]]] = []

    def ask(worker: int, message: dict[str, Any]) -> dict[str, Any]:
        asked.append((worker, message))
        if message["command"] == "keepTeams":
            return {}
        return {"answers": [{"packed": text.upper(), "problems": []} for text in message["teams"]]}

    book = TeamRegistry("a format of this test", num_workers=2, capacity=2)
    assert book.add(["a", "b", "a"], None, ask) == [1, 2, 1]
    assert book.add(["a"], None, ask) == [1]
    assert [(worker, message["command"]) for worker, message in asked] == [
        (0, "validateTeams"),
        (0, "keepTeams"),
        (1, "keepTeams"),
    ]
    assert book.add(["c"], None, ask) == [2]
    assert asked[-1] == (1, {"command": "keepTeams", "teams": [(2, "C")]})
    asked.clear()
    assert book.add(["b"], None, ask) == [1]
    assert "validateTeams" not in [message["command"] for _, message in asked]


def test_a_full_book_drops_no_team_that_a_battle_has_reserved() -> None:
    def ask(worker: int, message: dict[str, Any]) -> dict[str, Any]:
        return {"answers": [{"packed": text, "problems": []} for text in message.get("teams", [])]}

    book = TeamRegistry("a format of this test", num_workers=1, capacity=3)
    book.reserve(0, ("a", "b"), ask)
    assert book.add(["c"], None, ask) == [3]
    assert book.add(["d"], None, ask) == [3]  # not that of "a", which is the oldest
    assert book.add(["d", "e"], None, ask) == [3, 4]  # nothing is free
    assert book.take(0) == (1, 2)
    assert book.take(0) == (0, 0)
    assert book.add(["f"], None, ask) == [1]
