"""Replays: a battle as a page for browsers and as a record for resimulation."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pokeenv.engine import SPECTATORS, Engine
from pokeenv.engine.showdown.install import simulator_version
from pokeenv.errors import RecordError, ReplayError
from pokeenv.replays.page import replay_page
from pokeenv.version import __version__

_QUOTED = 160  # characters of a line that an error quotes


@dataclass(frozen=True)
class BattleRecord:
    """The input and the outcome of a battle.

    Attributes:
        battle_format: Showdown's id of the format.
        seed: the simulator's seed of the battle.
        players: names of p1 and p2.
        teams: their teams in Showdown's packed form.
        winner: name of a player; empty for a tie and for a battle that has not ended.
        ended: True if the battle has ended.
        turns: number of turns that have begun.
        versions: versions of `pokeenv` and `pokemon-showdown`.
        input_log: the simulator's input: start, players, every choice as it was given, refused ones included.
        log: the simulator's whole output (sim/SIM-PROTOCOL.md) without the `|t:|` lines, which contain the
            time.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - for `load_record`

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
        """The outcome in words."""
        if not self.ended:
            return f"unfinished after {self.turns} turns"
        return (
            f"{self.winner} won in {self.turns} turns" if self.winner else f"a tie after {self.turns} turns"
        )

    @property
    def public_log(self) -> Iterator[str]:
        """The lines that spectators receive: HP in percent, as in Showdown's own replays."""
        lines = iter(self.log)
        for line in lines:
            if not line.startswith("|split|"):
                yield line
                continue
            next(lines)  # the line that only the owner sees
            shared = next(lines)
            if shared:
                yield shared


def record_battle(log: Sequence[str], input_log: Sequence[str]) -> BattleRecord:
    """Make the record of a battle from the simulator's output and input.

    Raises:
        ReplayError: the input lacks its start or a player, or one of them is damaged.
    """
    lines = tuple(line for line in log if not line.startswith("|t:|"))
    start = _input_line(input_log, ">start ", ("formatid", "seed"))
    first, second = (_input_line(input_log, f">player {seat} ", ("name", "team")) for seat in ("p1", "p2"))
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


def save_replay(engine: Engine, battle: int, path: str | Path) -> Path:
    """Write the replay of a battle, ended or not.

    It consists of two files: a page for browsers, which plays the battle with Showdown's own viewer if there
    is a network and shows it in sentences otherwise; and next to it, with the suffix `.json`, the record that
    `resimulate` reads. The same battle gives the same bytes.

    Args:
        engine: engine of the battle.
        battle: number of the battle.
        path: path of the page; `.html` is appended if it is missing, and missing folders are made.

    Returns:
        The path of the page.

    Raises:
        CapabilityError: the engine keeps no logs or does not narrate battles.
    """
    output = engine.battle_log(battle)
    record = record_battle(output["log"], output["inputLog"])
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
            narration=engine.narrate(battle, SPECTATORS),
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
        path: path of the record, or of the page next to it.

    Raises:
        RecordError: the file cannot be read, or is not a record.
    """
    from pydantic import TypeAdapter, ValidationError  # costs time that environments need not spend

    file = _record_path(Path(path))
    try:
        return TypeAdapter(BattleRecord).validate_json(file.read_bytes(), strict=True)
    except OSError as error:
        raise RecordError(f"cannot read the record '{file}': {error.strerror}") from None
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        place = ".".join(map(str, fault["loc"]))
        raise RecordError(
            f"'{file}' is not a record of a battle: {f'{place}: ' if place else ''}{fault['msg']}"
        ) from None


def _input_line(input_log: Sequence[str], start: str, keys: Sequence[str]) -> dict[str, Any]:
    for line in input_log:
        if line.startswith(start):
            try:
                content = json.loads(line.removeprefix(start))
            except (ValueError, RecursionError) as error:
                raise ReplayError(f"the input log's line {quoted(line)} cannot be read: {error}") from None
            if not isinstance(content, dict) or not content.keys() >= set(keys):
                raise ReplayError(f"the input log's line {quoted(line)} lacks {' or '.join(keys)}")
            return content
    raise ReplayError(f"the input log has no line '{start.strip()}'")


def quoted(line: str | None) -> str:
    """A line for an error message, cut if it is long."""
    if line is None:
        return "missing"
    return repr(line if len(line) <= _QUOTED else f"{line[:_QUOTED]}...")


def _record_path(path: Path) -> Path:
    return path.with_suffix(".json") if path.suffix == ".html" else path


def _title(record: BattleRecord) -> str:
    tiers = (line.removeprefix("|tier|") for line in record.log if line.startswith("|tier|"))
    return next(tiers, record.battle_format)


def _versions() -> dict[str, str]:
    return {"pokeenv": __version__, "pokemon-showdown": simulator_version()}
