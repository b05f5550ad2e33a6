"""The carousel: an opponent whose next switch follows from its last one, which no observation contains.

One Smeargle against Ho-Oh, Alomomola and Tangrowth in `gen7ubers`. Each of Smeargle's three moves is super
effective against one of them and resisted by the other two. Its Flame Orb burns it: it faints at the end of
turn 17. The opponent never attacks. It switches every turn, in the same sense of rotation as before, and
seldom reverses it, so that Smeargle must choose its move for the Pokémon that comes in. A right move takes
half of that Pokémon's HP, a wrong one an eighth or less; a third comes back by Regenerator when it leaves.
With two Pokémon left the next one is certain.

An observation tells which Pokémon is active, and not which one was active before; HP and Smeargle's own last
move are traces of it. `Reader` plays by rules with different knowledge; `CarouselCase` lets networks learn.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.agent import RLAgent
from agents.config import TrainConfig
from agents.estimates.battle_view import POKEMON, BattleView
from agents.runs.build import seed_of
from agents.selfplay.opponents import OpponentPool
from agents.selfplay.results import Assignment
from agents.selfplay.rollout import Rollout
from agents.selfplay.seating import Seating
from agents.selfplay.training_source import TrainingSource
from benchmarks.trials import Trial
from pokeenv import SINGLES, Agent, CompositeReward, Decision, SelfPlayVectorEnv, other_row, row_of

FORMAT = "gen7ubers"
NAME = "carousel"
REVERSAL = 0.05
"""Chance that the opponent reverses its sense of rotation after a switch."""
TURN_LIMIT = 40
PARALLEL = 32
SIZE = 3
"""Pokémon of the opponent. Smeargle's move k is super effective against the one in slot k."""
# HP of 16 times 19: the burn takes a sixteenth a turn, from turn 2 on.
SMEARGLE = """
Smeargle @ Flame Orb
Ability: Own Tempo
EVs: 212 HP / 252 SpA
Modest Nature
- Water Pledge
- Grass Pledge
- Fire Pledge
"""
# At these levels a right move takes 0.46 to 0.54 of the HP of each of them.
ROTATION = """
Ho-Oh
Ability: Regenerator
Level: 56
EVs: 1 HP
- Safeguard

Alomomola
Ability: Regenerator
Level: 80
EVs: 1 HP
- Safeguard

Tangrowth
Ability: Regenerator
Level: 91
EVs: 1 HP
- Growth
"""
# The HP that a move takes are paid at once: the policy is the same, and a guess is judged by its turn.
REWARD = {"weights": {"win_loss": 1.0, "hp_delta": 2.0}, "potential_based": True, "gamma": 1.0}
Ints = NDArray[np.int64]


class Sides:
    """Smeargle for p1 and the rotation for p2: teams are drawn in this order."""

    def __init__(self) -> None:
        """Begin with p1."""
        self._drawn = 0

    def draw(self, rng: np.random.Generator) -> str:
        """The next side's team."""
        self._drawn += 1
        return SMEARGLE if self._drawn % 2 else ROTATION


class CarouselAgent:
    """The opponent; it leads with a random Pokémon, and its first sense of rotation is random.

    Attributes:
        places: `(R,)` slot of the Pokémon that it chose last, by row.
        headings: `(R,)` sense of its next switch, 1 or -1, by row.
    """

    name = NAME

    def __init__(self) -> None:
        """Make a generator with a random seed; `begin` replaces it."""
        self.begin(0)

    def begin(self, num_rows: int, seed: int | None = None) -> None:
        """Forget all rows and restart the random stream."""
        self._rng = np.random.default_rng(seed)
        self.places = np.zeros(num_rows, dtype=np.int64)
        self.headings = np.ones(num_rows, dtype=np.int64)

    def reset_rows(self, rows: NDArray[np.integer]) -> None:
        """Draw the lead and the sense of rotation of new battles."""
        self.places[rows] = self._rng.integers(SIZE, size=rows.size)
        self.headings[rows] = self._rng.choice([1, -1], size=rows.size)

    def act(
        self,
        observations: NDArray[np.float32],
        action_masks: NDArray[np.int8],
        rows: NDArray[np.integer],
        greedy: bool = False,
    ) -> Decision:
        """Switch on; attack if there is nobody to switch to."""
        switches = action_masks[:, SINGLES.switches] > 0  # (B, 6)
        leading = BattleView.read(observations).flag("team_preview")
        actions = action_masks.argmax(axis=1).astype(np.int64)
        for line, row in enumerate(rows.tolist()):
            place, heading = int(self.places[row]), int(self.headings[row])
            # The lead is drawn already; the other picks of a Team Preview follow it in the same sense.
            first = 0 if leading[line] else 1
            reached = [(place + heading * steps) % SIZE for steps in range(first, SIZE)]
            allowed = [slot for slot in reached if switches[line, slot]]
            if not allowed:
                continue
            actions[line] = allowed[0]
            if not leading[line]:
                self.places[row] = allowed[0]
                if self._rng.random() < REVERSAL:
                    self.headings[row] = -heading
        return Decision(actions)


@dataclass(frozen=True)
class Sight:
    """The opponent's three Pokémon in B observations.

    Attributes:
        active: `(B,)` slot of the active one.
        hp: `(B, 3)` HP, as shares.
        seen: `(B, 3)`, True for those that have been on the field.
        aimed: `(B,)` slot of the one that Smeargle's last move is effective against; -1 before the first.
    """

    active: Ints
    hp: NDArray[np.float32]
    seen: NDArray[np.bool_]
    aimed: Ints

    @classmethod
    def read(cls, observations: NDArray[np.float32]) -> Sight:
        """Read `(B, D)` observations of Smeargle's seat."""
        view = BattleView.read(observations)
        rotation = view.team[:, 1, :SIZE]
        last = view.of_active(0, "last_move")
        same = (view.active_move_ids() == last[:, None]) & (last[:, None] > 0)  # (B, 4)
        return cls(
            view.active[:, 1].astype(np.int64),
            rotation[..., POKEMON["hp"]],
            rotation[..., POKEMON["revealed"]] > 0.5,
            np.where(same.any(axis=1), same.argmax(axis=1), -1),
        )

    @property
    def guessing(self) -> NDArray[np.bool_]:
        """`(B,)`: True while all three are left, so that the next one is not certain."""
        return (self.hp > 0).all(axis=1)


RULES = ("chance", "same sense", "weaker", "last move", "memory", "oracle")
"""Knowledge of the scripted players; see `Reader`."""


class Reader:
    """Smeargle by a rule: the move against the Pokémon that the rule expects next.

    The rules: `chance`: either of the two others. `same sense`: one sense of rotation in all battles.
    `weaker`: the one with less HP. `last move`: if its own last move was wrong, that move was for one of the
    two others, so that the third was active before; if not, the weaker one. `memory`: the opponent keeps its
    sense of rotation. `oracle`: it reads the true next switch of the opponent. The second to the fourth also
    know that on the second turn only the lead can have been active before.
    """

    def __init__(self, rule: str, opponent: CarouselAgent) -> None:
        """Play by one of `RULES` against this opponent, which has the rows of the other seats."""
        self.name = self._rule = rule
        self._opponent = opponent
        self.begin(0)

    def begin(self, num_rows: int, seed: int | None = None) -> None:
        """Forget all rows and restart the random stream."""
        self._rng = np.random.default_rng(seed)
        self._last = np.full(num_rows, -1)  # (R,) slot that was active before; -1: unknown

    def reset_rows(self, rows: NDArray[np.integer]) -> None:
        """Forget these battles."""
        self._last[rows] = -1

    def act(
        self,
        observations: NDArray[np.float32],
        action_masks: NDArray[np.int8],
        rows: NDArray[np.integer],
        greedy: bool = False,
    ) -> Decision:
        """Take the move against the Pokémon that is expected; in a Team Preview, the only choice."""
        sight = Sight.read(observations)
        lines = np.arange(rows.size)
        senses = self._senses(sight, rows)
        expected = (sight.active + senses) % SIZE
        # With two left the other one comes, and with one left that one stays.
        for _ in range(SIZE - 1):
            fainted = sight.hp[lines, expected] <= 0
            expected = np.where(fainted, (expected + senses) % SIZE, expected)
        self._last[rows] = sight.active
        moves = SINGLES.moves[0] + expected
        return Decision(np.where(action_masks[lines, moves] > 0, moves, action_masks.argmax(axis=1)))

    def _senses(self, sight: Sight, rows: NDArray[np.integer]) -> Ints:
        """`(B,)` sense of rotation that the rule expects, 1 or -1."""
        lines = np.arange(rows.size)
        after, before = (sight.active + 1) % SIZE, (sight.active - 1) % SIZE
        if self._rule == "oracle":
            # Depending on the other battles, the opponent may already have decided.
            places = self._opponent.places[other_row(rows)]
            headings = self._opponent.headings[other_row(rows)]
            return np.where(places == sight.active, headings, np.where(places == after, 1, -1))
        senses = self._rng.choice([1, -1], size=rows.size)
        if self._rule == "chance":
            return senses
        if self._rule == "memory":
            senses = np.where(self._last[rows] == before, 1, senses)
            return np.where(self._last[rows] == after, -1, senses)
        if self._rule == "same sense":
            senses = np.ones(rows.size, dtype=np.int64)
        else:
            less = np.sign(sight.hp[lines, before] - sight.hp[lines, after]).astype(np.int64)
            senses = np.where(less == 0, senses, less)
        if self._rule == "last move":
            wrong = (sight.aimed >= 0) & (sight.aimed != sight.active)
            senses = np.where(wrong, np.where(sight.aimed == after, 1, -1), senses)
        second = sight.seen.sum(axis=1) == 2
        return np.where(second, np.where(sight.seen[lines, after], -1, 1), senses)


def open_env(num_battles: int, *, reward: Any = "win_loss") -> SelfPlayVectorEnv:
    """Battles of Smeargle in p1 against the rotation in p2."""
    return SelfPlayVectorEnv(FORMAT, num_battles, teams=Sides(), turn_limit=TURN_LIMIT, reward=reward)


def play(player: Agent, opponent: CarouselAgent, battles: int, *, seed: int) -> dict[str, float]:
    """Let a player play Smeargle.

    Returns:
        `win_rate` (a tie counts half); `right`: share of right moves while all three are left, one half by
        chance among the two others; `certain`: share of right moves afterwards, 0 if there are none; `turns`
        of a battle.
    """
    slots = min(PARALLEL, battles)
    # The first battles to end are short ones, so each slot plays the same number.
    missing = [battles // slots + (slot < battles % slots) for slot in range(slots)]
    scores, turns = [], []
    right: dict[bool, list[bool]] = {True: [], False: []}  # by whether all three are left
    with open_env(slots) as env:
        seating = Seating(env)
        for number, agent in enumerate((player, opponent)):
            agent.begin(env.num_envs, seed=2 * seed + number)
        obs, _ = env.reset(seed=seed)
        seating.begin(dict.fromkeys(range(slots), (player, opponent)))
        while any(missing):
            actions, decided = seating.act_all(obs, greedy=True)
            for turn in decided:
                if turn.agent is player:
                    guessing = Sight.read(turn.observations).guessing
                    attacks = turn.action_masks[:, SINGLES.moves].any(axis=1)
                    incoming = opponent.places[other_row(turn.rows)]
                    hits = turn.decision.actions == SINGLES.moves[0] + incoming
                    for all_left, found in right.items():
                        found += hits[attacks & (guessing == all_left)].tolist()
            obs, _, terminated, truncated, infos = env.step(actions)
            seating.begin(dict.fromkeys(seating.restarting, (player, opponent)))
            for battle in seating.end(terminated, truncated):
                if missing[battle]:
                    missing[battle] -= 1
                    scores.append((float(infos["outcome"][row_of(battle, 0)]) + 1) / 2)
                    turns.append(float(infos["turns"][row_of(battle, 0)]))
    measured = {"win_rate": scores, "right": right[True], "certain": right[False] or [False], "turns": turns}
    return {name: float(np.mean(numbers)) for name, numbers in measured.items()}


def ladder(battles: int, *, seed: int = 0, rules: Sequence[str] = RULES) -> dict[str, dict[str, float]]:
    """Results of the scripted players, by rule."""
    found = {}
    for rule in rules:
        opponent = CarouselAgent()
        found[rule] = play(Reader(rule, opponent), opponent, battles, seed=seed)
    return found


class CarouselPool(OpponentPool):
    """The carousel alone; the learner always has Smeargle's seat."""

    def __init__(self, learner: RLAgent, *, seed: int) -> None:
        """Make the opponent."""
        super().__init__({NAME: 1.0}, learner, seed=seed)
        self.agents[NAME] = CarouselAgent()

    def draw(self) -> Assignment:
        """See `OpponentPool.draw`."""
        return replace(super().draw(), learner_seats=(0,))


class CarouselCase:
    """Trials against the carousel; see `benchmarks.trials.Case`."""

    def begin(
        self, config: TrainConfig, agent: RLAgent, folder: Path, stack: ExitStack
    ) -> tuple[TrainingSource, OpponentPool]:
        """Begin the battles of a training."""
        env = stack.enter_context(open_env(config.parallel, reward=CompositeReward.from_dict(REWARD)))
        pool = CarouselPool(agent, seed=config.seed)
        source = Rollout(
            [env],
            agent,
            pool,
            gamma=config.gamma,
            gae_lambda=config.gae_lambda,
            seed=seed_of(config, 0),
        )
        return source, pool

    def measure(self, agent: RLAgent, config: TrainConfig, trial: Trial, battles: int) -> dict[str, Any]:
        """Play greedily."""
        player = agent.snapshot(agent.name, with_values=False)
        found = play(player, CarouselAgent(), battles, seed=1000 + trial.seed)
        shares = {name: round(found[name], 4) for name in ("right", "certain")}
        return {"win_rates": {NAME: round(found["win_rate"], 4)}, **shares}
