"""Replays: a battle as a page to look at and as a record that can be played again to the same end."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, fields
from itertools import zip_longest
from pathlib import Path
from typing import Any

from pokeenv.engine import SPECTATORS, EmbeddedShowdown
from pokeenv.engine.showdown.install import simulator_version
from pokeenv.errors import ReplayError
from pokeenv.replays.page import replay_page

_QUOTED = 160  # characters of a line that an error quotes


@dataclass(frozen=True)
class BattleRecord:
    """Everything that a battle is made from, and what came of it.

    Attributes:
        battle_format: Showdown's id of the format.
        seed: the simulator's seed of the battle.
        players: names of p1 and p2.
        teams: their teams as Showdown packs them.
        winner: a player's name; empty for a tie and for a battle that has not ended.
        ended: whether the battle has come to its end.
        turns: turns begun.
        versions: of `pokeenv` and `pokemon-showdown`.
        input_log: the simulator's input: start, players, every choice.
        log: its whole output (sim/SIM-PROTOCOL.md) without the `|t:|` lines, which hold the time of day.
    """

    battle_format: str
    seed: str
    players: tuple[str, str]
    teams: tuple[str, str]
    winner: str
    ended: bool
    turns: int
    versions: Mapping[str, str]
    input_log: tuple[str, ...]
    log: tuple[str, ...]

    @property
    def outcome(self) -> str:
        """How it ended, in words."""
        if not self.ended:
            return f"unfinished after {self.turns} turns"
        return (
            f"{self.winner} won in {self.turns} turns" if self.winner else f"a tie after {self.turns} turns"
        )

    @property
    def public_log(self) -> Iterator[str]:
        """The lines that spectators get: health in percent, as in Showdown's own replays."""
        lines = iter(self.log)
        for line in lines:
            if not line.startswith("|split|"):
                yield line
                continue
            next(lines)  # what only the owner is told
            shared = next(lines)
            if shared:
                yield shared


def record_battle(log: Sequence[str], input_log: Sequence[str]) -> BattleRecord:
    """Make the record of a battle from the simulator's output and input.

    Raises:
        ReplayError: the input lacks its start or a player.
    """
    lines = tuple(line for line in log if not line.startswith("|t:|"))
    start = _input_line(input_log, ">start ")
    first, second = (_input_line(input_log, f">player {seat} ") for seat in ("p1", "p2"))
    turns = (line.removeprefix("|turn|") for line in lines if line.startswith("|turn|"))
    winners = [line.removeprefix("|win|") for line in lines if line.startswith("|win|")]
    return BattleRecord(
        battle_format=str(start["formatid"]),
        seed=str(start["seed"]),
        players=(str(first["name"]), str(second["name"])),
        teams=(str(first["team"]), str(second["team"])),
        winner=winners[-1] if winners else "",
        ended=bool(winners) or any(line.rstrip("|") == "|tie" for line in lines),
        turns=max(map(int, turns), default=0),
        versions=_versions(),
        input_log=tuple(input_log),
        log=lines,
    )


def save_replay(engine: EmbeddedShowdown, battle: int, path: str | Path) -> Path:
    """Write the replay of a battle, ended or not.

    Two files: a page for browsers, which plays the battle with Showdown's own viewer where there is a
    network and tells it in words where there is none; and beside it, with the suffix `.json`, the
    record that `resimulate` reads. The same battle gives the same bytes.

    Args:
        engine: hosts the battle.
        battle: its number.
        path: of the page; `.html` is put behind it where it is missing. Folders are made.

    Returns:
        The page's path.
    """
    told = engine.battle_log(battle)
    record = record_battle(told["log"], told["inputLog"])
    page = Path(path)
    if page.suffix != ".html":
        page = page.with_name(f"{page.name}.html")
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(
        replay_page(
            title=_title(record),
            players=record.players,
            outcome=record.outcome,
            facts=[
                *(f"{name} {version}" for name, version in record.versions.items()),
                f"seed {record.seed}",
            ],
            log=list(record.public_log),
            account=engine.account(battle, SPECTATORS),
        ),
        encoding="utf-8",
    )
    _record_path(page).write_text(
        json.dumps(asdict(record), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    return page


def load_record(path: str | Path) -> BattleRecord:
    """Read a record that `save_replay` wrote.

    Args:
        path: of the record, or of the page that it stands beside.

    Raises:
        ReplayError: the file cannot be read or is no record.
    """
    file = _record_path(Path(path))
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReplayError(f"cannot read the record '{file}': {error}") from error
    names = {field.name for field in fields(BattleRecord)}
    if not isinstance(content, dict) or content.keys() != names:
        found = sorted(content) if isinstance(content, dict) else type(content).__name__
        raise ReplayError(
            f"'{file}' is no record of a battle: expected the keys {sorted(names)}, not {found}"
        )
    values: dict[str, Any] = dict(content)
    for key in ("players", "teams", "input_log", "log"):
        if not isinstance(values[key], list) or not all(isinstance(line, str) for line in values[key]):
            raise ReplayError(f"'{file}' is no record of a battle: {key} is no list of lines")
        values[key] = tuple(values[key])
    return BattleRecord(**values)


def resimulate(source: BattleRecord | str | Path, *, timeout_s: float = 60.0) -> BattleRecord:
    """Play a recorded battle again in the unpatched simulator and compare what comes out.

    Args:
        source: a record, or the path of one or of its page.
        timeout_s: limit of every wait for the simulator, in seconds.

    Returns:
        The record of the battle played again: the same log and the same winner.

    Raises:
        ReplayError: the record cannot be read or played, or the battle comes out differently; the
            message holds the first line that differs.
    """
    return next(resimulate_all([source], timeout_s=timeout_s))


def resimulate_all(
    sources: Iterable[BattleRecord | str | Path], *, timeout_s: float = 60.0
) -> Iterator[BattleRecord]:
    """`resimulate` for many battles, with one start of the simulator."""
    # The engine's own battles never begin: any format will do, and that of the fewest Pokémon loads fastest.
    engine = EmbeddedShowdown("gen1randombattle", 1, timeout_s=timeout_s, accelerated=False)
    with closing(engine):
        for source in sources:
            if isinstance(source, BattleRecord):
                yield _play_again(engine, source)
                continue
            record = load_record(source)
            try:
                yield _play_again(engine, record)
            except ReplayError as error:
                raise ReplayError(f"{source}: {error}") from error


def _play_again(engine: EmbeddedShowdown, record: BattleRecord) -> BattleRecord:
    answer = engine.resimulate(record.input_log)
    if "problem" in answer:
        raise ReplayError(f"the battle cannot be played again: {answer['problem']}")
    again = record_battle(answer["log"], record.input_log)
    compare_records(record, again)
    return again


def compare_records(record: BattleRecord, again: BattleRecord) -> None:
    """Refuse a battle that came out differently.

    Args:
        record: of the battle as it was.
        again: of the battle played again.

    Raises:
        ReplayError: they differ in more than their versions; the message holds the first difference.
    """
    problem = ""
    for number, (old, new) in enumerate(zip_longest(record.log, again.log), start=1):
        if old != new:
            problem = f"line {number} of the log is {_quoted(new)} and was {_quoted(old)}"
            break
    else:
        for key in ("winner", "ended", "turns", "battle_format", "seed", "players", "teams"):
            old, new = getattr(record, key), getattr(again, key)
            if old != new:
                problem = f"{key} is {_quoted(str(new))} and was {_quoted(str(old))}"
                break
    if not problem:
        return
    name = "pokemon-showdown"
    old, new = record.versions.get(name), again.versions[name]
    if old != new:
        problem += f" (recorded with {name} {old}, played with {new})"
    raise ReplayError(f"the battle played again comes out differently: {problem}")


def _quoted(line: str | None) -> str:
    if line is None:
        return "missing"
    return repr(line if len(line) <= _QUOTED else f"{line[:_QUOTED]}...")


def _input_line(input_log: Sequence[str], start: str) -> dict[str, Any]:
    for line in input_log:
        if line.startswith(start):
            try:
                content: dict[str, Any] = json.loads(line.removeprefix(start))
            except ValueError as error:
                raise ReplayError(
                    f"the input log's line '{_quoted(line)}' cannot be read: {error}"
                ) from error
            return content
    raise ReplayError(f"the input log has no line '{start.strip()}'")


def _record_path(path: Path) -> Path:
    return path.with_suffix(".json") if path.suffix == ".html" else path


def _title(record: BattleRecord) -> str:
    tiers = (line.removeprefix("|tier|") for line in record.log if line.startswith("|tier|"))
    return next(tiers, record.battle_format)


def _versions() -> dict[str, str]:
    from pokeenv import __version__  # not at the top: that module imports this one

    return {"pokeenv": __version__, "pokemon-showdown": simulator_version()}
