"""Positions, built field by field in natural units, in which an agent has one right answer."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from pokeenv import OBS_SIZE, SINGLES, write_natural

Side = Literal["own", "opposing"]


def usual_pokemon(side: Side) -> dict[str, Any]:
    """Fields of a Pokémon of level 80 with base stats of 100; own stats as the estimate gives them."""
    fields: dict[str, Any] = {"known": 1, "hp": 1, "level": 80, "type_1": "normal"}
    for stat in ("hp", "atk", "def", "spa", "spd", "spe"):
        fields[f"base_{stat}"] = 100
        if side == "own":
            fields[f"stat_{stat}"] = 291.6 if stat == "hp" else 206.6
    return fields


def usual_move(name: str, power: float) -> dict[str, Any]:
    """Fields of a physical Normal-type attack, or of a status move if `power` is 0."""
    kind = {"physical": 1, "power": power} if power else {"status": 1}
    return {"known": 1, "usable": 1, "id": name, "type": "normal", "pp": 1, "accuracy": 1, **kind}


class Position:
    """One observation and its mask, written by names; it starts as an even battle of two Normal-types."""

    def __init__(self, generation: int = 9) -> None:
        self.observation = np.zeros(OBS_SIZE, dtype=np.float32)
        self.mask = np.zeros(SINGLES.num_actions, dtype=np.int8)
        self.field(generation=generation, turn=5)
        for side in ("own", "opposing"):
            self.field(**{f"{side}_team_size": 6})
            self.pokemon(side, 0, active=1)

    def field(self, **values: float) -> Position:
        for name, value in values.items():
            write_natural(self.observation, f"field.{name}", value)
        return self

    def pokemon(self, side: Side, slot: int, **values: Any) -> Position:
        """Write a Pokémon of level 80 with base stats of 100; own stats as the estimate gives them."""
        for name, value in {**usual_pokemon(side), **values}.items():
            write_natural(self.observation, f"{side}.{slot}.{name}", value)
        if side == "own" and slot > 0:
            self.mask[SINGLES.switches[slot]] = 1
        return self

    def move(self, side: Side, slot: int, move: int, name: str, power: float, **values: Any) -> Position:
        """Write a physical Normal-type attack, or a status move if `power` is 0."""
        known = usual_move(name, power) | ({"effectiveness": 1} if power else {})
        for key, value in {**known, **values}.items():
            write_natural(self.observation, f"{side}.{slot}.move.{move}.{key}", value)
        if side == "own" and slot == 0:
            self.mask[SINGLES.moves[move]] = 1
        return self

    def force_switch(self) -> Position:
        self.field(force_switch=1).pokemon("own", 0, active=1, fainted=1, hp=0)
        self.mask[SINGLES.moves] = 0
        return self


def decide(agent: Any, *positions: Position) -> list[int]:
    observations = np.stack([position.observation for position in positions])
    masks = np.stack([position.mask for position in positions])
    agent.begin(len(positions), seed=0)
    decision = agent.act(observations, masks, np.arange(len(positions)))
    assert decision.actions.dtype == np.int64
    assert decision.log_probs is None and decision.values is None  # it does not sample
    return [int(action) for action in decision.actions]
