"""Labels of the opponent's choice, beside an oracle that reads the scenes of both seats."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from agents.algorithms import PPOAlgorithm
from agents.estimates.opponent_choices import ANOTHER_MOVE, NUM_CHOICES, SWITCH, choices_seen
from pokeenv import DOUBLES, NO_ACTION, SINGLES, SelfPlayVectorEnv, other_row, scene_of
from tests.support.all_options import setting


def scene(obs: dict[str, Any], row: int) -> Any:
    return scene_of({name: obs[name][row] for name in ("observation", "action_mask")})


def oracle(obs: dict[str, Any], row: int, action: int) -> int:
    """The choice of the other row's action as `row` sees it, by names."""
    if action == NO_ACTION:
        return NO_ACTION
    own, other = scene(obs, row), scene(obs, row ^ 1)
    choice = next(each for each in other.choices if each.action == action)
    if len(other.choices) < 2 or all(each.move is None for each in other.choices):
        return NO_ACTION
    if choice.move is None:
        return SWITCH
    shown = [move.id for move in own.opposing.actives[0].moves]
    return shown.index(choice.move.id) if choice.move.id in shown else ANOTHER_MOVE


def played(env: SelfPlayVectorEnv, steps: int) -> Any:
    """Observations, masks and random legal actions of a few steps."""
    rng = np.random.default_rng(0)
    obs, _ = env.reset(seed=1)
    for _ in range(steps):
        masks = obs["action_mask"]
        acting = masks.any(axis=1)
        actions = (masks * rng.random(masks.shape)).argmax(axis=1)
        actions = np.where(acting, actions, NO_ACTION)
        yield {name: np.array(value) for name, value in obs.items()}, actions
        obs, *_ = env.step(actions)


def test_choices_equal_those_that_both_scenes_give() -> None:
    counts = np.zeros(NUM_CHOICES + 1, dtype=int)
    with SelfPlayVectorEnv("gen9randombattle", 8) as env:
        rows = np.arange(env.num_envs)
        others = other_row(rows)
        for obs, actions in played(env, 40):
            found = choices_seen(
                obs["observation"],
                obs["observation"][others],
                obs["action_mask"][others],
                actions[others],
                env.layout,
                SINGLES,
            )
            seats = np.flatnonzero(obs["action_mask"].any(axis=1))
            expected = [oracle(obs, row, int(actions[row ^ 1])) for row in seats.tolist()]
            assert found[seats].tolist() == expected
            counts += np.bincount(found[seats] + 1, minlength=len(counts))
    assert (counts > 0).all()


def test_in_doubles_a_seat_sees_the_choice_of_the_pokemon_in_the_same_place() -> None:
    known = moves = 0
    with SelfPlayVectorEnv("gen9randomdoublesbattle", 4) as env:
        rows = np.arange(env.num_envs)
        others = other_row(rows)
        right = env.layout.offsets["field.deciding_right"]
        for obs, actions in played(env, 40):
            seen = obs["observation"]
            found = choices_seen(
                seen, seen[others], obs["action_mask"][others], actions[others], env.layout, DOUBLES
            )
            apart = seen[:, right] != seen[others][:, right]
            assert (found[apart] == NO_ACTION).all()
            for row in np.flatnonzero(found >= 0):
                choice = DOUBLES.actions[actions[row ^ 1]]
                assert (choice.kind == "switch") == (found[row] == SWITCH)
                known += 1
                moves += int(found[row] < ANOTHER_MOVE)
    assert known > 50 and moves > 5


@pytest.mark.parametrize("kind", ["entity", "candidate"])
def test_the_head_points_at_the_token_of_the_move(kind: str) -> None:
    algorithm = PPOAlgorithm(epochs=1, aux_coef=1.0, batch_size=0)
    (policy_net, _), _, batch = setting(kind, algorithm)
    encoding = policy_net.trunk.encode(batch.observations)
    assert encoding.opposing_moves is not None
    logits = policy_net.predict_opponent(encoding)
    assert logits is not None and logits.shape == (batch.num_decisions, NUM_CHOICES)
    order = [2, 0, 3, 1]
    permuted = policy_net.predict_opponent(
        encoding._replace(opposing_moves=encoding.opposing_moves[:, order])
    )
    assert permuted is not None
    torch.testing.assert_close(permuted[:, :4], logits[:, order])
    torch.testing.assert_close(permuted[:, 4:], logits[:, 4:])
