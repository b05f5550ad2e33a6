"""Outlook: for each own Pokémon, the expected fight with the opposing active, as numbers for networks."""

from __future__ import annotations

import numpy as np

from agents.estimates.battle_estimates import BattleEstimates
from agents.estimates.battle_view import TEAM_SIZE, Floats
from agents.estimates.duel import Values, hits_to_ko, ko_chance

POKEMON_NUMBERS = (
    "damage",
    "ko_chance",
    "hits_to_ko",
    "taken",
    "taken_coming_in",
    "fall_chance",
    "hits_to_fall",
    "entry_damage",
    "moves_first",
    "duel",
)
"""Numbers of each own Pokémon; see `numbers`."""

MOVE_NUMBERS = ("damage", "ko_chance", "moves_first")
"""Numbers of each move of the own active; see `numbers`."""

MOVES_SIZE = 4
SIZE = TEAM_SIZE * len(POKEMON_NUMBERS) + MOVES_SIZE * len(MOVE_NUMBERS)
"""Numbers of an outlook."""

_GREATEST_DAMAGE = 2.0
_GREATEST_HITS = 8.0


def share_of_hp(damage: Values, hp: Values) -> Values:
    """Damage as a share of the target's HP, at most 2."""
    return np.minimum(damage / hp, _GREATEST_DAMAGE)


def share_of_hits(hp: Values, damage: Values) -> Values:
    """Hits until the target faints, as a share of 8, at most 1."""
    return np.minimum(hits_to_ko(hp, damage), _GREATEST_HITS) / _GREATEST_HITS


def numbers(estimates: BattleEstimates) -> Floats:
    """The estimates of the rule-based player, without its preferences.

    Damage is the expected share of the target's HP left, at most 2. Everything is 0 without an opposing
    active.

    Returns:
        `(B, SIZE)`: for each of the six own Pokémon the `POKEMON_NUMBERS` (damage of its best attack on the
        opposing active, its chance to knock it out, hits until it does; damage and chance to faint by the
        opponent's best attack, on the field and when it switches in; hits until it faints; damage of hazards;
        chance to move first; worth of the duel, from -1 to 1), then for each move of the own active the
        `MOVE_NUMBERS`.
    """
    view = estimates.view
    hp = np.maximum(estimates.hp, 0.01)
    left = estimates.left[:, None]
    offence, taken = estimates.damage.offence * estimates.able[:, 0], estimates.taken
    alive = estimates.hp > 0
    pokemon = np.stack(
        [
            share_of_hp(offence, left),
            ko_chance(offence, left),
            share_of_hits(left, offence),
            share_of_hp(taken, hp),
            share_of_hp(estimates.taken_coming_in, hp),
            ko_chance(taken, hp),
            share_of_hits(hp, taken + estimates.drain[:, 0]),
            share_of_hp(estimates.entry_damage, hp),
            estimates.first,
            estimates.team_duel.value(hp, left),
        ],
        axis=2,
    )
    pokemon = pokemon * alive[..., None]
    hits = estimates.of_active(estimates.damage.dealt)
    moves = np.stack(
        [
            share_of_hp(hits * estimates.of_active(estimates.damage.accuracy), left),
            ko_chance(hits, left) * estimates.of_active(estimates.damage.accuracy),
            estimates.moves_first(),
        ],
        axis=2,
    )
    parts = [pokemon.reshape(len(hp), -1), moves.reshape(len(hp), -1)]
    opposed = view.of_active(1, "active") > 0
    result: Floats = (np.concatenate(parts, axis=1) * opposed[:, None]).astype(np.float32)
    return result
