"""`BattleEstimates`: damage, speed, status and duels that the rule-based agent weighs, for B rows at once."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from agents.estimates.battle_view import FIELD, MOVE, POKEMON, BattleView, Bools, Ints, natural
from agents.estimates.damage import ExpectedDamage
from agents.estimates.duel import Duel, Values
from agents.estimates.modifiers import ITEM_ID, speed_factor
from agents.estimates.move_effects import SACRIFICE
from agents.estimates.type_chart import TYPE_CHART, TYPE_ID

SLEEP_TURNS = np.array([0, 4, 3, 3, 3, 2, 2, 2, 2, 2], dtype=np.float32)
"""Turns that sleep takes on average, by generation."""

_FREEZE_TURNS = np.array([0, 8, 3, 3, 3, 3, 3, 3, 3, 3], dtype=np.float32)  # permanent in generation 1
_SUBSTITUTE = 0.25
_EXPECTED = 0.6  # chance that a Pokémon that switches in is hit by the best attack on the active
_SPIKES = np.array([0, 1 / 8, 1 / 6, 1 / 4], dtype=np.float32)  # by layers


@dataclass(frozen=True)
class BattleEstimates:
    """Estimates for the opposing active against each own Pokémon, in fractions of full HP.

    Attributes:
        view: the battles.
        modified: with the effects of known items and abilities, of terrain, and of weather and Tailwind on
            speed, and with the length of sleep in generation 1.
        usual: expect the usual moves of the opponent's species (see `ExpectedDamage`).
    """

    view: BattleView
    modified: bool = False
    usual: bool = False

    @cached_property
    def damage(self) -> ExpectedDamage:
        """Expected damage in both directions."""
        return ExpectedDamage(self.view, self.modified, self.usual)

    def of_active(self, values: Values) -> Values:
        """Pick the active's values `(B, ...)` from those of the own team `(B, 6, ...)`."""
        result: Values = values[self.view.rows, self.view.active[:, 0]]
        return result

    def of_opponent(self, values: Values) -> Values:
        """Pick the opposing active's values `(B,)` from those of both teams `(B, 2, 6)`."""
        result: Values = values[self.view.rows, 1, self.view.active[:, 1]]
        return result

    def healthy(self, side: str) -> Values:
        """`(B,)` number of Pokémon of a side that have not fainted."""
        field = self.view.field
        size, fainted = f"{side}_team_size", f"{side}_fainted"
        left: Values = np.rint(
            natural(f"field.{size}", field[:, FIELD[size]])
            - natural(f"field.{fainted}", field[:, FIELD[fainted]])
        )
        return left

    def has(self, status: str) -> Bools:
        """`(B, 2, 6)` true for Pokémon with a status."""
        found: Bools = self.view.team[..., POKEMON[f"status_{status}"]] > 0.5
        return found

    @cached_property
    def hp(self) -> Values:
        """`(B, 6)` HP of the own team."""
        hp: Values = self.view.team[:, 0, :, POKEMON["hp"]]
        return hp

    @cached_property
    def left(self) -> Values:
        """`(B,)` HP of the opposing active, with its Substitute."""
        substitute = _SUBSTITUTE * self.view.flag("opposing_volatile_substitute")
        left: Values = np.maximum(self.view.of_active(1, "hp"), 0.01) + substitute
        return left

    @cached_property
    def able(self) -> Values:
        """`(B, 2, 6)` share of turns in which paralysis lets a Pokémon move."""
        return np.where(self.has("par"), np.float32(0.75), np.float32(1.0))

    @cached_property
    def pause(self) -> Values:
        """`(B, 2, 6)` turns that a Pokémon loses because it sleeps, is frozen or recharges."""
        generation, team = self.view.generation[:, None, None], self.view.team
        resting = team[..., POKEMON["resting"]] > 0.5
        slept = natural("pokemon.sleep_turns", team[..., POKEMON["sleep_turns"]])
        asleep_for = np.maximum(np.where(resting, 2.0, SLEEP_TURNS[generation]) - slept, 0.8)
        if self.modified:
            # In generation 1, 1 to 7 turns and the turn of waking up.
            left = np.maximum(8 - slept, 1) / 2
            asleep_for = np.where((generation == 1) & ~resting, left, asleep_for)
        pause = np.where(self.has("slp"), asleep_for, 0.0)
        pause = pause + np.where(self.has("frz"), _FREEZE_TURNS[generation], 0.0)
        pause[self.view.rows, 1, self.view.active[:, 1]] += self.view.flag("opposing_volatile_mustrecharge")
        return pause

    @cached_property
    def moves_now(self) -> Values:
        """`(B, 2, 6)` chance that a Pokémon can move this turn, without regard to paralysis."""
        modern = (self.view.generation > 1)[:, None, None]
        chance = np.where(self.has("slp"), 0.3 * modern, np.where(self.has("frz"), 0.2 * modern, 1.0))
        chance[self.view.rows, 1, self.view.active[:, 1]] *= ~self.view.flag("opposing_volatile_mustrecharge")
        return chance

    @cached_property
    def drain(self) -> Values:
        """`(B, 2, 6)` HP that a Pokémon loses at the end of a turn to status and Leech Seed."""
        poison = np.where(self.view.generation == 1, 1 / 16, 1 / 8)[:, None, None]
        drain: Values = poison * self.has("psn") + 0.15 * self.has("tox") + self.has("brn") / 16
        for side, owner in enumerate(("own", "opposing")):
            seeded = self.view.flag(f"{owner}_volatile_leechseed") / 8
            drain[self.view.rows, side, self.view.active[:, side]] += seeded
        return drain

    @cached_property
    def incoming(self) -> Values:
        """`(B, 6, M)` damage of the opponent's attacks to each own Pokémon, screens and status included.

        See `ExpectedDamage.incoming`.
        """
        types = self.view.team[:, 0, :, [POKEMON["type_1"], POKEMON["type_2"]]].astype(np.intp)
        incoming = self.damage.incoming(types[0], types[1])
        result: Values = incoming * self._weakened * self.of_opponent(self.able)[:, None, None]
        return result

    @cached_property
    def _weakened(self) -> Values:
        """`(B, 6, M)` factor of screens and of the opponent's burn, by own Pokémon and by attack."""
        view = self.view
        factor = np.ones((len(view.rows), 6, 2))  # special, physical
        for place, screen in enumerate(("lightscreen", "reflect")):
            up = view.flag(f"own_{screen}") | view.flag("own_auroraveil")
            factor[up, :, place] = 0.5
            # In generation 1 a screen protects only the Pokémon that used it.
            shielded = np.flatnonzero(view.flag(f"own_volatile_{screen}"))
            factor[shielded, view.active[shielded, 0], place] = 0.5
        factor[..., 1] *= np.where(view.of_active(1, "status_brn") > 0.5, 0.5, 1.0)[:, None]
        physical = self._physical[:, None, :]
        return np.where(physical, factor[..., 1:], factor[..., :1])

    @cached_property
    def taken(self) -> Values:
        """`(B, 6)` expected damage of the opponent's best attack on each."""
        taken: Values = self.incoming.max(axis=2)
        return taken

    @cached_property
    def taken_terastallized(self) -> Values:
        """`(B,)` expected damage to the active after it has terastallized."""
        types = self.view.team[:, 0, :, POKEMON["tera_type"]].astype(np.intp)
        incoming = self.of_active(self.damage.incoming(types, types) * self._weakened)
        taken: Values = incoming.max(axis=1) * self.of_opponent(self.able)
        return taken

    @cached_property
    def probable_attack(self) -> Ints:
        """`(B,)` the opponent's best attack on the active, as an index of `ExpectedDamage.incoming`."""
        best: Ints = self.of_active(self.incoming).argmax(axis=1)
        return best

    @cached_property
    def taken_coming_in(self) -> Values:
        """`(B, 6)` expected damage to a Pokémon that replaces the active."""
        meant = self.incoming[self.view.rows, :, self.probable_attack]
        taken: Values = _EXPECTED * meant + (1 - _EXPECTED) * self.taken
        return taken

    @cached_property
    def _physical(self) -> Bools:
        """`(B, M)` true where the opponent's attacks, by the order of `incoming`, are physical."""
        return self.damage.opposing_attacks.physical

    @cached_property
    def attacked_physically(self) -> Bools:
        """`(B,)` true where the probable attack is physical."""
        result: Bools = self._physical[self.view.rows, self.probable_attack]
        return result

    @cached_property
    def speed(self) -> Values:
        """`(B, 2, 6)` speed, paralysis included."""
        slowed = np.where(self.view.generation <= 6, 0.25, 0.5)[:, None, None]
        speed: Values = self.view.stats["spe"] * np.where(self.has("par"), slowed, 1.0)
        return speed * speed_factor(self.view) if self.modified else speed

    def outruns(self, own: Values, opposing: Values) -> Values:
        """1 where the Pokémon with the own speed moves first, 0 where it moves second, 0.5 for a tie."""
        room = (self.view.field[:, FIELD["trickroom"]] > 0)[:, None]
        return np.where(np.abs(own - opposing) < 0.5, 0.5, (own > opposing) ^ room)

    @cached_property
    def first(self) -> Values:
        """`(B, 6)` 1 where an own Pokémon moves before the opponent, as `outruns` gives it."""
        return self.outruns(self.speed[:, 0], self.of_opponent(self.speed)[:, None])

    @cached_property
    def entry_damage(self) -> Values:
        """`(B, 6)` damage of the hazards on the own side to each Pokémon that switches in."""
        field, generation = self.view.field, self.view.generation[:, None]
        types = self.view.team[:, 0, :, [POKEMON["type_1"], POKEMON["type_2"]]].astype(np.intp)
        second = np.where(types[1] == types[0], 0, types[1])
        rock, flying = TYPE_ID["rock"], TYPE_ID["flying"]
        weakness = TYPE_CHART[generation, rock, types[0]] * TYPE_CHART[generation, rock, second]
        damage = (field[:, FIELD["own_stealthrock"]] > 0)[:, None] * weakness / 8
        spikes = _SPIKES[np.rint(natural("field.own_spikes", field[:, FIELD["own_spikes"]])).astype(np.intp)]
        damage = damage + spikes[:, None] * (types != flying).all(axis=0)
        result: Values = damage * (self.view.team[:, 0, :, POKEMON["item"]] != ITEM_ID["heavydutyboots"])
        return result

    @cached_property
    def team_duel(self) -> Duel:
        """`(B, 6)` duels of all own Pokémon with the opposing active, after this turn."""
        view = self.view
        usable = view.moves[:, 0, :, :, MOVE["usable"]] > 0.5
        ids = view.moves[:, 0, :, :, MOVE["id"]].astype(np.intp)
        return Duel(
            hits=self.damage.dealt * (usable & ~SACRIFICE[ids]),
            accuracy=np.maximum(self.damage.accuracy, 0.05) * self.able[:, 0, :, None],
            taken=self.taken,
            first=self.first,
            pause=np.maximum(self.pause[:, 0] - 1, 0),
            opposing_pause=np.maximum(self.of_opponent(self.pause) - 1, 0)[:, None].repeat(6, axis=1),
            drain=self.drain[:, 0],
            opposing_drain=self.of_opponent(self.drain)[:, None].repeat(6, axis=1),
        )

    def active_duel(self, axes: int) -> Duel:
        """`(B, 1, ...)` duels of the active after this turn, with `axes` axes of length 1."""
        duel, ones = self.team_duel, (1,) * axes
        values = {field.name: self.of_active(getattr(duel, field.name)) for field in fields(Duel)}
        return Duel(**{name: v.reshape(len(v), *ones, *v.shape[1:]) for name, v in values.items()})

    def moves_first(self) -> Values:
        """`(B, 4)` 1 where the active moves first: by the priority of each move, then by speed."""
        priority = self.view.active_moves()[..., MOVE["priority"]]
        return np.where(priority == 0, self.of_active(self.first)[:, None], priority > 0)
