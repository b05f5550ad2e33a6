"""What the baselines know of a battle: readable views of the observation and estimates of damage.

Everything is computed for B rows at once. Damage is the main formula of the games without items, most
abilities and random rolls; the opposing stats, which nobody sees, are estimated from base stats and level.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from agents.players.scripted.type_chart import TYPE_CHART, TYPE_ID
from pokeenv import LAYOUT, VOCABULARY

Floats = NDArray[np.float32]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]

FIELD = {field.name: field.offset for field in LAYOUT.field_block}
POKEMON = {field.name: field.offset for field in LAYOUT.pokemon_block}
MOVE = {field.name: field.offset for field in LAYOUT.move_block}
TEAM_SIZE = 6

ABILITY_ID = {name: index for index, name in enumerate(VOCABULARY["abilities"])}
MOVE_ID = {name: index for index, name in enumerate(VOCABULARY["moves"])}


def move_table(values: Mapping[str, float], default: float = 0.0) -> Floats:
    """`(moves,)` table by move id; a name outside the vocabulary is a `KeyError`."""
    table = np.full(len(MOVE_ID), default, dtype=np.float32)
    for name, value in values.items():
        table[MOVE_ID[name]] = value
    return table


def move_set(names: str) -> Bools:
    """`(moves,)` table that is true for the moves named, separated by spaces."""
    named: Bools = move_table(dict.fromkeys(names.split(), 1.0)) > 0.0
    return named


# Where the observation says power 0, for "it varies": what it is like most of the time.
_USUAL_POWER = move_table(
    dict.fromkeys("return frustration".split(), 102)
    | dict.fromkeys("heavyslam heatcrash".split(), 80)
    | dict.fromkeys("lowkick grassknot gyroball electroball crushgrip wringout beatup hardpress".split(), 60)
    | {"magnitude": 71, "punishment": 60, "reversal": 40, "flail": 40, "fling": 30, "trumpcard": 40}
)

# Hits per use where power is per hit, and how much of the damage is worth after the cost that follows it
# or precedes it: a turn of recharge or charge, an interrupted Focus Punch.
_TWO_TO_FIVE = (
    "armthrust barrage bonerush bulletseed cometpunch doubleslap furyattack furyswipes"
    " iciclespear pinmissile rockblast scaleshot spikecannon tailslap watershuriken"
)
_TWICE = "bonemerang doublehit doubleironbash doublekick dragondarts dualchop dualwingbeat geargrind twinbeam"
RECHARGE_YIELD = 0.6
RECHARGE = (
    "blastburn eternabeam frenzyplant gigaimpact hydrocannon hyperbeam meteorassault prismaticlaser"
    " roaroftime rockwrecker"
)
_CHARGE = "bounce dig dive fly phantomforce razorwind skullbash skyattack solarbeam solarblade"
_YIELD = move_table(
    dict.fromkeys(_TWO_TO_FIVE.split(), 3.0)
    | dict.fromkeys(_TWICE.split(), 2.0)
    | {"surgingstrikes": 3.0, "tripledive": 3.0, "tripleaxel": 4.5, "triplekick": 4.5, "populationbomb": 6.5}
    | dict.fromkeys(RECHARGE.split(), RECHARGE_YIELD)
    | dict.fromkeys(_CHARGE.split(), 0.5)
    | {"focuspunch": 0.3, "lastresort": 0.3, "suckerpunch": 0.8, "futuresight": 0.4, "doomdesire": 0.4},
    default=1.0,
)
_LEVEL_DAMAGE = move_set("seismictoss nightshade psywave")
_HP_DAMAGE = move_table({"sonicboom": 20, "dragonrage": 40})
_HALVES_HP = move_set("superfang naturesmadness ruination")
_KNOCKS_OUT = move_set("fissure guillotine horndrill sheercold")
_HITS_DEFENCE = move_set("psyshock psystrike secretsword")
_USES_DEFENCE = move_set("bodypress")
_USES_OPPOSING_ATTACK = move_set("foulplay")
_FIRST_TURN_ONLY = move_set("fakeout firstimpression")
_NEEDS_SLEEP = move_set("dreameater")

_IMMUNE_TYPE = np.full(len(ABILITY_ID), -1, dtype=np.intp)  # (abilities,), -1 for none
for _type, _abilities in {
    "ground": "levitate eartheater",
    "fire": "flashfire wellbakedbody",
    "water": "waterabsorb stormdrain dryskin",
    "electric": "voltabsorb lightningrod motordrive",
    "grass": "sapsipper",
}.items():
    _IMMUNE_TYPE[[ABILITY_ID[_name] for _name in _abilities.split()]] = TYPE_ID[_type]

_MEAN_ROLL = 0.925  # damage rolls are uniform in [0.85, 1]
_ASSUMED_POWER = 80.0  # of an attack that the opponent has not shown yet


def stage_factor(stage: NDArray[np.floating]) -> NDArray[np.floating]:
    """What a stat is multiplied by at a stage from -6 to 6."""
    factor: NDArray[np.floating] = (2 + np.maximum(stage, 0)) / (2 + np.maximum(-stage, 0))
    return factor


@dataclass(frozen=True)
class BattleView:
    """The observation of B rows, cut into blocks (views, not copies), with the estimates made from it.

    Attributes:
        field: `(B, F)` field block.
        team: `(B, 2, 6, P)` Pokémon blocks; side 0 is the own one.
        moves: `(B, 2, 6, 4, M)` move blocks.
        active: `(B, 2)` slot of the Pokémon on the field (0 where there is none).
    """

    field: Floats
    team: Floats
    moves: Floats
    active: Ints

    @classmethod
    def read(cls, observations: Floats) -> BattleView:
        """Cut `(B, D)` observations into their blocks."""
        rows = len(observations)
        pokemon = observations[:, LAYOUT.field_size : LAYOUT.size]  # a richer kind has more behind them
        blocks = pokemon.reshape(rows, 2, TEAM_SIZE, LAYOUT.pokemon_size)
        moves = blocks[..., len(LAYOUT.pokemon_block) :].reshape(rows, 2, TEAM_SIZE, -1, LAYOUT.move_size)
        active = blocks[..., POKEMON["active"]].argmax(axis=2)
        return cls(observations[:, : LAYOUT.field_size], blocks, moves, active)

    def flag(self, name: str) -> Bools:
        """`(B,)` flag of the field block."""
        up: Bools = self.field[:, FIELD[name]] > 0.5
        return up

    def of_active(self, side: int, name: str) -> Floats:
        """`(B,)` number of the Pokémon on the field of a side."""
        numbers: Floats = self.team[self.rows, side, self.active[:, side], POKEMON[name]]
        return numbers

    def active_moves(self) -> Floats:
        """`(B, 4, M)` move blocks of the own active."""
        moves: Floats = self.moves[self.rows, 0, self.active[:, 0]]
        return moves

    def active_move_ids(self) -> Ints:
        """`(B, 4)` ids of the own active's moves."""
        return self.active_moves()[..., MOVE["id"]].astype(np.intp)

    @cached_property
    def rows(self) -> Ints:
        """`(B,)` row numbers, to pick an entry of every row."""
        return np.arange(len(self.field))

    @cached_property
    def generation(self) -> Ints:
        """`(B,)` generation."""
        return np.rint(self.field[:, FIELD["generation"]] * 9).astype(np.intp)

    @cached_property
    def stats(self) -> dict[str, Floats]:
        """Stat name to `(B, 2, 6)` stats, boosts of the two actives included.

        Own stats are exact. Opposing ones: 31 IVs and 84 EVs each, as random battles give them; the
        first two generations give the maximum of 252.
        """
        level = self.team[..., POKEMON["level"]] * 100
        extra = np.where(self.generation <= 2, 93.0, 52.0)[:, None, None]
        stats: dict[str, Floats] = {}
        for name in ("hp", "atk", "def", "spa", "spd", "spe"):
            base = self.team[..., POKEMON[f"base_{name}"]] * 255
            estimate = (2 * base + extra) * level / 100 + (level + 10 if name == "hp" else 5)
            known = self.team[..., POKEMON[f"stat_{name}"]] * 1000
            stats[name] = np.where(known > 0, known, estimate).astype(np.float32)
            if name == "hp":
                continue
            for side, owner in enumerate(("own", "opposing")):
                stage = self.field[:, FIELD[f"{owner}_boost_{name}"]] * 6
                stats[name][self.rows, side, self.active[:, side]] *= stage_factor(stage)
        return stats

    @cached_property
    def damage(self) -> Floats:
        """`(B, 6, 4)` damage of every own move to the opposing active, as a fraction of its full HP.

        It is what a hit does on average; accuracy is apart (`accuracy`).
        """
        moves, stats = self.moves[:, 0], self.stats
        ids = moves[..., MOVE["id"]].astype(np.intp)
        physical = moves[..., MOVE["physical"]] > 0.5
        target = (self.rows, 1, self.active[:, 1])
        attack = np.where(physical, stats["atk"][:, 0, :, None], stats["spa"][:, 0, :, None])
        attack = np.where(_USES_DEFENCE[ids], stats["def"][:, 0, :, None], attack)
        attack = np.where(_USES_OPPOSING_ATTACK[ids], stats["atk"][target][:, None, None], attack)
        hits_defence = physical | _HITS_DEFENCE[ids]
        defence = np.where(
            hits_defence, stats["def"][target][:, None, None], stats["spd"][target][:, None, None]
        )
        level = self.team[:, 0, :, POKEMON["level"], None] * 100
        hp = np.maximum(stats["hp"][target], 1)[:, None, None]
        base = (0.4 * level + 2) * self._power(ids) * attack / np.maximum(defence, 1) / 50 + 2
        effectiveness = moves[..., MOVE["effectiveness"]] * 4
        damage = base * _MEAN_ROLL * (1 + 0.5 * moves[..., MOVE["stab"]]) * effectiveness * _YIELD[ids]
        damage = damage * self._circumstances(physical) / hp

        left = self.of_active(1, "hp")[:, None, None]
        fixed = np.where(_LEVEL_DAMAGE[ids], level, _HP_DAMAGE[ids]) / hp
        fixed = np.where(_HALVES_HP[ids], left / 2, fixed)
        fixed = np.where(_KNOCKS_OUT[ids], left, fixed)
        # In generation 1 fixed damage ignores types.
        reaches = (effectiveness > 0) | (self.generation == 1)[:, None, None]
        has_power = self._power(ids) > 0
        damage = np.where(fixed > 0, fixed * reaches, damage * has_power)
        result: Floats = (damage * self._possible(ids, effectiveness)).astype(np.float32)
        return result

    def _power(self, ids: Ints) -> Floats:
        power = self.moves[:, 0, :, :, MOVE["power"]] * 250
        usual: Floats = np.where(power > 0, power, _USUAL_POWER[ids])
        return usual

    def _circumstances(self, physical: Bools) -> Floats:
        """`(B, 6, 4)` factor of weather, screens and burns."""
        types = self.moves[:, 0, :, :, MOVE["type"]]
        sun = (self.flag("weather_sunnyday") | self.flag("weather_desolateland"))[:, None, None]
        rain = (self.flag("weather_raindance") | self.flag("weather_primordialsea"))[:, None, None]
        fire, water = types == TYPE_ID["fire"], types == TYPE_ID["water"]
        factor = np.where((sun & fire) | (rain & water), 1.5, 1.0)
        factor = np.where((sun & water) | (rain & fire), 0.5, factor)
        veil = self.flag("opposing_auroraveil")
        reflect = self.flag("opposing_reflect") | self.flag("opposing_volatile_reflect") | veil
        light = self.flag("opposing_lightscreen") | self.flag("opposing_volatile_lightscreen") | veil
        factor = factor * np.where(np.where(physical, reflect[:, None, None], light[:, None, None]), 0.5, 1.0)
        burnt = self.team[:, 0, :, POKEMON["status_brn"], None] > 0.5
        result: Floats = factor * np.where(physical & burnt, 0.5, 1.0)
        return result

    def _possible(self, ids: Ints, effectiveness: Floats) -> Bools:
        """`(B, 6, 4)` whether a move is a known attack that can hit what is opposite."""
        moves = self.moves[:, 0]
        ability = self.of_active(1, "ability").astype(np.intp)
        immune = moves[..., MOVE["type"]] == _IMMUNE_TYPE[ability][:, None, None]
        guarded = (ability == ABILITY_ID["wonderguard"])[:, None, None] & (effectiveness <= 1)
        moved = self.team[:, 0, :, POKEMON["last_move"], None] > 0
        awake = (self.of_active(1, "status_slp") <= 0.5)[:, None, None]
        attack = (moves[..., MOVE["known"]] > 0.5) & (moves[..., MOVE["status"]] <= 0.5)
        useless = (_FIRST_TURN_ONLY[ids] & moved) | (_NEEDS_SLEEP[ids] & awake)
        possible: Bools = attack & ~immune & ~guarded & ~useless
        return possible

    @cached_property
    def accuracy(self) -> Floats:
        """`(B, 6, 4)` chance that a move hits, without accuracy and evasion stages."""
        return self.moves[:, 0, :, :, MOVE["accuracy"]]

    @cached_property
    def offence(self) -> Floats:
        """`(B, 6)` greatest expected damage of an own Pokémon's usable attacks to the opposing active."""
        usable = self.moves[:, 0, :, :, MOVE["usable"]] > 0.5
        best: Floats = (self.damage * self.accuracy * usable).max(axis=2)
        return best

    @cached_property
    def threat(self) -> Floats:
        """`(B, 6)` greatest expected damage of the opposing active to each own Pokémon."""
        own_types = self.team[:, 0, :, [POKEMON["type_1"], POKEMON["type_2"]]].astype(np.intp)
        worst: Floats = self.incoming(own_types[0], own_types[1]).max(axis=2)
        return worst

    def incoming(self, first_types: Ints, second_types: Ints) -> Floats:
        """Damage to expect of the opposing active's moves to own Pokémon of these types.

        Args:
            first_types: `(B, 6)` type ids.
            second_types: `(B, 6)`; one type may fill both.

        Returns:
            `(B, 6, 6)` fractions of full HP, accuracy included, by own Pokémon and by move: the four that
            have been seen and, until all four have been, an assumed attack of each of its types.
        """
        stats, opponent = self.stats, (self.rows, 1, self.active[:, 1])
        moves = self.moves[opponent]  # (B, 4, M)
        known = moves[..., MOVE["known"]] > 0.5
        assumed_types = np.stack([self.of_active(1, "type_1"), self.of_active(1, "type_2")], axis=1)
        types = np.concatenate([moves[..., MOVE["type"]], assumed_types], axis=1).astype(np.intp)  # (B, 6)
        assumed = (assumed_types > 0) & ~known.all(axis=1, keepdims=True)
        known_power = moves[..., MOVE["power"]] * moves[..., MOVE["accuracy"]] * 250 * known
        power = np.concatenate([known_power, assumed * _ASSUMED_POWER], axis=1)[:, None, :]  # (B, 1, 6)
        better_physical = stats["atk"][opponent] >= stats["spa"][opponent]
        assumed_physical = np.repeat(better_physical[:, None], 2, axis=1)
        physical = np.concatenate([moves[..., MOVE["physical"]] > 0.5, assumed_physical], axis=1)[:, None, :]
        stab = np.concatenate([moves[..., MOVE["stab"]], np.ones_like(assumed_types)], axis=1)[:, None, :]

        attack = np.where(physical, *(stats[name][opponent][:, None, None] for name in ("atk", "spa")))
        defence = np.where(physical, *(stats[name][:, 0, :, None] for name in ("def", "spd")))
        chart = TYPE_CHART[self.generation[:, None, None], types[:, None, :], first_types[:, :, None]]
        second = np.where(second_types == first_types, 0, second_types)
        chart = chart * TYPE_CHART[self.generation[:, None, None], types[:, None, :], second[:, :, None]]
        ability = self.team[:, 0, :, POKEMON["ability"]].astype(np.intp)
        chart = chart * (types[:, None, :] != _IMMUNE_TYPE[ability][:, :, None])
        level = (self.of_active(1, "level") * 100)[:, None, None]
        base = (0.4 * level + 2) * power * attack / np.maximum(defence, 1) / 50
        hp = np.maximum(stats["hp"][:, 0], 1)[:, :, None]
        damage: Floats = base * _MEAN_ROLL * (1 + 0.5 * stab) * chart / hp
        return damage

    @cached_property
    def matchup(self) -> Floats:
        """`(B, 6)` how well each own Pokémon stands against the opposing active, higher is better.

        What it would take of the opponent's HP in a hit less what it would lose of its own, both at most
        what there is, with a little for the HP it has left.
        """
        hp = self.team[:, 0, :, POKEMON["hp"]]
        taken = np.minimum(self.threat, 1.0)
        balance: Floats = np.minimum(self.offence, 1.0) - taken + 0.2 * hp
        return balance
