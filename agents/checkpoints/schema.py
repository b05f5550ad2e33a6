"""Schema of checkpoints, and the check that a checkpoint fits an agent."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import torch
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator
from torch import Tensor

from agents.agent import RLAgent
from agents.config.opponent_mix import LEAGUE
from agents.stored import Stored
from pokeenv import shown


def _finite(tensor: Tensor) -> Tensor:
    plain = tensor.layout is torch.strided and not tensor.is_quantized and tensor.device.type != "meta"
    # An expanded view of a few bytes would take unbounded memory here.
    if not plain or tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
        raise ValueError("must be a plain tensor")
    if not bool(torch.isfinite(tensor).all()):
        raise ValueError("holds numbers that are not finite")
    return tensor


def _generator_state(tensor: Tensor) -> Tensor:
    if tensor.dtype is not torch.uint8 or tensor.dim() != 1:
        raise ValueError("must be the state of a generator: one row of bytes")
    generator = torch.Generator()
    if len(tensor) == len(generator.get_state()):  # the length depends on the kind of device
        try:
            generator.set_state(tensor.cpu())
        except RuntimeError:
            raise ValueError("is not a valid state of a generator") from None
    return tensor


def _cpu_generator_state(tensor: Tensor) -> Tensor:
    if len(tensor) != len(torch.get_rng_state()):
        raise ValueError("is not a valid state of torch's generator")
    return tensor


FiniteTensor = Annotated[Tensor, AfterValidator(_finite)]
Weights = dict[str, FiniteTensor]
GeneratorState = Annotated[Tensor, AfterValidator(_generator_state)]
Count = Annotated[int, Field(ge=0, lt=2**53)]
Word = Annotated[int, Field(ge=0, lt=2**128)]
Score = Annotated[float, Field(ge=0, le=1)]


class GeneratorWords(Stored):
    """The two numbers of a PCG64 generator."""

    state: Word
    inc: Word


class NumpyGenerator(Stored):
    """State of numpy's generator."""

    bit_generator: Literal["PCG64"]
    state: GeneratorWords
    has_uint32: int = Field(ge=0, le=1)
    uinteger: int = Field(ge=0, lt=2**32)


class ParameterGroup(Stored):
    """Parameters of an optimizer and their options, which depend on torch's version."""

    model_config = ConfigDict(extra="allow")

    params: list[Count]
    lr: float = Field(ge=0)


class OptimizerState(Stored):
    """State of an optimizer, by the number of the parameter."""

    state: dict[Count, dict[str, FiniteTensor | float | None]]
    param_groups: list[ParameterGroup]


class AlgorithmState(Stored):
    """State of an algorithm; algorithms of other projects may add to it."""

    model_config = ConfigDict(extra="allow")

    rng: NumpyGenerator
    updates: Count = 0  # not in early checkpoints
    magnet: Weights | None
    auxiliary: Weights | None


class NetworkState(Stored):
    """Weights of the networks that act."""

    policy_net: Weights
    value_net: Weights | None


class AgentState(NetworkState):
    """State of `RLAgent`."""

    optimizer: OptimizerState | None
    algorithm: AlgorithmState | None
    generator: GeneratorState


class MemberState(Stored):
    """A member of the league."""

    update: Count
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    score: float = Field(ge=0)
    battles: float = Field(ge=0)


LeagueFile = Annotated[str, Field(pattern=r"^\d{8,}\.pt$")]
"""Name of a league's file: never a path, because files of dropped members are removed."""


class LeagueState(Stored):
    """State of `League`."""

    members: list[MemberState]
    left: dict[LeagueFile, Count]


class PoolState(Stored):
    """State of `OpponentPool`."""

    names: list[str]
    rng: NumpyGenerator
    version: Count
    replaced_at: Score | None = None
    scores: dict[str, list[Score]]
    snapshot: NetworkState | None
    league: LeagueState | None

    @model_validator(mode="after")
    def _check_names(self) -> PoolState:
        if list(self.scores) != self.names or len(set(self.names)) != len(self.names):
            raise ValueError("must have scores for each of its names")
        if (LEAGUE in self.names) != (self.league is not None):
            raise ValueError("must hold a league if its names do")
        return self


class ProgressState(Stored):
    """State of `Progress`."""

    update: Count
    episodes: Count
    decisions: Count


class Versions(Stored):
    """Versions of the programs that wrote the file."""

    python: str
    torch: str
    numpy: str
    pokeenv: str


class CheckpointContent(Stored):
    """The whole content of a checkpoint; the configuration has its own schema."""

    layout_hash: str
    config: dict[str, Any]
    agent: AgentState
    # A run without a pool of opponents stores an empty mapping.
    opponents: Annotated[PoolState | None, BeforeValidator(lambda value: None if value == {} else value)]
    progress: ProgressState
    torch_rng: Annotated[GeneratorState, AfterValidator(_cpu_generator_state)]
    versions: Versions


def find_misfits(
    state: Mapping[str, Any], opponents: Mapping[str, Any], agent: RLAgent, *, same_torch: bool
) -> Iterator[str]:
    """Compare the content of a checkpoint with the agent that shall load it.

    Args:
        state: the agent's state, of the schema `AgentState`.
        opponents: the opponents' state, of the schema `PoolState`, or empty.
        agent: the agent, with the networks and the optimizer of the run.
        same_torch: this version of torch wrote the state.

    Yields:
        A clause for each part that does not fit. Torch itself would find some of them only in later updates,
        and convert others.
    """
    ours = agent.network_state_dict()
    policy, value = ours["policy_net"], ours["value_net"]
    yield from weight_misfits("agent.policy_net", state["policy_net"], policy)
    if value is not None and state["value_net"] is not None:
        yield from weight_misfits("agent.value_net", state["value_net"], value)
    if opponents and opponents["snapshot"] is not None:
        yield from weight_misfits(
            "opponents.snapshot.policy_net", opponents["snapshot"]["policy_net"], policy
        )
    algorithm = state["algorithm"] or {}
    if algorithm.get("magnet") is not None:
        yield from weight_misfits("agent.algorithm.magnet", algorithm["magnet"], policy)
    head = agent.policy_net.auxiliary_head
    if head is not None and algorithm.get("auxiliary") is not None:
        yield from weight_misfits("agent.algorithm.auxiliary", algorithm["auxiliary"], head.state_dict())
    if agent.optimizer is not None and state["optimizer"] is not None:
        yield from _optimizer_misfits(state["optimizer"], agent.optimizer, same_torch)


def weight_misfits(place: str, theirs: Mapping[str, Tensor], ours: Mapping[str, Tensor]) -> Iterator[str]:
    """Differences of names, shapes and types of two sets of weights, as clauses that name the place."""
    for name in [*ours, *(name for name in theirs if name not in ours)]:
        there, here = (_kind(tensors.get(name)) for tensors in (theirs, ours))
        if there != here:
            yield f"{place}.{name}: {there} there, {here} here"


def _kind(value: object) -> str:
    if isinstance(value, Tensor):
        return f"{str(value.dtype).removeprefix('torch.')} {tuple(value.shape)}"
    return "missing" if value is None else type(value).__name__


def _optimizer_misfits(
    state: Mapping[str, Any], optimizer: torch.optim.Optimizer, same_torch: bool
) -> Iterator[str]:
    place, ours = "agent.optimizer", optimizer.state_dict()["param_groups"]
    theirs = state["param_groups"]
    if [group["params"] for group in theirs] != [group["params"] for group in ours]:
        yield f"{place}.param_groups: other parameters"
        return
    for number, (there, here) in enumerate(zip(theirs, ours, strict=True)):
        for name, value in here.items():
            if name in there and not _like(there[name], value):
                yield f"{place}.param_groups.{number}.{name}: {shown(there[name])} is not like {value!r}"
            # Switches that an older torch lacks are off.
            elif name not in there and (same_torch or not isinstance(value, bool | None)):
                yield f"{place}.param_groups.{number}.{name}: missing"
    shapes = [tuple(parameter.shape) for group in optimizer.param_groups for parameter in group["params"]]
    found = state["state"]
    if found and sorted(found) != list(range(len(shapes))):
        yield f"{place}.state: for other parameters"
        return
    filled = {number: values for number, values in found.items() if values}  # the others had no gradients
    for name in {name: None for values in filled.values() for name in values}:
        kinds = {number: _moment_kind(values.get(name), shapes[number]) for number, values in filled.items()}
        usual = Counter(kinds.values()).most_common(1)[0][0]
        for number, kind in kinds.items():
            if kind != usual or kind not in _MOMENTS:
                yield f"{place}.state.{number}.{name}: {kind}"
            elif name in _NOT_NEGATIVE and bool(torch.as_tensor(filled[number][name]).lt(0).any()):
                yield f"{place}.state.{number}.{name}: below 0"


_MOMENTS = ("one for each weight", "a single one", "a number")
_NOT_NEGATIVE = ("step", "exp_avg_sq")  # of Adam: counts and mean squares


def _moment_kind(value: object, shape: tuple[int, ...]) -> str:
    """The kind of a value that an optimizer keeps for a parameter of this shape."""
    if isinstance(value, Tensor) and value.is_floating_point() and tuple(value.shape) in (shape, ()):
        return _MOMENTS[tuple(value.shape) != shape]
    if isinstance(value, float):
        return _MOMENTS[2]
    return f"{_kind(value)}, for a parameter of shape {shape}"


def _like(there: object, here: object) -> bool:
    """True if an option has the type and the kind of range of ours; switches may also be unset."""
    if isinstance(here, tuple):  # such as Adam's betas
        if not isinstance(there, tuple) or len(there) != len(here):
            return False
        return all(isinstance(part, float) and 0 <= part <= 1 for part in there)
    if isinstance(here, bool | None):
        return isinstance(there, bool | None)
    if isinstance(here, int | float):  # torch gives some numbers as integers
        return type(there) in (int, float) and 0 <= there < math.inf  # type: ignore[operator]
    return type(there) is type(here)
