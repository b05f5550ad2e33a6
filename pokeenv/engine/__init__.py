"""The engine: real Pokémon Showdown battles in worker processes, seen through shared memory."""

from pokeenv.engine.contract import Engine
from pokeenv.engine.seat_messages import SeatMessages
from pokeenv.engine.showdown.engine import SEED_WORDS, SPECTATORS, EmbeddedShowdown
from pokeenv.engine.showdown.shared_memory import RUNNING, TERMINATED, TRUNCATED

__all__ = [
    "RUNNING",
    "SEED_WORDS",
    "SPECTATORS",
    "TERMINATED",
    "TRUNCATED",
    "EmbeddedShowdown",
    "Engine",
    "SeatMessages",
]
