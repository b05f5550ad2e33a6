"""Factors of items, abilities, terrain and weather on damage, as far as both Pokémon are known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from agents.estimates.battle_view import POKEMON, BattleView, Bools, Floats, Ints
from agents.estimates.duel import Values
from agents.estimates.move_tables import MOVE_ID, move_set
from agents.estimates.type_chart import TYPE_ID
from pokeenv import VOCABULARY

ITEM_ID = {name: index for index, name in enumerate(VOCABULARY["items"])}
ABILITY_ID = {name: index for index, name in enumerate(VOCABULARY["abilities"])}
_TYPES = len(VOCABULARY["types"])
SPECIAL, PHYSICAL = 0, 1
TERRAINS = ("electric", "grassy", "psychic", "misty")


class Attacks(NamedTuple):
    """Attacks, as arrays that are broadcast to (B, P, M): pairs of Pokémon by moves.

    Attributes:
        ids: move ids, 0 for an assumed attack.
        types: type ids.
        physical: true for physical attacks.
        stab: true for attacks of the user's type.
        power: powers.
        effectiveness: factors of the types.
    """

    ids: Ints
    types: Ints
    physical: Bools
    stab: Bools
    power: Floats
    effectiveness: Floats


class Fighter(NamedTuple):
    """The Pokémon that attacks or is hit, as arrays that are broadcast like `Attacks`.

    Attributes:
        items: item ids, 0 for unknown or none.
        abilities: ability ids, 0 for unknown or none.
        hp: shares of full HP.
        ill: true with a burn, paralysis or poison.
        poisoned: true with poison.
        burnt: true with a burn.
        grounded: true where terrain reaches it.
        offence: factors on its special and its physical attacks by what its side of the field shows.
        protection: factors on the special and the physical damage that it takes, likewise.
    """

    items: Ints
    abilities: Ints
    hp: Floats
    ill: Bools
    poisoned: Bools
    burnt: Bools
    grounded: Bools
    offence: tuple[Values, Values]
    protection: tuple[Values, Values]


class Surroundings(NamedTuple):
    """Weather and terrain by name, and whether the generation is 6 or later, each of shape (B, 1, 1)."""

    modern: Bools
    sun: Bools
    electric: Bools
    grassy: Bools
    psychic: Bools
    misty: Bools


def _table(ids: Mapping[str, int], width: int, rows: Iterable[tuple[str, Sequence[int], float]]) -> Floats:
    """`(ids, width)` table of factors: 1, or in the columns of the named ones their factor."""
    table = np.ones((len(ids), width), dtype=np.float32)
    for names, columns, factor in rows:
        for name in names.split():
            table[ids[name], columns] = factor
    return table


def _by_type(ids: Mapping[str, int], values: Mapping[str, tuple[str, float]]) -> Floats:
    """`(ids, types)` table of factors."""
    rows = (
        (names, [TYPE_ID[kind] for kind in kinds.split()], factor)
        for names, (kinds, factor) in values.items()
    )
    return _table(ids, _TYPES, rows)


def _by_category(
    ids: Mapping[str, int], special: Mapping[str, float], physical: Mapping[str, float]
) -> Floats:
    """`(ids, 2)` table of factors on special and on physical attacks."""
    values = {SPECIAL: special, PHYSICAL: physical}
    rows = ((names, [place], factor) for place in values for names, factor in values[place].items())
    return _table(ids, 2, rows)


_KNOCK_OFF, _FACADE = MOVE_ID["knockoff"], MOVE_ID["facade"]
_SHAKES = move_set("bulldoze earthquake magnitude")
_NO_ITEM = ITEM_ID["none"]

# Of the attacker's item.
_ITEM = _by_category(
    ITEM_ID,
    {"choicespecs": 1.5, "lifeorb": 1.3, "wiseglasses": 1.1, "lightball deepseatooth": 2.0, "souldew": 1.2},
    {"choiceband": 1.5, "lifeorb": 1.3, "muscleband": 1.1, "lightball thickclub": 2.0},
)
_ITEM_TYPE = _by_type(
    ITEM_ID,
    {
        "silkscarf": ("normal", 1.2),
        "charcoal flameplate": ("fire", 1.2),
        "mysticwater splashplate": ("water", 1.2),
        "magnet zapplate": ("electric", 1.2),
        "miracleseed meadowplate": ("grass", 1.2),
        "nevermeltice icicleplate": ("ice", 1.2),
        "blackbelt fistplate": ("fighting", 1.2),
        "poisonbarb toxicplate": ("poison", 1.2),
        "softsand earthplate": ("ground", 1.2),
        "sharpbeak skyplate": ("flying", 1.2),
        "twistedspoon mindplate": ("psychic", 1.2),
        "silverpowder insectplate": ("bug", 1.2),
        "hardstone stoneplate": ("rock", 1.2),
        "spelltag spookyplate": ("ghost", 1.2),
        "dragonfang dracoplate": ("dragon", 1.2),
        "blackglasses dreadplate": ("dark", 1.2),
        "metalcoat ironplate": ("steel", 1.2),
        "pixieplate fairyfeather": ("fairy", 1.2),
        "adamantorb adamantcrystal": ("dragon steel", 1.2),
        "lustrousorb lustrousglobe": ("dragon water", 1.2),
        "griseousorb griseouscore": ("dragon ghost", 1.2),
        "hearthflamemask wellspringmask cornerstonemask": ("fire water rock grass", 1.2),
    },
)
# Of the attacker's ability.
_ABILITY = _by_category(
    ABILITY_ID,
    {"beadsofruin": 4 / 3},
    {"hugepower purepower": 2.0, "gorillatactics hustle": 1.5, "swordofruin": 4 / 3},
)
_ABILITY_TYPE = _by_type(
    ABILITY_ID,
    {
        "steelworker steelyspirit": ("steel", 1.5),
        "transistor": ("electric", 1.3),
        "dragonsmaw": ("dragon", 1.5),
        "rockypayload": ("rock", 1.5),
        "waterbubble": ("water", 2.0),
        "fairyaura": ("fairy", 1.33),
        "darkaura": ("dark", 1.33),
    },
)
_PINCH = _by_type(
    ABILITY_ID,
    {"blaze": ("fire", 1.5), "torrent": ("water", 1.5), "overgrow": ("grass", 1.5), "swarm": ("bug", 1.5)},
)
_SHARE_OF_MOVES = {
    "ironfist": (
        1.2,
        "bulletpunch cometpunch dizzypunch doubleironbash drainpunch dynamicpunch firepunch focuspunch"
        " hammerarm headlongrush icehammer icepunch jetpunch machpunch megapunch meteormash plasmafists"
        " poweruppunch ragefist shadowpunch skyuppercut surgingstrikes thunderpunch wickedblow",
    ),
    "strongjaw": (
        1.5,
        "bite crunch firefang fishiousrend hyperfang icefang jawlock poisonfang psychicfangs thunderfang",
    ),
    "megalauncher": (1.5, "aurasphere darkpulse dragonpulse originpulse terrainpulse waterpulse"),
    "sharpness": (
        1.5,
        "aerialace aircutter airslash aquacutter behemothblade bitterblade ceaselessedge crosspoison cut"
        " furycutter kowtowcleave leafblade mightycleave nightslash populationbomb psyblade psychocut"
        " razorleaf razorshell sacredsword secretsword slash solarblade stoneaxe tachyoncutter xscissor",
    ),
    "reckless": (
        1.2,
        "axekick bravebird doubleedge flareblitz headcharge headsmash highjumpkick jumpkick lightofruin"
        " submission supercellslam takedown volttackle wavecrash wildcharge woodhammer",
    ),
    "punkrock": (
        1.3,
        "alluringvoice boomburst bugbuzz clangingscales disarmingvoice echoedvoice eeriespell hypervoice"
        " overdrive psychicnoise relicsong round snarl sparklingaria torchsong uproar",
    ),
    "sheerforce": (
        1.3,
        "airslash ancientpower blazekick blizzard bodyslam bugbuzz bulldoze crunch darkpulse discharge"
        " earthpower energyball extrasensory fireblast firefang firepunch flamethrower flashcannon"
        " fierydance flareblitz focusblast gunkshot headbutt heatwave hurricane icebeam icepunch icefang"
        " icywind ironhead irontail lavaplume liquidation meteormash moonblast muddywater mysticalfire"
        " nuzzle playrough poisonjab psychic rockslide rocktomb scald scorchingsands shadowball"
        " sludgebomb sludgewave snarl steelwing thunder thunderbolt thunderfang thunderpunch waterfall"
        " zapcannon zenheadbutt",
    ),
}
_GROUPS = {ABILITY_ID[name]: (factor, move_set(moves)) for name, (factor, moves) in _SHARE_OF_MOVES.items()}
# Of the ability of the Pokémon that is hit.
_AGAINST = _by_category(
    ABILITY_ID,
    {"icescales": 0.5, "vesselofruin": 0.75},
    {"furcoat fluffy": 0.5, "tabletsofruin": 0.75},
)
_AGAINST_TYPE = _by_type(
    ABILITY_ID,
    {
        "thickfat": ("fire ice", 0.5),
        "heatproof waterbubble": ("fire", 0.5),
        "purifyingsalt": ("ghost", 0.5),
        "dryskin": ("fire", 1.25),
        "fluffy": ("fire", 2.0),
    },
)


def _ids(names: str) -> list[int]:
    return [ABILITY_ID[name] for name in names.split()]


_FULL_HP = _ids("multiscale shadowshield")
_SOLID = _ids("filter solidrock prismarmor")


def damage_factor(attacks: Attacks, user: Fighter, target: Fighter, around: Surroundings) -> Floats:
    """Factor on the damage of each attack, of shape (B, P, M).

    Unknown items and abilities count as none.
    """
    category = attacks.physical.astype(np.intp)
    ability, against = user.abilities, target.abilities
    very = attacks.effectiveness > 1.5
    factor = _ITEM[user.items, category] * _ITEM_TYPE[user.items, attacks.types]
    factor = factor * np.where((user.items == ITEM_ID["expertbelt"]) & very, 1.2, 1.0)
    factor = factor * _ABILITY[ability, category] * _ABILITY_TYPE[ability, attacks.types]
    factor = factor * np.where(user.hp < 0.34, _PINCH[ability, attacks.types], 1.0)

    def has(name: str) -> Bools:
        found: Bools = ability == ABILITY_ID[name]
        return found

    def of_type(name: str) -> Bools:
        found: Bools = attacks.types == TYPE_ID[name]
        return found

    physical, facade = attacks.physical, attacks.ids == _FACADE
    of_user: list[tuple[Bools, float]] = [
        (has("adaptability") & attacks.stab, 4 / 3),
        (has("technician") & (attacks.power <= 60.5), 1.5),
        (has("tintedlens") & (attacks.effectiveness < 0.75), 2.0),
        (has("neuroforce") & very, 1.25),
        (has("toughclaws") & physical, 1.3),
        (has("guts") & user.ill & physical, 1.5),
        (has("toxicboost") & user.poisoned & physical, 1.5),
        (has("slowstart") & physical, 0.5),
        # Against burns, which the estimates without modifiers count; Facade and Guts do not suffer from them.
        (user.burnt & physical & (has("guts") | facade), 2.0),
        (user.ill & facade, 2.0),
        ((attacks.ids == _KNOCK_OFF) & (target.items != _NO_ITEM) & around.modern, 1.5),
        (around.grassy & target.grounded & _SHAKES[attacks.ids], 0.5),
        (has("defeatist") & (user.hp <= 0.5), 0.5),
        (has("solarpower") & around.sun & ~physical, 1.5),
        (has("orichalcumpulse") & around.sun & physical, 4 / 3),
        (has("hadronengine") & around.electric & ~physical, 4 / 3),
        *(((ability == number) & moves[attacks.ids], value) for number, (value, moves) in _GROUPS.items()),
        (around.electric & user.grounded & of_type("electric"), 1.3),
        (around.grassy & user.grounded & of_type("grass"), 1.3),
        (around.psychic & user.grounded & of_type("psychic"), 1.3),
        (around.misty & target.grounded & of_type("dragon"), 0.5),
    ]
    of_target: list[tuple[Bools, float]] = [
        (np.isin(against, _FULL_HP) & (target.hp > 0.99), 0.5),
        (np.isin(against, _SOLID) & very, 0.75),
        ((against == ABILITY_ID["marvelscale"]) & target.ill & physical, 2 / 3),
        (target.items == ITEM_ID["eviolite"], 2 / 3),
        ((target.items == ITEM_ID["assaultvest"]) & ~physical, 2 / 3),
        ((target.items == ITEM_ID["airballoon"]) & of_type("ground"), 0.0),
    ]
    factor = _times(factor, of_user)
    factor = factor * _AGAINST[against, category] * _AGAINST_TYPE[against, attacks.types]
    for side in (user.offence, target.protection):
        factor = factor * np.where(physical, side[PHYSICAL], side[SPECIAL])
    return _times(factor, of_target)


def _times(factor: Floats, effects: Sequence[tuple[Bools, float]]) -> Floats:
    """The factor times the value of each effect where its condition holds."""
    for condition, value in effects:
        factor = factor * np.where(condition, np.float32(value), np.float32(1.0))
    return factor


_HASTE = {
    "chlorophyll": ("weather_sunnyday", "weather_desolateland"),
    "swiftswim": ("weather_raindance", "weather_primordialsea"),
    "sandrush": ("weather_sandstorm",),
    "slushrush": ("weather_hail", "weather_snowscape"),
    "surgesurfer": ("terrain_electricterrain",),
}


def speed_factor(view: BattleView) -> Floats:
    """Factor `(B, 2, 6)` of known items and abilities, weather, terrain and Tailwind on speed."""
    items = view.team[..., POKEMON["item"]].astype(np.intp)
    abilities = view.team[..., POKEMON["ability"]].astype(np.intp)
    factor = np.where(items == ITEM_ID["choicescarf"], np.float32(1.5), np.float32(1.0))
    factor = np.where(items == ITEM_ID["ironball"], 0.5 * factor, factor)
    for ability, flags in _HASTE.items():
        helped = np.any([view.flag(flag) for flag in flags], axis=0)[:, None, None]
        factor = np.where((abilities == ABILITY_ID[ability]) & helped, 2 * factor, factor)
    for side, owner in enumerate(("own", "opposing")):
        factor[:, side] *= np.where(view.flag(f"{owner}_tailwind"), 2.0, 1.0)[:, None]
        active = (view.rows, side, view.active[:, side])
        factor[active] *= np.where(view.flag(f"{owner}_paradox_spe"), 1.5, 1.0)
        factor[active] *= np.where(view.flag(f"{owner}_volatile_unburden"), 2.0, 1.0)
    result: Floats = factor
    return result
