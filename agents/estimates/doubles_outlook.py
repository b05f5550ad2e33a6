"""Outlook in doubles: the expected turn of each own Pokémon and move, as numbers for networks."""

from __future__ import annotations

import numpy as np

from agents.estimates.battle_view import TEAM_SIZE, Bools, Floats
from agents.estimates.doubles_attacks import NO_TARGET, Attacks
from agents.estimates.doubles_board import DoublesBoard
from agents.estimates.doubles_damage import DoublesDamage
from agents.estimates.doubles_threats import Threats
from agents.estimates.duel import ko_chance
from agents.estimates.outlook import MOVES_SIZE, share_of_hits, share_of_hp

_AGAINST = (
    "damage",
    "ko_chance",
    "hits_to_ko",
    "taken",
    "taken_coming_in",
    "fall_chance",
    "hits_to_fall",
    "moves_first",
)
POKEMON_NUMBERS = (*(f"{name}_{place}" for place in ("left", "right") for name in _AGAINST), "standing")
"""Numbers of each own Pokémon, by the place of the opponent; see `outlook`."""

MOVE_NUMBERS = (
    *(f"damage_{target}" for target in ("left", "right", "ally")),
    *(f"ko_chance_{target}" for target in ("left", "right", "ally")),
    "moves_first_left",
    "moves_first_right",
)
"""Numbers of each move of the own Pokémon that decides; see `outlook`."""

SIZE = TEAM_SIZE * len(POKEMON_NUMBERS) + MOVES_SIZE * len(MOVE_NUMBERS)
"""Numbers of an outlook."""


def outlook(observations: Floats) -> Floats:
    """The estimates of the rule-based player, without its preferences.

    Damage is the expected share of the target's HP left, at most 2. What concerns an opponent is 0 where
    there is none.

    Args:
        observations: `(B, D)` of doubles, of any kind.

    Returns:
        `(B, SIZE)`: for each of the six own Pokémon the `POKEMON_NUMBERS` (against the left opponent and
        against the right one: damage of its best attack, its chance to knock out, hits until it does; damage
        and chance to faint by the opponent's best attack, damage when it switches in, hits until it faints;
        chance to move first; then its standing, see `Threats.standing`), then for each move of the own
        Pokémon that decides the `MOVE_NUMBERS`.
    """
    board = DoublesBoard.read(observations)
    threats = Threats(DoublesDamage(board))
    rows = len(observations)
    pokemon = np.concatenate(
        [*(_against(threats, opponent) for opponent in (0, 1)), threats.standing[..., None]], axis=2
    )
    pokemon = pokemon * (threats.hp[:, 0] > 0)[..., None]
    right = board.flag("deciding_right")[:, None, None]
    moves = np.where(right, _of_moves(threats, 1), _of_moves(threats, 0))
    numbers = np.concatenate([pokemon.reshape(rows, -1), moves.reshape(rows, -1)], axis=1)
    result: Floats = numbers.astype(np.float32)
    return result


def _against(threats: Threats, opponent: int) -> Floats:
    """`(B, 6, 8)` numbers of each own Pokémon against the opponent in a place."""
    hp = np.maximum(threats.hp[:, 0], 0.01)
    left = np.maximum(threats.board.at_places(1, threats.hp[:, 1])[:, opponent, None], 0.01)
    dealt = threats.offence[..., opponent]
    taken = threats.incoming[:, opponent].max(axis=1)
    coming_in = threats.at_one[:, opponent].mean(axis=1)
    numbers = np.stack(
        [
            share_of_hp(dealt, left),
            ko_chance(dealt, left),
            share_of_hits(left, dealt),
            share_of_hp(taken, hp),
            share_of_hp(coming_in, hp),
            ko_chance(taken, hp),
            share_of_hits(hp, taken),
            threats.first[..., opponent],
        ],
        axis=2,
    )
    result: Floats = numbers * threats.board.present[:, 1, opponent, None, None]
    return result


def _of_moves(threats: Threats, place: int) -> Floats:
    """`(B, 4, 8)` numbers of the moves of the own Pokémon in a place."""
    board = threats.board
    rows, slot = np.arange(len(board)), board.slots[:, 0, place]
    attacks = Attacks.of(threats.damage, place)
    spread = board.of_move("spread")[rows, 0, slot] > 0.5
    hits, chances = (_aimed(values[:, 0], spread) for values in (attacks.hits, attacks.chances))  # (B, 4, 3)
    chances[..., 2] *= board.of_move("aims_at_ally")[rows, 0, slot]
    hp = np.concatenate(
        [board.at_places(1, threats.hp[:, 1]), board.at_places(0, threats.hp[:, 0])[:, 1 - place, None]],
        axis=1,
    )
    hp = np.maximum(hp, 0.01)[:, None]
    priority = board.of_move("priority")[rows, 0, slot][..., None]
    first = threats.first[rows, slot][:, None]  # (B, 1, 2)
    first = np.where(priority > 0, 1.0, np.where(priority < 0, 0.0, first)) * board.present[:, None, 1]
    damage = share_of_hp(hits * chances, hp)
    result: Floats = np.concatenate([damage, ko_chance(hits, hp) * chances, first], axis=2)
    return result * board.present[:, 0, place, None, None]


def _aimed(values: Floats, spread: Bools) -> Floats:
    """`(B, 4, 3)` values for each Pokémon hit, of `(B, 4, 5, 3)` by target: at its best target."""
    result: Floats = np.where(spread[..., None], values[:, :, NO_TARGET], values.max(axis=2))
    return result
