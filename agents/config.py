"""Training configuration: one YAML file, checked key by key before anything starts.

Every key has a description, a type and a range. A key that does not exist is refused with the
nearest one that does; all faults of a file are told at once, each with its dotted key, its file and
its value.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from agents.opponents import OpponentError, parse_mix
from pokeenv import PokeenvError


class ConfigError(PokeenvError):
    """Raised when a configuration file or an override is unreadable, misspelt or out of range."""


class _Section(BaseModel):
    """Strict and closed: no unknown key, no silent conversion of ``true`` to 1."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class NetworkConfig(_Section):
    """Shape of the policy network and of the value network: two networks, or one trunk with two heads."""

    type: Literal["basic", "lstm", "attention", "entity"] = Field(
        default="lstm", description="kind of network"
    )
    hidden_size: int = Field(default=256, ge=8, le=4096, description="width of the hidden layers")
    lstm_hidden_size: int = Field(default=256, ge=8, le=4096, description="width of the memory")
    use_lstm: bool = Field(
        default=True,
        description="memory after the encoder of attention and entity networks (lstm: always, basic: never)",
    )
    memory: Literal["lstm", "gru", "attention"] = Field(
        default="lstm", description="kind of memory; attention: over the episode's decisions"
    )
    context_length: int = Field(
        default=64,
        ge=1,
        le=1000,
        description="decisions that memory: attention sees, the present one included",
    )
    num_layers: int = Field(default=2, ge=1, le=16, description="hidden layers, or attention blocks")
    embedding_size: int = Field(default=32, ge=2, le=512, description="width of the embeddings of ids")
    num_heads: int = Field(default=4, ge=1, le=32, description="attention heads")
    shared: bool = Field(default=False, description="policy and value share one trunk, with a head each")

    @property
    def recurrent(self) -> bool:
        """Whether networks of this shape have memory."""
        return self.type == "lstm" or (self.use_lstm and self.type != "basic")


class SequenceLearningConfig(_Section):
    """How recurrent networks learn: backpropagation through whole episodes or through segments."""

    enabled: bool = Field(default=True, description="train recurrent networks with the sequence algorithm")
    bptt_length: int = Field(
        default=0, ge=0, le=100_000, description="decisions per segment; 0 = the whole episode"
    )
    grad_clip_norm: float = Field(default=5.0, gt=0, description="greatest gradient norm of each network")


class EvaluationConfig(_Section):
    """Matches against fixed opponents, seats mirrored: during training and at its end."""

    interval: int = Field(
        default=0, ge=0, description="updates between evaluations during training; 0 = only at the end"
    )
    interval_battles: int = Field(default=40, ge=2, description="battles per opponent during training")
    battles: int = Field(
        default=200, ge=0, description="battles per opponent at the end; 0 = no final evaluation"
    )
    opponents: tuple[str, ...] = Field(
        default=("random", "max"), strict=False, description="names of baselines or paths of checkpoints"
    )
    greedy: bool = Field(default=True, description="the trained agent plays its most probable action")
    parallel: int = Field(default=32, ge=2, le=4096, description="battles at the same time")


class TrainConfig(_Section):
    """Everything a training run depends on, beside the program itself."""

    battle_format: str = Field(default="gen9randombattle", min_length=1, description="Showdown format id")
    episodes: int = Field(
        default=20_000, ge=1, description="episodes to learn from (a self-play battle gives two)"
    )
    seed: int = Field(
        default=0, ge=0, lt=2**31, description="seed of battles, networks, sampling and opponents"
    )
    device: str = Field(
        default="cpu", pattern=r"^(auto|cpu|cuda(:\d+)?|mps)$", description="where the networks live"
    )
    torch_threads: int = Field(default=1, ge=1, le=256, description="threads of an update; acting takes one")

    lr: float = Field(default=3e-4, gt=0, le=1, description="learning rate of Adam")
    lr_schedule: Literal["linear", "constant"] = Field(
        default="linear", description="linear: falls to 0 over the run"
    )
    gamma: float = Field(default=1.0, ge=0, le=1, description="discount per decision")
    gae_lambda: float = Field(
        default=0.95, ge=0, le=1, description="lambda of generalised advantage estimation"
    )
    clip_range: float = Field(default=0.2, gt=0, le=1, description="PPO's clipping of the probability ratio")
    value_coef: float = Field(default=0.5, ge=0, description="weight of the value loss")
    entropy_coef: float = Field(default=0.02, ge=0, description="weight of the entropy bonus")
    ppo_epochs: int = Field(default=4, ge=1, le=100, description="passes over each batch")
    batch_size: int = Field(default=1024, ge=0, description="decisions per minibatch; 0 = the whole batch")
    target_kl: float | None = Field(
        default=None, gt=0, description="an update stops early past this KL; null = never"
    )
    algorithm: Literal["ppo", "reinforce"] = Field(default="ppo", description="policy gradient algorithm")

    reward: Literal["win_loss", "composite"] = Field(
        default="win_loss", description="+1/-1 at the end, or shaped"
    )
    reward_config: str | None = Field(default=None, description="YAML file of the composite reward")

    parallel: int = Field(default=64, ge=1, le=4096, description="battles at the same time")
    num_workers: int = Field(
        default=2, ge=1, le=64, description="simulator processes; two or more overlap with acting"
    )
    episodes_per_update: int = Field(default=128, ge=1, description="finished episodes per update")
    turn_limit: int = Field(
        default=1000, ge=1, le=1000, description="turns after which a battle is truncated"
    )

    checkpoint_interval: int = Field(default=50, ge=1, description="updates between checkpoints")
    checkpoint_dir: str = Field(
        default="runs", min_length=1, description="folder in which each run gets a folder"
    )
    keep_checkpoints: int = Field(default=5, ge=1, description="newest checkpoints kept per run")
    tensorboard: bool = Field(default=True, description="write TensorBoard events beside metrics.jsonl")

    team: Literal["random", "files"] = Field(
        default="random", description="random: the format's own generator; or files"
    )
    teams_dir: str | None = Field(default=None, description="folder or file of teams, for team: files")

    opponent: str | None = Field(
        default=None, description="one opponent for all battles; not with opponent_mix"
    )
    opponent_mix: str | None = Field(
        default=None, description='opponents by ratio: "random:0.1,max:0.1,self:0.8"'
    )
    win_rate_threshold: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="self is a frozen snapshot, replaced past this win rate; 0 = current policy",
    )
    win_rate_window: int = Field(default=200, ge=1, description="battles over which win rates are taken")

    load_model: str | None = Field(default=None, description="checkpoint to start from, with counters at 0")
    save_model: str | None = Field(default=None, description="where the final checkpoint is copied to")
    reset_optimizer: bool = Field(default=False, description="with load_model: start with a fresh optimizer")

    network: NetworkConfig = Field(default=NetworkConfig(), description="shape of the networks")
    sequence_learning: SequenceLearningConfig = Field(
        default=SequenceLearningConfig(), description="how recurrent networks learn"
    )
    evaluation: EvaluationConfig = Field(default=EvaluationConfig(), description="matches for measuring")

    @property
    def opponent_ratios(self) -> dict[str, float]:
        """Opponents by name with the share of battles each gets."""
        return parse_mix(self.opponent_mix or f"{self.opponent or 'self'}:1")

    @model_validator(mode="after")
    def _check_together(self) -> TrainConfig:
        if self.opponent is not None and self.opponent_mix is not None:
            raise ValueError("opponent and opponent_mix exclude each other: remove one of them")
        try:
            _ = self.opponent_ratios
        except OpponentError as error:
            key = "opponent" if self.opponent_mix is None else "opponent_mix"
            raise ValueError(f"{key}: {error}") from None
        if self.reward == "composite" and self.reward_config is None:
            raise ValueError("reward: composite needs reward_config, such as config/reward.yaml")
        if (self.team == "files") != (self.teams_dir is not None):
            raise ValueError("team: files and teams_dir go together: set both, or neither")
        if self.reset_optimizer and self.load_model is None:
            raise ValueError("reset_optimizer: true has no effect without load_model")
        if self.network.recurrent and not self.sequence_learning.enabled:
            raise ValueError(
                "sequence_learning.enabled: false does not go with a recurrent network: enable it, or choose "
                "network.type: basic (attention and entity: network.use_lstm: false)"
            )
        network = self.network
        if (
            network.recurrent
            and network.memory == "attention"
            and network.lstm_hidden_size % network.num_heads
        ):
            raise ValueError(
                f"network.memory: attention needs a network.lstm_hidden_size that is a multiple of "
                f"network.num_heads, not {network.lstm_hidden_size} with {network.num_heads} heads"
            )
        if self.num_workers > self.parallel:
            raise ValueError(
                f"num_workers: {self.num_workers} is more than parallel: {self.parallel} battles"
            )
        return self


class _Loader(yaml.SafeLoader):
    """``yaml.SafeLoader`` that refuses duplicate keys and reads ``3e-4`` as a number (as YAML 1.2 does)."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            key = str(key_node.value)
            if key in seen:
                raise yaml.MarkedYAMLError(problem=f"duplicate key {key!r}", problem_mark=key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"), list("-+.0123456789")
)


def load_config(path: str | Path | None, overrides: Sequence[str] = ()) -> TrainConfig:
    """Read and check a configuration.

    Args:
        path: YAML file; None takes the defaults.
        overrides: ``"key.sub=value"`` texts that replace values of the file; the value is YAML.

    Returns:
        The checked, frozen configuration.

    Raises:
        ConfigError: names every fault with its key, file, value and way out.
    """
    data: dict[str, Any] = {}
    if path is not None:
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            raise ConfigError(f"{path}: cannot be read: {reason}") from None
        data = _parse_mapping(text, str(path))
    return build_config(data, overrides, source=str(path) if path is not None else "configuration")


def build_config(data: Mapping[str, Any], overrides: Sequence[str] = (), *, source: str) -> TrainConfig:
    """Check nested values, such as those kept in a checkpoint.

    Args:
        data: nested mapping by key.
        overrides: as in `load_config`.
        source: name of the origin for messages.

    Returns:
        The checked, frozen configuration.

    Raises:
        ConfigError: as in `load_config`.
    """
    merged = _copy(data)
    origin: dict[str, str] = {}
    for override in overrides:
        key, value = _parse_override(override)
        _assign(merged, key, value, override)
        origin[key] = f"override {override!r}"
    try:
        return TrainConfig.model_validate(merged)
    except ValidationError as error:
        faults = [_explain(details, merged, source, origin) for details in error.errors()]
        raise ConfigError("\n".join(faults)) from None


def _parse_mapping(text: str, source: str) -> dict[str, Any]:
    try:
        data = yaml.load(text, Loader=_Loader)  # a SafeLoader
    except yaml.MarkedYAMLError as error:
        line = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ConfigError(f"{source}: not valid YAML{line}: {error.problem}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{source}: not valid YAML: {error}") from None
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise ConfigError(f"{source}: must hold 'key: value' lines, not a {type(data).__name__}")
    if wrong := [key for key in data if not isinstance(key, str)]:
        raise ConfigError(f"{source}: keys must be names, not {wrong[0]!r}")
    return data


def _parse_override(override: str) -> tuple[str, Any]:
    key, separator, text = override.partition("=")
    key = key.strip()
    if not separator or not key:
        raise ConfigError(f"override {override!r}: write key=value or key.sub=value")
    try:
        return key, yaml.load(text, Loader=_Loader)  # a SafeLoader
    except yaml.YAMLError:
        raise ConfigError(f"override {override!r}: {text!r} is not a YAML value") from None


def _copy(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _copy(value) if isinstance(value, Mapping) else value for key, value in data.items()}


def _assign(data: dict[str, Any], key: str, value: Any, override: str) -> None:
    *parents, last = key.split(".")
    for parent in parents:
        child = data.setdefault(parent, {})
        if not isinstance(child, dict):
            raise ConfigError(f"override {override!r}: {parent!r} is a value, not a section")
        data = child
    data[last] = value


def _known_keys() -> dict[str, list[str]]:
    """Section name ("" for the top level) to its keys."""
    keys = {"": list(TrainConfig.model_fields)}
    for name, field in TrainConfig.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            keys[name] = list(field.annotation.model_fields)
    return keys


def suggest_key(dotted: str) -> str | None:
    """The existing dotted key nearest to a misspelt one, or None when nothing is near."""
    known = _known_keys()
    *parents, last = dotted.split(".")
    section = ".".join(parents)
    prefix = f"{section}." if section else ""
    if near := difflib.get_close_matches(last, known.get(section, []), n=1, cutoff=0.6):
        return prefix + near[0]
    everywhere = {name: f"{part}.{name}" if part else name for part, names in known.items() for name in names}
    if near := difflib.get_close_matches(last, list(everywhere), n=1, cutoff=0.75):
        return everywhere[near[0]]
    return None


def _explain(details: ErrorDetails, data: Mapping[str, Any], source: str, origin: Mapping[str, str]) -> str:
    """One line for one fault: where, which key, which value, why, and the way out."""
    key = ".".join(str(part) for part in details["loc"])
    place = next(
        (text for name, text in origin.items() if key and (name == key or key.startswith(name + "."))), source
    )
    value = details["input"]
    if details["type"] == "extra_forbidden":
        near = suggest_key(key)
        section = key.rpartition(".")[0]
        hint = (
            f"did you mean {near!r}?" if near else f"keys here: {', '.join(_known_keys().get(section, []))}"
        )
        return f"{place}: unknown key {key!r} (value {value!r}); {hint}"
    if not key:  # a rule about several keys; its text names them
        return f"{place}: {details['msg'].removeprefix('Value error, ')}"
    if details["type"] == "literal_error":
        return f"{place}: {key}: {value!r} is not one of {details['ctx']['expected']}"
    reason = details["msg"].removeprefix("Input ")
    return f"{place}: {key}: {value!r} {reason}{_description(key)}"


def _description(key: str) -> str:
    fields = TrainConfig.model_fields
    *parents, last = key.split(".")
    for parent in parents:
        annotation = fields[parent].annotation if parent in fields else None
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return ""
        fields = annotation.model_fields
    return f" ({fields[last].description})" if last in fields else ""
