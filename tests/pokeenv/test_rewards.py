"""Rewards: known answers by hand, telescoping of potentials, refusals."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pokeenv import SIGNALS, CompositeReward, RewardConfigError, WinLoss, make_reward
from pokeenv.rewards import COMPONENTS, POTENTIALS
from pokeenv.yaml_files import MAX_BYTES

REWARD_YAML = Path(__file__).parents[2] / "config" / "reward.yaml"
START = {"own_hp": 6.0, "opposing_hp": 6.0, "own_team_size": 6.0, "opposing_team_size": 6.0, "turn": 1.0}


def signals(**changes: float) -> np.ndarray:
    """One row, `(1, S)`: a fresh battle with changes."""
    values = {**dict.fromkeys(SIGNALS, 0.0), **START, **changes}
    return np.array([[values[name] for name in SIGNALS]], dtype=np.float32)


def random_battle(rng: np.random.Generator, length: int = 30) -> list[np.ndarray]:
    """Signals of one battle, moment by moment, the last one ended."""
    moments = [signals()]
    for turn in range(2, length + 1):
        own, opposing = rng.integers(0, 6, 2)
        moments.append(
            signals(
                turn=turn,
                own_hp=rng.uniform(0, 6 - own),
                opposing_hp=rng.uniform(0, 6 - opposing),
                own_fainted=own,
                opposing_fainted=opposing,
            )
        )
    moments.append(signals(turn=length, opposing_fainted=6, opposing_hp=0, own_hp=2, ended=1, outcome=1))
    return moments


@pytest.mark.parametrize(("outcome", "ended", "reward"), [(1, 1, 1), (-1, 1, -1), (0, 1, 0), (0, 0, 0)])
def test_win_loss_pays_the_outcome_when_the_battle_ends(outcome: int, ended: int, reward: int) -> None:
    rewards = WinLoss()(signals(), signals(outcome=outcome, ended=ended))
    assert rewards.dtype == np.float32
    assert rewards.tolist() == [reward]


@pytest.mark.parametrize("reward", [WinLoss(), CompositeReward(dict.fromkeys(COMPONENTS, 1.0))])
def test_a_battle_that_had_already_ended_pays_nothing(reward: Any) -> None:
    over = signals(ended=1, outcome=1, turn=20, own_hp=1, opposing_fainted=6)
    assert reward(over, over).tolist() == [0.0]
    assert reward(over, signals()).tolist() == [0.0]


@pytest.mark.parametrize(
    ("component", "after", "expected"),
    [
        ("win_loss", {"ended": 1, "outcome": -1}, -1.0),
        ("knockout", {"own_fainted": 1, "opposing_fainted": 3}, 2.0),
        ("hp_delta", {"own_hp": 4.5, "opposing_hp": 3.0}, 0.25),
        ("pokemon_count", {"own_fainted": 1, "opposing_fainted": 4}, 0.0),
        ("pokemon_count", {"own_fainted": 1, "opposing_fainted": 4, "ended": 1}, 0.5),
        ("turn_penalty", {"turn": 2}, -1.0),
        ("fail_immune", {"own_failures": 2}, -2.0),
        ("switch_penalty", {"own_switches": 1}, -1.0),
    ],
)
def test_component_has_the_value_worked_out_by_hand(
    component: str, after: dict[str, float], expected: float
) -> None:
    reward = CompositeReward({component: 0.5})
    assert reward(signals(), signals(**after))[0] == pytest.approx(0.5 * expected)


def test_hp_is_measured_against_the_whole_team_however_small() -> None:
    before = signals(own_hp=3, opposing_hp=2, own_team_size=3, opposing_team_size=2)
    after = signals(own_hp=3, opposing_hp=1, own_team_size=3, opposing_team_size=2)
    assert CompositeReward({"hp_delta": 1.0})(before, after)[0] == pytest.approx(0.5)


def test_components_sum_to_the_reward_and_rows_do_not_mix() -> None:
    rng = np.random.default_rng(0)
    before, after = (np.concatenate(random_battle(rng)[:-1]) for _ in range(2))
    reward = CompositeReward({name: rng.uniform(0.1, 1.0) for name in COMPONENTS})
    parts = reward.components(before, after)
    assert list(parts) == list(COMPONENTS)
    np.testing.assert_allclose(sum(parts.values()), reward(before, after), atol=1e-5)
    single = [reward(before[i : i + 1], after[i : i + 1])[0] for i in range(len(before))]
    np.testing.assert_array_equal(single, reward(before, after))


@pytest.mark.parametrize("gamma", [1.0, 0.99, 0.9])
@pytest.mark.parametrize("component", POTENTIALS)
def test_potential_based_shaping_telescopes_whatever_is_played(component: str, gamma: float) -> None:
    # sum_t gamma^t (gamma phi(t + 1) - phi(t)) = gamma^T phi(T) - phi(0), with phi(T) = 0 at the end.
    shaping = CompositeReward({component: 2.0}, potential_based=True, gamma=gamma)
    for seed in range(5):
        first = signals(own_hp=5.0, opposing_hp=3.5, opposing_fainted=2)
        moments = [first, *random_battle(np.random.default_rng(seed))[1:]]
        steps = itertools.pairwise(moments)
        total = sum(gamma**t * float(shaping(before, after)[0]) for t, (before, after) in enumerate(steps))
        assert total == pytest.approx(-2.0 * POTENTIALS[component](first)[0], abs=1e-5)


def test_a_battle_cut_by_the_turn_limit_keeps_its_potential() -> None:
    shaping = CompositeReward({"hp_delta": 1.0}, potential_based=True)
    assert shaping(signals(), signals(own_hp=3.0, turn=1000))[0] == pytest.approx(-0.5)


def test_potential_based_leaves_other_components_as_they_are() -> None:
    shaped = CompositeReward({"win_loss": 1.0, "turn_penalty": 0.1}, potential_based=True, gamma=0.9)
    plain = CompositeReward({"win_loss": 1.0, "turn_penalty": 0.1})
    after = signals(turn=2, ended=1, outcome=1)
    assert shaped(signals(), after) == plain(signals(), after) == pytest.approx(0.9)


def test_the_shipped_configuration_loads_and_is_win_loss_up_to_a_constant() -> None:
    reward = CompositeReward.from_yaml(REWARD_YAML)
    assert set(reward.weights) == set(COMPONENTS)
    moments = random_battle(np.random.default_rng(1))
    total = sum(reward(before, after)[0] for before, after in itertools.pairwise(moments))
    assert total == pytest.approx(1.0, abs=1e-5)  # the first potential of an even battle is 0


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"weights": {"win_los": 1.0}}, "did you mean 'win_loss'"),
        ({"weights": {"win_loss": 1.0}, "potential": True}, "did you mean 'potential_based'"),
        ({"weights": {"turn_penalty": -0.1}}, "penalties are negative already"),
        ({"weights": {"win_loss": float("nan")}}, "from 0 to .*, not nan"),
        ({"weights": {"win_loss": True}}, "is a number"),
        ({"weights": {"win_loss": "1"}}, "is a number"),
        ({"weights": {"win_loss": 0.0}}, "every weight is 0"),
        ({"weights": {"win_loss": 1.0}, "gamma": 0.0}, "gamma is in"),
        ({"weights": {"win_loss": 1.0}, "gamma": 1.5}, "gamma is in"),
        ({"weights": {"win_loss": 1.0}, "potential_based": "yes"}, "true or false"),
        ({"win_loss": 1.0}, "unknown reward key 'win_loss'"),
        ({}, "needs 'weights'"),
        (None, "not NoneType"),
    ],
)
def test_a_wrong_configuration_is_refused_with_its_reason(config: Any, message: str) -> None:
    with pytest.raises(RewardConfigError, match=message):
        CompositeReward.from_dict(config)


def test_a_broken_file_is_refused_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "reward.yaml"
    for text in ("weights: [", "", "weights: {win_los: 1}"):
        path.write_text(text)
        with pytest.raises(RewardConfigError, match=r"reward\.yaml"):
            make_reward(path)
    with pytest.raises(RewardConfigError, match="cannot be read"):
        make_reward(str(tmp_path / "missing.yml"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[" * 5000, "nested too deeply"),
        ("weights: {win_loss: " + "9" * 6000 + "}", "digits"),
        ("weights: {win_loss: 0x" + "f" * 6000 + "}", "not a huge number"),
        ("weights: {win_loss: 1}\nweights: {win_loss: 2}", "duplicate key"),
        ("weights: &a {win_loss: 1}\ngamma: *a", "aliases are not allowed"),
        ("#" * (MAX_BYTES + 1), "larger than"),
    ],
)
def test_a_file_beyond_the_limits_of_every_yaml_file_is_refused(
    tmp_path: Path, text: str, reason: str
) -> None:
    path = tmp_path / "reward.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RewardConfigError, match=rf"{path}: .*{reason}"):
        make_reward(path)


def test_make_reward_takes_names_paths_mappings_and_functions() -> None:
    assert isinstance(make_reward("win_loss"), WinLoss)
    assert isinstance(make_reward(REWARD_YAML), CompositeReward)
    assert isinstance(make_reward(str(REWARD_YAML)), CompositeReward)
    assert isinstance(make_reward({"weights": {"knockout": 1.0}}), CompositeReward)

    def own(before: np.ndarray, after: np.ndarray) -> np.ndarray:
        return np.ones(len(before), dtype=np.float32)

    assert make_reward(own) is own
    with pytest.raises(RewardConfigError, match="did you mean 'win_loss'"):
        make_reward("winloss")
    with pytest.raises(RewardConfigError, match="not int"):
        make_reward(3)  # type: ignore[arg-type]
