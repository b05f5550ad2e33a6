"""Expected damage between the own team and the opposing active, for B rows at once.

The main damage formula of the games, without random rolls. Items, abilities, terrain and the critical hits of
generation 1 count only if asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from agents.estimates import move_tables as tables
from agents.estimates.battle_view import MOVE, POKEMON, BattleView, Bools, Floats, Ints, natural
from agents.estimates.modifiers import (
    ABILITY_ID,
    TERRAINS,
    Attacks,
    Fighter,
    Surroundings,
    damage_factor,
)
from agents.estimates.type_chart import TYPE_CHART, TYPE_ID
from agents.estimates.usual_moves import usual_moves

IMMUNE_TYPE = np.full(len(ABILITY_ID), -1, dtype=np.intp)  # (abilities,), -1 for none
for _type, _abilities in {
    "ground": "levitate eartheater",
    "fire": "flashfire wellbakedbody",
    "water": "waterabsorb stormdrain dryskin",
    "electric": "voltabsorb lightningrod motordrive",
    "grass": "sapsipper",
}.items():
    IMMUNE_TYPE[[ABILITY_ID[_name] for _name in _abilities.split()]] = TYPE_ID[_type]

MEAN_ROLL = 0.925  # damage rolls are uniform in [0.85, 1]
ASSUMED_POWER = 80.0  # of an opposing attack that is still unknown


class OpposingAttacks(NamedTuple):
    """Attacks of B opposing actives, each `(B, M)`.

    Attributes:
        ids: move ids, 0 for an assumed attack.
        types: type ids.
        physical: true for physical attacks.
        power: power times accuracy; 0 where there is no attack.
        stab: 1 for attacks of the user's type.
        weight: factor on the damage of a move that has not been seen.
    """

    ids: Ints
    types: Ints
    physical: Bools
    power: Floats
    stab: Floats
    weight: Floats


@dataclass(frozen=True)
class ExpectedDamage:
    """Expected damage in the battles of a view, in fractions of full HP.

    Attributes:
        view: the battles.
        modified: with the factors of items, abilities and terrain (`damage_factor`), and with the facts of
            early generations (Explosion halves Defense; critical hits of generation 1).
        usual: expect the usual moves of the opponent's species instead of attacks of its types.
    """

    view: BattleView
    modified: bool = False
    usual: bool = False

    @cached_property
    def dealt(self) -> Floats:
        """`(B, 6, 4)` damage of every own move to the opposing active, as a fraction of its full HP.

        The damage is the mean of a hit; `accuracy` is not included.
        """
        moves, stats = self.view.moves[:, 0], self.view.stats
        ids = moves[..., MOVE["id"]].astype(np.intp)
        physical = moves[..., MOVE["physical"]] > 0.5
        target = (self.view.rows, 1, self.view.active[:, 1])
        attack = np.where(physical, stats["atk"][:, 0, :, None], stats["spa"][:, 0, :, None])
        attack = np.where(tables.USES_DEFENCE[ids], stats["def"][:, 0, :, None], attack)
        attack = np.where(tables.USES_OPPOSING_ATTACK[ids], stats["atk"][target][:, None, None], attack)
        hits_defence = physical | tables.HITS_DEFENCE[ids]
        defence = np.where(
            hits_defence, stats["def"][target][:, None, None], stats["spd"][target][:, None, None]
        )
        level = natural("pokemon.level", self.view.team[:, 0, :, POKEMON["level"], None])
        hp = np.maximum(stats["hp"][target], 1)[:, None, None]
        base = (0.4 * level + 2) * self._power(ids) * attack / np.maximum(defence, 1) / 50 + 2
        effectiveness = natural("move.effectiveness", moves[..., MOVE["effectiveness"]])
        damage = base * MEAN_ROLL * (1 + 0.5 * moves[..., MOVE["stab"]]) * effectiveness * tables.YIELD[ids]
        damage = damage * self._circumstances(physical) / hp
        if self.modified:
            attacks = Attacks(
                ids,
                moves[..., MOVE["type"]].astype(np.intp),
                physical,
                moves[..., MOVE["stab"]] > 0.5,
                self._power(ids),
                effectiveness,
            )
            damage = damage * damage_factor(attacks, self._own, self._opponent, self._around)
            damage = damage * self._critical(attacks, 0)
            halved = tables.HALVES_DEFENCE[ids] & (self.view.generation <= 4)[:, None, None]
            damage = damage * np.where(halved, 2, 1)

        left = self.view.of_active(1, "hp")[:, None, None]
        fixed = np.where(tables.LEVEL_DAMAGE[ids], level, tables.HP_DAMAGE[ids]) / hp
        fixed = np.where(tables.HALVES_HP[ids], left / 2, fixed)
        fixed = np.where(tables.KNOCKS_OUT[ids], left, fixed)
        # In generation 1 fixed damage ignores types.
        reaches = (effectiveness > 0) | (self.view.generation == 1)[:, None, None]
        has_power = self._power(ids) > 0
        damage = np.where(fixed > 0, fixed * reaches, damage * has_power)
        result: Floats = (damage * self._possible(ids, effectiveness)).astype(np.float32)
        return result

    def _power(self, ids: Ints) -> Floats:
        power = natural("move.power", self.view.moves[:, 0, :, :, MOVE["power"]])
        usual: Floats = np.where(power > 0, power, tables.USUAL_POWER[ids])
        return usual

    def _circumstances(self, physical: Bools) -> Floats:
        """`(B, 6, 4)` factor of weather, screens and burns."""
        types = self.view.moves[:, 0, :, :, MOVE["type"]]
        sun = (self.view.flag("weather_sunnyday") | self.view.flag("weather_desolateland"))[:, None, None]
        rain = (self.view.flag("weather_raindance") | self.view.flag("weather_primordialsea"))[:, None, None]
        fire, water = types == TYPE_ID["fire"], types == TYPE_ID["water"]
        factor = np.where((sun & fire) | (rain & water), 1.5, 1.0)
        factor = np.where((sun & water) | (rain & fire), 0.5, factor)
        veil = self.view.flag("opposing_auroraveil")
        reflect = self.view.flag("opposing_reflect") | self.view.flag("opposing_volatile_reflect") | veil
        light = (
            self.view.flag("opposing_lightscreen") | self.view.flag("opposing_volatile_lightscreen") | veil
        )
        factor = factor * np.where(np.where(physical, reflect[:, None, None], light[:, None, None]), 0.5, 1.0)
        burnt = self.view.team[:, 0, :, POKEMON["status_brn"], None] > 0.5
        result: Floats = factor * np.where(physical & burnt, 0.5, 1.0)
        return result

    def _possible(self, ids: Ints, effectiveness: Floats) -> Bools:
        """`(B, 6, 4)` true for a known attack that can hit the opposing active."""
        moves = self.view.moves[:, 0]
        ability = self.view.of_active(1, "ability").astype(np.intp)
        immune = moves[..., MOVE["type"]] == IMMUNE_TYPE[ability][:, None, None]
        guarded = (ability == ABILITY_ID["wonderguard"])[:, None, None] & (effectiveness <= 1)
        moved = self.view.team[:, 0, :, POKEMON["last_move"], None] > 0
        awake = (self.view.of_active(1, "status_slp") <= 0.5)[:, None, None]
        attack = (moves[..., MOVE["known"]] > 0.5) & (moves[..., MOVE["status"]] <= 0.5)
        useless = (tables.FIRST_TURN_ONLY[ids] & moved) | (tables.NEEDS_SLEEP[ids] & awake)
        possible: Bools = attack & ~immune & ~guarded & ~useless
        return possible

    @cached_property
    def accuracy(self) -> Floats:
        """`(B, 6, 4)` chance that a move hits, without accuracy and evasion stages."""
        return self.view.moves[:, 0, :, :, MOVE["accuracy"]]

    @cached_property
    def offence(self) -> Floats:
        """`(B, 6)` greatest expected damage of an own Pokémon's usable attacks to the opposing active."""
        usable = self.view.moves[:, 0, :, :, MOVE["usable"]] > 0.5
        best: Floats = (self.dealt * self.accuracy * usable).max(axis=2)
        return best

    @cached_property
    def threat(self) -> Floats:
        """`(B, 6)` greatest expected damage of the opposing active to each own Pokémon."""
        own_types = self.view.team[:, 0, :, [POKEMON["type_1"], POKEMON["type_2"]]].astype(np.intp)
        worst: Floats = self.incoming(own_types[0], own_types[1]).max(axis=2)
        return worst

    @cached_property
    def opposing_attacks(self) -> OpposingAttacks:
        """Attacks that the opposing active may make."""
        view = self.view
        moves = view.moves[view.rows, 1, view.active[:, 1]]  # (B, 4, M)
        known = moves[..., MOVE["known"]] > 0.5
        assumed_types = np.stack([view.of_active(1, "type_1"), view.of_active(1, "type_2")], axis=1)
        assumed = (assumed_types > 0) & ~known.all(axis=1, keepdims=True)
        ids = moves[..., MOVE["id"]].astype(np.intp)
        known_power = natural("move.power", moves[..., MOVE["power"]] * moves[..., MOVE["accuracy"]]) * known
        opponent = (view.rows, 1, view.active[:, 1])
        better_physical = view.stats["atk"][opponent] >= view.stats["spa"][opponent]
        attacks = OpposingAttacks(
            ids=np.concatenate([ids, np.zeros_like(ids[:, :2])], axis=1),
            types=np.concatenate([moves[..., MOVE["type"]], assumed_types], axis=1).astype(np.intp),
            physical=np.concatenate(
                [moves[..., MOVE["physical"]] > 0.5, np.repeat(better_physical[:, None], 2, axis=1)], axis=1
            ),
            power=np.concatenate([known_power, assumed * ASSUMED_POWER], axis=1),
            stab=np.concatenate([moves[..., MOVE["stab"]], np.ones_like(assumed_types)], axis=1),
            weight=np.ones((len(ids), 6), dtype=np.float32),
        )
        return self._with_usual(attacks, assumed_types) if self.usual else attacks

    def _with_usual(self, attacks: OpposingAttacks, types: Floats) -> OpposingAttacks:
        """Replace the assumed attacks by the species' usual moves where there are any.

        An unseen move counts with the root of its chance: of several candidates for the strongest attack,
        that is closer to the expected maximum than the chance itself.
        """
        usual, generation = usual_moves(), self.view.generation[:, None]
        ids, chances = usual.unseen(self.view)
        kinds = usual.types[generation, ids]
        power = attacks.power.copy()
        power[:, :4] *= np.where(power[:, :4] > 0, tables.YIELD[attacks.ids[:, :4]], 1)
        power[:, 4:] *= ~chances.any(axis=1, keepdims=True)
        return OpposingAttacks(
            ids=np.concatenate([attacks.ids, ids], axis=1),
            types=np.concatenate([attacks.types, kinds], axis=1),
            physical=np.concatenate([attacks.physical, usual.physical[generation, ids]], axis=1),
            power=np.concatenate([power, usual.power[generation, ids]], axis=1),
            stab=np.concatenate([attacks.stab, (kinds[:, :, None] == types[:, None, :]).any(axis=2)], axis=1),
            weight=np.concatenate([attacks.weight, np.sqrt(chances)], axis=1),
        )

    def incoming(self, first_types: Ints, second_types: Ints) -> Floats:
        """Expected damage of the opposing active's moves to own Pokémon of these types.

        Args:
            first_types: `(B, 6)` type ids.
            second_types: `(B, 6)` type ids; the first type again for Pokémon with one type.

        Returns:
            `(B, 6, M)` fractions of full HP, accuracy included, by own Pokémon and by move: the four known
            moves and, until all four are known, an assumed attack of each of the opponent's types or (see
            `usual`) the moves that its species usually has.
        """
        stats, opponent = self.view.stats, (self.view.rows, 1, self.view.active[:, 1])
        each = self.opposing_attacks
        ids, types, physical = each.ids[:, None], each.types[:, None], each.physical[:, None]
        power, stab, weight = each.power[:, None], each.stab[:, None], each.weight[:, None]
        attack = np.where(physical, *(stats[name][opponent][:, None, None] for name in ("atk", "spa")))
        defence = np.where(physical, *(stats[name][:, 0, :, None] for name in ("def", "spd")))
        chart = TYPE_CHART[self.view.generation[:, None, None], types, first_types[:, :, None]]
        second = np.where(second_types == first_types, 0, second_types)
        chart = chart * TYPE_CHART[self.view.generation[:, None, None], types, second[:, :, None]]
        ability = self.view.team[:, 0, :, POKEMON["ability"]].astype(np.intp)
        chart = chart * (types != IMMUNE_TYPE[ability][:, :, None])
        level = natural("pokemon.level", self.view.of_active(1, "level"))[:, None, None]
        base = (0.4 * level + 2) * power * attack / np.maximum(defence, 1) / 50
        hp = np.maximum(stats["hp"][:, 0], 1)[:, :, None]
        damage: Floats = base * MEAN_ROLL * (1 + 0.5 * stab) * chart / hp
        if self.modified:
            attacks = Attacks(ids, types, physical, stab > 0.5, power, chart)
            damage = damage * damage_factor(attacks, self._opponent, self._own, self._around)
            damage = damage * self._critical(attacks, 1)
        if self.usual:
            fixed = np.where(tables.LEVEL_DAMAGE[ids], level, tables.HP_DAMAGE[ids]) / hp
            reaches = (chart > 0) | (self.view.generation == 1)[:, None, None]
            damage = np.where(fixed > 0, fixed * reaches, damage) * weight
        return damage

    def _critical(self, attacks: Attacks, side: int) -> Floats:
        """Factor on the damage of a side's attacks in generation 1 that are nearly always critical hits.

        A critical hit of generation 1 counts the user's level twice and ignores boosts. The chances of all
        other attacks stay out: they are no more than a quarter, and a mean over both cases would give a wrong
        number of hits to knock out.
        """
        view = self.view
        often = tables.CRITICAL[attacks.ids] & (view.generation == 1)[:, None, None]
        if not often.any():
            return np.ones(1, dtype=np.float32)
        opposing = (view.rows, 1, view.active[:, 1])

        def both(values: Floats) -> tuple[Floats, Floats]:
            """Values (B, 2, 6) of the users and of the targets."""
            pair = values[:, 0, :, None], values[opposing][:, None, None]
            return pair if side == 0 else pair[::-1]

        speed = both(natural("pokemon.base_spe", view.team[..., POKEMON["base_spe"]]))[0]
        level = both(natural("pokemon.level", view.team[..., POKEMON["level"]]))[0]
        boosts = {
            name: both(view.stats[name] / view.unboosted[name]) for name in ("atk", "def", "spa", "spd")
        }
        attack = np.where(attacks.physical, boosts["atk"][0], boosts["spa"][0])
        defence = np.where(attacks.physical, boosts["def"][1], boosts["spd"][1])
        chance = often * np.minimum(4 * speed, 255) / 256
        factor: Floats = 1 + chance * ((0.8 * level + 2) / (0.4 * level + 2) * defence / attack - 1)
        return factor

    @cached_property
    def _own(self) -> Fighter:
        """The own team, of shape (B, 6, 1)."""
        return self._fighter(self.view.team[:, 0, :, None], 0)

    @cached_property
    def _opponent(self) -> Fighter:
        """The opposing active, of shape (B, 1, 1)."""
        return self._fighter(self.view.team[self.view.rows, 1, self.view.active[:, 1]][:, None, None], 1)

    def _fighter(self, block: Floats, side: int) -> Fighter:
        """Pokémon of a side, by their blocks (B, P, 1, _)."""
        ability = block[..., POKEMON["ability"]].astype(np.intp)
        types = block[..., [POKEMON["type_1"], POKEMON["type_2"]]]
        active = block[..., POKEMON["active"]] > 0.5

        def flag(name: str) -> Bools:
            return self.view.flag(name)[:, None, None]

        def is_type(name: str) -> Bools:
            found: Bools = (types == TYPE_ID[name]).any(axis=-1)
            return found

        def raised(stat: str) -> Floats:
            """Factor of Protosynthesis or Quark Drive on a stat."""
            owner = ("own", "opposing")[side]
            return np.where(active & flag(f"{owner}_paradox_{stat}"), np.float32(1.3), np.float32(1.0))

        sand = np.where(is_type("rock") & flag("weather_sandstorm"), 1.5, 1.0)
        snow = np.where(is_type("ice") & flag("weather_snowscape"), 1.5, 1.0)
        burnt, paralysed, poisoned, badly = (
            block[..., POKEMON[f"status_{status}"]] > 0.5 for status in ("brn", "par", "psn", "tox")
        )
        return Fighter(
            items=block[..., POKEMON["item"]].astype(np.intp),
            abilities=ability,
            hp=block[..., POKEMON["hp"]],
            ill=burnt | paralysed | poisoned | badly,
            poisoned=poisoned | badly,
            burnt=burnt,
            grounded=~is_type("flying") & (ability != ABILITY_ID["levitate"]),
            offence=(raised("spa"), raised("atk")),
            protection=(1 / (raised("spd") * sand), 1 / (raised("def") * snow)),
        )

    @cached_property
    def _around(self) -> Surroundings:
        flags = ("weather_sunnyday", *(f"terrain_{name}terrain" for name in TERRAINS))
        modern = (self.view.generation >= 6)[:, None, None]
        return Surroundings(modern, *(self.view.flag(flag)[:, None, None] for flag in flags))

    @cached_property
    def matchup(self) -> Floats:
        """`(B, 6)` score of each own Pokémon against the opposing active, higher is better.

        Damage dealt in one hit minus damage taken in one hit, each at most 1, plus a fifth of its HP.
        """
        hp = self.view.team[:, 0, :, POKEMON["hp"]]
        taken = np.minimum(self.threat, 1.0)
        balance: Floats = np.minimum(self.offence, 1.0) - taken + 0.2 * hp
        return balance
