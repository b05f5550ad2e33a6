"""Agents by name: baselines, poke-env's players and the trained agents in checkpoints."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

from agents.agent import RLAgent
from agents.checkpoints.checkpoint import Checkpoint, load_checkpoint, restore_agent
from agents.checkpoints.run_folder import find_checkpoint
from agents.errors import CheckpointError
from agents.networks import build_networks
from agents.players.baselines import make_baseline
from agents.players.checkpoint_name import read_named, split_manner
from agents.players.search.beliefs import Beliefs
from agents.players.search.heard_worlds import HeardWorlds
from agents.players.search.player import SearchAgent
from agents.players.search.settings import split_name
from agents.pretrained import PREFIX
from agents.registry import PRETRAINED, SCRIPTED, SEARCH
from pokeenv import (
    DEFAULT_FORMAT,
    POKE_ENV,
    Agent,
    UnsupportedFormatError,
    did_you_mean,
    parse_format,
    poke_env_opponent,
)


def load_agent(name: str, *, device: str = "cpu", with_values: bool = False) -> Agent:
    """Make an agent ready to play.

    Args:
        name: a baseline (`random`, `max`, `rule`), `odds`, one of poke-env's players
            (`poke-env:SimpleHeuristicsPlayer`), an agent of the package (`pretrained:gen9randombattle`), the
            path of a checkpoint or of a folder with runs (see `Manner` for what may follow), or `search:` and
            one of these names (see `SearchSettings` for what may follow).
        device: device of a checkpoint's networks.
        with_values: a checkpoint's agent also estimates values; without them its decisions say 0.

    Returns:
        The agent; two calls give agents that share nothing.

    Raises:
        CheckpointError: there is no such baseline or checkpoint, or it cannot be used.
    """
    if name in SCRIPTED:
        return make_baseline(name)
    if name.startswith(SEARCH):
        return search_agent(name, device)
    if name.startswith(POKE_ENV):
        return poke_env_opponent(name)
    if not is_checkpoint(name):
        known = (*SCRIPTED, *PRETRAINED)
        raise CheckpointError(
            f"{name!r} is neither a checkpoint nor one of {', '.join(known)}{did_you_mean(name, known)}"
        )
    path, checkpoint, manner = read_named(name, device)
    agent = agent_of(checkpoint, str(path), device=device, name=name, with_values=with_values)
    agent.temperature = manner.temperature
    return agent


def search_agent(name: str, device: str = "cpu", *, policy: Agent | None = None) -> SearchAgent:
    """A search with the policy and the settings of a name, with or without `search:` before it.

    Args:
        name: see `load_agent`.
        device: device of a checkpoint's networks.
        policy: the policy that the name refers to, if it is loaded already.

    Raises:
        CheckpointError: the policy, a setting, or a file that it names cannot be used.
    """
    policy_of_name, settings = split_name(name)
    if policy_of_name.startswith(POKE_ENV):
        raise CheckpointError(f"{name!r}: players of poke-env cannot play in imagined battles")
    policy = policy or load_agent(policy_of_name, device=device, with_values=True)
    load_value = None
    if settings.value:
        load_value = _copies_of(settings.value, load_agent(settings.value, device=device, with_values=True))
    beliefs = Beliefs.of(name, settings)
    return SearchAgent(
        _copies_of(policy_of_name, policy),
        settings,
        partial(HeardWorlds, beliefs=beliefs),
        name=name,
        load_value=load_value,
        check_format=beliefs.check_format,
    )


def _copies_of(name: str, agent: Agent) -> Callable[[], Agent]:
    """A function that makes copies of an agent, whose checkpoint is read no more."""
    if isinstance(agent, RLAgent):
        learnt = agent
        return lambda: learnt.snapshot(name)
    return lambda: load_agent(name)


def policy_name(name: str) -> str:
    """The name of an agent without a search around it and without settings."""
    return split_name(name)[0] if name.startswith(SEARCH) else split_manner(name)[0]


def is_checkpoint(name: str) -> bool:
    """True for the path of something that exists, and for `pretrained:NAME`."""
    # Path.exists() raises an error if the name is too long.
    return name.startswith(PREFIX) or os.path.exists(split_manner(name)[0])


def agent_of(
    checkpoint: Checkpoint, source: str, *, device: str = "cpu", name: str = "agent", with_values: bool = True
) -> RLAgent:
    """The agent of a checkpoint, which only plays.

    Args:
        checkpoint: a loaded checkpoint.
        source: name of the checkpoint in messages.
        device: where the networks live.
        name: name of the agent.
        with_values: the agent also estimates values.

    Raises:
        CheckpointError: the weights do not fit the networks.
    """
    policy_net, value_net = build_networks(checkpoint.config.network, checkpoint.action_space, seed=0)
    agent = RLAgent(policy_net, value_net if with_values else None, None, None, device=device, name=name)
    restore_agent(checkpoint, agent, optimizer=False, source=source)
    return agent


def format_to_play(name: str, wanted: str | None, *, any_format: bool) -> str:
    """Id of the battle format in which an agent plays.

    Args:
        name: name or path, as for `load_agent`.
        wanted: the requested format, if any.
        any_format: allow a format that the agent was not trained on.

    Raises:
        UnsupportedFormatError: the agent was trained on another format.
    """
    trained, name = None, policy_name(name)
    if name not in SCRIPTED and is_checkpoint(name):
        trained = load_checkpoint(find_checkpoint(name)).config.battle_format
        trained = parse_format(trained, has_teams=None).id
    battle_format = parse_format(wanted or trained or DEFAULT_FORMAT, has_teams=None).id
    if trained not in (None, battle_format) and not any_format:
        raise UnsupportedFormatError(
            f"{name} was trained on {trained}, not on {battle_format}: leave out --battle-format,"
            " or add --any-format"
        )
    return battle_format
