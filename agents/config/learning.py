"""Settings of networks and algorithms: sections of a run's configuration, each used as a whole."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field
from typing_extensions import Self

from agents.config.reading import OneOf, Section
from agents.registry import ENCODERS, FIXED_RECURRENCE, MEMORIES
from pokeenv import ObservationKind

Precision = Literal["auto", "fp32", "bf16"]
Epochs = Annotated[
    int, Field(ge=1, le=100, alias="ppo_epochs", description="passes over each batch; reinforce: 1")
]
BatchSize = Annotated[
    int,
    Field(
        ge=0,
        le=10**9,
        description="decisions per minibatch (recurrent networks: in whole episodes); 0 = the whole batch, "
        "as always with reinforce",
    ),
]


def grown(first: int, last: int | None, progress: float) -> int:
    """A number after a share of the run, which grows from `first` to `last` at a constant rate.

    Args:
        first: the number at first; 0 stays 0.
        last: the number at the end; None: it stays as it is.
        progress: share of the run, in [0, 1].
    """
    return first if last is None or not first else round(first * (last / first) ** progress)


class NetworkSettings(Section):
    """Shape of the policy network and of the value network: two networks, or one trunk with two heads."""

    type: Annotated[str, OneOf(ENCODERS)] = Field(default="lstm", description="kind of network")
    observation: ObservationKind = Field(
        default="base",
        description="kind of observation; damage adds the damage of the active Pokémon's moves to each "
        "other, and costs simulator time",
    )
    outlook: bool = Field(
        default=True,
        description="candidate networks: inputs for the expected fight of each own Pokémon with the opposing "
        "active ones",
    )
    worth: bool = Field(
        default=False,
        description="candidate networks in singles: inputs for the worth that the expert player sees in "
        "each action, and estimates that consider items, abilities and terrain",
    )
    usual_moves: bool = Field(
        default=False,
        description="candidate networks in singles: estimates expect the usual moves of the opponent's "
        "species in generated teams, instead of attacks of its types",
    )
    hidden_size: int = Field(default=256, ge=8, le=4096, description="width of the hidden layers")
    lstm_hidden_size: int = Field(default=256, ge=8, le=4096, description="width of the memory")
    use_lstm: bool = Field(
        default=True,
        description="memory after the encoder of attention, entity and candidate networks (lstm: always, "
        "basic: never)",
    )
    memory: Annotated[str, OneOf(MEMORIES)] = Field(
        default="lstm", description="kind of memory; attention: over the episode's decisions"
    )
    context_length: int = Field(
        default=64,
        ge=1,
        le=1000,
        description="decisions that memory: attention sees, including the current one",
    )
    num_layers: int = Field(default=2, ge=1, le=16, description="hidden layers, or attention blocks")
    embedding_size: int = Field(default=32, ge=2, le=512, description="width of the embeddings of ids")
    num_heads: int = Field(default=4, ge=1, le=32, description="attention heads")
    shared: bool = Field(default=False, description="policy and value share one trunk, with a head each")

    @property
    def recurrent(self) -> bool:
        """True if networks of this shape have a memory."""
        return FIXED_RECURRENCE.get(self.type, self.use_lstm)


class AlgorithmSettings(Section):
    """Settings that every policy-gradient algorithm has.

    An algorithm with settings of its own subclasses this.

    Class attributes:
        fixed_in_runs: fields that ignore a run's configuration and keep their defaults.
    """

    fixed_in_runs: ClassVar[frozenset[str]] = frozenset()

    value_coef: float = Field(default=0.5, ge=0, description="weight of the value loss")
    entropy_coef: float = Field(default=0.02, ge=0, description="weight of the entropy bonus")
    entropy_coef_final: float | None = Field(
        default=None,
        ge=0,
        description="weight of the entropy bonus at the end of the run, linear in between; null = constant",
    )
    magnet: Literal["none", "uniform", "ema"] = Field(
        default="none",
        description="policy to stay near: uniform over legal actions, or ema, a moving average of the "
        "policy's own weights",
    )
    magnet_coef: float = Field(
        default=0.0, ge=0, description="weight of the KL divergence from policy to magnet"
    )
    magnet_decay: float = Field(
        default=0.99, ge=0, lt=1, description="share of the moving average that each update keeps"
    )
    aux_coef: float = Field(
        default=0.0,
        ge=0,
        description="weight of predicting the opponent's choice in the same step: a move that it has shown, "
        "another move, or a switch; 0 = off",
    )
    teacher_coef: float = Field(
        default=1.0, ge=0, description="weight of the teacher's actions in the loss, at first"
    )
    teacher_until: float = Field(
        default=0.33,
        gt=0,
        le=1,
        description="share of the run after which the teacher counts no more; until then its weight falls, "
        "and that of the learner's own actions grows from 0 to 1 (imitation: both weights are constant)",
    )
    search_coef: float = Field(
        default=1.0,
        ge=0,
        description="weight of the searched strategies in the loss, as a mean over the searched decisions",
    )
    noise_scale_interval: int = Field(
        default=0,
        ge=0,
        le=10**6,
        description="updates between measurements of the gradient noise scale of the policy loss: the batch, "
        "in decisions, at which noise and signal are equal; each costs one more pass over a batch; 0 = never",
    )
    epochs: Epochs = 4
    batch_size: BatchSize = 1024
    batch_size_final: int | None = Field(
        default=None,
        ge=1,
        le=10**9,
        description="decisions per minibatch at the end of the run, by constant growth; null = constant",
    )
    target_kl: float | None = Field(
        default=None,
        gt=0,
        description="an update ends early when its approximate KL divergence exceeds 1.5 times this; null, "
        "or algorithm: reinforce = never",
    )

    @classmethod
    def from_run(cls, config: AlgorithmSettings) -> Self:
        """The settings that a run's configuration gives; those that it does not have keep their defaults."""
        names = set(cls.model_fields) & set(type(config).model_fields) - cls.fixed_in_runs
        values: dict[str, Any] = {name: getattr(config, name) for name in names}
        return cls.of(**values)


class PPOSettings(AlgorithmSettings):
    """Settings of PPO (arXiv:1707.06347)."""

    clip_range: float = Field(
        default=0.2, gt=0, le=1, description="PPO: clipping range of the probability ratio"
    )
    value_clip_range: float | None = Field(
        default=None, gt=0, description="PPO: clipping range of a value's change; null = no clipping"
    )


class SequenceSettings(Section):
    """Backpropagation through whole episodes or through segments of them."""

    enabled: bool = Field(default=True, description="train recurrent networks with the sequence algorithm")
    bptt_length: int = Field(
        default=0, ge=0, le=100_000, description="decisions per segment; 0 = the whole episode"
    )
    memory_limit_mb: float = Field(
        default=0.0,
        ge=0,
        le=1e9,
        description="MiB that an update may take besides weights, optimizer and batch; 0 = no limit",
    )
    grad_clip_norm: float = Field(
        default=5.0,
        ge=0,
        description="maximum gradient norm (per network; jointly if the trunk is shared), also without "
        "memory; 0 = no clipping",
    )
