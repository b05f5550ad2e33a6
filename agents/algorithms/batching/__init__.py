"""Turns a batch into gradient steps: over shuffled single decisions, or over whole episodes."""

from agents.algorithms.batching.decisions import Decisions
from agents.algorithms.batching.episodes import Episodes
from agents.algorithms.batching.minibatch import Batching

__all__ = ["Batching", "Decisions", "Episodes"]
