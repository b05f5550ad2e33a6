"""Names that can be chosen. Each value is an entry point, imported when it is used.

A new choice needs one file and one line here: the configuration reads its allowed names from here, and
`--help` and `docs/config.md` are made from the configuration. Entry points are text because the
configuration must not import torch.
"""

from __future__ import annotations

import importlib
from typing import Any

ALGORITHMS = {
    "ppo": "agents.algorithms.ppo:PPOAlgorithm",
    "reinforce": "agents.algorithms.reinforce:ReinforceAlgorithm",
    "imitation": "agents.algorithms.imitation:ImitationAlgorithm",
}
"""Subclasses of `agents.algorithms.BaseAlgorithm`."""

ENCODERS = {
    "basic": "agents.networks.encoders.flat:FlatEncoder",
    "lstm": "agents.networks.encoders.flat:FlatEncoder",
    "attention": "agents.networks.encoders.attention:AttentionEncoder",
    "entity": "agents.networks.encoders.entity:EntityEncoder",
    "candidate": "agents.networks.encoders.candidate:CandidateEncoder",
}
"""Network types: subclasses of `agents.networks.Encoder`."""

FIXED_RECURRENCE = {"basic": False, "lstm": True}
"""Network types that never or always have a memory; the others have one if `use_lstm` is set."""

MEMORIES = {
    "lstm": "agents.networks.memories.recurrent:LSTMMemory",
    "gru": "agents.networks.memories.recurrent:GRUMemory",
    "attention": "agents.networks.memories.attention:AttentionMemory",
}
"""Memories over an episode: subclasses of `agents.networks.Memory`."""

BASELINES = {
    "random": "agents.players.scripted.random_legal:RandomAgent",
    "max": "agents.players.scripted.max_damage:MaxDamageAgent",
    "rule": "agents.players.scripted.rule_based:RuleBasedAgent",
    "expert": "agents.players.scripted.expert:ExpertAgent",
}
"""Opponents that do not learn."""

YARDSTICKS = {"odds": "agents.players.scripted.odds:OddsAgent"}
"""Opponents for measuring alone: no run may learn from or against them, so that their results count."""

SCRIPTED = {**BASELINES, **YARDSTICKS}
"""All agents that play by rules."""

SEARCH = "search:"
"""Before the name of an agent: a search around it; see `agents.players.search`."""

PRETRAINED = {f"pretrained:{name}": f"{name}.pt" for name in ("gen1randombattle", "gen9randombattle")}
"""Agents of the package by name: files in `agents/pretrained`."""


def load(entry_point: str) -> Any:
    """Import `"module:name"`."""
    module, _, name = entry_point.partition(":")
    return getattr(importlib.import_module(module), name)
