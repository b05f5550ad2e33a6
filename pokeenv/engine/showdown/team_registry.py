"""`TeamBook`: teams that players bring, validated once by Showdown and from then on named by a number."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pokeenv.errors import InvalidTeamError

Ask = Callable[[int, dict[str, Any]], dict[str, Any]]
"""`(worker, message) -> answer`."""

BATCH = 50  # teams per message: no answer takes long enough to be called a hang
MAX_VALIDATED = 10_000
TEAMS_TOLD = 12  # refused teams that an error names
PROBLEMS_TOLD = 8  # problems of a team that an error names

# Packed by format and text. All engines of the process share it: an environment validates its
# teams when it is made, and another engine plays them.
_validated: OrderedDict[tuple[str, str], str] = OrderedDict()


class TeamBook:
    """The teams that all workers of an engine hold under the same numbers, 1 and up.

    When it is full, the team that has not been asked for longest gives way.

    Args:
        battle_format: Showdown's id of the format.
        num_workers: number of workers.
        capacity: teams held; more, where more are added at once.
    """

    def __init__(self, battle_format: str, num_workers: int, capacity: int) -> None:
        """Begin with no team."""
        self._battle_format = battle_format
        self._num_workers = num_workers
        self._capacity = capacity
        self._numbers: OrderedDict[str, int] = OrderedDict()  # by text, the longest unused first

    @staticmethod
    def knows(battle_format: str, texts: Sequence[str]) -> bool:
        """Whether an engine of this process has found all these teams valid."""
        return all((battle_format, text) in _validated for text in texts)

    @staticmethod
    def packed(battle_format: str, texts: Sequence[str]) -> list[str]:
        """Teams that an engine of this process has found valid, as Showdown packs them."""
        return [_validated[battle_format, text] for text in texts]

    def __len__(self) -> int:
        """Number of teams held."""
        return len(self._numbers)

    def add(self, texts: Sequence[str], labels: Sequence[str] | None, ask: Ask) -> list[int]:
        """Have teams validated and held.

        Args:
            texts: Showdown export text or packed.
            labels: what an error calls each team, such as `"team 2 of 'x.txt'"`.
            ask: sends a message to a worker.

        Returns:
            The number of each team.

        Raises:
            InvalidTeamError: Showdown's validator refuses teams; the message holds its words, of all of them.
        """
        self._capacity = max(self._capacity, len(set(texts)))
        for text in texts:
            if text in self._numbers:
                self._numbers.move_to_end(text)
        new = [text for text in dict.fromkeys(texts) if text not in self._numbers]
        packed = self._validate(new, dict(zip(texts, labels or [""] * len(texts), strict=True)), ask)
        for start in range(0, len(new), BATCH):
            teams = [(self._take_number(text), packed[text]) for text in new[start : start + BATCH]]
            for worker in range(self._num_workers):
                ask(worker, {"command": "keepTeams", "teams": teams})
        return [self._numbers[text] for text in texts]

    def _validate(self, texts: Sequence[str], labels: Mapping[str, str], ask: Ask) -> dict[str, str]:
        """Packed teams by text; the first worker validates what no engine of this process has before."""
        keys = {text: (self._battle_format, text) for text in texts}
        packed = {text: _validated[key] for text, key in keys.items() if key in _validated}
        unknown = [text for text in texts if text not in packed]
        refused: list[tuple[str, list[str]]] = []
        for start in range(0, len(unknown), BATCH):
            batch = unknown[start : start + BATCH]
            answers = ask(0, {"command": "validateTeams", "teams": batch})["answers"]
            for text, answer in zip(batch, answers, strict=True):
                if answer["problems"]:
                    refused.append((labels[text], answer["problems"]))
                else:
                    packed[text] = _validated[keys[text]] = answer["packed"]
        while len(_validated) > MAX_VALIDATED:
            _validated.popitem(last=False)
        if refused:
            raise InvalidTeamError(_refusal(self._battle_format, refused))
        return packed

    def _take_number(self, text: str) -> int:
        number = len(self._numbers) + 1
        if len(self._numbers) >= self._capacity:
            _, number = self._numbers.popitem(last=False)
        self._numbers[text] = number
        return number


def _refusal(battle_format: str, refused: Sequence[tuple[str, Sequence[str]]]) -> str:
    if len(refused) == 1:
        label, problems = refused[0]
        return f"Showdown refuses {label or 'the team'} for {battle_format}: {_words(problems)}"
    lines = [f"{label or 'a team'}: {_words(problems)}" for label, problems in refused[:TEAMS_TOLD]]
    if len(refused) > TEAMS_TOLD:
        lines.append(f"and {len(refused) - TEAMS_TOLD} more teams")
    return "\n  ".join([f"Showdown refuses {len(refused)} teams for {battle_format}:", *lines])


def _words(problems: Sequence[str]) -> str:
    told = list(problems[:PROBLEMS_TOLD])
    if len(problems) > PROBLEMS_TOLD:
        told.append(f"and {len(problems) - PROBLEMS_TOLD} more problems")
    return "; ".join(told)
