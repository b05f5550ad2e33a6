"""Matches between two agents, measured without bias.

Every battle is played twice with the same seed, and therefore with the same teams and luck: once with agent A
in seat p1 and agent B in p2, once with the seats swapped. Both agents thus profit equally from a better seat
or team. The number of battles in each slot is fixed in advance, because counting the battles that end first
would favour short ones.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.agent import RLAgent
from agents.evaluate.match_result import PAIR_SCORES, MatchResult
from agents.players.loading import load_agent
from agents.selfplay.seating import Players, Seating
from pokeenv import (
    Agent,
    ObservationKind,
    SelfPlayVectorEnv,
    TeamSource,
    check_plays,
    check_readable,
    largest_kind,
    row_of,
)


class Matches:
    """Two environments that play matches, one match after another.

    Args:
        battle_format: Showdown format id.
        parallel: battles at the same time.
        turn_limit: turns after which a battle counts as a tie.
        teams: file or folder of teams, or a source of teams, for formats without generated teams.
        observation: kind of observation that the agents see; see `pokeenv.largest_kind`.
    """

    def __init__(
        self,
        battle_format: str,
        *,
        parallel: int = 32,
        turn_limit: int = 1000,
        teams: TeamSource | str | Path | None = None,
        observation: ObservationKind = "base",
    ) -> None:
        """Start the simulators."""
        self._slots = max(1, parallel // 2)
        with ExitStack() as stack:
            self._envs = [
                stack.enter_context(
                    SelfPlayVectorEnv(
                        battle_format,
                        self._slots,
                        turn_limit=turn_limit,
                        teams=teams,
                        observation=observation,
                    )
                )
                for _ in range(2)
            ]
            self._stack = stack.pop_all()

    def __enter__(self) -> Matches:
        """Return itself; leaving the block ends the simulators."""
        return self

    def __exit__(self, *exception: object) -> None:
        """End the simulators."""
        self._stack.close()

    def play(
        self,
        agent_a: Agent,
        agent_b: Agent,
        num_battles: int,
        *,
        seed: int = 0,
        greedy: bool = True,
        replays: Path | None = None,
        num_replays: int = 10,
        progress: Callable[[int], object] = lambda battles: None,
    ) -> MatchResult:
        """Play one match with mirrored seats.

        Args:
            agent_a: the agent whose result is measured; not the same object as `agent_b`.
            agent_b: its opponent.
            num_battles: number of battles; even, because they come in mirrored pairs.
            seed: seed of battles and sampling. The result does not depend on `parallel`: battles have
                numbers, and agents that are `DrawsByBattle` draw each battle's actions from its own stream.
            greedy: agents take their most probable action instead of sampling.
            replays: folder for replays of the first battles to end; None: no replays.
            num_replays: number of replays.
            progress: called with the number of battles that have just ended.

        Returns:
            The result from A's point of view. Raises:
            ValueError: `num_battles` is not a positive even number, both agents are the same object, or one
                of them reads more than the observations contain.
            PokeenvError: an agent cannot play the format.
        """
        if num_battles < 2 or num_battles % 2:
            raise ValueError(f"a match needs a positive even number of battles, not {num_battles}")
        if agent_a is agent_b:
            raise ValueError(
                "agent_a and agent_b are the same object, so their random streams would mix; make two agents"
            )
        for agent in (agent_a, agent_b):
            check_readable(agent, self._envs[0].layout.size)
            check_plays(agent, self._envs[0].battle_format)
        started, saved = time.perf_counter(), 0
        sides = self._seat(agent_a, agent_b, num_battles // 2, seed)
        for side in sides:
            obs, _ = side.env.reset(seed=seed, options={"numbered": True})
            side.env.step_async(side.act(obs, greedy))
        while any(side.unfinished for side in sides):
            # While the agents decide for one environment, the simulator of the other one works.
            for side in sides:
                obs, _, terminated, truncated, infos = side.env.step_wait()
                counted = side.count(terminated, truncated, infos)
                if replays is not None:
                    for battle in counted[: num_replays - saved]:
                        saved += 1
                        save_replay(side.env, battle, replays, saved, side.players)
                progress(len(counted))
                side.env.step_async(side.act(obs, greedy))
        for side in sides:
            side.env.step_wait()
        return _result(sides, time.perf_counter() - started)

    def _seat(self, agent_a: Agent, agent_b: Agent, pairs: int, seed: int) -> list[_Side]:
        """Begin both agents and seat them in both environments: A in p1 of the first, in p2 of the second."""
        num_rows = [env.num_envs for env in self._envs]
        agent_seeds = np.random.SeedSequence(seed).generate_state(2).tolist()
        for agent, agent_seed in zip((agent_a, agent_b), agent_seeds, strict=True):
            agent.begin(sum(num_rows), seed=agent_seed)
        straight, swapped = self._envs
        return [
            _Side(Seating(straight), (agent_a, agent_b), 0, pairs),
            _Side(Seating(swapped, first_row=num_rows[0]), (agent_b, agent_a), 1, pairs),
        ]


def play_matches(
    agent_a: Agent,
    agent_b: Agent,
    battle_format: str,
    num_battles: int,
    *,
    seed: int = 0,
    greedy: bool = True,
    parallel: int = 32,
    turn_limit: int = 1000,
    teams: TeamSource | str | Path | None = None,
) -> MatchResult:
    """Play a single match; for several, `Matches` starts the simulators only once.

    Args:
        agent_a: as in `Matches.play`.
        agent_b: as in `Matches.play`.
        battle_format: Showdown format id.
        num_battles: as in `Matches.play`.
        seed: as in `Matches.play`.
        greedy: as in `Matches.play`.
        parallel: battles at the same time, at most `num_battles`.
        turn_limit: turns after which a battle counts as a tie.
        teams: as in `Matches`.

    Returns:
        The result from A's side.
    """
    with Matches(
        battle_format,
        parallel=min(parallel, num_battles),
        turn_limit=turn_limit,
        teams=teams,
        observation=largest_kind([agent_a, agent_b]),
    ) as matches:
        return matches.play(agent_a, agent_b, num_battles, seed=seed, greedy=greedy)


def save_replay(
    env: SelfPlayVectorEnv, battle: int, folder: Path, number: int, players: Sequence[Agent]
) -> None:
    """Write a page and a record of a battle, named by its number and the agents in p1 and p2."""
    folder.mkdir(parents=True, exist_ok=True)
    seats = " ".join(f"p{seat + 1}-{Path(agent.name).name}" for seat, agent in enumerate(players))
    env.save_replay(battle, folder / f"{number:03d} {seats}.html".replace(":", "-"))


class _Side:
    """Scorekeeping for one of the two environments of a match; both play the same seeds.

    Args:
        seating: the seats of the environment.
        players: the agents in p1 and p2 of every battle.
        seat: the seat of agent A, 0 or 1.
        pairs: battles to count, spread over the environment's slots.

    Attributes:
        outcomes: results of agent A, slot by slot: 1, 0 or -1 for each battle counted.
        truncated: number of battles that the turn limit ended.
        turns: turns of all battles counted.
    """

    def __init__(self, seating: Seating, players: Players, seat: int, pairs: int) -> None:
        self.env = seating.env
        self.players = players
        slots = self.env.num_battles
        self.outcomes: list[list[float]] = [[] for _ in range(slots)]
        self.truncated = 0
        self.turns = 0
        self._seating = seating
        self._seat = seat
        self._quotas = [pairs // slots + (slot < pairs % slots) for slot in range(slots)]
        self._begin(range(slots))

    @property
    def unfinished(self) -> bool:
        """True while a slot has battles left to count."""
        return any(self._wants(slot) for slot in range(len(self._quotas)))

    def _wants(self, slot: int) -> bool:
        return len(self.outcomes[slot]) < self._quotas[slot]

    def _begin(self, slots: Sequence[int]) -> None:
        # A slot that has played its share restarts like the others, but needs no agent.
        played = {slot: len(self.outcomes[slot]) * self.env.num_battles + slot for slot in slots}
        self._seating.begin(
            {slot: self.players if self._wants(slot) else None for slot in slots},
            # Both battles of a seed have the same number; the draws of the swapped one are others.
            {slot: 2 * number + self._seat for slot, number in played.items()},
        )

    def count(
        self, terminated: NDArray[np.bool_], truncated: NDArray[np.bool_], infos: Mapping[str, NDArray[Any]]
    ) -> list[int]:
        """Process the end of a step; return the battles that ended in it and are counted."""
        self._begin(self._seating.restarting)
        counted = [slot for slot in self._seating.end(terminated, truncated) if self._wants(slot)]
        for slot in counted:
            row = row_of(slot, self._seat)
            self.outcomes[slot].append(float(infos["outcome"][row]))
            self.truncated += int(truncated[row])
            self.turns += int(infos["turns"][row])
        return counted

    def act(self, obs: Mapping[str, NDArray[Any]], greedy: bool) -> NDArray[np.int64]:
        """Actions of both agents for the next step."""
        return self._seating.act_all(obs, greedy=greedy)[0]


def _result(sides: Sequence[_Side], seconds: float) -> MatchResult:
    """The result of a match from both of its environments."""
    outcomes = np.array([[outcome for slot in side.outcomes for outcome in slot] for side in sides])
    pair_scores = (outcomes.sum(axis=0) + 2) / 4  # (pairs,) mean score of both battles of a seed
    return MatchResult(
        wins=int((outcomes > 0).sum()),
        losses=int((outcomes < 0).sum()),
        ties=int((outcomes == 0).sum()),
        truncated=sum(side.truncated for side in sides),
        turns=sum(side.turns for side in sides) / outcomes.size,
        battles_per_s=outcomes.size / seconds,
        pair_counts=tuple(int((pair_scores == score).sum()) for score in PAIR_SCORES),
    )


def evaluate_agent(
    agent: RLAgent,
    opponents: Sequence[str],
    battle_format: str,
    num_battles: int,
    *,
    seed: int,
    greedy: bool,
    parallel: int,
    turn_limit: int,
    teams: TeamSource | str | Path | None = None,
    progress: Callable[[int], object] = lambda battles: None,
) -> dict[str, MatchResult]:
    """Measure a copy of a learner against baselines and checkpoints.

    Args:
        agent: the learner; its hidden states and random stream do not change.
        opponents: names or paths as `load_agent` takes them.
        battle_format: Showdown format id.
        num_battles: battles per opponent, an even number.
        seed: as in `Matches.play`.
        greedy: as in `Matches.play`.
        parallel: battles at the same time.
        turn_limit: turns after which a battle counts as a tie.
        teams: as in `Matches`.
        progress: as in `Matches.play`.

    Returns:
        Results by opponent, from the agent's point of view.
    """
    players = {name: load_agent(name, device=str(agent.device)) for name in opponents}
    with Matches(
        battle_format,
        parallel=min(parallel, num_battles),
        turn_limit=turn_limit,
        teams=teams,
        observation=largest_kind([agent, *players.values()]),
    ) as matches:
        return {
            name: matches.play(
                agent.snapshot(agent.name, with_values=False),
                player,
                num_battles,
                seed=seed,
                greedy=greedy,
                progress=progress,
            )
            for name, player in players.items()
        }
