"""`BattleEnv`: one seat of one battle, with an opponent inside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from pokeenv.actions import NO_ACTION, NUM_ACTIONS, legal_actions
from pokeenv.engine import RUNNING, TERMINATED, TRUNCATED, EmbeddedShowdown
from pokeenv.errors import IllegalActionError
from pokeenv.formats import DEFAULT_FORMAT, parse_format
from pokeenv.observation import LAYOUT
from pokeenv.render import render_board
from pokeenv.rewards import SIGNALS, RewardSpec, make_reward
from pokeenv.seeding import draw_seed, seed_words
from pokeenv.teams import FileTeams, TeamSource

Observation = dict[str, Any]
Policy = Callable[[NDArray[np.float32], NDArray[np.int8]], int]
"""``(observation (OBS_SIZE,), action_mask (26,)) -> action``."""

OnIllegal = Literal["random", "raise", "forfeit"]
_ON_ILLEGAL = ("random", "raise", "forfeit")
_OUTCOME = SIGNALS.index("outcome")
_ENDED = SIGNALS.index("ended")
_OWN, _OPPONENT = 0, 1  # rows of the one battle


@runtime_checkable
class BatchAgent(Protocol):
    """What the agents of this project's framework look like, as far as an opponent needs it."""

    def begin(self, num_rows: int, seed: int | None = None) -> None: ...  # noqa: D102
    def reset_rows(self, rows: NDArray[np.int64]) -> None: ...  # noqa: D102
    def act(  # noqa: D102
        self,
        observations: NDArray[np.float32],
        action_masks: NDArray[np.int8],
        rows: NDArray[np.int64],
        greedy: bool = False,
    ) -> Any: ...


Opponent = Literal["random"] | Policy | BatchAgent


class BattleEnv(gym.Env[Observation, np.int64]):
    """One Pokémon Showdown battle, seen and played from one seat.

    ## Description
    The battle runs in the real simulator, embedded in a worker process. Every step is a decision of
    the own seat: moments at which only the opponent must choose are played through.

    ## Action Space
    ``Discrete(26)``, poke-env's numbering: 0-5 switch to team slot, 6-9 move, 10-13 with Mega
    Evolution, 14-17 Z-move, 18-21 Dynamax, 22-25 Terastallize. Which are legal stands in
    ``observation["action_mask"]``, ``info["action_mask"]`` and `action_masks`.

    ## Observation Space
    ``{"observation": float32 (OBS_SIZE,), "action_mask": int8 (26,)}``; `pokeenv.LAYOUT` names every
    number and `pokeenv.decode` reads it. It holds what a player at this seat sees, and no more.

    ## Rewards
    ``"win_loss"``: +1 for a win, -1 for a loss, 0 for a tie and before the end. Or the composite of a
    YAML file (see ``config/reward.yaml``), a dictionary of weights, or a `RewardFunction`.

    ## Starting State
    ``reset(seed=...)`` fixes both teams, the battle and the opponent (a function of yours must see to
    its own randomness). ``reset()`` goes on to the next
    battle.

    ## Episode End
    Terminated when the battle ends, truncated beyond ``turn_limit``.

    ## Arguments
    battle_format: Showdown's id, such as ``"gen9randombattle"``.
    opponent: ``"random"``, a function ``(observation, action_mask) -> action``, or an agent.
    reward: see Rewards.
    on_illegal: what an illegal action does: ``"random"`` plays a random legal one and says so in
        ``info["illegal_action"]``; ``"raise"`` raises `IllegalActionError` and changes nothing;
        ``"forfeit"`` ends the battle as lost.
    turn_limit: see Episode End.
    teams: file or folder of teams, or a `TeamSource`, for formats that need teams brought.
    render_mode: None or ``"ansi"``.
    timeout_s: limit of every wait for the simulator, in seconds.

    ## Version History
    - v0: first version.
    """

    metadata: dict[str, Any] = {"render_modes": ["ansi"], "render_fps": 1}  # noqa: RUF012 - Gymnasium's own declaration

    def __init__(
        self,
        battle_format: str = DEFAULT_FORMAT,
        *,
        opponent: Opponent = "random",
        reward: RewardSpec = "win_loss",
        on_illegal: OnIllegal = "random",
        turn_limit: int = 1000,
        teams: TeamSource | str | Path | None = None,
        render_mode: str | None = None,
        timeout_s: float = 60.0,
    ) -> None:
        """Check the arguments; the simulator starts with the first `reset`."""
        if on_illegal not in _ON_ILLEGAL:
            raise ValueError(f"on_illegal={on_illegal!r}; allowed: {', '.join(_ON_ILLEGAL)}")
        if turn_limit < 1:
            raise ValueError(f"turn_limit must be at least 1, not {turn_limit}")
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise ValueError(f"render_mode={render_mode!r}; allowed: None, {self.metadata['render_modes']}")
        if not (opponent == "random" or callable(opponent) or isinstance(opponent, BatchAgent)):
            raise ValueError(
                f"opponent={opponent!r}; allowed: 'random', a function (observation, action_mask) -> action, "
                "or an agent, for example agents.baselines.MaxDamageAgent()"
            )
        self.battle_format = parse_format(battle_format, has_teams=teams is not None)
        self.observation_space = LAYOUT.space()
        self.action_space = gym.spaces.Discrete(NUM_ACTIONS)
        self.render_mode = render_mode
        self.opponent = opponent
        self.on_illegal = on_illegal
        self._turn_limit = turn_limit
        self._timeout_s = timeout_s
        self._teams = FileTeams(teams) if isinstance(teams, str | Path) else teams
        self._reward = make_reward(reward)
        self._engine: EmbeddedShowdown | None = None
        self._opponent_rng = np.random.default_rng()
        self._battle_seed = 0
        self._length = 0
        self._running = False

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Start a battle.

        Args:
            seed: fixes this battle, its teams and its opponent, and the battles after it.
            options: not used.

        Returns:
            The first observation and its info.
        """
        super().reset(seed=seed)
        if self._engine is not None and self._engine.failed:
            self.close()
        if self._engine is None:
            self._engine = EmbeddedShowdown(
                self.battle_format.id, 1, turn_limit=self._turn_limit, timeout_s=self._timeout_s
            )
        self._battle_seed = draw_seed(self.np_random)
        self._opponent_rng = np.random.default_rng(draw_seed(self.np_random))
        if isinstance(self.opponent, BatchAgent):
            self.opponent.begin(1, draw_seed(self._opponent_rng))
            self.opponent.reset_rows(np.zeros(1, dtype=np.int64))
        if self._teams is not None:
            first, second = self._teams.draw(self.np_random), self._teams.draw(self.np_random)
            if first is not None and second is not None:
                self._engine.set_teams(0, (first, second))
        self._engine.step_async(np.full(2, NO_ACTION), {0: seed_words(self._battle_seed)})
        self._engine.step_wait()
        self._length = 0
        self._running = True
        self._play_opponent()
        return self._observation(), self._info()

    def step(self, action: np.int64 | int) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Play one decision, and the opponent's until the own seat is to decide again.

        Raises:
            IllegalActionError: the action is not legal and ``on_illegal="raise"``.
            gymnasium.error.ResetNeeded: the battle has ended, or none was started.
        """
        engine = self._engine
        if engine is None or not self._running:
            raise gym.error.ResetNeeded("the battle is over: call reset() before step()")
        legal = legal_actions(engine.action_masks[_OWN])
        illegal = int(action) not in legal
        if illegal and self.on_illegal == "raise":
            context = {"turn": int(engine.turns[0]), "seed": self._battle_seed}
            raise IllegalActionError(int(action), legal, context)
        before = engine.signals[:1].copy()
        self._length += 1
        if illegal and self.on_illegal == "forfeit":
            return self._forfeit(before, int(action))
        played = int(self.np_random.choice(legal)) if illegal else int(action)
        self._advance(played)
        self._play_opponent()
        status = int(engine.statuses[0])
        self._running = status == RUNNING
        reward = float(self._reward(before, engine.signals[:1])[0])
        info = self._info()
        if illegal:
            info["illegal_action"] = int(action)
            info["played_action"] = played
        return self._observation(), reward, status == TERMINATED, status == TRUNCATED, info

    def action_masks(self) -> NDArray[np.bool_]:
        """``(26,)`` legal actions, as sb3-contrib's `MaskablePPO` asks for them."""
        return np.asarray(self._open().action_masks[_OWN], dtype=np.bool_)

    def render(self) -> str | None:
        """The board as text, with ``render_mode="ansi"``."""
        if self.render_mode is None:
            return None
        return render_board(self._open().observations[_OWN])

    def battle_log(self) -> dict[str, Any]:
        """Log so far, choices and teams of the battle; see `EmbeddedShowdown.battle_log`."""
        return self._open().battle_log(0)

    def close(self) -> None:
        """End the simulator; calling it again does nothing."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None
        self._running = False

    def _open(self) -> EmbeddedShowdown:
        if self._engine is None:
            raise gym.error.ResetNeeded("no battle has been started: call reset() first")
        return self._engine

    def _play_opponent(self) -> None:
        """Go on while the own seat has nothing to decide."""
        engine = self._open()
        while engine.statuses[0] == RUNNING and not engine.acting[_OWN]:
            self._advance(NO_ACTION)

    def _advance(self, action: int) -> None:
        engine = self._open()
        actions = np.array([action, NO_ACTION])
        if engine.acting[_OPPONENT]:
            actions[_OPPONENT] = self._opponent_action()
        engine.step_async(actions)
        engine.step_wait()

    def _opponent_action(self) -> int:
        engine = self._open()
        mask = engine.action_masks[_OPPONENT]
        if isinstance(self.opponent, BatchAgent):
            rows = np.zeros(1, dtype=np.int64)
            decision = self.opponent.act(engine.observations[1:].copy(), engine.action_masks[1:].copy(), rows)
            return int(decision.actions[0])
        if callable(self.opponent):
            return int(self.opponent(engine.observations[_OPPONENT].copy(), mask.copy()))
        return int(self._opponent_rng.choice(legal_actions(mask)))

    def _forfeit(
        self, before: NDArray[np.float32], action: int
    ) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        after = self._open().signals[:1].copy()
        after[0, _ENDED] = 1.0
        after[0, _OUTCOME] = -1.0
        self._running = False
        info = self._info() | {"illegal_action": action, "outcome": -1.0}
        return self._observation(), float(self._reward(before, after)[0]), True, False, info

    def _observation(self) -> Observation:
        engine = self._open()
        return {
            "observation": engine.observations[_OWN].copy(),
            "action_mask": engine.action_masks[_OWN].copy(),
        }

    def _info(self) -> dict[str, Any]:
        engine = self._open()
        info: dict[str, Any] = {
            "action_mask": engine.action_masks[_OWN].copy(),
            "turns": int(engine.turns[0]),
            "episode_length": self._length,
            "seed": self._battle_seed,
        }
        if engine.statuses[0] != RUNNING:
            info["outcome"] = float(engine.signals[_OWN, _OUTCOME])
        return info
