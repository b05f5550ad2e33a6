"""The board and the legal actions as text."""

from __future__ import annotations

from collections.abc import Iterator

from pokeenv.render.scene import Choice, Move, Pokemon, Scene, Side

_BAR = 20  # characters of an HP bar
_NAME = 26  # characters of a name with its level
_INDENT = " " * 4

_GIMMICKS = {
    "": "Use",
    "mega": "Mega Evolve and use",
    "zmove": "Use as a Z-Move",
    "dynamax": "Dynamax and use",
    "terastallize": "Terastallize and use",
}


def board_text(scene: Scene, *, bars: bool = True) -> str:
    """The board as lines of text.

    Args:
        scene: the scene.
        bars: draw HP bars; the text is for people then, and for language models without them.

    Returns:
        The field, each side with its active Pokémon first, the events of the last turn, and the legal actions
        as sentences with their numbers.
    """
    return "\n".join(_lines(scene, bars))


def _lines(scene: Scene, bars: bool) -> Iterator[str]:
    heading = [f"Turn {scene.turn}" if scene.turn else "", scene.phase, scene.result, scene.title]
    yield " | ".join(filter(None, heading))
    if scene.field:
        yield f"Field: {', '.join(scene.field)}"
    for side in (scene.opposing, scene.own):
        yield ""
        yield from _side(side, bars)
    if scene.messages:
        yield ""
        yield from scene.messages
    if scene.choices:
        yield ""
        yield "Choices:"
        yield from (f"{choice.action:>3}. {_sentence(choice, scene)}" for choice in scene.choices)


def _sentence(choice: Choice, scene: Scene) -> str:
    if choice.pokemon is not None:
        verb = "Revive" if "revive" in scene.phase else "Switch to" if scene.turn else "Pick"
        facts = [_health(choice.pokemon), choice.pokemon.status, "/".join(choice.pokemon.types)]
        return f"{verb} {choice.pokemon.name} ({', '.join(filter(None, facts))})."
    if choice.move is None:
        return f"{choice.name[0].upper()}{choice.name[1:]}."
    target = f" at {choice.target}" if choice.target else ""
    doubles = any(pokemon.place for pokemon in scene.own.actives)
    about = ", ".join(_move_facts(choice.move, effectiveness=not doubles))
    return f"{_GIMMICKS[choice.gimmick]} {choice.move.name}{target} ({about})."


def _move_facts(move: Move, *, effectiveness: bool) -> Iterator[str]:
    """Facts of a move; its effectiveness only where there is one Pokémon that it can hit."""
    yield move.type
    yield move.category
    if move.category != "status":
        yield f"power {move.power}" if move.power else "power varies"
    yield f"accuracy {move.accuracy:.0%}"
    yield f"PP {move.pp}/{move.max_pp}"
    if move.priority:
        yield f"priority {move.priority:+d}"
    if effectiveness and move.category != "status" and move.effectiveness != 1:
        yield f"{move.effectiveness:g}x effective" if move.effectiveness else "no effect"


def _side(side: Side, bars: bool) -> Iterator[str]:
    yield f"{side.title}: {', '.join(side.conditions)}" if side.conditions else side.title
    for pokemon in side.actives:
        yield from _active(pokemon, bars)
    for pokemon in side.bench:
        yield _row(pokemon, bars)
        if pokemon.moves and not bars:
            yield f"{_INDENT}moves: {_moves(pokemon)}"
    if side.unknown:
        yield f"  and {side.unknown} not seen yet" if side.team else f"  {side.unknown} not seen yet"


def _active(pokemon: Pokemon, bars: bool) -> Iterator[str]:
    yield _row(pokemon, bars)
    boosts = ", ".join(f"{label} {stage:+d}" for label, stage in pokemon.boosts.items())
    state = ", ".join(pokemon.volatiles)
    for label, text in (("moves", _moves(pokemon)), ("boosts", boosts), ("state", state)):
        if text:
            yield f"{_INDENT}{label}: {text}"


def _row(pokemon: Pokemon, bars: bool) -> str:
    arrow = ">" if pokemon.active else " "
    name = f"{pokemon.name} L{pokemon.level}"
    marks = [
        pokemon.place,
        pokemon.status,
        "/".join(pokemon.types) if pokemon.active or not bars else "",
        _tera(pokemon),
    ]
    marks += [pokemon.ability, pokemon.item]
    if not bars:
        return f"{arrow} {', '.join(filter(None, (name, _health(pokemon), *marks)))}"
    filled = round(pokemon.hp * _BAR)
    if pokemon.hp > 0:
        filled = max(1, filled)
    bar = "█" * filled + "░" * (_BAR - filled)
    facts = " · ".join(filter(None, marks))
    return f"{arrow} {name:<{_NAME}} {bar} {_health(pokemon):<7}  {facts}".rstrip()


def _health(pokemon: Pokemon) -> str:
    return "fainted" if pokemon.fainted else f"{pokemon.hp:.0%}"


def _moves(pokemon: Pokemon) -> str:
    """The known moves; those of an active Pokémon that cannot be used now are in parentheses."""
    return ", ".join(
        f"({move.name})" if pokemon.active and not move.usable else move.name for move in pokemon.moves
    )


def _tera(pokemon: Pokemon) -> str:
    if not pokemon.tera_type:
        return ""
    return f"Terastallized {pokemon.tera_type}" if pokemon.terastallized else f"Tera {pokemon.tera_type}"
