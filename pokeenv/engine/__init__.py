"""The engine: real Pokémon Showdown battles in worker processes, seen through shared memory."""

from pokeenv.engine.engine import Engine
from pokeenv.engine.feed import SeatFeed
from pokeenv.engine.shared_memory import RUNNING, TERMINATED, TRUNCATED
from pokeenv.engine.showdown import SEED_WORDS, SPECTATORS, EmbeddedShowdown

__all__ = [
    "RUNNING",
    "SEED_WORDS",
    "SPECTATORS",
    "TERMINATED",
    "TRUNCATED",
    "EmbeddedShowdown",
    "Engine",
    "SeatFeed",
]
