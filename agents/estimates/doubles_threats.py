"""Threats of doubles: the order of moves, the opponents' probable attacks, the standing of own Pokémon."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from agents.estimates.battle_estimates import SLEEP_TURNS
from agents.estimates.battle_view import TEAM_SIZE, Bools, Floats
from agents.estimates.doubles_board import DoublesBoard
from agents.estimates.doubles_damage import SPREAD, DoublesDamage
from agents.estimates.duel import Values
from agents.estimates.modifiers import ABILITY_ID
from pokeenv import VOCABULARY

_EXPECTED = 0.6  # chance that a Pokémon that switches in is hit by the attack meant for the one it replaces
_SHARPNESS = 3  # how surely an opponent takes its best attack: chances go by damage to this power
_SCARF = VOCABULARY["items"].index("choicescarf")
_WEATHER_SPEED = {
    "chlorophyll": "sunnyday",
    "swiftswim": "raindance",
    "sandrush": "sandstorm",
    "slushrush": "snowscape",
}


@dataclass(frozen=True)
class Threats:
    """Estimates of one turn, for B rows at once."""

    damage: DoublesDamage

    @property
    def board(self) -> DoublesBoard:
        """The observations."""
        return self.damage.view

    @cached_property
    def hp(self) -> Floats:
        """`(B, 2, 6)` HP of both teams, Substitutes included."""
        hp: Floats = self.board.of_pokemon("hp").copy()
        rows = np.arange(len(hp))
        for side in (0, 1):
            behind = self.board.volatile(side, "volatile_substitute") & self.board.present[:, side]
            for place in (0, 1):
                hp[rows, side, self.board.slots[:, side, place]] += 0.25 * behind[:, place]
        return hp

    @cached_property
    def able(self) -> Floats:
        """`(B, 2, 2)` chance that the Pokémon in each place can move this turn."""
        board = self.board
        able = np.ones((len(board), 2, 2), dtype=np.float32)
        asleep, frozen, paralysed = (board.of_pokemon(f"status_{s}") > 0.5 for s in ("slp", "frz", "par"))
        slept = board.of_pokemon("sleep_turns")[..., None]
        wakes = np.where(slept[..., 0] + 1 >= SLEEP_TURNS[board.generation][:, None, None], 0.6, 0.15)
        chance = np.where(asleep, wakes, np.where(frozen, 0.2, np.where(paralysed, 0.75, 1.0)))
        for side in (0, 1):
            able[:, side] = board.at_places(side, chance[:, side]) * board.present[:, side]
            able[:, side] *= ~board.volatile(side, "volatile_mustrecharge")
            able[:, side] *= ~board.volatile(side, "volatile_commanding")
        return able

    @cached_property
    def speed(self) -> Floats:
        """`(B, 2, 6)` speed, with paralysis, Choice Scarf, weather and Tailwind."""
        board = self.board
        speed = board.stats["spe"].copy()
        slowed = np.where(board.generation <= 6, 0.25, 0.5)[:, None, None]
        speed = speed * np.where(board.of_pokemon("status_par") > 0.5, slowed, 1.0)
        speed = speed * np.where(board.ids("item") == _SCARF, 1.5, 1.0)
        ability = board.ids("ability")
        for name, weather in _WEATHER_SPEED.items():
            up = board.flag(f"weather_{weather}")[:, None, None]
            speed = speed * np.where(up & (ability == ABILITY_ID[name]), 2.0, 1.0)
        for side, owner in enumerate(("own", "opposing")):
            speed[:, side] *= np.where(board.flag(f"{owner}_tailwind"), 2.0, 1.0)[:, None]
        return speed.astype(np.float32)

    @cached_property
    def reversed(self) -> Bools:
        """`(B,)` true in Trick Room."""
        return self.board.flag("trickroom")

    def outruns(self, own: Values, opposing: Values) -> Floats:
        """1 where the own speed moves first, 0 where it moves second, 0.5 for a tie; axis 0 is the row."""
        room = self.reversed.reshape(-1, *(1,) * (np.broadcast(own, opposing).ndim - 1))
        result: Floats = np.where(np.abs(own - opposing) < 0.5, 0.5, (own > opposing) ^ room)
        return result

    @cached_property
    def opposing_speed(self) -> Floats:
        """`(B, 2)` speed of the opponents on the field."""
        return self.board.at_places(1, self.speed[:, 1])

    @cached_property
    def first(self) -> Floats:
        """`(B, 6, 2)` 1 where an own Pokémon moves before the left and the right opponent."""
        return self.outruns(self.speed[:, 0, :, None], self.opposing_speed[:, None, :])

    def _incoming(self, expected: Floats) -> Floats:
        """`(B, 2, 6, 6)` damage of the opponents' attacks, by place and attack, to the own team."""
        rows = np.arange(len(expected))[:, None]
        incoming: Floats = expected[rows, TEAM_SIZE + self.board.slots[:, 1]][..., :TEAM_SIZE]
        return incoming

    @cached_property
    def incoming(self) -> Floats:
        """`(B, 2, 6, 6)` damage of the opponents' attacks, by place and attack, to the own team."""
        return self._incoming(self.damage.expected)

    @cached_property
    def spread(self) -> Bools:
        """`(B, 2, 6)` true for the opponents' spread moves, by place and attack."""
        rows = np.arange(len(self.board))[:, None]
        spread: Bools = self.damage.spread[rows, TEAM_SIZE + self.board.slots[:, 1]]
        return spread

    @cached_property
    def at_one(self) -> Floats:
        """`(B, 2, 2, 6)` damage by each opponent that aims at an own place, to each team member there.

        A Pokémon that comes in is hit by the attack meant for the one before it, or by the best one.
        """
        best = self.incoming.max(axis=2)  # (B, 2, 6)
        rows = np.arange(len(best))[:, None]
        result = np.empty((len(best), 2, 2, 6), dtype=np.float32)
        for place in (0, 1):
            slot = self.board.slots[:, 0, place]
            meant = self.incoming[rows, [[0, 1]], :, slot[:, None]].argmax(axis=2)  # (B, 2)
            by_meant = self.incoming[rows, [[0, 1]], meant]
            result[:, :, place] = _EXPECTED * by_meant + (1 - _EXPECTED) * best
        return result

    @cached_property
    def at_both(self) -> Floats:
        """`(B, 2, 6)` damage of each opponent's best spread move to the own team."""
        both: Floats = (self.incoming * self.spread[..., None]).max(axis=2)
        return both

    def terastallized(self) -> tuple[Floats, Floats]:
        """`at_one` and `at_both` of team members that have terastallized: `(B, 2, 6)` each."""
        board = self.board
        types = np.stack([board.ids("type_1"), board.ids("type_2")], axis=3)
        types[:, 0] = board.ids("tera_type")[:, 0, :, None]
        factor = self.damage.accuracy * np.where(self.damage.spread, SPREAD, 1.0)
        incoming = self._incoming(self.damage.hits_on(types) * factor[..., None])
        return incoming.max(axis=2), (incoming * self.spread[..., None]).max(axis=2)

    @cached_property
    def plans(self) -> Floats:
        """`(B, 2, 3)` chance that each opponent aims at the left one, at the right one, or at both."""
        board, hp = self.board, np.maximum(self.board.at_places(0, self.hp[:, 0]), 0.01)
        here = np.stack(
            [board.at_places(0, self.at_one[:, opponent].transpose(0, 2, 1)) for opponent in (0, 1)], axis=1
        )  # (B, opponent, place of the Pokémon, place aimed at)
        single = np.stack([here[..., 0, 0], here[..., 1, 1]], axis=2) / hp[:, None]
        both = np.stack([board.at_places(0, self.at_both[:, opponent]) for opponent in (0, 1)], axis=1)
        both = np.minimum(both / hp[:, None], 1.1) * board.present[:, :1]
        worth = np.minimum(single, 1.1) * board.present[:, :1] + 0.02 * board.present[:, :1]
        worth = np.concatenate([worth, both.sum(axis=2, keepdims=True)], axis=2) ** _SHARPNESS
        plans: Floats = worth / np.maximum(worth.sum(axis=2, keepdims=True), 1e-9)
        return plans

    @cached_property
    def offence(self) -> Floats:
        """`(B, 6, 2)` damage of each own Pokémon's best usable attack to the two opponents."""
        board = self.board
        usable = (board.of_move("usable")[:, 0] > 0.5)[..., None]
        dealt = self.damage.expected[:, :TEAM_SIZE, :4]
        dealt = np.take_along_axis(dealt, TEAM_SIZE + board.slots[:, 1][:, None, None, :], axis=3)
        offence: Floats = (dealt * usable).max(axis=2) * board.present[:, None, 1]
        return offence

    @cached_property
    def standing(self) -> Floats:
        """`(B, 6)` worth of each own Pokémon against the opponents on the field, about -1 to 1.

        The best share of an opponent's HP that it takes in a turn, less the share of its own that it loses to
        the mean of their best attacks; a faster one counts more.
        """
        board = self.board
        left = np.maximum(board.at_places(1, self.hp[:, 1]), 0.05)[:, None, :]
        dealt = np.minimum(self.offence / left, 1.0)
        number = np.maximum(board.present[:, 1].sum(axis=1), 1)[:, None]
        taken = np.minimum(self.incoming.max(axis=2) / np.maximum(self.hp[:, 0], 0.05)[:, None], 1.0)
        taken = (taken * board.present[:, 1, :, None]).sum(axis=1) / number
        faster = (self.first * board.present[:, None, 1]).sum(axis=2) / number
        worth: Floats = 0.7 * dealt.max(axis=2) + 0.3 * dealt.sum(axis=2) / number - taken + 0.2 * faster
        return worth
