"""The board as text."""

from __future__ import annotations

from collections.abc import Iterator

from pokeenv.render.scene import Move, Pokemon, Scene, Side

_BAR = 20  # characters of an HP bar
_NAME = 26  # characters of a name with its level
_INDENT = " " * 4


def board_text(scene: Scene) -> str:
    """The board as lines of text.

    Returns:
        The field, each side with its active Pokémon first, and the events of the last turn.
    """
    return "\n".join(_lines(scene))


def _lines(scene: Scene) -> Iterator[str]:
    heading = [f"Turn {scene.turn}" if scene.turn else "", scene.phase, scene.result, scene.title]
    yield " | ".join(filter(None, heading))
    if scene.field:
        yield f"Field: {', '.join(scene.field)}"
    for side in (scene.opposing, scene.own):
        yield ""
        yield from _side(side)
    if scene.messages:
        yield ""
        yield from scene.messages


def _side(side: Side) -> Iterator[str]:
    yield f"{side.title}: {', '.join(side.conditions)}" if side.conditions else side.title
    for pokemon in side.actives:
        yield from _active(pokemon)
    for pokemon in side.bench:
        yield _row(pokemon)
    if side.unknown:
        yield f"  and {side.unknown} not seen yet" if side.team else f"  {side.unknown} not seen yet"


def _active(pokemon: Pokemon) -> Iterator[str]:
    yield _row(pokemon)
    moves = ", ".join(_move(move) for move in pokemon.moves)
    boosts = ", ".join(f"{label} {stage:+d}" for label, stage in pokemon.boosts.items())
    for label, text in (("moves", moves), ("boosts", boosts), ("state", ", ".join(pokemon.volatiles))):
        if text:
            yield f"{_INDENT}{label}: {text}"


def _row(pokemon: Pokemon) -> str:
    filled = round(pokemon.hp * _BAR)
    if pokemon.hp > 0:
        filled = max(1, filled)
    bar = "█" * filled + "░" * (_BAR - filled)
    health = "fainted" if pokemon.fainted else f"{pokemon.hp:.0%}"
    name = f"{pokemon.name} L{pokemon.level}"
    marks = [pokemon.status, "/".join(pokemon.types) if pokemon.active else "", _tera(pokemon)]
    marks += [pokemon.ability, pokemon.item]
    arrow = ">" if pokemon.active else " "
    return f"{arrow} {name:<{_NAME}} {bar} {health:<7}  {' · '.join(filter(None, marks))}".rstrip(" ·")


def _tera(pokemon: Pokemon) -> str:
    if not pokemon.tera_type:
        return ""
    return f"Terastallized {pokemon.tera_type}" if pokemon.terastallized else f"Tera {pokemon.tera_type}"


def _move(move: Move) -> str:
    return move.name if move.usable else f"({move.name})"
