"""Battles with chosen teams and scripted choices."""

from __future__ import annotations

from functools import cache
from types import TracebackType
from typing import Any

import numpy as np

from pokeenv import DOUBLES, DOUBLES_LAYOUT, NO_ACTION, SINGLES, decode
from pokeenv.engine import SEED_WORDS
from pokeenv.engine.showdown.engine import EmbeddedShowdown
from tests.support.oracle import problems

GIMMICKS = {"": 6, "mega": 10, "zmove": 14, "dynamax": 18, "tera": 22}


def pokemon(species: str, *moves: str, item: str = "", ability: str = "", extra: str = "") -> str:
    """A set in Showdown's export text."""
    lines = [f"{species} @ {item}" if item else species, *([f"Ability: {ability}"] if ability else [])]
    return "\n".join([*lines, *([extra] if extra else []), *(f"- {move}" for move in moves)])


BLISSEY = pokemon("Blissey", "Soft-Boiled", "Splash", "Toxic", "Seismic Toss", ability="Natural Cure")
CHANSEY = pokemon("Chansey", "Soft-Boiled", "Splash", ability="Natural Cure")


@cache
def _engine(battle_format: str) -> EmbeddedShowdown:
    """One engine for all scripted battles of a format, because most are shorter than its start.

    A reset keeps nothing of the previous battle. The worker ends with this process.
    """
    return EmbeddedShowdown(battle_format, 1)


class ScriptedBattle:
    """One battle of `gen{generation}customgame`, played by the names of moves and Pokémon.

    Args:
        generation: 1 to 9.
        first: sets of p1; see `pokemon`.
        second: sets of p2; see `pokemon`.
    """

    FORMAT = "gen{}customgame"

    def __init__(self, generation: int, first: list[str], second: list[str], seed: int = 7) -> None:
        """Start the battle and lead with the first Pokémon."""
        self.engine = _engine(self.FORMAT.format(generation))
        self.engine.set_teams(0, ("\n\n".join(first), "\n\n".join(second)))
        self.engine.step_async(np.full(2, NO_ACTION), resets={0: np.full(SEED_WORDS, seed, dtype=np.uint16)})
        self.engine.step_wait()
        while self.state(0)["field"]["team_preview"]:
            picks = self.engine.action_masks.argmax(axis=1)
            self._step(
                [
                    int(pick) if acts else NO_ACTION
                    for pick, acts in zip(picks, self.engine.acting, strict=True)
                ]
            )

    def __enter__(self) -> ScriptedBattle:
        """The battle itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Keep the engine for the next battle of its generation; after an error, close it."""
        if error is not None:
            self.engine.close()
            _engine.cache_clear()

    def _step(self, actions: list[int]) -> None:
        self.engine.step_async(np.array(actions))
        self.engine.step_wait()

    def play(self, first: str = "", second: str = "") -> None:
        """Play one decision of each seat that acts: `"toxic"`, `"tera fireblast"`, `"switch 2"`."""
        choices = (first, second)
        acting = self.engine.acting.copy()
        self._step([self._action(seat, choices[seat]) if acting[seat] else NO_ACTION for seat in (0, 1)])

    def _action(self, seat: int, choice: str) -> int:
        words = choice.split()
        if words[0] == "switch":
            action = int(words[1]) - 1
        else:
            gimmick, move = ("", words[0]) if len(words) == 1 else (words[0], words[1])
            moves = [known["id"] for known in self.own(seat)["moves"]]
            action = GIMMICKS[gimmick] + moves.index(move)
        assert 0 <= action < SINGLES.num_actions
        return action

    def state(self, seat: int) -> dict[str, Any]:
        """The decoded observation of a seat."""
        return decode(self.engine.observations[seat].copy())

    def field(self, seat: int = 0) -> dict[str, Any]:
        """The field block of a seat."""
        field: dict[str, Any] = self.state(seat)["field"]
        return field

    def own(self, seat: int = 0) -> dict[str, Any]:
        """The own active Pokémon of a seat."""
        return self._active(seat, "own")

    def foe(self, seat: int = 0) -> dict[str, Any]:
        """The opposing active Pokémon, as a seat sees it."""
        return self._active(seat, "opposing")

    def _active(self, seat: int, side: str) -> dict[str, Any]:
        (active,) = [member for member in self.state(seat)[side] if member["active"]]
        found: dict[str, Any] = active
        return found


class ScriptedDoubles(ScriptedBattle):
    """The same in doubles; a turn is two decisions of each seat, the left Pokémon's first.

    A choice names a move and, where the player chooses one, its target: `"fly 2"`, `"tackle -1"`.
    """

    FORMAT = "gen{}doublescustomgame"

    def _action(self, seat: int, choice: str) -> int:
        move, *target = choice.split()
        state = self.state(seat)
        place = "right" if state["field"]["deciding_right"] else "left"
        (deciding,) = [member for member in state["own"] if member[place]]
        slot = [known["id"] for known in deciding["moves"]].index(move)
        aim = int(target[0]) if target else 0
        return next(
            number
            for number, action in enumerate(DOUBLES.actions)
            if (action.kind, action.slot, action.target, action.gimmick) == ("move", slot, aim, "")
        )

    def state(self, seat: int) -> dict[str, Any]:
        """The decoded observation of a seat."""
        return decode(self.engine.observations[seat].copy(), DOUBLES_LAYOUT)


def move_of(member: dict[str, Any], move_id: str) -> dict[str, Any]:
    """A known move of a Pokémon."""
    (found,) = [move for move in member["moves"] if move["id"] == move_id]
    return found


def pp_used(member: dict[str, Any], move_id: str) -> int:
    """PP that a move is known to have lost."""
    move = move_of(member, move_id)
    return round(move["max_pp"] * (1 - move["pp"]))


def true_active(battle: ScriptedBattle, seat: int) -> dict[str, Any]:
    """The simulator's state of a seat's active Pokémon."""
    team = battle.engine.true_state(0)["sides"][seat]["pokemon"]
    (active,) = [member for member in team if member["active"]]
    found: dict[str, Any] = active
    return found


def assert_true(battle: ScriptedBattle) -> None:
    """Check that every seat that must decide observes the simulator's state."""
    truth = battle.engine.true_state(0)
    for seat in battle.engine.acting.nonzero()[0]:
        assert not problems(battle.state(seat), truth, seat)


def usable(member: dict[str, Any]) -> dict[str, int]:
    """The `usable` flag of each known move, by its id."""
    return {move["id"]: move["usable"] for move in member["moves"] if move["known"]}
