"""`SingleSeatBattles`: N battles in which the caller plays p1 and a built-in opponent plays p2.

Shared by `BattleEnv` and `BattleVectorEnv`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from pokeenv.actions import NO_ACTION, legal_actions
from pokeenv.engine import RUNNING, TERMINATED, TRUNCATED, Engine
from pokeenv.engine.rows import P1, P2, SEATS, battle_of, row_of, seat_of
from pokeenv.engine.signals import SIGNALS
from pokeenv.envs.seeding import draw_seed, seed_words
from pokeenv.envs.setup import BattleSetup
from pokeenv.errors import IllegalActionError
from pokeenv.opponents.drivers import Opponent, make_driver
from pokeenv.render.modes import Frame, render_frame
from pokeenv.render.reading import make_scene
from pokeenv.render.scene import Scene
from pokeenv.rewards import RewardSpec, make_reward

OnIllegal = Literal["random", "raise", "forfeit"]
_ON_ILLEGAL = ("random", "raise", "forfeit")
_OUTCOME = SIGNALS.index("outcome")
_ENDED = SIGNALS.index("ended")
_STATE = ("seeds", "lengths", "rewards", "terminated", "truncated", "events", "_rngs", "_forfeited")


class SingleSeatBattles:
    """N battles in which the caller plays seat p1; every step leads to the next decision of p1.

    The engine starts with the first battle. Before that, the object can be pickled and survives a fork.

    Args:
        setup: the battles and their limits.
        num_battles: N.
        num_workers: worker processes that share the battles.
        opponent: player of p2; see `make_driver`.
        on_illegal: consequence of an illegal action; see `BattleEnv`.
        reward: see `make_reward`.

    Attributes:
        seeds: `(N,)` int64 seed of every battle.
        lengths: `(N,)` int64 own decisions of every battle so far.
        rewards: `(N,)` float32 of the last step.
        terminated: `(N,)` bool.
        truncated: `(N,)` bool.
        events: infos of the battles that had an illegal action or ended in the last step.
    """

    def __init__(
        self,
        setup: BattleSetup,
        num_battles: int,
        *,
        num_workers: int = 1,
        opponent: Opponent = "random",
        on_illegal: OnIllegal = "random",
        reward: RewardSpec = "win_loss",
    ) -> None:
        """Check the arguments."""
        if on_illegal not in _ON_ILLEGAL:
            raise ValueError(f"on_illegal={on_illegal!r}; allowed: {', '.join(_ON_ILLEGAL)}")
        self.num_battles = num_battles
        self.seeds = np.zeros(num_battles, dtype=np.int64)
        self.lengths = np.zeros(num_battles, dtype=np.int64)
        self.rewards = np.zeros(num_battles, dtype=np.float32)
        self.terminated = np.zeros(num_battles, dtype=np.bool_)
        self.truncated = np.zeros(num_battles, dtype=np.bool_)
        self.events: dict[int, dict[str, Any]] = {}
        self._setup = setup
        self._actions = setup.battle_format.action_space
        self._num_workers = num_workers
        self._driver = make_driver(opponent, num_battles, setup.layout.size, setup.battle_format)
        self._on_illegal = on_illegal
        self._reward = make_reward(reward)
        self._engine: Engine | None = None
        self._rngs: dict[int, np.random.Generator] = {}  # only of battles that have begun
        self._forfeited = np.zeros(num_battles, dtype=np.bool_)
        self._interrupted = False

    @property
    def engine(self) -> Engine:
        """The engine.

        Raises:
            gymnasium.error.ResetNeeded: the engine has not been started.
        """
        if self._engine is None:
            raise gym.error.ResetNeeded("no battle has been started: call reset() first")
        return self._engine

    @property
    def ended(self) -> NDArray[np.bool_]:
        """`(N,)`: True for battles that have ended."""
        return self.terminated | self.truncated

    def start_engine(self) -> Engine:
        """Return the engine; start a new one if there is none or it has failed."""
        if self._engine is not None and self._engine.failed:
            self.close()
        if self._engine is None:
            self._engine = self._setup.start_engine(self.num_battles, self._num_workers)
            self._rngs = {}  # none of the new engine's battles has begun
            self._forfeited[:] = False
        return self._engine

    def begin(self, rngs: Mapping[int, np.random.Generator]) -> None:
        """Start the next battle in some slots and leave the others as they are.

        Args:
            rngs: random generator of each of these slots; it fixes battle, teams and opponent.
        """
        self.start_engine()
        if len(rngs) == self.num_battles:
            self._interrupted = False
        self._refuse_interrupted()
        moving = np.zeros(self.num_battles, dtype=np.bool_)
        moving[list(rngs)] = True
        self.events = {}
        self._play(np.full(self.num_battles, NO_ACTION), moving, rngs)

    def step(
        self, actions: NDArray[np.integer[Any]], begin: Mapping[int, np.random.Generator] | None = None
    ) -> None:
        """Play one own decision in every battle.

        Args:
            actions: int `(N,)`; those of battles that begin are ignored.
            begin: battles that have ended and whose successors begin, as for `begin`.

        Raises:
            IllegalActionError: an action is not legal and `on_illegal="raise"`; nothing has changed.
            gymnasium.error.ResetNeeded: a battle has ended, or none has been started.
        """
        engine = self.engine
        begin = begin or {}
        acts = np.ones(self.num_battles, dtype=np.bool_)
        acts[list(begin)] = False
        self._refuse_interrupted()
        self._refuse_ended(acts)
        in_range = np.asarray((actions >= 0) & (actions < self._actions.num_actions), dtype=np.bool_)
        played = np.full(self.num_battles, NO_ACTION)  # an action beyond 64 bits has no place in it
        played[acts & in_range] = actions[acts & in_range]
        legal = in_range & (engine.action_masks[P1][np.arange(self.num_battles), played] != 0)
        illegal: list[int] = np.flatnonzero(acts & ~legal).tolist()
        if illegal and self._on_illegal == "raise":
            raise self._refusal(row_of(illegal[0], 0), int(actions[illegal[0]]))
        before = engine.signals[P1].copy()
        forfeits = np.zeros(self.num_battles, dtype=np.bool_)
        self.events = {}
        for battle in illegal:
            self.events[battle] = {"illegal_action": int(actions[battle])}
            if self._on_illegal == "forfeit":
                forfeits[battle] = True
            else:
                allowed = legal_actions(engine.action_masks[row_of(battle, 0)])
                played[battle] = self._rngs[battle].choice(allowed)
                self.events[battle]["played_action"] = int(played[battle])
        self._forfeited |= forfeits
        self._play(played, ~forfeits, begin)
        self.lengths += acts
        self.rewards = self._reward(before, self._signals())
        self.rewards[~acts] = 0.0
        outcomes = self._signals()[:, _OUTCOME]
        for battle in map(int, np.flatnonzero(self.ended)):
            end = {"outcome": float(outcomes[battle]), "teams": engine.packed_teams(battle)}
            self.events.setdefault(battle, {}).update(end)

    def get_state(self) -> dict[str, Any]:
        """State for a snapshot, besides the engine's battles; nothing is copied."""
        self._refuse_interrupted()
        return {name: getattr(self, name) for name in _STATE} | {"driver": self._driver.get_state()}

    def rng(self, battle: int) -> np.random.Generator:
        """The random generator with which a slot's battle began."""
        return self._rngs[battle]

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Continue from the state of `get_state`, after the engine's battles have been restored."""
        for name in _STATE:
            setattr(self, name, state[name])
        self._driver.set_state(state["driver"])
        self._interrupted = False

    def observations(self) -> dict[str, NDArray[Any]]:
        """Copies of the own observations `(N, layout.size)` and masks `(N, A)`."""
        return {"observation": self.engine.observations[P1].copy(), "action_mask": self._masks()}

    def infos(self) -> dict[str, NDArray[Any]]:
        """The infos that every battle has after every step, as arrays over the battles."""
        return {
            "action_mask": self._masks(),
            "turns": self.engine.turns.astype(np.int64),
            "episode_length": self.lengths.copy(),
            "seed": self.seeds.copy(),
        }

    def info(self, battle: int) -> dict[str, Any]:
        """The info of one battle: its part of `infos`, and its events."""
        info: dict[str, Any] = {}
        for key, values in self.infos().items():
            info[key] = values[battle] if values.ndim > 1 else values[battle].item()
        return info | self.events.get(battle, {})

    def frame(self, battle: int, render_mode: str) -> Frame:
        """A battle as its own seat sees it; see `render_frame`."""
        return render_frame(self.scene(battle), render_mode)

    def scene(self, battle: int) -> Scene:
        """A battle as its own seat sees it; see `make_scene`."""
        forfeited = bool(self._forfeited[battle])
        return make_scene(self.engine, row_of(battle, 0), forfeited=forfeited)

    def close(self) -> None:
        """Close the engine; calling it again has no effect."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def _play(
        self,
        actions: NDArray[np.integer[Any]],
        moving: NDArray[np.bool_],
        begin: Mapping[int, np.random.Generator],
    ) -> None:
        """Play own `actions`, begin battles, and continue battles in which only the opponent must decide."""
        engine = self.engine
        try:
            words = self._draw(begin)
            while moving.any():
                rows = np.full(SEATS * self.num_battles, NO_ACTION)
                rows[P1] = actions
                asked = moving & engine.acting[P2]
                asked[list(words)] = False
                rows[P2][asked] = self._opponent_actions(np.flatnonzero(asked))
                idle = [int(battle) for battle in np.flatnonzero(~moving)]
                engine.step_async(rows, words, idle, checked=True)
                engine.step_wait()
                words = {}
                moving = moving & (engine.statuses == RUNNING) & ~engine.acting[P1]
        except BaseException:
            # Some battles may have moved and others not.
            self._interrupted = True
            raise
        self.terminated = (engine.statuses == TERMINATED) | self._forfeited
        self.truncated = engine.statuses == TRUNCATED

    def _draw(self, begin: Mapping[int, np.random.Generator]) -> dict[int, NDArray[np.uint16]]:
        """Draw seeds, teams and opponents of battles that begin; return the engine's seeds."""
        words: dict[int, NDArray[np.uint16]] = {}
        opponent_seeds: dict[int, int] = {}
        for battle, rng in begin.items():
            self._rngs[battle] = rng
            self.seeds[battle] = draw_seed(rng)
            self.lengths[battle] = 0
            self._forfeited[battle] = False
            words[battle] = seed_words(int(self.seeds[battle]))
            opponent_seeds[battle] = draw_seed(rng)
            teams = self._setup.draw_teams(rng)
            if teams is not None:
                self.engine.set_teams(battle, teams)
        if opponent_seeds:
            self._driver.start(opponent_seeds)
        return words

    def _opponent_actions(self, battles: NDArray[np.int64]) -> NDArray[np.int64]:
        """Ask the opponent for its actions in these battles.

        Raises:
            IllegalActionError: an action of the opponent is not legal.
        """
        if not len(battles):
            return np.zeros(0, dtype=np.int64)
        rows = row_of(battles, 1)
        masks = self.engine.action_masks[rows]
        actions = self._driver.act(self.engine, battles)
        if actions.shape != battles.shape:
            raise ValueError(f"the opponent gave actions of shape {actions.shape} for {len(battles)} rows")
        for row, action, mask in zip(rows, actions, masks, strict=True):
            if not (0 <= action < self._actions.num_actions and mask[action]):
                raise self._refusal(int(row), int(action))
        return actions

    def _refusal(self, row: int, action: int) -> IllegalActionError:
        battle = battle_of(row)
        context: dict[str, object] = {} if self.num_battles == 1 else {"battle": battle}
        if seat_of(row):
            context["seat"] = "p2 (the opponent)"
        context |= {"turn": int(self.engine.turns[battle]), "seed": int(self.seeds[battle])}
        legal = legal_actions(self.engine.action_masks[row])
        return IllegalActionError(action, legal, context, self._actions.name_of(action))

    def _refuse_ended(self, acts: NDArray[np.bool_]) -> None:
        begun = np.zeros(self.num_battles, dtype=np.bool_)
        begun[list(self._rngs)] = True
        over = np.flatnonzero(acts & (self.ended | ~begun)).tolist()
        if over:
            which = "the battle is" if self.num_battles == 1 else f"battles {over} are"
            raise gym.error.ResetNeeded(f"{which} over: call reset() before step()")

    def _refuse_interrupted(self) -> None:
        if self._interrupted:
            raise gym.error.ResetNeeded("a step was interrupted by an error: call reset() for all battles")

    def _masks(self) -> NDArray[np.int8]:
        """Copy of the own masks `(N, A)`; empty in battles that the own seat has forfeited."""
        masks = self.engine.action_masks[P1].copy()
        masks[self._forfeited] = 0
        return masks

    def _signals(self) -> NDArray[np.float32]:
        """Signals of the own rows `(N, S)`; a forfeited battle counts as lost."""
        signals = self.engine.signals[P1].copy()
        signals[self._forfeited, _ENDED] = 1.0
        signals[self._forfeited, _OUTCOME] = -1.0
        return signals
