"""The board as text."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pokeenv.observation import BOOSTS, HAZARDS, ROOMS, SCREENS, STATUSES, TERRAINS, WEATHERS, decode

_BAR = 20  # characters of an HP bar
_SIDES = (("opposing", "Opponent"), ("own", "You"))


def render_board(observation: NDArray[np.float32]) -> str:
    """Draw what one seat sees.

    Args:
        observation: ``(OBS_SIZE,)`` vector.

    Returns:
        Several lines: the field, then each side with its active Pokémon first.
    """
    state = decode(observation)
    lines = [_field_line(state["field"])]
    for side, title in _SIDES:
        lines.append(f"{title}: {_side_line(state['field'], side)}".rstrip(": "))
        team = [pokemon for pokemon in state[side] if pokemon["known"]]
        for pokemon in sorted(team, key=lambda member: not member["active"]):
            lines.append(_pokemon_line(pokemon))
            if pokemon["active"]:
                lines.extend(_active_lines(state["field"], side, pokemon))
    return "\n".join(lines)


def _field_line(field: dict[str, Any]) -> str:
    effects = [name for name in WEATHERS if field[f"weather_{name}"]]
    effects += [name for name in TERRAINS if field[f"terrain_{name}"]]
    effects += [name for name in ROOMS if field[name] > 0]
    return f"Turn {field['turn']}" + (f" [{', '.join(effects)}]" if effects else "")


def _side_line(field: dict[str, Any], side: str) -> str:
    layers = {name: field[f"{side}_{name}"] for name in HAZARDS}
    effects = [name if count == 1 else f"{name} x{count}" for name, count in layers.items() if count]
    effects += [name for name in SCREENS if field[f"{side}_{name}"]]
    return ", ".join(effects)


def _pokemon_line(pokemon: dict[str, Any]) -> str:
    filled = round(pokemon["hp"] * _BAR)
    if pokemon["hp"] > 0:
        filled = max(1, filled)
    status = next((name for name in STATUSES if pokemon[f"status_{name}"]), "")
    marks = [status, "fainted" if pokemon["fainted"] else "", pokemon["item"], pokemon["ability"]]
    if pokemon["terastallized"]:
        marks.append(f"tera {pokemon['tera_type']}")
    arrow = ">" if pokemon["active"] else " "
    bar = "#" * filled + "." * (_BAR - filled)
    name = f"{pokemon['species']} L{pokemon['level']}"
    text = f"{arrow} {name:<24} [{bar}] {pokemon['hp']:4.0%}  {' '.join(filter(None, marks))}"
    return text.rstrip()


def _active_lines(field: dict[str, Any], side: str, pokemon: dict[str, Any]) -> list[str]:
    boosts = {name: field[f"{side}_boost_{name}"] for name in BOOSTS}
    raised = [f"{name} {stage:+d}" for name, stage in boosts.items() if stage]
    moves = [move["id"] for move in pokemon["moves"] if move["known"]]
    lines = [f"    moves: {', '.join(moves)}"] if moves else []
    return lines + ([f"    boosts: {', '.join(raised)}"] if raised else [])
