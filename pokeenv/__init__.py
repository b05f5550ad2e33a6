"""pokeenv: Gymnasium environments over the real Pokémon Showdown simulator."""

from pokeenv.actions import DOUBLES, NO_ACTION, SINGLES, Action, ActionSpace, legal_actions
from pokeenv.agent import Agent, ChecksFormat, Decision, DrawsByBattle, ReadsProtocol, decide
from pokeenv.engine import ENGINES, Engine, SeatMessages, open_engine
from pokeenv.engine.rows import other_row, row_of, rows_of
from pokeenv.engine.signals import SIGNALS
from pokeenv.envs.battle import BattleEnv
from pokeenv.envs.battle_vector import BattleVectorEnv
from pokeenv.envs.parallel import parallel_env
from pokeenv.envs.registration import register_envs
from pokeenv.envs.self_play import SelfPlayVectorEnv
from pokeenv.envs.snapshots import Snapshot
from pokeenv.errors import (
    CapabilityError,
    ChoiceError,
    ClosedError,
    EngineError,
    EngineTerminatedError,
    EngineTimeoutError,
    IllegalActionError,
    ImaginationError,
    InstallError,
    InvalidTeamError,
    NotPicklableError,
    PokeenvError,
    ProtocolError,
    RecordError,
    RenderError,
    ReplayError,
    RewardConfigError,
    SnapshotError,
    UnknownEngineError,
    UnknownFormatError,
    UnknownOpponentError,
    UnsupportedFormatError,
    UsageError,
    did_you_mean,
    shown,
)
from pokeenv.formats import (
    DEFAULT_FORMAT,
    FORMATS,
    REGISTERED_FORMATS,
    RULES_MARK,
    BattleFormat,
    parse_format,
)
from pokeenv.observation import (
    DOUBLES_LAYOUT,
    DOUBLES_LAYOUTS,
    LAYOUT,
    LAYOUTS,
    OBS_SIZE,
    VOCABULARY,
    Layout,
    ObservationKind,
    check_readable,
    decode,
    largest_kind,
    make_layout,
    natural,
    observation_kind_of,
    slice_for,
    write_natural,
)
from pokeenv.opponents.poke_env_player import POKE_ENV, PokeEnvOpponent, poke_env_opponent
from pokeenv.render.language import describe, parse_choice
from pokeenv.render.reading import make_scene, scene_of
from pokeenv.render.scene import Choice, Move, Pokemon, Scene, Side
from pokeenv.replays.record import BattleRecord, load_record
from pokeenv.replays.resimulate import resimulate, resimulate_all
from pokeenv.rewards import CompositeReward, RewardFunction, WinLoss, make_reward
from pokeenv.stream import ObservationStream, StreamHost, observe_stream
from pokeenv.teams.sources import FileTeams, GeneratedTeams, TeamSource
from pokeenv.teams.validation import pack_teams
from pokeenv.usage import UsageStatistics, read_usage
from pokeenv.version import __version__
from pokeenv.yaml_files import parse_yaml, read_yaml

__all__ = [
    "DEFAULT_FORMAT",
    "DOUBLES",
    "DOUBLES_LAYOUT",
    "DOUBLES_LAYOUTS",
    "ENGINES",
    "FORMATS",
    "LAYOUT",
    "LAYOUTS",
    "NO_ACTION",
    "OBS_SIZE",
    "POKE_ENV",
    "REGISTERED_FORMATS",
    "RULES_MARK",
    "SIGNALS",
    "SINGLES",
    "VOCABULARY",
    "Action",
    "ActionSpace",
    "Agent",
    "BattleEnv",
    "BattleFormat",
    "BattleRecord",
    "BattleVectorEnv",
    "CapabilityError",
    "ChecksFormat",
    "Choice",
    "ChoiceError",
    "ClosedError",
    "CompositeReward",
    "Decision",
    "DrawsByBattle",
    "Engine",
    "EngineError",
    "EngineTerminatedError",
    "EngineTimeoutError",
    "FileTeams",
    "GeneratedTeams",
    "IllegalActionError",
    "ImaginationError",
    "InstallError",
    "InvalidTeamError",
    "Layout",
    "Move",
    "NotPicklableError",
    "ObservationKind",
    "ObservationStream",
    "PokeEnvOpponent",
    "PokeenvError",
    "Pokemon",
    "ProtocolError",
    "ReadsProtocol",
    "RecordError",
    "RenderError",
    "ReplayError",
    "RewardConfigError",
    "RewardFunction",
    "Scene",
    "SeatMessages",
    "SelfPlayVectorEnv",
    "Side",
    "Snapshot",
    "SnapshotError",
    "StreamHost",
    "TeamSource",
    "UnknownEngineError",
    "UnknownFormatError",
    "UnknownOpponentError",
    "UnsupportedFormatError",
    "UsageError",
    "UsageStatistics",
    "WinLoss",
    "__version__",
    "check_readable",
    "decide",
    "decode",
    "describe",
    "did_you_mean",
    "largest_kind",
    "legal_actions",
    "load_record",
    "make_layout",
    "make_reward",
    "make_scene",
    "natural",
    "observation_kind_of",
    "observe_stream",
    "open_engine",
    "other_row",
    "pack_teams",
    "parallel_env",
    "parse_choice",
    "parse_format",
    "parse_yaml",
    "poke_env_opponent",
    "read_usage",
    "read_yaml",
    "register_envs",
    "resimulate",
    "resimulate_all",
    "row_of",
    "rows_of",
    "scene_of",
    "shown",
    "slice_for",
    "write_natural",
]

register_envs()
