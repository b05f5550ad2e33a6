"""Matches between two agents, measured without bias.

Every battle is played twice with the same seed, so with the same teams and the same luck: once with
agent A in seat p1 and agent B in p2, once the other way round. What a seat or a team gives, it gives
to both. How many battles each slot plays is fixed beforehand: counting whatever ends first would
favour short battles.
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
from pokeenv import (
    NO_ACTION,
    Agent,
    ObservationKind,
    SelfPlayVectorEnv,
    TeamSource,
    check_readable,
    decide,
    largest_kind,
)


class Matches:
    """Two environments in which matches are played, one after another.

    Args:
        battle_format: Showdown format id.
        parallel: battles at the same time.
        turn_limit: turns after which a battle counts as a tie.
        teams: file or folder of teams, or a source of them, for formats that need teams brought.
        observation: what the agents see; see `pokeenv.largest_kind`.
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
                for _ in ("straight", "swapped")
            ]
            self._stack = stack.pop_all()

    def __enter__(self) -> Matches:
        """Itself; leaving the block ends the simulators."""
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
            agent_a: the agent the result is about; not the same object as `agent_b`.
            agent_b: its opponent.
            num_battles: battles to play; even, since they come in mirrored pairs.
            seed: fixes battles and sampling: same seed and `parallel`, same result.
            greedy: agents play their most probable action instead of sampling.
            replays: folder for replays of the first battles to end; None: no replays.
            num_replays: how many.
            progress: called with the number of battles that have just ended.

        Returns:
            The result from A's side.

        Raises:
            ValueError: `num_battles` is not a positive even number, the agents are one object, or one of
                them reads more than these environments show.
        """
        if num_battles < 2 or num_battles % 2:
            raise ValueError(f"a match needs a positive even number of battles, not {num_battles}")
        if agent_a is agent_b:
            raise ValueError(
                "an agent cannot play itself as one object: its streams would mix; make it twice"
            )
        for agent in (agent_a, agent_b):
            check_readable(agent, self._envs[0].layout.size)
        started, saved = time.perf_counter(), 0
        match = _Match(agent_a, agent_b, self._slots, num_battles // 2, seed, greedy)
        for side, env in enumerate(self._envs):
            obs, _ = env.reset(seed=seed)
            env.step_async(match.decide(side, env, obs))
        while not match.finished:
            # While the policy decides for one environment, the simulator of the other one works.
            for side, env in enumerate(self._envs):
                obs, _, terminated, truncated, infos = env.step_wait()
                counted = match.count(side, terminated, truncated, infos)
                if replays is not None:
                    for slot in counted[: num_replays - saved]:
                        saved += 1
                        save_replay(env, slot, replays, saved, (agent_a, agent_b)[:: 1 - 2 * side])
                progress(len(counted))
                env.step_async(match.decide(side, env, obs))
        for env in self._envs:
            env.step_wait()
        return match.result(time.perf_counter() - started)


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
        parallel: battles at the same time; not more than are played.
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
    """Write a page and a record of a battle, named by its number and by who sat in p1 and in p2."""
    folder.mkdir(parents=True, exist_ok=True)
    seats = " ".join(f"p{seat + 1}-{Path(agent.name).name}" for seat, agent in enumerate(players))
    env.save_replay(battle, folder / f"{number:03d} {seats}.html".replace(":", "-"))


class _Match:
    """Books of one match over two environments of `slots` battles that play the same seeds.

    In environment 0 agent A sits in p1, in environment 1 in p2. Slots are numbered through both:
    slot `i` of environment `e` is line `e * slots + i`, which is also its row for the agents.
    """

    def __init__(
        self, agent_a: Agent, agent_b: Agent, slots: int, pairs: int, seed: int, greedy: bool
    ) -> None:
        self._agents = (agent_a, agent_b)
        self._slots = slots
        self._greedy = greedy
        quota = pairs // slots + (np.arange(slots) < pairs % slots)
        self._left = np.tile(quota, 2)  # (2 * slots,) battles each line has yet to count
        self._starting = np.zeros(2 * slots, dtype=np.bool_)
        self._outcomes: list[list[float]] = [[] for _ in range(2 * slots)]  # of agent A, line by line
        self._truncated = 0
        self._turns = 0
        for agent, child in zip(self._agents, np.random.SeedSequence(seed).generate_state(2), strict=True):
            agent.begin(2 * slots, seed=int(child))

    @property
    def finished(self) -> bool:
        """Whether every line has counted its battles."""
        return not self._left.any()

    def count(
        self,
        side: int,
        terminated: NDArray[np.bool_],
        truncated: NDArray[np.bool_],
        infos: Mapping[str, NDArray[Any]],
    ) -> list[int]:
        """Book the battles that ended in this step of environment `side`; return those that counted."""
        lines = slice(side * self._slots, (side + 1) * self._slots)
        began = np.flatnonzero(self._starting[lines]) + side * self._slots
        if began.size:
            for agent in self._agents:
                agent.reset_rows(began)
        ended = (terminated | truncated)[side::2]  # the rows of agent A
        self._starting[lines] = ended
        counted = np.flatnonzero(ended & (self._left[lines] > 0))
        rows = 2 * counted + side
        self._left[lines][counted] -= 1
        slots: list[int] = counted.tolist()
        for slot, row in zip(slots, rows.tolist(), strict=True):
            self._outcomes[side * self._slots + slot].append(float(infos["outcome"][row]))
        self._truncated += int(truncated[rows].sum())
        self._turns += int(infos["turns"][rows].sum())
        return slots

    def decide(self, side: int, env: SelfPlayVectorEnv, obs: Mapping[str, NDArray[Any]]) -> NDArray[np.int64]:
        """Actions of both agents for environment `side`."""
        observations, masks, acting = obs["observation"], obs["action_mask"], env.acting
        actions = np.full(acting.shape, NO_ACTION, dtype=np.int64)
        # A line that has played its share goes on, since battles restart by themselves, but nobody
        # needs to think about it: any legal action will do.
        spent = acting & np.repeat(self._left[side * self._slots : (side + 1) * self._slots] == 0, 2)
        actions[spent] = masks[spent].argmax(axis=1)
        for player, agent in enumerate(self._agents):
            seat = player if side == 0 else 1 - player
            wanted = (acting & ~spent)[seat::2]
            slots = np.flatnonzero(wanted)
            if slots.size:
                rows = 2 * slots + seat
                lines = side * self._slots + slots
                decision = decide(
                    agent,
                    env.engine,
                    rows,
                    observations[rows],
                    masks[rows],
                    agent_rows=lines,
                    greedy=self._greedy,
                )
                actions[rows] = decision.actions
        return actions

    def result(self, seconds: float) -> MatchResult:
        """The booked battles as a result."""
        straight, swapped = (
            np.array([outcome for line in lines for outcome in line])
            for lines in (self._outcomes[: self._slots], self._outcomes[self._slots :])
        )
        pair_scores = (straight + swapped + 2) / 4  # (pairs,) both battles of a seed
        return MatchResult(
            wins=int((straight > 0).sum() + (swapped > 0).sum()),
            losses=int((straight < 0).sum() + (swapped < 0).sum()),
            ties=int((straight == 0).sum() + (swapped == 0).sum()),
            truncated=self._truncated,
            turns=self._turns / (2 * straight.size),
            battles_per_s=2 * straight.size / seconds,
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
    """Let a copy of a learning agent play baselines and checkpoints, leaving the agent as it is.

    Args:
        agent: the learner; its running battles and its generator are not touched.
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
        Results by opponent, from the agent's side.
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
