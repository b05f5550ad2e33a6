"""Positions of doubles, built field by field, in which an agent has one right answer."""

from __future__ import annotations

from typing import Any

import numpy as np

from pokeenv import DOUBLES, DOUBLES_LAYOUT, write_natural
from tests.support.position import Side, usual_move, usual_pokemon

PLACES = ("left", "right")


def move_action(move: int, target: int = 0, gimmick: str = "") -> int:
    """Number of the action that uses a move on a target."""
    return DOUBLES.names.index(
        f"move {move}{f' target {target}' if target else ''} {gimmick}".rstrip(),
    )


class DoublesPosition:
    """One observation and its mask; it starts with two Normal-types a side, the left own one deciding."""

    def __init__(self, generation: int = 9) -> None:
        self.observation = np.zeros(DOUBLES_LAYOUT.size, dtype=np.float32)
        self.mask = np.zeros(DOUBLES.num_actions, dtype=np.int8)
        self.deciding = 0
        self.field(generation=generation, turn=5, deciding_left=1, own_team_size=6, opposing_team_size=6)
        for slot, place in enumerate(PLACES):
            self.pokemon("own", slot, active=1, **{place: 1})
            self.pokemon("opposing", slot, active=1, **{place: 1})

    def field(self, **values: float) -> DoublesPosition:
        for name, value in values.items():
            write_natural(self.observation, f"field.{name}", value, DOUBLES_LAYOUT)
        return self

    def right_decides(self, **left_choice: float) -> DoublesPosition:
        """Ask the right Pokémon; call it before its moves are written."""
        self.deciding = 1
        return self.field(deciding_left=0, deciding_right=1, **left_choice)

    def pokemon(self, side: Side, slot: int, **values: Any) -> DoublesPosition:
        """Write a Pokémon of level 80 with base stats of 100; later calls change only the given values."""
        name = f"{side}.{slot}"
        known: dict[str, Any] = {}
        if not self.observation[DOUBLES_LAYOUT.offsets[f"{name}.known"]]:
            known = usual_pokemon(side)
        for key, value in {**known, **values}.items():
            write_natural(self.observation, f"{name}.{key}", value, DOUBLES_LAYOUT)
        if side == "own" and slot > 1:
            self.mask[DOUBLES.switches[slot]] = 1
        return self

    def move(
        self, side: Side, slot: int, move: int, name: str, power: float, **values: Any
    ) -> DoublesPosition:
        """Write a physical Normal-type attack at a chosen target, or a status move if `power` is 0."""
        known = usual_move(name, power) | {"aimed": 1}
        for key, value in {**known, **values}.items():
            write_natural(self.observation, f"{side}.{slot}.move.{move}.{key}", value, DOUBLES_LAYOUT)
        if side == "own" and slot == self.deciding:
            targets = (1, 2, slot - 2) if {**known, **values}["aimed"] else (0,)
            self.mask[[move_action(move, target) for target in targets]] = 1
        return self


def decide(agent: Any, *positions: DoublesPosition) -> list[str]:
    """The names of the actions that an agent takes."""
    observations = np.stack([position.observation for position in positions])
    masks = np.stack([position.mask for position in positions])
    agent.begin(len(positions), seed=0)
    actions = agent.act(observations, masks, np.arange(len(positions))).actions
    return [DOUBLES.names[action] for action in actions]
