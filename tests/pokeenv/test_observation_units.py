"""Observations read and written in natural units."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pokeenv import LAYOUT, LAYOUTS, OBS_SIZE, VOCABULARY, decode, natural, write_natural
from tests.support.play import play_battles


def decoded(state: dict[str, Any], name: str) -> Any:
    """The entry of a decoded observation under a field's full name."""
    value: Any = state
    for part in name.replace(".move.", ".moves.").split("."):
        value = value[int(part)] if part.isdigit() else value[part]
    return value


def test_every_field_reads_as_it_is_decoded() -> None:
    for obs, _, _ in play_battles("gen9randombattle", num_battles=1, steps=25, seed=5):
        observations = obs["observation"].reshape(-1, OBS_SIZE)
    states = [decode(observation) for observation in observations]
    for field in LAYOUT.fields:
        values = natural(observations, field.name)
        for value, state in zip(values, states, strict=True):
            expected = decoded(state, field.name)
            if field.vocabulary:
                assert VOCABULARY[field.vocabulary][value] == expected
            elif field.whole or field.kind == "flag":
                assert value == expected, field.name
            else:
                assert value == pytest.approx(expected, rel=1e-6), field.name


def test_a_star_makes_an_axis_of_sides_slots_or_moves() -> None:
    observations = np.arange(3 * OBS_SIZE, dtype=np.float32).reshape(3, OBS_SIZE)
    for name, shape, first, last in (
        ("field.turn", (), "field.turn", "field.turn"),
        ("own.*.hp", (6,), "own.0.hp", "own.5.hp"),
        ("*.2.hp", (2,), "own.2.hp", "opposing.2.hp"),
        ("*.*.hp", (2, 6), "own.0.hp", "opposing.5.hp"),
        ("opposing.*.move.*.pp", (6, 4), "opposing.0.move.0.pp", "opposing.5.move.3.pp"),
        ("*.*.move.*.pp", (2, 6, 4), "own.0.move.0.pp", "opposing.5.move.3.pp"),
    ):
        values = natural(observations, name)
        assert values.shape == (3, *shape)
        assert natural(observations[0], name).shape == shape
        flat = values.reshape(3, -1)
        assert (flat[:, 0] == natural(observations, first)).all()
        assert (flat[:, -1] == natural(observations, last)).all()
    every_pp = natural(observations, "*.*.move.*.pp")
    assert (every_pp[:, 1, 4, 2] == natural(observations, "opposing.4.move.2.pp")).all()


def test_the_fields_of_a_richer_observation_are_read_with_its_layout() -> None:
    layout = LAYOUTS["damage"]
    observations = np.zeros((2, layout.size), dtype=np.float32)
    write_natural(observations, "damage.own_move.3.max", 1.5, layout)
    write_natural(observations, "field.turn", 14)
    assert natural(observations, "damage.own_move.*.max", layout).tolist() == [[0, 0, 0, 1.5]] * 2
    assert natural(observations, "field.turn").tolist() == [14, 14]


def test_whole_numbers_are_exact_in_spite_of_float32() -> None:
    levels = np.zeros((101, OBS_SIZE), dtype=np.float32)
    for level in range(101):
        write_natural(levels[level], "own.0.level", level)
    assert natural(levels, "own.0.level").tolist() == list(range(101))
    assert natural(levels, "own.0.level").dtype == np.float32


def test_values_out_of_range_are_clipped_and_ids_written_by_name() -> None:
    observation = np.zeros(OBS_SIZE, dtype=np.float32)
    write_natural(observation, "field.turn", 5000)
    write_natural(observation, "own.0.move.1.id", "surf")
    assert natural(observation, "field.turn") == 1000
    assert VOCABULARY["moves"][natural(observation, "own.0.move.1.id")] == "surf"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("own.0.levle", r"no field 'own.0.levle' \(did you mean 'own.0.level'\?\)"),
        ("own.0.*", "selects different fields"),
        ("*.level", "no field"),
    ],
)
def test_a_name_that_is_no_field_is_refused(name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        natural(np.zeros(OBS_SIZE, dtype=np.float32), name)


def test_one_field_is_written_at_a_time_and_only_ids_by_name() -> None:
    observation = np.zeros(OBS_SIZE, dtype=np.float32)
    with pytest.raises(ValueError, match="writes one field"):
        write_natural(observation, "own.*.level", 50)
    with pytest.raises(ValueError, match=r"field.turn is a scalar, not the id 'surf'"):
        write_natural(observation, "field.turn", "surf")
