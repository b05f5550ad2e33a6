"""Training configuration: one YAML file, checked key by key before anything starts.

`train_selfplay.py --help` and `docs/config.md` (`python -m agents.config > docs/config.md`) are made from
the description, type and range of each key. An unknown key is refused, and the nearest known one is
suggested; all faults of a file are reported at once.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from agents.config.learning import NetworkSettings, PPOSettings, Precision, SequenceSettings, grown
from agents.config.opponent_mix import is_yardstick, opponent_names, parse_mix
from agents.config.reading import OneOf, PathText, Section
from agents.errors import OpponentError
from agents.registry import ALGORITHMS

Sampling = Literal["uniform", "recent", "pfsp"]


class LeagueSettings(Section):
    """Snapshots of the learner that are kept as opponents, for `league` in `opponent_mix`."""

    size: int = Field(
        default=16,
        ge=1,
        le=1000,
        description="maximum number of snapshots; a full league drops the easiest one",
    )
    interval: int = Field(default=20, ge=1, le=10**6, description="updates between snapshots")
    sampling: Sampling = Field(
        default="pfsp",
        description="draw of snapshots: uniform, recent (newer ones more often), or pfsp (harder ones more "
        "often)",
    )
    decay: float = Field(
        default=0.98,
        gt=0,
        le=1,
        description="factor by which each battle reduces the weight of earlier ones in win rates",
    )


class CollectionSettings(Section):
    """The place where the battles of a run are played."""

    source: Literal["auto", "inline", "process", "ray"] = Field(
        default="inline",
        description="inline: in the learner's process, by turns with learning; process: in a process of its "
        "own, at the same time; ray: in Ray actors; auto: process if there are two cores or more",
    )
    actors: int = Field(default=2, ge=1, le=10_000, description="ray: number of actors, each on one CPU")
    battles_per_actor: int | None = Field(
        default=None,
        ge=1,
        le=4096,
        description="ray: battles at the same time per actor; null = shares of parallel",
    )
    address: str | None = Field(
        default=None,
        min_length=1,
        description="ray: host:port of a cluster's head; null = that of RAY_ADDRESS, or a new cluster on "
        "this machine",
    )
    deterministic: bool = Field(
        default=True,
        description="ray: true = the same parameters for the same number of actors, wherever they run; false "
        "= episodes are learnt as they come, faster",
    )
    staleness: int = Field(
        default=1,
        ge=0,
        le=1,
        description="process, ray: 1 = the next episodes are collected during an update, by the policy "
        "before it; 0 = after it (process, one actor: with exactly the results of inline)",
    )
    max_staleness: int | None = Field(
        default=None,
        ge=0,
        le=10**6,
        description="process, ray: updates since an episode began, above which it is dropped and counted; "
        "long battles are the first to go; null = never",
    )


class SearchTargetSettings(Section):
    """Searches of the learner's decisions, whose strategies its policy learns from."""

    share: float = Field(
        default=0.0, ge=0, le=1, description="share of the learner's decisions that are searched; 0 = none"
    )
    sims: int = Field(
        default=16, ge=1, le=10**6, description="positions that are valued for a decision, at most"
    )
    worlds: int = Field(default=4, ge=1, le=64, description="battles that are imagined")
    own: int = Field(default=4, ge=1, le=26, description="own actions that are tried: the most probable ones")
    opposing: int = Field(
        default=4, ge=1, le=26, description="actions of the opponent that are tried in each world"
    )
    depth: int = Field(
        default=0,
        ge=0,
        le=100,
        description="turns that the policy plays for both sides before a position is valued",
    )
    trust: float = Field(
        default=0.8,
        ge=0,
        le=1,
        description="chance that the opponent follows the policy instead of playing its best answer",
    )
    anchor: float = Field(
        default=0.02, ge=0, le=10, description="worth of an action that the policy finds e times as probable"
    )


class EvaluationSettings(Section):
    """Matches against fixed opponents, seats mirrored: during training and at its end."""

    interval: int = Field(
        default=0,
        ge=0,
        le=10**6,
        description="updates between evaluations during training; 0 = only at the end",
    )
    interval_battles: int = Field(
        default=40, ge=2, le=10**6, multiple_of=2, description="battles per opponent during training"
    )
    battles: int = Field(
        default=200,
        ge=0,
        le=10**6,
        multiple_of=2,
        description="battles per opponent at the end; 0 = no final evaluation",
    )
    opponents: tuple[str, ...] = Field(
        default=("random", "max"), strict=False, description="names of agents, as agents.evaluate takes them"
    )
    greedy: bool = Field(
        default=True,
        description="the trained agent and opponents from checkpoints take their most probable action",
    )
    parallel: int = Field(default=32, ge=2, le=4096, description="battles at the same time")


class RunSettings(Section):
    """Length, seed, device and optimisation of a run."""

    battle_format: str = Field(
        default="gen9randombattle",
        min_length=1,
        description="Showdown format id; custom rules follow @@@, as in gen9ou@@@Max Level = 50",
    )
    episodes: int = Field(
        default=20_000, ge=1, le=10**9, description="episodes to learn from (a self-play battle gives two)"
    )
    seed: int = Field(
        default=0, ge=0, lt=2**31, description="seed of battles, networks, sampling and opponents"
    )
    device: str = Field(
        default="cpu",
        pattern=r"^(auto|cpu|cuda(:\d{1,3})?|mps)$",
        json_schema_extra={"allowed": "auto, cpu, cuda, cuda:N, mps"},
        description="device of networks, acting and updates; auto: cuda if there is one, else cpu",
    )
    force_device: bool = Field(
        default=False,
        description="allow device: mps for an LSTM or GRU, although torch may compute wrong gradients there",
    )
    precision: Precision = Field(
        default="auto",
        description="precision of the networks during updates: fp32, bf16, or auto (bf16 if the hardware "
        "supports it)",
    )
    torch_threads: int = Field(default=1, ge=1, le=256, description="threads of an update; acting uses one")

    lr: float = Field(default=3e-4, gt=0, le=1, description="learning rate of Adam")
    lr_schedule: Literal["linear", "constant"] = Field(
        default="linear", description="schedule of the learning rate; linear: falls to 0 over the run"
    )
    gamma: float = Field(default=1.0, ge=0, le=1, description="discount per decision")
    gae_lambda: float = Field(
        default=0.95, ge=0, le=1, description="lambda of generalised advantage estimation"
    )
    algorithm: Annotated[str, OneOf(ALGORITHMS)] = Field(
        default="ppo", description="learning algorithm; imitation: from the teacher alone"
    )
    teacher: str | None = Field(
        default=None,
        description="agent whose actions in the learner's states are learnt from: a baseline, or the path "
        "of a checkpoint",
    )


class TrainConfig(PPOSettings, RunSettings):
    """Everything a training run depends on, besides the program itself."""

    reward: Literal["win_loss", "composite"] = Field(
        default="win_loss", description="reward: win_loss (+1/-1 at the end), or composite (shaped)"
    )
    reward_config: PathText | None = Field(default=None, description="YAML file of the composite reward")

    parallel: int = Field(default=64, ge=1, le=4096, description="battles at the same time")
    num_workers: int = Field(
        default=2, ge=1, le=64, description="simulator processes; two or more overlap with acting"
    )
    episodes_per_update: int = Field(default=128, ge=1, le=10**6, description="finished episodes per update")
    episodes_per_update_final: int | None = Field(
        default=None,
        ge=1,
        le=10**6,
        description="finished episodes per update at the end of the run, by constant growth; null = constant",
    )
    turn_limit: int = Field(
        default=1000, ge=1, le=1000, description="turns after which a battle is truncated"
    )

    checkpoint_interval: int = Field(default=50, ge=1, le=10**6, description="updates between checkpoints")
    checkpoint_minutes: float = Field(
        default=10,
        ge=0,
        le=10**6,
        description="minutes after which an update writes a checkpoint in between, which the next one "
        "replaces; 0 = never",
    )
    checkpoint_dir: PathText = Field(default="runs", description="parent folder of the runs' folders")
    keep_checkpoints: int = Field(default=5, ge=1, le=10**6, description="newest checkpoints kept per run")
    tensorboard: bool = Field(default=True, description="write TensorBoard events beside metrics.jsonl")

    team: Literal["random", "files"] = Field(
        default="random", description="teams: random (the format's own generator), or files"
    )
    teams_dir: PathText | None = Field(default=None, description="folder or file of teams, for team: files")

    opponent: str | None = Field(
        default=None,
        json_schema_extra={"allowed": ", ".join(opponent_names())},
        description="one opponent for all battles; not with opponent_mix",
    )
    opponent_mix: str | None = Field(
        default=None, description='opponents by ratio: "random:0.1,max:0.1,self:0.8"'
    )
    win_rate_threshold: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="win rate at which self, a frozen snapshot, is replaced; 0 = self is the current policy",
    )
    win_rate_window: int = Field(
        default=200, ge=1, le=10**6, description="number of latest battles that count for win rates"
    )

    load_model: PathText | None = Field(
        default=None, description="checkpoint that provides the first weights; counters start at 0"
    )
    save_model: PathText | None = Field(default=None, description="path of a copy of the final checkpoint")
    reset_optimizer: bool = Field(default=False, description="with load_model: start with a new optimizer")

    network: NetworkSettings = Field(default=NetworkSettings(), description="shape of the networks")
    sequence_learning: SequenceSettings = Field(
        default=SequenceSettings(), description="learning of recurrent networks"
    )
    collection: CollectionSettings = Field(
        default=CollectionSettings(), description="place where the battles are played"
    )
    search_targets: SearchTargetSettings = Field(
        default=SearchTargetSettings(), description="searches of the learner's decisions, to learn from"
    )
    league: LeagueSettings = Field(default=LeagueSettings(), description="snapshots kept as opponents")
    evaluation: EvaluationSettings = Field(default=EvaluationSettings(), description="matches for measuring")

    @property
    def opponent_ratios(self) -> dict[str, float]:
        """Share of battles of each opponent, by name."""
        return parse_mix(self.opponent_mix or f"{self.opponent or 'self'}:1")

    def episodes_at(self, progress: float) -> int:
        """Finished episodes per update after a share of the run, in [0, 1]."""
        return grown(self.episodes_per_update, self.episodes_per_update_final, progress)

    @model_validator(mode="after")
    def _check_together(self) -> TrainConfig:
        if self.opponent is not None and self.opponent_mix is not None:
            raise ValueError(
                "opponent and opponent_mix exclude each other: remove one of them from the file, or switch "
                "it off on the command line: --set opponent_mix=null, or --set opponent=null"
            )
        try:
            _ = self.opponent_ratios
        except OpponentError as error:
            key = "opponent" if self.opponent_mix is None else "opponent_mix"
            raise ValueError(f"{key}: {error}") from None
        if self.reward == "composite" and self.reward_config is None:
            raise ValueError("reward: composite needs reward_config, such as config/reward.yaml")
        if (self.team == "files") != (self.teams_dir is not None):
            raise ValueError("team: files and teams_dir belong together: set both, or neither")
        if self.reset_optimizer and self.load_model is None:
            raise ValueError("reset_optimizer: true has no effect without load_model")
        if self.network.recurrent and not self.sequence_learning.enabled:
            raise ValueError(
                "sequence_learning.enabled: false excludes recurrent networks: enable it, or choose "
                "network.type: basic (attention, entity and candidate: network.use_lstm: false)"
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
        if self.algorithm == "imitation" and self.teacher is None:
            raise ValueError("algorithm: imitation needs a teacher, such as teacher: rule")
        if self.algorithm == "imitation" and self.noise_scale_interval:
            raise ValueError(
                "noise_scale_interval: algorithm: imitation has no policy loss to measure: set it to 0"
            )
        if self.teacher is not None and is_yardstick(self.teacher):
            raise ValueError(
                f"teacher: {self.teacher!r} is for measuring alone: put it in evaluation.opponents"
            )
        if self.search_targets.share and self.reward != "win_loss":
            raise ValueError(
                "search_targets.share: a search compares values with outcomes, so its values must estimate "
                "outcomes: set reward: win_loss"
            )
        if self.num_workers > self.parallel:
            raise ValueError(
                f"num_workers: {self.num_workers} is more than parallel: {self.parallel} battles"
            )
        return self
