"""Copies of battles, imagined battles, and steps of some battles, which all stay in the workers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pokeenv.actions.space import ActionSpace, legal_actions
from pokeenv.engine.rows import SEATS, battle_of, row_of, seat_of
from pokeenv.engine.seat_messages import SeatMessages
from pokeenv.errors import IllegalActionError, ImaginationError, SnapshotError, UnsupportedFormatError
from pokeenv.usage import UsageStatistics

SEED_LIMIT = 2**64
"""Seeds of a battle's random generator are below it."""

Ask = Callable[[int, dict[str, Any]], dict[str, Any]]
"""Sends a message to a worker, by number, and returns the answer."""


def seed_text(seed: int) -> str:
    """A seed as the simulator reads it: four 16-bit words.

    Raises:
        ValueError: the seed is not in [0, 2**64).
    """
    seed = int(seed)
    if not 0 <= seed < SEED_LIMIT:
        raise ValueError(f"seed {seed} is not in [0, 2**64)")
    return ",".join(str(seed >> shift & 0xFFFF) for shift in (48, 32, 16, 0))


class Branches:
    """Commands about copies, for the workers of one engine.

    Args:
        firsts: first battle of every worker, and the number of battles.
        ask: sends a message to a worker.
    """

    def __init__(self, firsts: Sequence[int], ask: Ask) -> None:
        """Keep the arguments."""
        self._firsts = firsts
        self._ask = ask

    def slots_beside(self, battle: int) -> range:
        """Battles of the worker that hosts a battle.

        Raises:
            IndexError: there is no such battle.
        """
        for first, end in zip(self._firsts, self._firsts[1:], strict=False):
            if first <= battle < end:
                return range(first, end)
        raise IndexError(f"battle {battle} is not in [0, {self._firsts[-1]})")

    def copy(self, battle: int, into: Sequence[int]) -> None:
        """See `Engine.copy`."""
        beside = self.slots_beside(battle)
        slots = [int(slot) for slot in into]
        for slot in slots:
            self._check_slot(slot, battle, beside)
        if slots:
            self._send(beside, {"command": "copy", "battle": battle - beside.start}, into=slots)

    def advance(
        self,
        battles: Sequence[int],
        actions: NDArray[np.integer[Any]],
        sources: Sequence[int] | None,
        seeds: Sequence[int] | None,
        check: Callable[[Sequence[int]], None],
    ) -> None:
        """See `Engine.advance`; `check` refuses actions that are illegal in the battles that it gets."""
        numbers = [int(battle) for battle in battles]
        if len(set(numbers)) < len(numbers):
            raise ValueError(f"battles must be different, got {numbers}")
        if actions.shape != (len(numbers), SEATS):
            raise ValueError(f"need actions of shape ({len(numbers)}, {SEATS}), got {actions.shape}")
        for name, values in (("sources", sources), ("seeds", seeds)):
            if values is not None and len(values) != len(numbers):
                raise ValueError(f"need {len(numbers)} {name}, one for each battle, got {len(values)}")
        texts = None if seeds is None else [seed_text(seed) for seed in seeds]
        parts: dict[range, list[int]] = {}
        for place, number in enumerate(numbers):
            beside = self.slots_beside(number)
            if sources is not None:
                source = int(sources[place])
                self._check_slot(number, source, beside)
                if source in numbers:
                    raise ValueError(f"battle {source} is a source and a battle to step")
            parts.setdefault(beside, []).append(place)
        check(numbers if sources is None else sources)
        for beside, places in parts.items():
            message: dict[str, Any] = {"command": "advance", "actions": actions[places].tolist()}
            if texts is not None:
                message["seeds"] = [texts[place] for place in places]
            lists = {"battles": [numbers[place] for place in places]}
            if sources is not None:
                lists["sources"] = [int(sources[place]) for place in places]
            self._send(beside, message, **lists)

    def imagine(self, row: int, seeds: Sequence[int], into: Sequence[int], acting: bool) -> None:
        """See `Engine.imagine`.

        Args:
            row: row that acts.
            seeds: a seed for each slot.
            into: slots.
            acting: whether the row acts.
        """
        slots = [int(slot) for slot in into]
        if len(seeds) != len(slots) or len(set(slots)) < len(slots):
            raise ValueError(f"need a seed for each slot, and different slots, got {len(seeds)} and {slots}")
        battle = battle_of(row)
        beside = self.slots_beside(battle)
        for slot in slots:
            self._check_slot(slot, battle, beside)
        texts = [seed_text(seed) for seed in seeds]
        if not slots:
            return
        if not acting:
            raise ValueError(f"row {row} does not act, so no battle can be imagined for it")
        message = {
            "command": "imagine",
            "battle": battle - beside.start,
            "seat": seat_of(row),
            "seeds": texts,
        }
        answer = self._send(beside, message, into=slots)
        if "unsupported" in answer:
            raise UnsupportedFormatError(
                f"battles of this format cannot be imagined: {answer['unsupported']}; those of"
                " gen9randombattle and gen9ou can"
            )
        if "preview" in answer:
            raise ImaginationError(
                f"row {row} decides in a Team Preview; battles are imagined from turn 1 on"
            )
        if "failure" in answer:
            raise ImaginationError(
                f"row {row}: no battle agrees with what it has received: {answer['failure']}"
            )

    def believe(self, teams: Sequence[int], usage: UsageStatistics | None) -> None:
        """Set what all workers believe about opposing teams; `teams` are numbers of the registry."""
        message = {"command": "believe", "teams": list(teams), "usage": usage and usage.species}
        for worker in range(len(self._firsts) - 1):
            self._ask(worker, message)

    def hear(self, rows: Sequence[int], messages: Sequence[SeatMessages]) -> None:
        """See `Engine.hear`."""
        parts: dict[range, list[int]] = {}
        for place, row in enumerate(rows):
            parts.setdefault(self.slots_beside(battle_of(int(row))), []).append(place)
        for beside, places in parts.items():
            local = [int(rows[place]) - row_of(beside.start, 0) for place in places]
            heard = [vars(messages[place]) for place in places]
            self._send(beside, {"command": "hear", "rows": local, "messages": heard})

    def _check_slot(self, slot: int, battle: int, beside: range) -> None:
        if slot == battle:
            raise ValueError(f"battle {battle} cannot be copied into itself")
        if self.slots_beside(slot) != self.slots_beside(battle):
            raise ValueError(
                f"battle {battle} cannot be copied into {slot}, which another worker hosts: "
                f"use slots in [{beside.start}, {beside.stop}), see slots_beside()"
            )

    def _send(self, beside: range, message: dict[str, Any], **lists: list[int]) -> dict[str, Any]:
        local = {name: [number - beside.start for number in numbers] for name, numbers in lists.items()}
        answer = self._ask(self._firsts.index(beside.start), message | local)
        if "problem" in answer:
            raise SnapshotError(f"battle {beside.start + answer['battle']}: {answer['problem']}")
        if "imagined" in answer:
            raise ValueError(f"battle {beside.start + answer['imagined']} is imagined itself")
        return answer


def check_some_actions(
    space: ActionSpace,
    battles: Sequence[int],
    actions: NDArray[np.integer[Any]],
    acting: NDArray[np.bool_],
    masks: NDArray[np.int8],
) -> None:
    """Refuse illegal actions of some battles.

    Args:
        space: the format's actions.
        battles: K battles whose masks count.
        actions: int `(K, 2)`.
        acting: `(2N,)` of the engine.
        masks: `(2N, A)` of the engine.

    Raises:
        IllegalActionError: an acting row's action is not legal.
    """
    for battle, pair in zip(battles, actions, strict=True):
        for seat, chosen in enumerate(pair):
            row, action = row_of(battle, seat), int(chosen)
            if acting[row] and not (0 <= action < space.num_actions and masks[row, action]):
                legal = legal_actions(masks[row])
                raise IllegalActionError(action, legal, {"row": row}, space.name_of(action))
