"""The engine: battles that are stepped together, with their data as arrays over rows."""

from pokeenv.engine.contract import RUNNING, SEED_WORDS, SPECTATORS, TERMINATED, TRUNCATED, Engine
from pokeenv.engine.registry import ENGINES, EngineFactory, open_engine
from pokeenv.engine.seat_messages import SeatMessages

__all__ = [
    "ENGINES",
    "RUNNING",
    "SEED_WORDS",
    "SPECTATORS",
    "TERMINATED",
    "TRUNCATED",
    "Engine",
    "EngineFactory",
    "SeatMessages",
    "open_engine",
]
