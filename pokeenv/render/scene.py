"""`Scene`: a seat's view in words and natural units, from which every render mode draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Move:
    """A known move, as far as this seat knows.

    Attributes:
        id: Showdown's id, such as `"swordsdance"`.
        category: `"physical"`, `"special"` or `"status"`.
        power: base power; 0 if it varies or there is none.
        accuracy: in [0, 1]; 1 for moves that cannot miss.
        pp: remaining uses, of `max_pp`.
        effectiveness: factor of the types against the other side's active Pokémon, in doubles the larger
            one; 0 also for moves that do no damage.
        stab: True for a move of one of its user's types.
        usable: False if it cannot be chosen now.
    """

    id: str
    name: str
    type: str
    category: str
    power: int
    accuracy: float
    pp: int
    max_pp: int
    priority: int
    effectiveness: float
    stab: bool
    usable: bool


@dataclass(frozen=True)
class Pokemon:
    """A team member as this seat knows it; unknown texts are empty.

    Attributes:
        hp: fraction in [0, 1].
        status: such as `"PAR"`, or `"SLP 2"` with the turns seen so far.
        tera_type: empty if unknown; `terastallized` is True once it is in force.
        base_stats: base stats of the current forme, by name (`"hp"`, `"atk"`, ...).
        stats: stats of the own team before boosts; empty for the opposing team, whose stats are hidden.
        boosts: non-zero stages of the active Pokémon, by label.
        volatiles: further conditions of the active Pokémon.
        place: `"left"` or `"right"` of an active Pokémon in doubles, else empty.
    """

    name: str
    level: int
    hp: float
    status: str
    active: bool
    fainted: bool
    types: tuple[str, ...]
    tera_type: str
    terastallized: bool
    ability: str
    item: str
    moves: tuple[Move, ...]
    base_stats: Mapping[str, int]
    stats: Mapping[str, int]
    boosts: Mapping[str, int]
    volatiles: tuple[str, ...]
    place: str = ""


@dataclass(frozen=True)
class Side:
    """One side: its known team members in team order, and the conditions on its half of the field.

    Attributes:
        title: heading.
        team: the known members.
        unknown: number of members that have not been seen.
        conditions: such as `"Spikes (2)"`.
        spare: number of known members that were not picked for the battle, if it is unknown which ones.
    """

    title: str
    team: tuple[Pokemon, ...]
    unknown: int
    conditions: tuple[str, ...]
    spare: int = 0

    @property
    def actives(self) -> tuple[Pokemon, ...]:
        """The Pokémon on the field, in doubles the left one first; empty before the first one appears."""
        return tuple(sorted((each for each in self.team if each.active), key=lambda each: each.place))

    @property
    def bench(self) -> tuple[Pokemon, ...]:
        """The Pokémon that are not on the field."""
        return tuple(pokemon for pokemon in self.team if not pokemon.active)


@dataclass(frozen=True)
class Choice:
    """A legal action.

    Attributes:
        action: number of the action.
        kind: a switch (in a Team Preview: a pick), a move of the active Pokémon, or a pass.
        slot: team slot of a switch, slot of a move.
        gimmick: gimmick of a move: `"mega"`, `"zmove"`, `"dynamax"`, `"terastallize"`, or `""` for none.
        move: the move; None for a switch, and for a move outside the four, such as Struggle.
        pokemon: the team member to switch to or to pick; None for a move.
        target: name of the Pokémon at which the move is aimed, in doubles; else empty.
    """

    action: int
    kind: Literal["pass", "switch", "move"]
    slot: int
    gimmick: str
    move: Move | None
    pokemon: Pokemon | None
    target: str = ""

    @property
    def name(self) -> str:
        """Name of the move, with its gimmick and its target, or of the team member."""
        if self.kind == "pass":
            return "no switch"
        if self.pokemon is not None:
            return self.pokemon.name
        name = "the only move left" if self.move is None else self.move.name
        name = f"{name} at {self.target}" if self.target else name
        return f"{name} ({self.gimmick})" if self.gimmick else name


@dataclass(frozen=True)
class Scene:
    """The content of a picture of the battle.

    Attributes:
        title: the battle format.
        turn: 0 before the first one.
        phase: the choice to make if it is not a usual turn, else empty.
        field: weather, terrain and rooms, with their turns.
        messages: events of the last turn; a message that follows from an earlier one is indented.
        result: result of the battle; empty before its end.
        choices: the legal actions in the order of their numbers; empty if the seat does not act.
    """

    title: str
    turn: int
    phase: str
    field: tuple[str, ...]
    own: Side
    opposing: Side
    messages: tuple[str, ...]
    result: str
    choices: tuple[Choice, ...] = ()
