"""Random streams of battles: a battle's draws depend on its number and the seed alone."""

from __future__ import annotations

import numpy as np

from agents.draws import BattleStreams


def drawn(seed: int | None, played: list[tuple[int, int]], rounds: int = 3) -> dict[int, list[float]]:
    """The draws of battles that start in rows: `played` has (row, number)."""
    streams = BattleStreams(seed)
    rows, numbers = np.array(played).T
    streams.start(rows, numbers)
    table = np.stack([streams.uniform(rows, 2) for _ in range(rounds)], axis=1)
    return {number: table[index].ravel().tolist() for index, number in enumerate(numbers.tolist())}


def test_draws_do_not_depend_on_the_row_or_on_other_battles() -> None:
    alone = drawn(3, [(0, 7)])
    among = drawn(3, [(2, 5), (9, 7), (4, 6)])
    assert among[7] == alone[7]


def test_battles_and_seeds_have_streams_of_their_own() -> None:
    battles = drawn(3, [(0, 1), (1, 2)])
    assert battles[1] != battles[2]
    assert drawn(4, [(0, 1)])[1] != battles[1]
    assert drawn(None, [(0, 1)]) != drawn(None, [(0, 1)])


def test_a_new_battle_in_a_row_has_a_new_stream() -> None:
    streams = BattleStreams(0)
    rows = np.array([0])
    streams.start(rows, np.array([1]))
    first = streams.uniform(rows, 4)
    streams.start(rows, np.array([1]))
    np.testing.assert_array_equal(streams.uniform(rows, 4), first)
    streams.start(rows, np.array([2]))
    assert (streams.uniform(rows, 4) != first).all()


def test_draws_are_uniform() -> None:
    streams = BattleStreams(0)
    rows = np.arange(400)
    streams.start(rows, rows)
    sample = streams.uniform(rows, 100)
    assert abs(sample.mean() - 0.5) < 5 * np.sqrt(1 / 12 / sample.size)
    # Streams of neighbouring numbers are not correlated.
    assert abs(np.corrcoef(sample[:-1].ravel(), sample[1:].ravel())[0, 1]) < 5 / np.sqrt(sample.size)
