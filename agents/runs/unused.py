"""Settings that a run cannot use: set to another value than the default, and without effect."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from agents.algorithms import BaseAlgorithm
from agents.config import PPOSettings, TrainConfig
from agents.config.opponent_mix import LEAGUE, SELF
from agents.config.reading import keys_of
from agents.registry import ALGORITHMS, FIXED_RECURRENCE, load

Condition = tuple[tuple[str, ...], Callable[[TrainConfig], bool], str]
"""Keys, when they have no effect, and the reason; a key that ends with a point is a whole section."""


def _without_memory(config: TrainConfig) -> bool:
    return not config.network.recurrent


CONDITIONS: tuple[Condition, ...] = (
    (
        (
            "sequence_learning.enabled",
            "sequence_learning.bptt_length",
            "sequence_learning.memory_limit_mb",
            "network.memory",
            "network.lstm_hidden_size",
            "force_device",
        ),
        _without_memory,
        "the network has no memory",
    ),
    (
        ("network.context_length",),
        lambda c: _without_memory(c) or c.network.memory != "attention",
        "network.memory is not attention",
    ),
    (
        ("network.outlook", "network.worth", "network.usual_moves"),
        lambda c: c.network.type != "candidate",
        "network.type is not candidate",
    ),
    (("teacher_coef", "teacher_until"), lambda c: c.teacher is None, "there is no teacher"),
    (
        ("network.num_heads",),
        lambda c: c.network.type != "attention" and (_without_memory(c) or c.network.memory != "attention"),
        "neither network.type nor network.memory is attention",
    ),
    (
        ("network.use_lstm",),
        lambda c: c.network.type in FIXED_RECURRENCE,
        "network.type basic never has a memory, lstm always",
    ),
    (("league.",), lambda c: LEAGUE not in c.opponent_ratios, "opponent_mix holds no league"),
    (("win_rate_threshold",), lambda c: SELF not in c.opponent_ratios, "the opponents hold no self"),
    (("magnet_coef",), lambda c: c.magnet == "none", "magnet is none"),
    (("magnet",), lambda c: c.magnet_coef == 0, "magnet_coef is 0"),
    (("magnet_decay",), lambda c: c.magnet != "ema" or c.magnet_coef == 0, "there is no magnet: ema"),
    (
        ("search_coef", "search_targets."),
        lambda c: c.search_targets.share == 0,
        "search_targets.share is 0",
    ),
    (("reward_config",), lambda c: c.reward == "win_loss", "reward is win_loss"),
    (("batch_size_final",), lambda c: c.batch_size == 0, "batch_size is 0, the whole batch"),
    (
        ("evaluation.interval_battles",),
        lambda c: c.evaluation.interval == 0,
        "evaluation.interval is 0",
    ),
    (
        ("evaluation.opponents", "evaluation.greedy", "evaluation.parallel"),
        lambda c: c.evaluation.interval == 0 and c.evaluation.battles == 0,
        "nothing is evaluated",
    ),
    (
        (
            "collection.actors",
            "collection.battles_per_actor",
            "collection.address",
            "collection.deterministic",
        ),
        lambda c: c.collection.source != "ray",
        "collection.source is not ray",
    ),
    (
        ("collection.staleness", "collection.max_staleness"),
        lambda c: c.collection.source == "inline",
        "collection.source is inline",
    ),
    (
        ("parallel",),
        lambda c: c.collection.source == "ray" and c.collection.battles_per_actor is not None,
        "collection.battles_per_actor is set",
    ),
)


def unused_settings(config: TrainConfig) -> Iterator[str]:
    """A line for each reason why settings of a run have no effect.

    A key with its default value is never listed, since it may come from a template that lists every key.
    """
    changed = [name for name, value in _flat(config).items() if value != _flat(TrainConfig())[name]]
    algorithm = (_keys_without_effect(config), lambda _: True, f"algorithm is {config.algorithm}")
    for keys, applies, reason in (*CONDITIONS, algorithm):
        if applies(config) and (found := [name for name in changed if _is_in(name, keys)]):
            yield f"{', '.join(found)}: no effect, since {reason}"


def _keys_without_effect(config: TrainConfig) -> tuple[str, ...]:
    """Keys of algorithms that the chosen one does not read."""
    algorithm: type[BaseAlgorithm] = load(ALGORITHMS[config.algorithm])
    settings = algorithm.settings_class
    read = set(settings.model_fields) - settings.fixed_in_runs
    return tuple(field.alias or name for name, field in PPOSettings.model_fields.items() if name not in read)


def _is_in(name: str, keys: tuple[str, ...]) -> bool:
    return any(name.startswith(key) if key.endswith(".") else name == key for key in keys)


def _flat(config: TrainConfig) -> Mapping[str, Any]:
    """Values by dotted key."""
    data = config.model_dump()
    values = {}
    for name in keys_of(TrainConfig):
        section, _, last = name.rpartition(".")
        values[name] = (data[section] if section else data)[last]
    return values
