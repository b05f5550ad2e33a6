"""Matches between two agents, measured without bias.

Every battle is played twice with the same seed, so with the same teams and the same luck: once with
agent A in seat p1 and agent B in p2, once the other way round. What a seat or a team gives, it gives
to both. How many battles each slot plays is fixed beforehand: counting whatever ends first would
favour short battles.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.agent import Agent, RLAgent
from agents.checkpoint import load_agent
from pokeenv import NO_ACTION, SelfPlayVectorEnv, TeamSource, feed

Z_95 = 1.959963984540054
"""Two-sided 95% quantile of the normal distribution."""


@dataclass(frozen=True)
class MatchResult:
    """Result of a match, seen from agent A.

    Attributes:
        wins: battles A won.
        losses: battles A lost.
        ties: battles nobody won, those ended by the turn limit included.
        truncated: how many of the ties the turn limit ended.
        turns: mean turns of a battle.
        battles_per_s: battles per second of wall time.
    """

    wins: int
    losses: int
    ties: int
    truncated: int
    turns: float
    battles_per_s: float

    @property
    def battles(self) -> int:
        """Battles counted."""
        return self.wins + self.losses + self.ties

    @property
    def win_rate(self) -> float:
        """Share of battles won, a tie counting half."""
        return (self.wins + self.ties / 2) / self.battles if self.battles else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """95% Wilson interval of the win rate."""
        return wilson_interval(self.wins + self.ties / 2, self.battles)

    def to_json(self) -> dict[str, float | int | list[float]]:
        """Numbers by name."""
        return {
            "battles": self.battles,
            "wins": self.wins,
            "losses": self.losses,
            "ties": self.ties,
            "truncated": self.truncated,
            "win_rate": round(self.win_rate, 4),
            "interval": [round(bound, 4) for bound in self.interval],
            "mean_turns": round(self.turns, 2),
            "battles_per_s": round(self.battles_per_s, 2),
        }


def wilson_interval(score: float, battles: int, z: float = Z_95) -> tuple[float, float]:
    """Wilson score interval of a share (Wilson 1927, doi:10.1080/01621459.1927.10502953).

    With ties counted half the score has less variance than the binomial the formula assumes, so the
    interval is then somewhat too wide, never too narrow.

    Args:
        score: battles won, ties counting half.
        battles: battles played.
        z: quantile of the normal distribution.

    Returns:
        Lower and upper bound; (0, 1) without battles.
    """
    if battles <= 0:
        return 0.0, 1.0
    share = score / battles
    scale = 1 + z * z / battles
    centre = share + z * z / (2 * battles)
    margin = z * math.sqrt(share * (1 - share) / battles + z * z / (4 * battles * battles))
    return max(0.0, (centre - margin) / scale), min(1.0, (centre + margin) / scale)


class Matches:
    """Two environments in which matches are played, one after another.

    Args:
        battle_format: Showdown format id.
        parallel: battles at the same time.
        turn_limit: turns after which a battle counts as a tie.
        teams: file or folder of teams, or a source of them, for formats that need teams brought.
    """

    def __init__(
        self,
        battle_format: str,
        *,
        parallel: int = 32,
        turn_limit: int = 1000,
        teams: TeamSource | str | Path | None = None,
    ) -> None:
        """Start the simulators."""
        self._slots = max(1, parallel // 2)
        with ExitStack() as stack:
            self._envs = [
                stack.enter_context(
                    SelfPlayVectorEnv(battle_format, self._slots, turn_limit=turn_limit, teams=teams)
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
        progress: Callable[[int], object] = lambda battles: None,
    ) -> MatchResult:
        """Play one match with mirrored seats.

        Args:
            agent_a: the agent the result is about; not the same object as ``agent_b``.
            agent_b: its opponent.
            num_battles: battles to play; even, since they come in mirrored pairs.
            seed: fixes battles and sampling: same seed and ``parallel``, same result.
            greedy: agents play their most probable action instead of sampling.
            progress: called with the number of battles that have just ended.

        Returns:
            The result from A's side.

        Raises:
            ValueError: ``num_battles`` is not a positive even number, or the agents are one object.
        """
        if num_battles < 2 or num_battles % 2:
            raise ValueError(f"a match needs a positive even number of battles, not {num_battles}")
        if agent_a is agent_b:
            raise ValueError(
                "an agent cannot play itself as one object: its streams would mix; make it twice"
            )
        started = time.perf_counter()
        match = _Match(agent_a, agent_b, self._slots, num_battles // 2, seed, greedy)
        for side, env in enumerate(self._envs):
            obs, _ = env.reset(seed=seed)
            env.step_async(match.decide(side, env, obs))
        while not match.finished:
            # While the policy decides for one environment, the simulator of the other one works.
            for side, env in enumerate(self._envs):
                obs, _, terminated, truncated, infos = env.step_wait()
                progress(match.count(side, terminated, truncated, infos))
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
        battle_format, parallel=min(parallel, num_battles), turn_limit=turn_limit, teams=teams
    ) as matches:
        return matches.play(agent_a, agent_b, num_battles, seed=seed, greedy=greedy)


class _Match:
    """Books of one match over two environments of ``slots`` battles that play the same seeds.

    In environment 0 agent A sits in p1, in environment 1 in p2. Slots are numbered through both:
    slot ``i`` of environment ``e`` is line ``e * slots + i``, which is also its row for the agents.
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
        self._outcomes: list[float] = []
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
    ) -> int:
        """Book the battles that ended in this step of environment ``side``; return how many counted."""
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
        self._outcomes.extend(float(outcome) for outcome in infos["outcome"][rows])
        self._truncated += int(truncated[rows].sum())
        self._turns += int(infos["turns"][rows].sum())
        return int(counted.size)

    def decide(self, side: int, env: SelfPlayVectorEnv, obs: Mapping[str, NDArray[Any]]) -> NDArray[np.int64]:
        """Actions of both agents for environment ``side``."""
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
                feed(agent, env.engine, rows, lines)
                decision = agent.act(observations[rows], masks[rows], lines, greedy=self._greedy)
                actions[rows] = decision.actions
        return actions

    def result(self, seconds: float) -> MatchResult:
        """The booked battles as a result."""
        wins = sum(outcome > 0 for outcome in self._outcomes)
        losses = sum(outcome < 0 for outcome in self._outcomes)
        battles = len(self._outcomes)
        return MatchResult(
            wins=wins,
            losses=losses,
            ties=battles - wins - losses,
            truncated=self._truncated,
            turns=self._turns / battles,
            battles_per_s=battles / seconds,
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
    with Matches(
        battle_format, parallel=min(parallel, num_battles), turn_limit=turn_limit, teams=teams
    ) as matches:
        return {
            name: matches.play(
                agent.snapshot(agent.name, with_values=False),
                load_agent(name, device=str(agent.device)),
                num_battles,
                seed=seed,
                greedy=greedy,
                progress=progress,
            )
            for name in opponents
        }


def format_table(results: dict[tuple[str, str], MatchResult]) -> str:
    """Table for people: one line per match, with the 95% interval."""
    names = [(a, b) for a, b in results]
    wide_a = max([len(a) for a, _ in names] + [5])
    wide_b = max([len(b) for _, b in names] + [8])
    lines = [
        f"{'agent':<{wide_a}}  {'opponent':<{wide_b}}  win rate  95% interval    wins  losses  ties  turns"
    ]
    for (a, b), result in results.items():
        low, high = result.interval
        lines.append(
            f"{a:<{wide_a}}  {b:<{wide_b}}  {result.win_rate:8.3f}  [{low:.3f}, {high:.3f}]  "
            f"{result.wins:6d}  {result.losses:6d}  {result.ties:4d}  {result.turns:5.1f}"
        )
    return "\n".join(lines)
