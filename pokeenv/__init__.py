"""pokeenv: Gymnasium environments over the real Pokémon Showdown simulator."""

from pokeenv.actions.singles import NO_ACTION, NUM_ACTIONS, action_name, legal_actions
from pokeenv.envs.battle import BattleEnv
from pokeenv.envs.battle_vector import BattleVectorEnv
from pokeenv.envs.parallel import parallel_env
from pokeenv.envs.registration import register_envs
from pokeenv.envs.self_play import SelfPlayVectorEnv
from pokeenv.envs.snapshots import Snapshot
from pokeenv.errors import (
    ClosedError,
    EngineError,
    EngineTerminatedError,
    EngineTimeoutError,
    IllegalActionError,
    InstallError,
    InvalidTeamError,
    NotPicklableError,
    PokeenvError,
    ProtocolError,
    RenderError,
    ReplayError,
    RewardConfigError,
    SnapshotError,
    UnknownFormatError,
    UnknownOpponentError,
    UnsupportedFormatError,
    did_you_mean,
)
from pokeenv.formats import DEFAULT_FORMAT, FORMATS, REGISTERED_FORMATS, BattleFormat, parse_format
from pokeenv.observation import (
    LAYOUT,
    LAYOUTS,
    OBS_SIZE,
    VOCABULARY,
    Layout,
    ObservationKind,
    decode,
    kind_read_by,
    make_layout,
    part_read_by,
    require_readable,
    richest_kind,
)
from pokeenv.opponents.drivers import feed
from pokeenv.opponents.poke_env_player import POKE_ENV, PokeEnvOpponent, poke_env_opponent
from pokeenv.render.scene import Pokemon, Scene, Side, make_scene
from pokeenv.replays.record import BattleRecord, load_record, resimulate, resimulate_all
from pokeenv.rewards import SIGNALS, CompositeReward, RewardFunction, WinLoss, make_reward
from pokeenv.stream import ObservationStream, StreamHost, observe_stream
from pokeenv.teams.sources import FileTeams, GeneratedTeams, TeamSource, pack_teams

__version__ = "0.1.0"

__all__ = [
    "DEFAULT_FORMAT",
    "FORMATS",
    "LAYOUT",
    "LAYOUTS",
    "NO_ACTION",
    "NUM_ACTIONS",
    "OBS_SIZE",
    "POKE_ENV",
    "REGISTERED_FORMATS",
    "SIGNALS",
    "VOCABULARY",
    "BattleEnv",
    "BattleFormat",
    "BattleRecord",
    "BattleVectorEnv",
    "ClosedError",
    "CompositeReward",
    "EngineError",
    "EngineTerminatedError",
    "EngineTimeoutError",
    "FileTeams",
    "GeneratedTeams",
    "IllegalActionError",
    "InstallError",
    "InvalidTeamError",
    "Layout",
    "NotPicklableError",
    "ObservationKind",
    "ObservationStream",
    "PokeEnvOpponent",
    "PokeenvError",
    "Pokemon",
    "ProtocolError",
    "RenderError",
    "ReplayError",
    "RewardConfigError",
    "RewardFunction",
    "Scene",
    "SelfPlayVectorEnv",
    "Side",
    "Snapshot",
    "SnapshotError",
    "StreamHost",
    "TeamSource",
    "UnknownFormatError",
    "UnknownOpponentError",
    "UnsupportedFormatError",
    "WinLoss",
    "__version__",
    "action_name",
    "decode",
    "did_you_mean",
    "feed",
    "kind_read_by",
    "legal_actions",
    "load_record",
    "make_layout",
    "make_reward",
    "make_scene",
    "observe_stream",
    "pack_teams",
    "parallel_env",
    "parse_format",
    "part_read_by",
    "poke_env_opponent",
    "register_envs",
    "require_readable",
    "resimulate",
    "resimulate_all",
    "richest_kind",
]

register_envs()
