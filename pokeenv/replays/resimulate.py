"""`resimulate`: recorded battles, played again in the unpatched simulator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import zip_longest
from pathlib import Path

from pokeenv.engine import Engine, open_engine
from pokeenv.errors import ReplayError
from pokeenv.formats import FORMATS
from pokeenv.replays.record import BattleRecord, load_record, quoted, record_battle


def resimulate(source: BattleRecord | str | Path, *, timeout_s: float = 60.0) -> BattleRecord:
    """Play a recorded battle again in the unpatched simulator and compare the results.

    Args:
        source: a record, or the path of a record or its page.
        timeout_s: limit of each wait for the simulator, in seconds.

    Returns:
        The record of the new battle: the same log and the same winner.

    Raises:
        ReplayError: the record cannot be read or played, or the results differ; the message quotes the
            first line that differs.
    """
    return next(resimulate_all([source], timeout_s=timeout_s))


def resimulate_all(
    sources: Iterable[BattleRecord | str | Path], *, timeout_s: float = 60.0
) -> Iterator[BattleRecord]:
    """`resimulate` for many battles, with one start of the simulator."""
    # The engine's own battles never begin, so any format will do; generation 1 loads fastest.
    battle_format = FORMATS["gen1randombattle"]
    with closing(open_engine("showdown", battle_format, 1, timeout_s=timeout_s, accelerated=False)) as engine:
        for source in sources:
            if isinstance(source, BattleRecord):
                yield _play_again(engine, source)
                continue
            record = load_record(source)
            try:
                yield _play_again(engine, record)
            except ReplayError as error:
                raise ReplayError(f"{source}: {error}") from error


def _play_again(engine: Engine, record: BattleRecord) -> BattleRecord:
    answer = engine.resimulate(record.input_log)
    if "problem" in answer:
        raise ReplayError(f"the battle cannot be played again: {answer['problem']}")
    again = record_battle(answer["log"], record.input_log)
    compare_records(record, again)
    return again


def compare_records(record: BattleRecord, again: BattleRecord) -> None:
    """Check that a battle played again equals its record.

    Args:
        record: record of the original battle.
        again: record of the battle played again.

    Raises:
        ReplayError: they differ in more than their versions; the message quotes the first difference.
    """
    problem = ""
    for number, (old, new) in enumerate(zip_longest(record.log, again.log), start=1):
        if old != new:
            problem = f"line {number} of the log is {quoted(new)} and was {quoted(old)}"
            break
    else:
        for key in ("winner", "ended", "turns", "battle_format", "seed", "players", "teams"):
            old, new = getattr(record, key), getattr(again, key)
            if old != new:
                problem = f"{key} is {quoted(str(new))} and was {quoted(str(old))}"
                break
    if not problem:
        return
    name = "pokemon-showdown"
    old, new = record.versions.get(name), again.versions[name]
    if old != new:
        problem += f" (recorded with {name} {old}, played with {new})"
    raise ReplayError(f"the battle played again differs: {problem}")
