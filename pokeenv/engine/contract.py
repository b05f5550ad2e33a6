"""The contract of an engine, which plays the battles of an environment."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, NoReturn

import numpy as np
from numpy.typing import NDArray

from pokeenv.actions.space import ActionSpace, legal_actions
from pokeenv.engine.rows import battle_of, rows_of_battle
from pokeenv.engine.seat_messages import SeatMessages
from pokeenv.errors import CapabilityError, IllegalActionError
from pokeenv.formats import BattleFormat
from pokeenv.observation import Layout
from pokeenv.usage import UsageStatistics

RUNNING, TERMINATED, TRUNCATED = 0, 1, 2
"""Statuses of a battle: running, decided by its rules, stopped by the turn limit."""

SEED_WORDS = 12
"""16-bit words of a battle's seed: four for the battle, four for p1's team, four for p2's team."""

SPECTATORS = -1
"""Instead of a seat: everything that both sides may see."""

TEAMS, MESSAGES, NARRATION, REPLAYS = "teams", "messages", "narration", "replays"
SNAPSHOTS, COPIES, HEARING, IMAGINATION = "snapshots", "copies", "hearing", "imagination"
CAPABILITIES = frozenset({TEAMS, MESSAGES, NARRATION, REPLAYS, SNAPSHOTS, COPIES, HEARING, IMAGINATION})
"""Every optional part of the contract."""


class Engine(ABC):
    """N battles of one format that are stepped together.

    A row is one seat of one battle; `pokeenv.engine.rows` numbers them. Arrays over rows have 2N lines.
    They are views that change with every step: copy what you keep.

    **Decisions.** A row that acts needs an action that its mask allows; the actions of other rows are
    ignored. A running battle has at least one acting row. A seat that has nothing to decide does not act. One
    request of the game may need several consecutive decisions of one seat, such as the picks of a Team
    Preview, or the left and then the right active Pokémon in doubles. The row then acts again at the next
    step, with a mask that depends on its earlier decision. The other seat learns nothing of it until the
    request is answered.

    **Determinism.** The seed of a battle, its teams and the actions determine every byte of its arrays; the
    battle's number and the other battles do not matter.

    **Groups.** Every engine has the group "play" and `packed_teams`. The other members of the groups
    "teams", "messages" and "state" are optional: an engine lists those that it has in `capabilities`; the
    others raise `CapabilityError`.

    `pokeenv.testing.check_engine` checks an engine. `open_engine` opens an engine; it calls it as
    `EngineFactory` describes.

    Attributes:
        name: name in messages.
        capabilities: optional parts that this engine has, out of `CAPABILITIES`.
        battle_format: format of all its battles.
        layout: meaning of the numbers of an observation.
        num_battles: number of battles, N.
        observations: `(2N, layout.size)` float32; a row that does not act keeps an earlier observation,
            and both rows get the last one when their battle ends.
        action_masks: `(2N, A)` int8, 1 where legal; all 0 in rows that do not act.
        signals: `(2N, S)` float32, named by `SIGNALS`, from which rewards are made.
    """

    name: ClassVar[str]
    capabilities: ClassVar[frozenset[str]] = frozenset()

    battle_format: BattleFormat
    layout: Layout
    num_battles: int
    observations: NDArray[np.float32]
    action_masks: NDArray[np.int8]
    signals: NDArray[np.float32]

    # Play.

    @property
    def action_space(self) -> ActionSpace:
        """The format's actions, A of them."""
        return self.battle_format.action_space

    @property
    @abstractmethod
    def acting(self) -> NDArray[np.bool_]:
        """`(2N,)`: True for rows that need an action in the next step."""

    @property
    @abstractmethod
    def statuses(self) -> NDArray[np.int32]:
        """`(N,)`: RUNNING, TERMINATED or TRUNCATED after the last step."""

    @property
    @abstractmethod
    def turns(self) -> NDArray[np.int32]:
        """`(N,)`: turn of every battle, 0 before the first."""

    @abstractmethod
    def step_async(
        self,
        actions: NDArray[np.integer[Any]],
        resets: Mapping[int, NDArray[np.uint16]] | None = None,
        idle: Sequence[int] = (),
        *,
        checked: bool = False,
    ) -> None:
        """Start a step of all battles; `step_wait` ends it.

        Args:
            actions: int `(2N,)`; rows that do not act are ignored.
            resets: battles to start again instead, each with its seed, uint16 `(SEED_WORDS,)`. The words for
                the teams matter only if the engine generates the teams.
            idle: battles to leave unchanged. A battle that has ended is either reset or idle.
            checked: True if `check_actions` has just passed these actions; they are then not checked again.

        Raises:
            IllegalActionError: an acting row's action is not legal; nothing has changed.
            EngineError: a step is running.
            ClosedError: the engine is closed.
        """

    @abstractmethod
    def step_wait(self) -> None:
        """Wait for the step that `step_async` began.

        Raises:
            EngineError: no step is running, or the engine has failed; see `failed`.
            ClosedError: the engine is closed.
        """

    def check_actions(self, actions: NDArray[np.integer[Any]], skipped: Sequence[int] = ()) -> None:
        """Refuse actions that `step_async` would refuse, and change nothing.

        Args:
            actions: int `(2N,)`.
            skipped: battles whose actions are ignored.

        Raises:
            IllegalActionError: an acting row's action is not legal.
        """
        acting, masks, space = self.acting, self.action_masks, self.action_space
        in_range = (actions >= 0) & (actions < space.num_actions)
        places = self._mask_starts + np.where(in_range, actions, 0)
        legal = in_range & masks.view(np.bool_).reshape(-1)[places]
        refused = acting > legal
        for battle in skipped:
            refused[rows_of_battle(battle)] = False
        if not refused.any():
            return
        row = int(refused.argmax())
        action = int(actions[row])
        context = {"row": row, "turn": int(self.turns[battle_of(row)])}
        raise IllegalActionError(action, legal_actions(masks[row]), context, space.name_of(action))

    def slot_masks(self, row: int) -> NDArray[np.int8]:
        """`(actives, A)` actions of each own active Pokémon in answer to the current request.

        Each line is the mask of that Pokémon's decision if the others leave it every choice; it depends on no
        earlier decision. In a Team Preview only the first line has actions. Engines of doubles have it.

        Raises:
            CapabilityError: the engine does not.
        """
        if self.action_space.actives > 1:
            self._refuse_without("slot_masks")
        masks: NDArray[np.int8] = self.action_masks[row][None].copy()
        return masks

    @property
    def failed(self) -> bool:
        """True if the engine has become unusable and must be closed."""
        return False

    @abstractmethod
    def close(self) -> None:
        """Free everything; calling it again does nothing. Later calls of `step_async` raise `ClosedError`."""

    # Teams.

    @abstractmethod
    def packed_teams(self, battle: int) -> tuple[str, str]:
        """Teams with which p1 and p2 began a battle, in Showdown's packed form."""

    def add_teams(self, texts: Sequence[str], labels: Sequence[str] | None = None) -> None:
        """Validate teams before the battles that use them. Capability `"teams"`.

        Args:
            texts: teams as Showdown export text or packed.
            labels: names of the teams in errors, such as `"team 2 of 'x.txt'"`.

        Raises:
            InvalidTeamError: a team breaks the format's rules; the message lists all such teams.
        """
        self._refuse_without(TEAMS)

    def set_teams(self, battle: int, teams: tuple[str, str]) -> None:
        """Set the two teams with which a battle starts at its next reset. Capability `"teams"`.

        Args:
            battle: number of the battle.
            teams: Showdown export text or packed, for p1 and p2; validated unless `add_teams` has done so.

        Raises:
            InvalidTeamError: a team breaks the format's rules.
        """
        self._refuse_without(TEAMS)

    # Messages.

    def seat_messages(self, rows: NDArray[np.integer[Any]]) -> list[SeatMessages]:
        """Messages that clients at these rows have received since the last call. Capability `"messages"`."""
        self._refuse_without(MESSAGES)

    def narrate(self, battle: int, seat: int) -> list[dict[str, Any]]:
        """A battle in sentences, from one seat's point of view. Capability `"narration"`.

        Args:
            battle: number of the battle.
            seat: 0 or 1, or `SPECTATORS`.

        Returns:
            A dictionary per turn, including the current one: `turn` (0 before the first) and
            `messages`, sentences; a sentence that follows from an earlier one is indented.
        """
        self._refuse_without(NARRATION)

    @property
    def display_names(self) -> dict[str, dict[str, str]]:
        """The name in the games of every id in each table of `VOCABULARY`. Capability `"narration"`."""
        self._refuse_without(NARRATION)

    def battle_log(self, battle: int) -> dict[str, Any]:
        """Log so far (`log`), choices as given (`inputLog`) and teams (`teams`). Capability `"replays"`."""
        self._refuse_without(REPLAYS)

    def resimulate(self, input_log: Sequence[str]) -> dict[str, Any]:
        """Play a battle again from its input log, outside the engine. Capability `"replays"`.

        Returns:
            `log`, `winner`, `ended` and `turns`; or `problem`, the reason why it cannot be played.
        """
        self._refuse_without(REPLAYS)

    # State. A snapshot or a copy continues the battle with everything in it. Of a true battle, that includes
    # the opponent's hidden team: it serves tests, replays and training from given positions. An agent that
    # searches on it would cheat.

    def snapshot(self, battle: int) -> bytes:
        """A battle between two steps, with everything that both seats know. Capability `"snapshots"`.

        `restore` continues it in any slot of any engine of the same kind and format, with the same bytes.

        Raises:
            SnapshotError: the battle has not begun, or contains data that a snapshot cannot hold.
        """
        self._refuse_without(SNAPSHOTS)

    def restore(self, battle: int, snapshot: bytes) -> None:
        """Replace a battle by a snapshot; its part of all arrays is restored. Capability `"snapshots"`.

        Raises:
            SnapshotError: the snapshot is of another format, observation, simulator or version; nothing
                has changed.
        """
        self._refuse_without(SNAPSHOTS)

    def copy(self, battle: int, into: Sequence[int]) -> None:
        """Copy a battle into other slots; their parts of all arrays are written. Capability `"copies"`.

        A copy and its original continue with the same bytes under the same actions, and neither changes the
        other. A searcher keeps slots for it: battles of the engine that no environment plays.

        Args:
            battle: number of a battle that has begun.
            into: slots that become its copies, out of `slots_beside(battle)`.

        Raises:
            SnapshotError: the battle has not begun.
            ValueError: a slot is the battle itself, or belongs to another worker.
        """
        self._refuse_without(COPIES)

    def slots_beside(self, battle: int) -> range:
        """Battles that can be copied into each other, with this one. Capability `"copies"`.

        Args:
            battle: number of a battle.
        """
        self._refuse_without(COPIES)

    def advance(
        self,
        battles: Sequence[int],
        actions: NDArray[np.integer[Any]],
        *,
        sources: Sequence[int] | None = None,
        seeds: Sequence[int] | None = None,
    ) -> None:
        """Step some battles and leave all others unchanged. Capability `"copies"`.

        One call can expand a whole level of a search: it copies `sources` into `battles`, gives each its own
        luck, and steps it. Battles that have ended are only copied.

        Args:
            battles: K different battles to step.
            actions: int `(K, 2)`, for p1 and p2; those of rows that do not act are ignored.
            sources: K battles that are copied into `battles` before the step; a battle may be copied to
                several slots. None: no copies.
            seeds: K numbers in [0, 2**64) from which each battle's random generator starts again before its
                step. None: it continues.

        Raises:
            IllegalActionError: an acting row's action is not legal; nothing has changed.
            SnapshotError: a source has not begun.
            ValueError: lengths differ, a battle is named twice, or a source belongs to another worker or is
                among `battles`.
        """
        self._refuse_without(COPIES)

    # Imagined battles serve an agent that decides: they contain nothing that its seat has not received.

    def imagine(self, row: int, seeds: Sequence[int], into: Sequence[int]) -> None:
        """Put imagined battles into slots. Capability `"imagination"`.

        An imagined battle agrees with everything that the row has received, and everything hidden is drawn:
        the opponent's sets and unseen Pokémon, HP behind a percentage, turns of sleep and confusion, and the
        random generator. It is a function of the lines and requests that the row has received, and of the
        seed. The other row of the slot has the view that the opponent would have. `set_beliefs` says from
        where the opponent's sets are drawn in formats whose players bring their teams.

        Slots are copied and stepped like any battle (`copy`, `advance`). An imagined battle that the
        simulator cannot continue is TRUNCATED.

        Args:
            row: row that acts.
            seeds: K numbers in [0, 2**64), one for each imagined battle.
            into: K slots out of `slots_beside` the row's battle, without this battle itself.

        Raises:
            UnsupportedFormatError: battles of this format cannot be imagined.
            ImaginationError: what the row has received cannot be turned into a battle, or the row decides
                in a Team Preview.
            ValueError: the row does not act, its battle is imagined itself, lengths differ, or a slot belongs
                to another worker.
        """
        self._refuse_without(IMAGINATION)

    def set_beliefs(self, teams: Sequence[str] = (), usage: UsageStatistics | None = None) -> None:
        """Set what imagined battles assume about opposing teams, from now on. Capability `"imagination"`.

        For formats whose players bring their teams. Hidden sets are drawn from the teams first, then from the
        statistics, and then from the usual sets of the simulator: from the first of these that has a set
        which agrees with what a row has received.

        Args:
            teams: Showdown export text or packed, each as probable as it is frequent.
            usage: statistics of the format; see `pokeenv.read_usage`.

        Raises:
            UnsupportedFormatError: the format generates its teams, from which sets are drawn anyway.
            InvalidTeamError: a team breaks the format's rules.
            UsageError: the statistics are of another format.
        """
        self._refuse_without(IMAGINATION)

    def hear(self, rows: Sequence[int], messages: Sequence[SeatMessages]) -> None:
        """Follow battles that are played elsewhere, each from one seat. Capability `"hearing"`.

        A slot follows one battle, from the beginning that `SeatMessages.begins` marks. The row's observation,
        mask and `acting` become those of the seat, in doubles those of a request's first decision. The other
        row and the signals mean nothing. The battle can be imagined from the row, and it is not stepped: keep
        it among the idle ones.

        Args:
            rows: `(B,)` rows in which to follow, at most one of each battle.
            messages: their messages since the last call, as `seat_messages` gives them.

        Raises:
            EngineError: lines that a seat cannot read.
        """
        self._refuse_without(HEARING)

    def _refuse_without(self, capability: str) -> NoReturn:
        raise CapabilityError(self.name, capability, self.capabilities)

    @cached_property
    def _mask_starts(self) -> NDArray[np.int64]:
        return np.arange(len(self.action_masks)) * self.action_space.num_actions
