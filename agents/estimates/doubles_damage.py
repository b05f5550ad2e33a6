"""Expected damage between all Pokémon of a doubles battle, for B rows at once.

The main damage formula of the games with the items and abilities that change damage most, without random
rolls. The twelve Pokémon are numbered 0-5 (own team) and 6-11 (opposing team); the six attacks of a Pokémon
are its four moves and, for an opponent with unknown moves, an assumed attack of each of its types.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.estimates import move_tables as tables
from agents.estimates.battle_view import Bools, Floats, Ints
from agents.estimates.damage import ASSUMED_POWER, IMMUNE_TYPE, MEAN_ROLL
from agents.estimates.doubles_board import DoublesBoard
from agents.estimates.modifiers import ABILITY_ID
from agents.estimates.type_chart import TYPE_CHART, TYPE_ID
from pokeenv import VOCABULARY

SPREAD = 0.75
"""Factor on the damage of a move that hits several Pokémon at once."""

_SCREENED = 2 / 3  # damage through a screen where a side has two Pokémon


def _table(vocabulary: str, values: Mapping[str, float]) -> Floats:
    table = np.ones(len(VOCABULARY[vocabulary]), dtype=np.float32)
    for names, factor in values.items():
        for name in names.split():
            table[VOCABULARY[vocabulary].index(name)] = factor
    return table


_PHYSICAL_ABILITY = _table("abilities", {"hugepower purepower": 2.0, "gorillatactics hustle": 1.5})
_PHYSICAL_ITEM = _table("items", {"choiceband": 1.5, "lifeorb": 1.3})
_SPECIAL_ITEM = _table("items", {"choicespecs": 1.5, "lifeorb": 1.3})
_DEFENCE_ABILITY = _table("abilities", {"furcoat": 2.0, "fluffy": 2.0})
_DEFENCE_ITEM = _table("items", {"eviolite": 1.5})
_SPECIAL_DEFENCE_ABILITY = _table("abilities", {"icescales": 2.0})
_SPECIAL_DEFENCE_ITEM = _table("items", {"eviolite assaultvest": 1.5})
_UNHURT = _table("abilities", {"multiscale shadowshield": 0.5})
_WEAKENS_STRONG = _table("abilities", {"filter solidrock prismarmor": 0.75})
# Ability of the target that halves attacks of some types.
_HALVED = np.ones((len(VOCABULARY["abilities"]), len(TYPE_ID)), dtype=np.float32)
for _ability, _types in {
    "thickfat": "fire ice",
    "heatproof": "fire",
    "waterbubble": "fire",
    "purifyingsalt": "ghost",
}.items():
    _HALVED[ABILITY_ID[_ability], [TYPE_ID[_type] for _type in _types.split()]] = 0.5
_TERRAIN_TYPES = {"electricterrain": "electric", "grassyterrain": "grass", "psychicterrain": "psychic"}


@dataclass(frozen=True)
class DoublesDamage:
    """Expected damage in the battles of a view, in fractions of the target's full HP."""

    view: DoublesBoard

    def _all(self, values: NDArray[Any]) -> NDArray[Any]:
        """Values of both teams `(B, 2, 6, ...)` as `(B, 12, ...)`."""
        return values.reshape(len(values), 12, *values.shape[3:])

    def _attacks(self, values: NDArray[Any], assumed: NDArray[Any]) -> NDArray[Any]:
        """Values of the four moves `(B, 2, 6, 4)` and of the assumed attacks `(B, 2, 6, 2)`: `(B, 12, 6)`."""
        return self._all(np.concatenate([values, assumed], axis=3))

    @cached_property
    def _types(self) -> Ints:
        """`(B, 2, 6, 2)` types."""
        return np.stack([self.view.ids("type_1"), self.view.ids("type_2")], axis=3)

    @cached_property
    def _ids(self) -> Ints:
        """`(B, 12, 6)` ids of the attacks, 0 for the assumed ones."""
        ids = self.view.move_ids
        return self._attacks(ids, np.zeros((*ids.shape[:3], 2), np.intp))

    @cached_property
    def attack_types(self) -> Ints:
        """`(B, 12, 6)` types of the attacks."""
        return self._attacks(self.view.of_move("type"), self._types).astype(np.intp)

    @cached_property
    def physical(self) -> Bools:
        """`(B, 12, 6)` true for physical attacks."""
        stats = self.view.stats
        better = (stats["atk"] >= stats["spa"])[..., None].repeat(2, axis=3)
        result: Bools = self._attacks(self.view.of_move("physical"), better) > 0.5
        return result

    @cached_property
    def accuracy(self) -> Floats:
        """`(B, 12, 6)` chance that an attack hits."""
        accuracy = self.view.of_move("accuracy")
        return self._attacks(accuracy, np.full((*accuracy.shape[:3], 2), 0.95, dtype=np.float32))

    @cached_property
    def spread(self) -> Bools:
        """`(B, 12, 6)` true for moves that hit several Pokémon."""
        spread = self.view.of_move("spread")
        return self._attacks(spread, np.zeros((*spread.shape[:3], 2), dtype=np.float32)) > 0.5

    @cached_property
    def _power(self) -> Floats:
        ids, power = self.view.move_ids, self.view.of_move("power")
        usual = np.where(power > 0, power, tables.USUAL_POWER[ids]) * tables.YIELD[ids]
        attack = (self.view.of_move("known") > 0.5) & (self.view.of_move("status") < 0.5)
        moved = (self.view.ids("last_move") > 0)[..., None]
        attack &= ~(tables.FIRST_TURN_ONLY[ids] & moved)
        shown: Bools = np.all(self.view.of_move("known") > 0.5, axis=3)
        unknown = (self._types > 0) & ~np.expand_dims(shown, 3)
        unknown[:, 0] = False
        return self._attacks(usual * attack, unknown * ASSUMED_POWER)

    @cached_property
    def _strength(self) -> Floats:
        """`(B, 12, 6)` damage without the target, times its defence."""
        view, stats = self.view, self.view.stats
        ids = self._ids
        physical = self.physical
        ability = np.where(view.of_pokemon("ability_suppressed") > 0.5, 0, view.ids("ability"))
        burnt = np.where(view.of_pokemon("status_brn") > 0.5, 0.5, 1.0)
        attack = stats["atk"] * _PHYSICAL_ABILITY[ability] * _PHYSICAL_ITEM[view.ids("item")] * burnt
        special = stats["spa"] * _SPECIAL_ITEM[view.ids("item")]
        value = np.where(physical, self._all(attack)[..., None], self._all(special)[..., None])
        value = np.where(tables.USES_DEFENCE[ids], self._all(stats["def"])[..., None], value)
        level = self._all(view.of_pokemon("level"))[..., None]
        stab = self._attacks(view.of_move("stab"), np.ones((*view.move_ids.shape[:3], 2), np.float32))
        stab = np.where(stab > 0.5, np.where(self._all(ability)[..., None] == _ADAPTABILITY, 2.0, 1.5), 1.0)
        strength: Floats = (0.4 * level + 2) * self._power * value / 50 * MEAN_ROLL * stab
        return strength * self._weather()

    def _weather(self) -> Floats:
        """`(B, 12, 6)` factor of weather and terrain."""
        flag, types = self.view.flag, self.attack_types
        sun = (flag("weather_sunnyday") | flag("weather_desolateland"))[:, None, None]
        rain = (flag("weather_raindance") | flag("weather_primordialsea"))[:, None, None]
        fire, water = types == TYPE_ID["fire"], types == TYPE_ID["water"]
        factor = np.where((sun & fire) | (rain & water), 1.5, 1.0)
        factor = np.where((sun & water) | (rain & fire), 0.5, factor)
        for terrain, kind in _TERRAIN_TYPES.items():
            factor = np.where(
                flag(f"terrain_{terrain}")[:, None, None] & (types == TYPE_ID[kind]), 1.3, factor
            )
        return factor.astype(np.float32)

    @cached_property
    def hits(self) -> Floats:
        """`(B, 12, 6, 12)` mean damage of every attack to every Pokémon; 0 for status moves.

        Accuracy and the factor `SPREAD` are not included.
        """
        return self.hits_on(self._types)

    def hits_on(self, target_types: Ints) -> Floats:
        """`hits` if the targets had other types `(B, 2, 6, 2)`, such as after Terastallization."""
        view, stats = self.view, self.view.stats
        first, second = (self._all(target_types)[:, None, None, :, place] for place in (0, 1))
        types = self.attack_types[..., None]
        generation = view.generation[:, None, None, None]
        chart = TYPE_CHART[generation, types, first]
        chart = chart * TYPE_CHART[generation, types, np.where(second == first, 0, second)]
        ability = self._all(np.where(view.of_pokemon("ability_suppressed") > 0.5, 0, view.ids("ability")))
        target_ability = ability[:, None, None, :]
        chart = chart * (types != IMMUNE_TYPE[target_ability]) * _HALVED[target_ability, types]
        chart = np.where(chart > 1, chart * _WEAKENS_STRONG[target_ability], chart)
        chart = np.where((target_ability == ABILITY_ID["wonderguard"]) & (chart <= 1), 0.0, chart)
        whole = self._all(view.of_pokemon("hp"))[:, None, None, :] > 0.99
        chart = chart * np.where(whole, _UNHURT[target_ability], 1.0)

        item = view.ids("item")
        abilities = ability.reshape(item.shape)
        defence = self._all(stats["def"] * _DEFENCE_ABILITY[abilities] * _DEFENCE_ITEM[item])
        special = self._all(stats["spd"] * _SPECIAL_DEFENCE_ABILITY[abilities] * _SPECIAL_DEFENCE_ITEM[item])
        ids = self._ids
        on_defence = (self.physical | tables.HITS_DEFENCE[ids])[..., None]
        defence = np.where(on_defence, defence[:, None, None, :], special[:, None, None, :])
        hp = np.maximum(self._all(stats["hp"]), 1)[:, None, None, :]
        strength = np.broadcast_to(self._strength[..., None], defence.shape)
        foul = tables.USES_OPPOSING_ATTACK[ids]
        if foul.any():
            own = self._all(stats["atk"])[..., None, None]
            theirs = self._all(stats["atk"])[:, None, None, :]
            strength = np.where(foul[..., None], strength * theirs / np.maximum(own, 1), strength)
        damage = strength / np.maximum(defence, 1) * chart / hp * self._screens()
        return self._with_fixed(damage, ids, chart, hp).astype(np.float32)

    def _with_fixed(self, damage: Floats, ids: Ints, chart: Floats, hp: Floats) -> Floats:
        """Damage with that of moves whose damage is fixed."""
        special = tables.LEVEL_DAMAGE | (tables.HP_DAMAGE > 0) | tables.HALVES_HP | tables.KNOCKS_OUT
        if not special[ids].any():
            return damage
        level = self._all(self.view.of_pokemon("level"))[..., None, None]
        left = self._all(self.view.of_pokemon("hp"))[:, None, None, :]
        ids = ids[..., None]
        fixed = np.where(tables.LEVEL_DAMAGE[ids], level, tables.HP_DAMAGE[ids]) / hp
        fixed = np.where(tables.HALVES_HP[ids], left / 2, fixed)
        fixed = np.where(tables.KNOCKS_OUT[ids], left, fixed)
        known = self._all(self.view.of_move("known") > 0.5)
        known = np.concatenate([known, np.zeros_like(known[..., :2])], axis=2)[..., None]
        result: Floats = np.where(special[ids], fixed * (chart > 0) * known, damage)
        return result

    def _screens(self) -> Floats:
        """`(B, 12, 6, 12)` factor of the targets' screens, between opposing sides only."""
        factor = np.ones((len(self.view), 2, 6, 6, 2, 6), dtype=np.float32)
        physical = self.physical.reshape(len(self.view), 2, 6, 6)
        for side, owner in enumerate(("own", "opposing")):
            veil = self.view.flag(f"{owner}_auroraveil")
            reflect = (self.view.flag(f"{owner}_reflect") | veil)[:, None, None]
            light = (self.view.flag(f"{owner}_lightscreen") | veil)[:, None, None]
            up = np.where(physical[:, 1 - side], reflect, light)
            factor[:, 1 - side, :, :, side] = np.where(up, _SCREENED, 1.0)[..., None]
        return factor.reshape(len(self.view), 12, 6, 12)

    @cached_property
    def expected(self) -> Floats:
        """`(B, 12, 6, 12)` `hits` with accuracy and, for moves that hit several Pokémon, `SPREAD`."""
        factor = self.accuracy * np.where(self.spread, SPREAD, 1.0)
        return self.hits * factor[..., None].astype(np.float32)


_ADAPTABILITY = ABILITY_ID["adaptability"]
