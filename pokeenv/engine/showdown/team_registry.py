"""`TeamRegistry`: teams brought to the battles, validated once by Showdown and numbered."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import chain
from typing import Any

from pokeenv.engine.valid_teams import VALID_TEAMS, ValidTeams
from pokeenv.errors import InvalidTeamError

Ask = Callable[[int, dict[str, Any]], dict[str, Any]]
"""`(worker, message) -> answer`."""

GENERATED = (0, 0)  # in the place of two numbers: the format generates the teams
BATCH = 50  # teams per message, so that each answer comes within the time limit
TEAMS_NAMED = 12  # maximum number of refused teams in an error
PROBLEMS_NAMED = 8  # maximum number of problems of a team in an error


class TeamRegistry:
    """The teams that all workers of an engine hold under the same numbers, from 1.

    When it is full, it drops the least recently used team that no battle has reserved.

    Args:
        battle_format: Showdown's id of the format.
        num_workers: number of workers.
        capacity: number of teams held; it grows if more are added at once.
        valid: teams that need no validation.
    """

    def __init__(
        self, battle_format: str, num_workers: int, capacity: int, valid: ValidTeams = VALID_TEAMS
    ) -> None:
        """Start without teams."""
        self._battle_format = battle_format
        self._num_workers = num_workers
        self._capacity = capacity
        self._valid = valid
        self._numbers: OrderedDict[str, int] = OrderedDict()  # by text, least recently used first
        self._reserved: dict[int, tuple[int, int]] = {}  # numbers by battle

    def __len__(self) -> int:
        """Number of teams held."""
        return len(self._numbers)

    def add(self, texts: Sequence[str], labels: Sequence[str] | None, ask: Ask) -> list[int]:
        """Validate teams and send them to the workers.

        Args:
            texts: Showdown export text or packed.
            labels: names of the teams in errors, such as `"team 2 of 'x.txt'"`.
            ask: sends a message to a worker.

        Returns:
            The number of each team.

        Raises:
            InvalidTeamError: Showdown's validator refuses teams; the message quotes it for all of them.
        """
        self._capacity = max(self._capacity, len(set(texts)))
        for text in texts:
            if text in self._numbers:
                self._numbers.move_to_end(text)
        wanted = set(texts)
        new = [text for text in dict.fromkeys(texts) if text not in self._numbers]
        packed = self._validate(new, dict(zip(texts, labels or [""] * len(texts), strict=True)), ask)
        for start in range(0, len(new), BATCH):
            teams = [(self._take_number(text, wanted), packed[text]) for text in new[start : start + BATCH]]
            for worker in range(self._num_workers):
                ask(worker, {"command": "keepTeams", "teams": teams})
        return [self._numbers[text] for text in texts]

    def reserve(self, battle: int, teams: tuple[str, str], ask: Ask) -> None:
        """Add the teams of a battle's next reset; see `add`."""
        first, second = self.add(teams, None, ask)
        self._reserved[battle] = (first, second)

    def take(self, battle: int) -> tuple[int, int]:
        """The numbers reserved for a battle, which are free afterwards; `GENERATED` if there are none."""
        return self._reserved.pop(battle, GENERATED)

    def _validate(self, texts: Sequence[str], labels: Mapping[str, str], ask: Ask) -> dict[str, str]:
        """Packed teams by text; the first worker validates those that have not been validated."""
        found = {text: self._valid.find(self._battle_format, text) for text in texts}
        packed = {text: team for text, team in found.items() if team is not None}
        unknown = [text for text in texts if text not in packed]
        refused: dict[str, str] = {}
        for start in range(0, len(unknown), BATCH):
            batch = unknown[start : start + BATCH]
            answers = ask(0, {"command": "validateTeams", "teams": batch})["answers"]
            for text, answer in zip(batch, answers, strict=True):
                if answer["problems"]:
                    refused[text] = _words(answer["problems"])
                else:
                    packed[text] = answer["packed"]
                    self._valid.add(self._battle_format, text, packed[text])
        if refused:
            named = [(labels[text], problems) for text, problems in refused.items()]
            raise InvalidTeamError(_refusal(self._battle_format, named), refused)
        return packed

    def _take_number(self, text: str, wanted: Collection[str]) -> int:
        """A number for a text; the texts that are wanted with it keep theirs."""
        number = len(self._numbers) + 1
        if len(self._numbers) >= self._capacity:
            reserved = set(chain.from_iterable(self._reserved.values()))
            free = (old for old, held in self._numbers.items() if held not in reserved and old not in wanted)
            oldest = next(free, None)
            if oldest is not None:
                number = self._numbers.pop(oldest)
        self._numbers[text] = number
        return number


def _refusal(battle_format: str, refused: Sequence[tuple[str, str]]) -> str:
    if len(refused) == 1:
        label, problems = refused[0]
        return f"Showdown refuses {label or 'the team'} for {battle_format}: {problems}"
    lines = [f"{label or 'a team'}: {problems}" for label, problems in refused[:TEAMS_NAMED]]
    if len(refused) > TEAMS_NAMED:
        lines.append(f"and {len(refused) - TEAMS_NAMED} more teams")
    return "\n  ".join([f"Showdown refuses {len(refused)} teams for {battle_format}:", *lines])


def _words(problems: Sequence[str]) -> str:
    named = list(problems[:PROBLEMS_NAMED])
    if len(problems) > PROBLEMS_NAMED:
        named.append(f"and {len(problems) - PROBLEMS_NAMED} more problems")
    return "; ".join(named)
