"""From a batch to gradient steps: shuffled single decisions, or whole episodes."""

from agents.algorithms.batching.decisions import Decisions
from agents.algorithms.batching.episodes import Episodes
from agents.algorithms.batching.minibatch import Batching

__all__ = ["Batching", "Decisions", "Episodes"]
