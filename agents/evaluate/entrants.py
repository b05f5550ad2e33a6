"""The agents that take part in an evaluation, each loaded once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.agent import RLAgent
from agents.config import TrainConfig
from agents.players.checkpoint_name import read_named
from agents.players.loading import agent_of, is_checkpoint, load_agent, policy_name, search_agent
from agents.players.search.player import SearchAgent
from agents.registry import SCRIPTED, SEARCH
from pokeenv import Agent


@dataclass(frozen=True)
class Entrant:
    """An agent that takes part. It is loaded once, because a running training changes its checkpoints.

    Attributes:
        name: its name on the command line.
        agent: the agent that the name refers to; only copies of it play.
        facts: path and sha256 of its checkpoint; empty for other agents.
        config: configuration of the run that wrote the checkpoint.
    """

    name: str
    agent: Agent
    facts: Mapping[str, str]
    config: TrainConfig | None = None

    @classmethod
    def read(cls, name: str, device: str) -> Entrant:
        """Load the agent that a name refers to.

        Raises:
            CheckpointError: the baseline or checkpoint does not exist or cannot be used.
        """
        policy = policy_name(name)
        if policy in SCRIPTED or not is_checkpoint(policy):
            return cls(name, load_agent(name, device=device), {})
        searches = name.startswith(SEARCH)
        path, checkpoint, manner = read_named(policy if searches else name, device)
        learnt = agent_of(checkpoint, str(path), device=device, name=str(path), with_values=searches)
        learnt.temperature = manner.temperature
        agent: Agent = search_agent(name, device, policy=learnt) if searches else learnt
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        return cls(name, agent, {"checkpoint": str(path), "sha256": sha256}, checkpoint.config)

    def player(self) -> Agent:
        """A copy for one match, so that the match does not depend on earlier ones."""
        if isinstance(self.agent, RLAgent):
            return self.agent.snapshot(self.name, with_values=False)
        if isinstance(self.agent, SearchAgent):
            return self.agent.fresh()
        return load_agent(self.name)


def read_entrants(names: Sequence[str], device: str) -> list[Entrant]:
    """Load all agents, so that an error in any name is reported before the first battle."""
    read = {name: Entrant.read(name, device) for name in dict.fromkeys(names)}
    return [read[name] for name in names]


def unique_labels(names: Sequence[str]) -> list[str]:
    """Names with repeated ones numbered: an agent may play a copy of itself."""
    labels: list[str] = []
    for name in names:
        count = sum(label == name or label.startswith(f"{name} (") for label in labels)
        labels.append(f"{name} ({count + 1})" if count else name)
    return labels
