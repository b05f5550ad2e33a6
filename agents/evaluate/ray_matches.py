"""Matches spread over Ray actors: each pair of agents plays in one actor, with the result it has anywhere."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch

from agents import cluster
from agents.errors import EvaluationError
from agents.evaluate.match_result import MatchResult
from agents.evaluate.matches import Matches
from pokeenv import Agent

Pair = tuple[Any, Agent, Agent]
"""Two agents, behind a key by which their result is known."""

LOSSES = 20  # actors that an evaluation may lose before it ends


class MatchActor:
    """Simulators in an actor, in which one match after another is played."""

    def __init__(self, settings: Mapping[str, Any], facts: Mapping[str, str]) -> None:
        """Keep the arguments; errors of a constructor would lose their texts."""
        self._settings = settings
        self._facts = facts
        self._matches: Matches | None = None

    def play(self, agents: tuple[Agent, Agent], options: Mapping[str, Any]) -> Any:
        """Play a match; return its `MatchResult` or an error."""
        return cluster.guarded(lambda: self._play(agents, options))

    def beat(self) -> int:
        """Show that the process lives."""
        return 0

    def _play(self, agents: tuple[Agent, Agent], options: Mapping[str, Any]) -> MatchResult:
        if self._matches is None:
            cluster.require_same_version(self._facts)
            torch.set_num_threads(1)
            self._matches = Matches(**self._settings)
        return self._matches.play(*agents, **options)


def play_on_cluster(
    pairs: Sequence[Pair],
    settings: Mapping[str, Any],
    options: Mapping[str, Any],
    *,
    address: str | None,
    actors: int,
) -> Iterator[tuple[Any, MatchResult]]:
    """Play matches in actors.

    Args:
        pairs: the matches; agents are sent as they are.
        settings: arguments of `Matches`.
        options: arguments of `Matches.play` behind the agents.
        address: as in `agents.cluster.connect`.
        actors: number of actors.

    Yields:
        Key and result of each match, as they end.

    Raises:
        PokeenvError: no cluster, an error on a node, or too many actors are lost.
    """
    leave = cluster.connect(address, actors)
    waiting, losses = deque(pairs), 0
    running: dict[Any, tuple[Pair, Any]] = {}
    idle: list[Any] = []
    try:
        idle = [cluster.create(MatchActor, settings, cluster.facts()) for _ in range(min(actors, len(pairs)))]
        while waiting or running:
            while waiting and idle:
                pair, actor = waiting.popleft(), idle.pop()
                running[actor.play.remote(pair[1:], options)] = pair, actor
            for reference in cluster.finished(list(running), 1.0):
                pair, actor = running.pop(reference)
                result = cluster.value_of(reference)
                if result is not None:
                    idle.append(actor)
                    yield pair[0], result
                    continue
                losses += 1
                if losses > LOSSES:
                    raise EvaluationError(
                        f"{losses} actors were lost; see Ray's logs, which say how they ended"
                    )
                waiting.appendleft(pair)
                idle.append(cluster.create(MatchActor, settings, cluster.facts()))
    finally:
        for actor in [*idle, *(actor for _, actor in running.values())]:
            cluster.end(actor)
        leave()
