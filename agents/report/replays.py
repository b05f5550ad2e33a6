"""Battles of a checkpoint, decision by decision: view, choice and consequence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from agents.agent import RLAgent
from agents.checkpoints.checkpoint import Checkpoint
from agents.players.loading import agent_of, load_agent
from pokeenv import (
    NO_ACTION,
    Agent,
    Decision,
    Pokemon,
    Scene,
    SelfPlayVectorEnv,
    Side,
    decide,
    largest_kind,
    make_scene,
)

Frame = dict[str, Any]
"""The board at one decision, in the form that the page's viewer reads; empty parts are left out."""


def play_replays(path: Path, checkpoint: Checkpoint, count: int) -> Iterator[dict[str, Any]]:
    """Let a checkpoint play greedily against the opponents of its configuration's evaluation, in turn.

    The seeds follow from the configuration and the seats alternate: the same checkpoint gives the same
    battles.

    Args:
        path: file of the checkpoint, for messages.
        checkpoint: its content.
        count: number of battles; without opponents in the configuration none are played.

    Yields:
        `opponent`, `seat`, `turns`, `result` and `frames` of one battle.

    Raises:
        PokeenvError: an opponent cannot be made, or the simulator fails.
        ImportError: an opponent needs poke-env, which is not installed.
    """
    config = checkpoint.config
    names = config.evaluation.opponents[:count]
    if not names:
        return
    agent = agent_of(checkpoint, str(path))
    opponents = {name: load_agent(name) for name in names}
    torch.set_num_threads(1)  # single decisions need little computation
    with SelfPlayVectorEnv(
        config.battle_format,
        1,
        turn_limit=config.turn_limit,
        teams=config.teams_dir,
        observation=largest_kind([agent, *opponents.values()]),
    ) as env:
        for number in range(count):
            name = names[number % len(names)]
            frames = list(_play(env, agent, opponents[name], number % 2, config.seed + number))
            yield {
                "opponent": name,
                "seat": number % 2 + 1,
                "turns": frames[-1].get("turn", 0),
                "result": frames[-1].get("result", ""),
                "frames": frames,
            }


def _play(env: SelfPlayVectorEnv, agent: RLAgent, opponent: Agent, seat: int, seed: int) -> Iterator[Frame]:
    """One battle: a frame for each decision of the agent, and one for the end."""
    obs, _ = env.reset(seed=seed)
    players: dict[int, Agent] = {seat: agent, 1 - seat: opponent}
    for row, player in players.items():
        player.begin(1, seed=seed + row)
    shown, ended = 0, False
    line = np.zeros(1, dtype=np.int64)
    while not ended:
        actions = np.full(2, NO_ACTION, dtype=np.int64)
        for row, player in players.items():
            if not env.acting[row]:
                continue
            rows = np.array([row])
            seen, masks = obs["observation"][rows], obs["action_mask"][rows]
            decision = decide(player, env.engine, rows, seen, masks, agent_rows=line, greedy=True)
            actions[row] = decision.actions[0]
            if row == seat:
                scene = make_scene(env.engine, seat)
                messages = _messages(env, seat)
                yield _frame(scene, messages[shown:]) | _choice(scene, decision)
                shown = len(messages)
        obs, _, terminated, truncated, _ = env.step(actions)
        ended = bool(terminated[seat] or truncated[seat])
    yield _frame(make_scene(env.engine, seat), _messages(env, seat)[shown:])


def _messages(env: SelfPlayVectorEnv, seat: int) -> list[str]:
    """All messages to a seat so far."""
    return [message for turn in env.engine.narrate(0, seat) for message in turn["messages"]]


def _frame(scene: Scene, messages: Sequence[str]) -> Frame:
    """The board, and the messages that led to it."""
    frame: Frame = _without_empty(
        {
            "turn": scene.turn,
            "phase": scene.phase,
            "field": scene.field,
            "own": _side(scene.own),
            "opposing": _side(scene.opposing),
            "messages": messages,
            "result": scene.result,
        }
    )
    return frame


def _choice(scene: Scene, decision: Decision) -> Frame:
    """The choice, the name of its move or Pokémon, its probability, and the expected return."""
    choice = next(choice for choice in scene.choices if choice.action == decision.actions[0])
    verb = "" if choice.kind in ("move", "pass") else "switch to " if scene.turn else "pick "
    named = choice.move or choice.pokemon
    assert decision.log_probs is not None and decision.values is not None  # an RLAgent gives both
    return {
        "choice": verb + choice.name,
        "chosen": named.name if named is not None else "",
        "probability": round(float(np.exp(decision.log_probs[0])), 3),
        "value": round(float(decision.values[0]), 3),
    }


def _side(side: Side) -> Frame:
    return {
        "conditions": side.conditions,
        "actives": [_active(pokemon) for pokemon in side.actives],
        "bench": [_member(pokemon) for pokemon in side.bench],
        "unknown": side.unknown,
    }


def _active(pokemon: Pokemon) -> Frame:
    return _member(pokemon) | {
        "types": pokemon.types,
        "facts": [text for text in (_tera(pokemon), pokemon.ability, pokemon.item) if text],
        "boosts": pokemon.boosts,
        "volatiles": pokemon.volatiles,
        "moves": [
            {"name": move.name, "type": move.type, "unusable": not move.usable} for move in pokemon.moves
        ],
    }


def _member(pokemon: Pokemon) -> Frame:
    return {
        "name": pokemon.name,
        "level": pokemon.level,
        "hp": round(pokemon.hp, 3),
        "status": "fainted" if pokemon.fainted else pokemon.status,
    }


def _tera(pokemon: Pokemon) -> str:
    if not pokemon.tera_type:
        return ""
    return f"Terastallized {pokemon.tera_type}" if pokemon.terastallized else f"Tera {pokemon.tera_type}"


def _without_empty(content: Any) -> Any:
    """Mappings without empty, zero and false values, which are most of a frame."""
    if isinstance(content, Mapping):
        lean = {key: _without_empty(value) for key, value in content.items()}
        return {key: value for key, value in lean.items() if value}
    if isinstance(content, Sequence) and not isinstance(content, str):
        return [_without_empty(item) for item in content]
    return content
