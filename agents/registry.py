"""What can be chosen by name. Each value is an entry point, imported when it is used.

The configuration reads its allowed names from here, and `--help` and `docs/config.md` read them from the
configuration, so a new choice is one file and one line in this one. Entry points are text because the
configuration must not import torch.
"""

from __future__ import annotations

import importlib
from typing import Any

BASELINES = {
    "random": "agents.players.scripted.random_legal:RandomAgent",
    "max": "agents.players.scripted.max_damage:MaxDamageAgent",
    "rule": "agents.players.scripted.rule_based:RuleBasedAgent",
}
"""Opponents that do not learn."""


def load(entry_point: str) -> Any:
    """Import `"module:name"`."""
    module, _, name = entry_point.partition(":")
    return getattr(importlib.import_module(module), name)
