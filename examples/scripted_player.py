"""A scripted player on plain objects: it attacks, heals, sets up, and switches by matchup.

It reads `pokeenv.scene_of(obs)` and, for the damage of its moves, the damage block of the observation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

import pokeenv
from pokeenv import Choice, Move, Pokemon, Scene

HEALING = {"recover", "roost", "softboiled", "slackoff", "moonlight", "synthesis", "morningsun", "shoreup"}
BOOSTING = {"swordsdance", "nastyplot", "calmmind", "dragondance", "quiverdance", "bulkup", "shellsmash"}
HINDERING = {"thunderwave", "willowisp", "toxic", "glare", "spore", "sleeppowder", "hypnosis", "yawn"}

CHART = {  # of each attacking type: types that it hits twice as hard / half as hard / not at all
    "Normal": "/Rock Steel/Ghost",
    "Fire": "Grass Ice Bug Steel/Fire Water Rock Dragon/",
    "Water": "Fire Ground Rock/Water Grass Dragon/",
    "Electric": "Water Flying/Electric Grass Dragon/Ground",
    "Grass": "Water Ground Rock/Fire Grass Poison Flying Bug Dragon Steel/",
    "Ice": "Grass Ground Flying Dragon/Fire Water Ice Steel/",
    "Fighting": "Normal Ice Rock Dark Steel/Poison Flying Psychic Bug Fairy/Ghost",
    "Poison": "Grass Fairy/Poison Ground Rock Ghost/Steel",
    "Ground": "Fire Electric Poison Rock Steel/Grass Bug/Flying",
    "Flying": "Grass Fighting Bug/Electric Rock Steel/",
    "Psychic": "Fighting Poison/Psychic Steel/Dark",
    "Bug": "Grass Psychic Dark/Fire Fighting Poison Flying Ghost Steel Fairy/",
    "Rock": "Fire Ice Flying Bug/Fighting Ground Steel/",
    "Ghost": "Psychic Ghost/Dark/Normal",
    "Dragon": "Dragon/Steel/Fairy",
    "Dark": "Psychic Ghost/Fighting Dark Fairy/",
    "Steel": "Ice Rock Fairy/Fire Water Electric Steel/",
    "Fairy": "Fighting Dragon Dark/Fire Poison Steel/",
}
FACTORS = (2.0, 0.5, 0.0)


def danger(pokemon: Pokemon, opponent: Pokemon) -> float:
    """Highest effectiveness of the opponent's own types against a Pokémon."""
    hits = [0.0]
    for attack in opponent.types:
        groups = [group.split() for group in CHART.get(attack, "//").split("/")]
        hit = 1.0
        for kind in pokemon.types:
            hit *= next((factor for factor, group in zip(FACTORS, groups, strict=True) if kind in group), 1.0)
        hits.append(hit)
    return max(hits)


def strength(move: Move) -> float:
    """Rough strength of an attack against the opposing active Pokémon; 1 is a strong one."""
    power = move.power or (60 if move.category != "status" else 0)
    return power * move.effectiveness * move.accuracy * (1.5 if move.stab else 1.0) / 150


def worth(scene: Scene, damage: Mapping[str, Any], choice: Choice) -> float:
    """Worth of a choice, about in shares of the opponent's HP."""
    if not scene.opposing.actives or (choice.pokemon is None and choice.move is None):
        return 0.0
    opponent = scene.opposing.actives[0]
    threat = max(move["ko_chance"] for move in damage["opposing_move"])
    if choice.pokemon is not None:
        best = max(map(strength, choice.pokemon.moves), default=0.0)
        value = min(best, 1.5) * (0.3 + choice.pokemon.hp) - 0.4 * danger(choice.pokemon, opponent)
        if "switch" in scene.phase:
            return value
        return value - 1.3 + 0.3 * threat + 0.3 * danger(scene.own.actives[0], opponent)
    user, move = scene.own.actives[0], choice.move
    if move.category != "status":
        numbers = damage["own_move"][choice.slot]
        gimmick = 0.1 if choice.gimmick and move.type == user.tera_type else -0.1 if choice.gimmick else 0.0
        return min(numbers["expected"], 1.0) + 0.5 * numbers["ko_chance"] + gimmick
    if move.id in HEALING:
        return 0.7 if user.hp < 0.5 else 0.0
    if move.id in BOOSTING:
        return 0.5 * (1 - threat) if user.hp > 0.6 and max(user.boosts.values(), default=0) < 2 else 0.0
    return 0.5 if move.id in HINDERING and not opponent.status else 0.02


def player(observation: NDArray[np.float32], action_mask: NDArray[np.int8]) -> int:
    """The best choice: an opponent for any environment of singles with `observation="damage"`."""
    scene = pokeenv.scene_of({"observation": observation, "action_mask": action_mask})
    damage = pokeenv.decode(observation)["damage"]
    return max(scene.choices, key=lambda choice: worth(scene, damage, choice)).action


def main(battles: int = 100, opponent: str = "max") -> float:
    """Play against a built-in opponent, and return the share of battles won."""
    wins = 0.0
    with pokeenv.BattleEnv("gen9randombattle", opponent=opponent, observation="damage") as env:
        for seed in range(battles):
            obs, info = env.reset(seed=seed)
            while "outcome" not in info:
                obs, _, _, _, info = env.step(player(obs["observation"], obs["action_mask"]))
            wins += (info["outcome"] + 1) / 2
    print(f"{wins / battles:.2f} of {battles} battles won against {opponent}")
    return wins / battles


if __name__ == "__main__":
    main()
