"""`ToyEngine`: an engine in pure Python, with a game of five actions.

Each seat first orders its two members, in two decisions of one request. Then both attack at the same time
with one of three moves, until a seat has lost its three hit points.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pokeenv.actions import Action, ActionSpace
from pokeenv.engine.contract import RUNNING, TERMINATED, TRUNCATED, Engine
from pokeenv.engine.rows import other_row, rows_of_battle
from pokeenv.engine.signals import SIGNALS
from pokeenv.errors import ClosedError, EngineError
from pokeenv.formats import BattleFormat
from pokeenv.observation import Layout

KINDS = ("switch", 0), ("switch", 1), ("move", 0), ("move", 1), ("move", 2)
TOY_ACTIONS = ActionSpace("toy", tuple(Action(kind, slot) for kind, slot in KINDS))
TOY_FORMAT = BattleFormat("toyduel", 9, action_space=TOY_ACTIONS)
HIT_POINTS = 3


class ToyEngine(Engine):
    """An engine without workers: `num_workers` and `timeout_s` are ignored."""

    name = "toy"

    def __init__(self, battle_format: BattleFormat, num_battles: int, *, layout: Layout, **rest: Any) -> None:
        rows = 2 * num_battles
        self.battle_format, self.num_battles, self.layout = battle_format, num_battles, layout
        self.observations = np.zeros((rows, layout.size), dtype=np.float32)
        self.action_masks = np.zeros((rows, battle_format.action_space.num_actions), dtype=np.int8)
        self.signals = np.zeros((rows, len(SIGNALS)), dtype=np.float32)
        self._statuses = np.full(num_battles, TERMINATED, dtype=np.int32)
        self._turns = np.zeros(num_battles, dtype=np.int32)
        self._hp, self._picks = np.zeros(rows, dtype=np.int64), [[0, 1] for _ in range(rows)]
        self._rngs = [np.random.default_rng(0) for _ in range(num_battles)]
        self._turn_limit, self._closed = rest["turn_limit"], False
        self._places = [layout.offsets[f"{side}.0.hp"] for side in ("own", "opposing")]
        self._step: Any = None

    acting = property(lambda self: self.action_masks.any(axis=1))
    statuses = property(lambda self: self._statuses)
    turns = property(lambda self: self._turns)

    def step_async(self, actions: Any, resets: Any = None, idle: Any = (), *, checked: bool = False) -> None:
        if self._closed:
            raise ClosedError("the engine is closed")
        if self._step is not None:
            raise EngineError("a step is running")
        if not checked:
            self.check_actions(actions, [*(resets or {}), *idle])
        self._step = (np.array(actions), dict(resets or {}), set(idle))

    def step_wait(self) -> None:
        if self._step is None:
            raise EngineError("no step is running")
        (actions, resets, idle), self._step = self._step, None
        for battle in set(range(self.num_battles)) - idle:
            if battle in resets:
                self._rngs[battle] = np.random.default_rng(resets[battle])
                self._turns[battle], self._statuses[battle] = 0, RUNNING
                self._hp[rows_of_battle(battle)] = HIT_POINTS
            rows = range(*rows_of_battle(battle).indices(len(actions)))
            for row in rows:
                if battle in resets:
                    self._picks[row] = []
                elif self._turns[battle] == 0:
                    self._picks[row].append(int(actions[row]))
                elif self._rngs[battle].random() < 0.3 + 0.1 * (actions[row] - 2):
                    self._hp[other_row(row)] -= 1
            self._turns[battle] += all(len(self._picks[row]) == 2 for row in rows)
            self._end(battle, rows)

    def _end(self, battle: int, rows: range) -> None:
        if (self._hp[rows] <= 0).any():
            self._statuses[battle] = TERMINATED
        elif self._turns[battle] > self._turn_limit:
            self._statuses[battle] = TRUNCATED
        for row in rows:
            picking, over = self._turns[battle] == 0, self._statuses[battle] != RUNNING
            self.action_masks[row] = [0, 0, 0, 0, 0] if over else [picking, picking, *[not picking] * 3]
            if picking:
                self.action_masks[row][self._picks[row]] = 0  # a member can be picked only once
            lead = int(np.sign(self._hp[row] - self._hp[other_row(row)]))
            ended = self._statuses[battle] == TERMINATED
            self.signals[row, [SIGNALS.index("ended"), SIGNALS.index("outcome")]] = (ended, ended * lead)
            self.observations[row, self._places] = self._hp[[row, other_row(row)]].clip(0) / HIT_POINTS

    def packed_teams(self, battle: int) -> tuple[str, str]:
        return ("toy|p1", "toy|p2")

    def close(self) -> None:
        self._closed = True
