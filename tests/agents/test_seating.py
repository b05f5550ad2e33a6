"""Seating: the agents in the rows of an environment, without a simulator."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from agents.selfplay.seating import Seating
from pokeenv import NO_ACTION, OBS_SIZE, SINGLES, Decision

BATTLES = 3
FIRST_ROW = 10


class LastLegal:
    """Takes the last legal action, and notes the rows that it was asked for and reset."""

    name = "last legal"

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.reset: list[list[int]] = []

    def begin(self, num_rows: int, seed: int | None = None) -> None:
        """Nothing to forget."""

    def reset_rows(self, rows: Any) -> None:
        self.reset.append(rows.tolist())

    def act(self, observations: Any, action_masks: Any, rows: Any, greedy: bool = False) -> Decision:
        self.asked.append(rows.tolist())
        reversed_masks = action_masks[:, ::-1]
        return Decision(action_masks.shape[1] - 1 - reversed_masks.argmax(axis=1))


def make_seating(acting: list[int]) -> Seating:
    mask = np.zeros(2 * BATTLES, dtype=np.bool_)
    mask[acting] = True
    env: Any = SimpleNamespace(num_envs=2 * BATTLES, acting=mask, engine=None)
    return Seating(env, FIRST_ROW)


def observations() -> dict[str, Any]:
    """All rows may take actions 2, 5 and 9."""
    masks = np.zeros((2 * BATTLES, SINGLES.num_actions), dtype=np.int8)
    masks[:, [2, 5, 9]] = 1
    return {"observation": np.zeros((2 * BATTLES, OBS_SIZE), dtype=np.float32), "action_mask": masks}


def test_each_agent_is_asked_once_for_all_its_rows_that_act() -> None:
    one, other = LastLegal(), LastLegal()
    seating = make_seating(acting=[0, 2, 3, 4])
    seating.begin({0: (one, other), 1: (one, one), 2: (other, one)})
    actions, turns = seating.act_all(observations())
    assert one.asked == [[FIRST_ROW + row for row in (0, 2, 3)]]
    assert other.asked == [[FIRST_ROW + 4]]
    assert actions.tolist() == [9, NO_ACTION, 9, 9, 9, NO_ACTION]
    assert [(turn.agent, turn.rows.tolist()) for turn in turns] == [(one, [0, 2, 3]), (other, [4])]


def test_empty_seats_take_their_first_legal_action_and_ask_nobody() -> None:
    agent = LastLegal()
    seating = make_seating(acting=[0, 1, 2])
    seating.begin({0: None, 1: (agent, agent)})
    actions, _ = seating.act_all(observations())
    assert actions.tolist() == [2, 2, 9, NO_ACTION, NO_ACTION, NO_ACTION]
    seating.begin({1: None})
    assert seating.act_all(observations())[0].tolist()[:3] == [2, 2, 2]
    assert len(agent.asked) == 1


def test_agents_start_new_episodes_in_their_own_rows_of_battles_that_begin() -> None:
    one, other = LastLegal(), LastLegal()
    seating = make_seating(acting=[])
    seating.begin({0: (one, other), 1: (one, other), 2: (one, other)})
    seating.begin({1: (other, one)})
    assert one.reset == [[FIRST_ROW + row for row in (0, 2, 4)], [FIRST_ROW + 3]]
    assert other.reset == [[FIRST_ROW + row for row in (1, 3, 5)], [FIRST_ROW + 2]]


def test_ended_battles_wait_to_begin_again() -> None:
    agent = LastLegal()
    seating = make_seating(acting=[])
    seating.begin({battle: (agent, agent) for battle in range(BATTLES)})
    terminated, truncated = np.zeros((2, 2 * BATTLES), dtype=np.bool_)
    terminated[0:2] = True
    truncated[4:6] = True
    assert seating.end(terminated, truncated) == [0, 2] == seating.restarting
    seating.begin({0: (agent, agent), 2: None})
    assert seating.restarting == []
