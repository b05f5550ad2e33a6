"""Rewards: pure functions of per-row signals before and after a step.

The engine writes, for each row (one seat of one battle) and step, the numbers named in `SIGNALS`.
A reward function gets them for all rows at once, before and after the step, and returns one number per row.
`WinLoss` is the default; `CompositeReward` adds weighted components, read from YAML.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from pokeenv.engine.signals import SIGNALS
from pokeenv.errors import RewardConfigError, did_you_mean, shown
from pokeenv.yaml_files import read_yaml

_INDEX = {name: index for index, name in enumerate(SIGNALS)}
_OUTCOME, _ENDED = _INDEX["outcome"], _INDEX["ended"]

_LARGEST_WEIGHT = 1e9

Signals = NDArray[np.float32]  # (R, S): R rows, S = len(SIGNALS)
Rewards = NDArray[np.float32]  # (R,)
Values = NDArray[np.float64]  # (R,)


@runtime_checkable
class RewardFunction(Protocol):
    """Gives the rewards of the rows of one step."""

    def __call__(self, before: Signals, after: Signals) -> Rewards:
        """Reward of each row.

        Args:
            before: `(R, S)` signals before the step.
            after: `(R, S)` signals after the step.

        Returns:
            `(R,)` float32 rewards.
        """
        ...


def _get(signals: Signals, name: str) -> Values:
    return signals[:, _INDEX[name]].astype(np.float64)


def _increase(before: Signals, after: Signals, name: str) -> Values:
    return _get(after, name) - _get(before, name)


def _size(signals: Signals, side: str) -> Values:
    # A row that has not been written yet has team size 0, by which nothing may be divided.
    return np.maximum(_get(signals, f"{side}_team_size"), 1.0)


# Potentials: how good a position is, each a function of the signals of one moment.


def _hp_lead(signals: Signals) -> Values:
    """Own HP minus opposing HP as fractions of the whole teams, in [-1, 1]."""
    own = _get(signals, "own_hp") / _size(signals, "own")
    return own - _get(signals, "opposing_hp") / _size(signals, "opposing")


def _faint_lead(signals: Signals) -> Values:
    """Opposing minus own fainted Pokémon, in [-6, 6]."""
    return _get(signals, "opposing_fainted") - _get(signals, "own_fainted")


def _count_lead(signals: Signals) -> Values:
    """Own minus opposing remaining Pokémon as fractions of the whole teams, in [-1, 1]."""
    own = _get(signals, "own_fainted") / _size(signals, "own")
    return _get(signals, "opposing_fainted") / _size(signals, "opposing") - own


POTENTIALS: dict[str, Callable[[Signals], Values]] = {
    "knockout": _faint_lead,
    "hp_delta": _hp_lead,
    "pokemon_count": _count_lead,
}


def _win_loss(before: Signals, after: Signals) -> Values:
    return _get(after, "outcome") * _get(after, "ended")


def _knockout(before: Signals, after: Signals) -> Values:
    return _faint_lead(after) - _faint_lead(before)


def _hp_delta(before: Signals, after: Signals) -> Values:
    return _hp_lead(after) - _hp_lead(before)


def _pokemon_count(before: Signals, after: Signals) -> Values:
    return _count_lead(after) * _get(after, "ended")


def _turn_penalty(before: Signals, after: Signals) -> Values:
    return -_increase(before, after, "turn")


def _fail_immune(before: Signals, after: Signals) -> Values:
    return -_increase(before, after, "own_failures")


def _switch_penalty(before: Signals, after: Signals) -> Values:
    return -_increase(before, after, "own_switches")


COMPONENTS: dict[str, Callable[[Signals, Signals], Values]] = {
    "win_loss": _win_loss,
    "knockout": _knockout,
    "hp_delta": _hp_delta,
    "pokemon_count": _pokemon_count,
    "turn_penalty": _turn_penalty,
    "fail_immune": _fail_immune,
    "switch_penalty": _switch_penalty,
}
"""Component name to its function `(before (R, S), after (R, S)) -> (R,)`, before the weight.

====================  ==========================================================================
win_loss              +1 won, -1 lost, 0 tie, when the battle ends
knockout              +1 per opposing Pokémon that faints, -1 per own one
hp_delta              change of (own - opposing) HP, each as a fraction of its whole team
pokemon_count         when the battle ends: (own - opposing) Pokémon left, as fractions of the teams
turn_penalty          -1 per turn
fail_immune           -1 per own move that fails or hits an immune target
switch_penalty        -1 per voluntary switch
====================  ==========================================================================
"""


class WinLoss:
    """+1 for a win and -1 for a loss when the battle ends, else 0."""

    def __call__(self, before: Signals, after: Signals) -> Rewards:
        """Reward of each row; see `RewardFunction`."""
        # The result of `_win_loss` and `_still_running`, in fewer operations, because it is needed at every
        # step.
        rewards: Rewards = after[:, _OUTCOME] * after[:, _ENDED]
        rewards[before[:, _ENDED] > 0.0] = 0.0
        return rewards.astype(np.float32, copy=False)


class CompositeReward:
    """Weighted sum of the components of `COMPONENTS`.

    With `potential_based`, the components that measure a position (`POTENTIALS`: knockout,
    hp_delta, pokemon_count) pay `gamma * potential(after) - potential(before)`, where the potential of an
    ended battle is 0. Over an episode, such shaping sums to `-potential(first)` for any actions, so it does
    not change the optimal policies (Ng, Harada, Russell, ICML 1999). `gamma` must be the discount of the
    learner. The sum over the steps in which a row waits for its opponent is exact with `gamma` 1; with a
    smaller one it is exact if every step is a decision.

    A row whose battle ended before the step gets 0.

    Args:
        weights: component name to weight, at least 0; other components are not paid. Penalties are already
            negative.
        potential_based: shape by differences of potentials.
        gamma: discount of the potential after the step, in (0, 1].

    Raises:
        RewardConfigError: an unknown component, or a weight or `gamma` out of range.
    """

    def __init__(
        self, weights: Mapping[str, float], *, potential_based: bool = False, gamma: float = 1.0
    ) -> None:
        """Check and keep the weights."""
        _refuse_unknown("reward component", weights, COMPONENTS)
        self.weights = {name: _number(f"weight of '{name}'", weights[name]) for name in weights}
        self.potential_based = potential_based
        self.gamma = _number("gamma", gamma)
        if not any(self.weights.values()):
            raise RewardConfigError("every weight is 0, so the reward would always be 0; set at least one")
        if not isinstance(potential_based, bool):
            raise RewardConfigError(f"potential_based is true or false, not {shown(potential_based)}")
        if not 0.0 < self.gamma <= 1.0:
            raise RewardConfigError(f"gamma is in (0, 1], not {gamma!r}")

    @classmethod
    def from_dict(cls, config: Mapping[str, Any]) -> CompositeReward:
        """Build from `{"weights": {...}, "potential_based": bool, "gamma": float}`.

        Raises:
            RewardConfigError: an unknown key or a value out of range.
        """
        if not isinstance(config, Mapping):
            raise RewardConfigError(f"a reward configuration is a mapping, not {type(config).__name__}")
        _refuse_unknown("reward key", config, ("weights", "potential_based", "gamma"))
        weights = config.get("weights")
        if not isinstance(weights, Mapping):
            raise RewardConfigError(
                "a reward configuration needs 'weights', a mapping such as {win_loss: 1.0}"
            )
        options = {key: value for key, value in config.items() if key != "weights"}
        return cls(weights, **options)

    @classmethod
    def from_yaml(cls, path: str | Path) -> CompositeReward:
        """Build from a YAML file; `config/reward.yaml` is the commented example.

        Raises:
            RewardConfigError: the file cannot be read, is not YAML, or has content that `from_dict` refuses.
        """
        config = read_yaml(Path(path), RewardConfigError)
        try:
            return cls.from_dict(config)
        except RewardConfigError as error:
            raise RewardConfigError(f"{path}: {error}") from error

    def components(self, before: Signals, after: Signals) -> dict[str, Rewards]:
        """Weighted components, each `(R,)`; they sum to the reward."""
        return {name: value.astype(np.float32) for name, value in self._weighted(before, after).items()}

    def __call__(self, before: Signals, after: Signals) -> Rewards:
        """Reward of each row; see `RewardFunction`."""
        total = np.zeros(len(before), dtype=np.float64)
        for value in self._weighted(before, after).values():
            total += value
        return total.astype(np.float32)

    def _weighted(self, before: Signals, after: Signals) -> dict[str, Values]:
        return {
            name: weight * _still_running(before, self._value(name, before, after))
            for name, weight in self.weights.items()
            if weight
        }

    def _value(self, name: str, before: Signals, after: Signals) -> Values:
        if not self.potential_based or name not in POTENTIALS:
            return COMPONENTS[name](before, after)
        potential = POTENTIALS[name]
        return self.gamma * _still_running(after, potential(after)) - potential(before)


RewardSpec = str | Path | Mapping[str, Any] | RewardFunction

REWARDS: dict[str, Callable[[], RewardFunction]] = {"win_loss": WinLoss}
"""Rewards that have a name."""


def make_reward(spec: RewardSpec) -> RewardFunction:
    """Build a reward function.

    Args:
        spec: a name of `REWARDS`, the path of a YAML file, a mapping for `CompositeReward.from_dict`, or a
            reward function, which is returned unchanged.

    Raises:
        RewardConfigError: `spec` is none of these, or the configuration is invalid.
    """
    if isinstance(spec, Path):
        return CompositeReward.from_yaml(spec)
    if isinstance(spec, str):
        if spec in REWARDS:
            return REWARDS[spec]()
        if spec.endswith((".yaml", ".yml")):
            return CompositeReward.from_yaml(spec)
        raise RewardConfigError(
            f"unknown reward '{spec}'{did_you_mean(spec, REWARDS)};"
            f" known: {', '.join(REWARDS)}, or the path of a .yaml file"
        )
    if isinstance(spec, Mapping):
        return CompositeReward.from_dict(spec)
    if callable(spec):
        return spec
    raise RewardConfigError(f"a reward is a name, a path, a mapping or a function, not {type(spec).__name__}")


def _still_running(signals: Signals, values: Values) -> Values:
    """`values` where the battle has not ended at `signals`, else 0."""
    return np.where(_get(signals, "ended") > 0.0, 0.0, values)


def _refuse_unknown(what: str, given: Mapping[str, Any], known: Mapping[str, Any] | tuple[str, ...]) -> None:
    for name in given:
        if name not in known:
            raise RewardConfigError(
                f"unknown {what} '{name}'{did_you_mean(str(name), known)}; known: {', '.join(known)}"
            )


def _number(what: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise RewardConfigError(f"{what} is a number, not {shown(value)}")
    if not 0.0 <= value <= _LARGEST_WEIGHT:
        hint = " (penalties are negative already)" if value < 0.0 else ""
        raise RewardConfigError(f"{what} is a number from 0 to {_LARGEST_WEIGHT:g}, not {shown(value)}{hint}")
    return float(value)
