"""Players of other projects as opponents: any poke-env `Player`, unmodified and without a server.

    opponent = PokeEnvOpponent(SimpleHeuristicsPlayer)
    env = gym.make("pokeenv/Battle-v0", opponent=opponent)

`opponent="poke-env:SimpleHeuristicsPlayer"` does the same. The player gets the lines and requests that a
server would send to its seat, and its orders are interpreted as a server interprets them, except that in
doubles an illegal order of one Pokémon leaves that of the other one. Needs the extra `live`
(`pip install 'pokeenv[live]'`).
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import random
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pokeenv.actions import DOUBLES, SINGLES
from pokeenv.agent import Decision
from pokeenv.engine import SeatMessages
from pokeenv.errors import PokeenvError, UnknownOpponentError, did_you_mean

if TYPE_CHECKING:
    from poke_env.battle import Battle
    from poke_env.player import Player

POKE_ENV = "poke-env:"
"""Prefix of the names of poke-env's players, such as `poke-env:RandomPlayer`."""

_T = TypeVar("_T")
_PICK = "pick"


@dataclass
class _Row:
    """A seat's battle as its player knows it, and the remaining selections of the Team Preview."""

    battle: Battle
    messages: SeatMessages
    picks: list[int] | None = None
    second: tuple[dict[str, Any], str | None] | None = None
    """In doubles, a request and the choice of the right Pokémon, made together with that of the left one."""


class PokeEnvOpponent:
    """Plays with a poke-env player.

    The seed of `begin` also seeds its random numbers (Python's `random`), so that battles can be repeated.
    Finished battles are removed from the player, which would otherwise grow without end: `wins`, `losses` and
    `ties` count them, and the player's `_battle_finished_callback` is called for each.

    Args:
        player: an instance, made with `start_listening=False`, or a class that needs no arguments.
        timeout_s: limit for a player that decides asynchronously, in seconds.

    Attributes:
        player: the poke-env player.
        name: `"poke-env:"` and the name of the player's class.
        wins: number of battles that it has won.
        losses: number of battles that it has lost.
        ties: number of battles without a winner.
        invalid_orders: number of orders that a server would refuse; Showdown's default choice replaced them.

    Raises:
        ImportError: poke-env is not installed.
        UnknownOpponentError: `player` is not a poke-env player.
    """

    def __init__(self, player: Player | type[Player], *, timeout_s: float = 60.0) -> None:
        """Make the player, if it is a class."""
        made = player(start_listening=False) if isinstance(player, type) else player
        if not isinstance(made, _poke_env("poke_env.player").Player):
            raise UnknownOpponentError(f"{player!r} is not a poke-env Player")
        self.player = made
        self._made_here = isinstance(player, type)
        self.name = f"{POKE_ENV}{type(made).__name__}"
        self.wins = self.losses = self.ties = 0
        self.invalid_orders = 0
        self._timeout_s = timeout_s
        self._rows: dict[int, _Row] = {}
        # Rows forgotten by `begin`: their players may not have read the end of their battles.
        self._left: dict[int, _Row] = {}
        self._begun = 0
        self._random_state = random.Random(0).getstate()

    def begin(self, num_rows: int, seed: int | None = None) -> None:
        """Forget all rows and seed the random numbers (None: a random seed)."""
        self._left |= self._rows
        self._rows.clear()
        self._random_state = random.Random(seed).getstate()

    def reset_rows(self, rows: NDArray[np.integer[Any]]) -> None:
        """Do nothing: the messages show where a battle begins."""

    def receive(self, rows: NDArray[np.int64], messages: Sequence[SeatMessages]) -> None:
        """Pass new messages of the seats to the player."""
        for number, sent in zip(rows.tolist(), messages, strict=True):
            row = self._rows.get(number)
            before = row or self._left.pop(number, None)
            if before is not None:
                self._read(before.battle, sent.before)
            if row is None or sent.begins:
                if not sent.begins:
                    raise PokeenvError("a poke-env player cannot join a running battle")
                row = self._rows[number] = _Row(self._new_battle(sent), sent)
            row.messages = sent
            self._read(row.battle, sent.lines)

    def act(
        self,
        observations: NDArray[np.float32],
        action_masks: NDArray[np.int8],
        rows: NDArray[np.integer[Any]],
        greedy: bool = False,
    ) -> Decision:
        """Ask the player for each row.

        Args:
            observations: not used.
            action_masks: not used: the messages contain the legal choices.
            rows: (B,) rows that `receive` has been called for.
            greedy: not used: a player has only one way to play.
        """
        outside = random.getstate()
        random.setstate(self._random_state)
        try:
            actions = [self._decide(self._rows[row]) for row in rows.tolist()]
        finally:
            self._random_state = random.getstate()
            random.setstate(outside)
        return Decision(np.array(actions, dtype=np.int64))

    def _decide(self, row: _Row) -> int:
        request, choices = row.messages.request, row.messages.choices
        assert request is not None  # a row without a request does not act
        if request.get("teamPreview"):
            return self._pick(row, request)
        if row.second is not None and row.second[0] == request:
            choice = row.second[1]
            row.second = None
        else:
            row.battle.parse_request(request, self.player._strict_battle_tracking)
            order = self._result(self.player.choose_move(row.battle))
            choice, *others = choices_of(order.message, request)
            row.second = (request, others[0]) if others else None
        if choice is not None and choice in choices:
            return choices.index(choice)
        self.invalid_orders += choice is not None
        return choices.index(default_choice(choices))

    def _pick(self, row: _Row, request: dict[str, Any]) -> int:
        """The next selection of a Team Preview; the player is asked for all of them at once."""
        choices = row.messages.choices
        if row.picks is None:
            row.battle.parse_request(request, self.player._strict_battle_tracking)
            row.picks = picks_of(self._result(self.player.teampreview(row.battle)))
        while row.picks:
            action = row.picks.pop(0) + _first_switch(choices)
            if choices[action] == _PICK:
                return action
        return choices.index(_PICK)

    def _result(self, given: Awaitable[_T] | _T) -> _T:
        if not inspect.isawaitable(given):
            return given

        async def wait() -> _T:
            return await given

        return asyncio.run_coroutine_threadsafe(wait(), self.player.ps_client.loop).result(self._timeout_s)

    def _new_battle(self, messages: SeatMessages) -> Battle:
        self._begun += 1
        fields = [line.split("|") for line in messages.lines]
        generation = next(int(parts[2]) for parts in fields if parts[1:2] == ["gen"])
        assert messages.request is not None
        side = messages.request["side"]
        doubles = ["", "gametype", "doubles"] in fields
        kind = "DoubleBattle" if doubles else "Battle"
        if doubles != self.player.format_is_doubles:
            self._change_game(f"gen{generation}{'doubles' if doubles else ''}ou")
        battle: Battle = getattr(_poke_env("poke_env.battle"), kind)(
            battle_tag=f"battle-{self.player.format}-{self._begun}",
            username=side["name"],
            logger=self.player.logger,
            gen=generation,
        )
        battle.player_role = side["id"]
        return battle

    def _change_game(self, battle_format: str) -> None:
        """Let a player that was made here play doubles or singles; it asks for its format."""
        if not self._made_here:
            raise PokeenvError(
                f"the poke-env player was made for {self.player.format}: make it with"
                " battle_format= of the battles that it plays"
            )
        self.player._format = battle_format

    def _read(self, battle: Battle, lines: Sequence[str]) -> None:
        for line in lines:
            parts = line.split("|")
            if len(parts) < 2 or parts[1] in self.player.MESSAGES_TO_IGNORE:
                continue
            if parts[1] == "win":
                battle.won_by(parts[2])
                self._finish(battle)
            elif parts[1] == "tie":
                battle.tied()  # type: ignore[no-untyped-call]
                self._finish(battle)
            else:
                battle.parse_message(parts)

    def _finish(self, battle: Battle) -> None:
        self.wins += battle.won is True
        self.losses += battle.lost is True
        self.ties += not battle.won and not battle.lost
        self.player._battle_finished_callback(battle)


def choices_of(message: str, request: dict[str, Any]) -> list[str | None]:
    """A server's reading of an order: a choice for each Pokémon that has a decision.

    Args:
        message: a poke-env order's message; in doubles one such as `"/choose move protect, switch Pikachu"`.
        request: the request that it answers.

    Returns:
        See `choice_of`; in doubles the left Pokémon's first, and none for one that can only pass.

    Raises:
        PokeenvError: the player forfeits, which no action expresses.
    """
    places = len(request.get("forceSwitch") or request["active"])
    orders = message.removeprefix("/choose ").split(", ") if places > 1 else [message]
    orders += ["default"] * (places - len(orders))
    asked = [place for place in range(places) if places == 1 or _has_decision(request, place)]
    return [choice_of(orders[place], request, place) for place in asked]


def _has_decision(request: dict[str, Any], place: int) -> bool:
    """True if a Pokémon of doubles can do more than pass; of two forced switches the second may not."""
    if "forceSwitch" in request:
        return bool(request["forceSwitch"][place])
    entry = request["side"]["pokemon"][place]
    return not (entry["condition"].endswith(" fnt") or entry.get("commanding"))


def choice_of(message: str, request: dict[str, Any], place: int = 0) -> str | None:
    """A server's reading of an order in reply to a request for a move or a switch.

    Args:
        message: a poke-env order's message, such as `"/choose move thunderbolt terastallize"`.
        request: the request that it answers.
        place: of the Pokémon, in doubles 0 for the left and 1 for the right one.

    Returns:
        The choice with numbers (`"move 2 terastallize"`, `"switch 3"`), or the unchanged words if nothing has
        that name; None for Showdown's default choice.

    Raises:
        PokeenvError: the player forfeits, for which there is no action.
    """
    if message == "/forfeit":
        raise PokeenvError("the poke-env player forfeits: an environment has no action for that")
    kind, _, rest = message.removeprefix("/choose ").strip().partition(" ")
    if kind == "switch":
        names = [entry["ident"].partition(": ")[2] for entry in request["side"]["pokemon"]]
        return f"switch {_place(rest, names)}"
    if kind == "move":
        name, *words = rest.split()
        moves = request["active"][place]["moves"]
        named = "hiddenpower" if name.startswith("hiddenpower") else name
        ids = [move["id"] for move in moves]
        targets = [f"{int(word):+d}" for word in words if _is_target(word)]
        if named in ids and "target" not in moves[ids.index(named)]:
            targets = []  # the user is locked into the move, and choices of it have no target
        gimmick = [word for word in words if not _is_target(word)]
        return " ".join(["move", _place(named, ids), *targets, *gimmick])
    return kind if kind == "pass" else None


def _is_target(word: str) -> bool:
    return word.lstrip("+-").isdigit()


def _place(name: str, names: Sequence[str]) -> str:
    """Number of a name, from 1; numbers and unknown names are returned unchanged."""
    return str(names.index(name) + 1) if name in names else name


def default_choice(choices: Sequence[str | None]) -> str:
    """Showdown's default choice: the first usable move, at a random opponent, else the first switch."""
    plain = [choice for choice in choices if choice is not None and not choice.split()[-1].isalpha()]
    if not plain:
        return "pass"
    first = min(plain, key=_rank)
    aimed = [choice for choice in plain if _rank(choice) == _rank(first) and "+" in choice]
    return random.choice(aimed) if aimed else first


def _rank(choice: str) -> tuple[bool, int]:
    """Moves before switches, then by number."""
    kind, number, *_ = choice.split()
    return kind != "move", int(number)


def _first_switch(choices: Sequence[str | None]) -> int:
    """The action that switches to team slot 0."""
    return int(DOUBLES.switches[0] if len(choices) == DOUBLES.num_actions else SINGLES.switches[0])


def picks_of(message: str) -> list[int]:
    """Team slots in the order of a Team Preview's answer, such as `"/team 312456"`."""
    return [int(digit) - 1 for digit in message.removeprefix("/team ").replace(",", "") if digit.isdigit()]


def poke_env_opponent(name: str) -> PokeEnvOpponent:
    """Make the opponent of a name.

    Args:
        name: `"poke-env:SimpleHeuristicsPlayer"`, or `"poke-env:module.Class"` for your own players.

    Raises:
        ImportError: poke-env is not installed.
        UnknownOpponentError: there is no such player.
    """
    module_name, _, class_name = name.removeprefix(POKE_ENV).rpartition(".")
    players = _poke_env("poke_env.player")
    module = importlib.import_module(module_name) if module_name else players
    found = getattr(module, class_name, None)
    if not (isinstance(found, type) and issubclass(found, players.Player)):
        known = [key for key, value in vars(players).items() if key.endswith("Player") and key != "Player"]
        raise UnknownOpponentError(
            f"unknown opponent {name!r}{did_you_mean(class_name, known)}; poke-env has"
            f" {', '.join(known)}; name your own player {POKE_ENV}module.Class"
        )
    return PokeEnvOpponent(found)


def _poke_env(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(f"poke-env is not installed ({error}): pip install 'pokeenv[live]'") from error
