"""The board as a picture, drawn with Pillow (extra `render`)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pokeenv.errors import RenderError
from pokeenv.render.scene import Move, Pokemon, Scene, Side

if TYPE_CHECKING:
    from PIL import ImageDraw, ImageFont

WIDTH, HEIGHT = 800, 500  # pixels
_SCALE = 2  # drawn this much larger, then reduced, because Pillow does not smooth the edges of round corners

Color = tuple[int, int, int]
Box = tuple[float, float, float, float]  # left, top, right, bottom in pixels

_BACKGROUND: Color = (24, 28, 38)
_PANEL: Color = (36, 42, 56)
_PLATE: Color = (44, 52, 69)
_ROW: Color = (33, 39, 52)
_TRACK: Color = (20, 23, 31)
_TEXT: Color = (236, 239, 245)
_FAINT: Color = (150, 160, 178)
_DIM: Color = (98, 107, 124)
_SIDES: dict[str, Color] = {"You": (86, 156, 236), "Opponent": (235, 110, 95)}
_HEALTHY: Color = (78, 190, 108)
_HURT: Color = (236, 184, 64)
_CRITICAL: Color = (228, 82, 76)
_RAISED: Color = (60, 128, 84)
_LOWERED: Color = (146, 62, 64)
_STATUSES: dict[str, Color] = {
    "BRN": (206, 92, 52),
    "PAR": (184, 146, 32),
    "SLP": (112, 118, 136),
    "FRZ": (74, 150, 196),
    "PSN": (146, 78, 170),
    "TOX": (118, 52, 148),
}
_TYPES: dict[str, Color] = {
    "Normal": (134, 134, 112),
    "Fire": (222, 108, 44),
    "Water": (72, 122, 218),
    "Electric": (204, 164, 24),
    "Grass": (86, 164, 62),
    "Ice": (84, 168, 174),
    "Fighting": (184, 54, 50),
    "Poison": (148, 64, 152),
    "Ground": (176, 136, 68),
    "Flying": (126, 122, 208),
    "Psychic": (222, 78, 122),
    "Bug": (138, 152, 34),
    "Rock": (158, 138, 62),
    "Ghost": (104, 84, 146),
    "Dragon": (94, 62, 214),
    "Dark": (98, 78, 68),
    "Steel": (128, 132, 156),
    "Fairy": (204, 116, 158),
    "Stellar": (56, 152, 140),
}
_MARGIN = 10
_COLUMN = (WIDTH - 3 * _MARGIN) / 2  # width of one side
_LINE = 17  # height of a message
_MESSAGE_LINES = 8  # in each of the two columns


def board_image(scene: Scene) -> NDArray[np.uint8]:
    """Draw the board.

    Returns:
        `(500, 800, 3)` picture.

    Raises:
        RenderError: Pillow is not installed.
    """
    try:
        from PIL import Image, ImageDraw
    except ImportError as error:
        raise RenderError(
            "render_mode='rgb_array' draws with Pillow, which is not installed: pip install 'pokeenv[render]'"
        ) from error
    image = Image.new("RGB", (WIDTH * _SCALE, HEIGHT * _SCALE), _BACKGROUND)
    painter = _Painter(ImageDraw.Draw(image))
    painter.header(scene)
    for index, side in enumerate((scene.own, scene.opposing)):
        painter.side(side, _MARGIN + index * (_COLUMN + _MARGIN))
    painter.messages(scene.messages)
    return np.array(image.reduce(_SCALE), dtype=np.uint8)


@lru_cache(maxsize=32)
def _font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.load_default(size * _SCALE)


class _Painter:
    """Draws the parts of the board; all positions are in pixels."""

    def __init__(self, draw: ImageDraw.ImageDraw) -> None:
        self._draw = draw

    # Parts of the board, from the top.

    def header(self, scene: Scene) -> None:
        self._panel((0, 0, WIDTH, 34), _PANEL, radius=0)
        turn = "" if scene.phase == "Team Preview" else f"Turn {scene.turn}"
        right = self._text(turn, _MARGIN, 17, 17)
        if scene.phase:
            right = self._text(scene.phase, right + (12 if turn else 0), 17, 14, _HURT)
        if scene.result:
            right = self._chip(scene.result, right + 12, 17, _result_color(scene.result), size=14)
        title = self._fitting(scene.title, 12, WIDTH / 3)
        left = WIDTH - _MARGIN - self._width(title, 12)
        self._text(title, left, 17, 12, _FAINT)
        for effect in reversed(scene.field):
            left -= self._width(effect, 12) + 24
            self._chip(effect, left, 17, (70, 84, 120))

    def side(self, side: Side, left: float) -> None:
        color = _SIDES.get(side.title, _FAINT)
        right = self._text(side.title, left, 49, 14, color)
        self._conditions(side.conditions, right + 10, left + _COLUMN)
        plate = (left, 62, left + _COLUMN, 200)
        self._panel(plate, _PLATE)
        self._panel((left, 62, left + 4, 200), color, radius=2)
        if not side.actives:
            self._text("nobody on the field", left + 14, 131, 14, _FAINT)
        elif not side.actives[0].place:
            self._active(side.actives[0], left + 14, 62, left + _COLUMN - 10)
        for pokemon in side.actives:
            if pokemon.place:
                middle = left + 14 + (_COLUMN - 14) / 2
                start = left + 14 if pokemon.place == "left" else middle
                self._narrow_active(pokemon, start, 62, start + (_COLUMN - 14) / 2 - 10)
        self._bench(side, left, 208)

    def messages(self, messages: Sequence[str]) -> None:
        top = 336
        self._panel((_MARGIN, top, WIDTH - _MARGIN, HEIGHT - _MARGIN), _PANEL)
        lines = self._wrapped(messages, 13, WIDTH - 4 * _MARGIN)
        if len(lines) > _MESSAGE_LINES:
            lines = self._wrapped(messages, 13, _COLUMN - 2 * _MARGIN)
        space = 2 * _MESSAGE_LINES
        if len(lines) > space:
            lines = [("...", 0), *lines[-space + 1 :]]
        for index, (line, indent) in enumerate(lines):
            column, row = divmod(index, _MESSAGE_LINES)
            x = 2 * _MARGIN + column * (_COLUMN + _MARGIN) + indent
            self._text(line, x, top + 14 + row * _LINE, 13, _FAINT if indent else _TEXT)

    # Parts of a side.

    def _conditions(self, conditions: Iterable[str], left: float, right: float) -> None:
        for condition in conditions:
            if left + self._width(condition, 11) + 12 > right:
                return
            left = self._chip(condition, left, 49, (74, 66, 92), size=11) + 4

    def _active(self, pokemon: Pokemon, left: float, top: float, right: float) -> None:
        chips = [(name, _TYPES.get(name, _DIM)) for name in pokemon.types]
        if pokemon.tera_type:
            label = f"Tera {pokemon.tera_type}"
            color = _TYPES.get(pokemon.tera_type, _DIM)
            chips = [(label, color)] if pokemon.terastallized else [*chips, (label, _ROW)]
        edge = right - sum(self._width(name, 11) + 14 for name, _ in chips)
        x = edge
        for name, color in chips:
            x = self._chip(name, x, top + 19, color, size=11) + 2
        name = self._fitting(pokemon.name, 19, edge - left - 50)
        end = self._text(name, left, top + 19, 19)
        self._text(f"L{pokemon.level}", end + 8, top + 21, 13, _FAINT)
        self._health(pokemon, left, top + 45, right)
        facts = " · ".join(filter(None, (pokemon.ability, pokemon.item)))
        self._text(self._fitting(facts, 12, right - left), left, top + 67, 12, _FAINT)
        self._state(pokemon, left, top + 90, right)
        self._moves(pokemon, left, top + 107, right, columns=4)

    def _narrow_active(self, pokemon: Pokemon, left: float, top: float, right: float) -> None:
        """One of two active Pokémon, side by side."""
        name = self._fitting(pokemon.name, 15, right - left - 36)
        end = self._text(name, left, top + 14, 15)
        self._text(f"L{pokemon.level}", end + 6, top + 15, 11, _FAINT)
        x = left
        for label in () if pokemon.terastallized else pokemon.types:
            x = self._chip(label, x, top + 33, _TYPES.get(label, _DIM), size=10) + 2
        tera = f"Tera {pokemon.tera_type}"
        if pokemon.tera_type and x + self._width(tera, 10) + 12 <= right:
            color = _TYPES.get(pokemon.tera_type, _DIM) if pokemon.terastallized else _ROW
            self._chip(tera, x, top + 33, color, size=10)
        self._health(pokemon, left, top + 51, right)
        facts = " · ".join(filter(None, (pokemon.ability, pokemon.item)))
        self._text(self._fitting(facts, 11, right - left), left, top + 66, 11, _FAINT)
        self._state(pokemon, left, top + 80, right)
        self._moves(pokemon, left, top + 88, right, columns=2)

    def _moves(self, pokemon: Pokemon, left: float, top: float, right: float, *, columns: int) -> None:
        width = (right - left - 5 * (columns - 1)) / columns
        for index, move in enumerate(pokemon.moves):
            row, column = divmod(index, columns)
            self._move(move, left + column * (width + 5), top + 24 * row, width)

    def _health(self, pokemon: Pokemon, left: float, y: float, right: float) -> None:
        end = right - 42
        if pokemon.status:
            end -= self._width(pokemon.status, 11) + 18
        self._bar(pokemon.hp, (left, y - 6, end, y + 6))
        text = "fainted" if pokemon.fainted else f"{pokemon.hp:.0%}"
        x = self._text(text, end + 8, y, 13)
        if pokemon.status:
            color = _STATUSES.get(pokemon.status.split()[0], _DIM)
            self._chip(pokemon.status, max(x + 6, end + 48), y, color, size=11)

    def _state(self, pokemon: Pokemon, left: float, y: float, right: float) -> None:
        chips = [
            (f"{label} {stage:+d}", _RAISED if stage > 0 else _LOWERED)
            for label, stage in pokemon.boosts.items()
        ]
        chips += [(volatile, (84, 74, 110)) for volatile in pokemon.volatiles]
        for text, color in chips:
            if left + self._width(text, 11) + 12 > right:
                self._text("...", left, y, 12, _FAINT)
                return
            left = self._chip(text, left, y, color, size=11) + 4

    def _move(self, move: Move, left: float, top: float, width: float) -> None:
        color = _TYPES.get(move.type, _DIM) if move.usable else (62, 68, 82)
        self._panel((left, top, left + width, top + 23), color, radius=4)
        size = next((size for size in (12, 11, 10) if self._width(move.name, size) <= width - 8), 9)
        name = self._fitting(move.name, size, width - 6)
        x = left + (width - self._width(name, size)) / 2
        self._text(name, x, top + 10, size, _TEXT if move.usable else _FAINT)
        line = (left + 5, top + 19, left + width - 5, top + 21)
        self._panel(line, _mixed(color, _TRACK), radius=1)
        if move.pp > 0:
            self._panel(
                (line[0], line[1], line[0] + (width - 10) * move.pp / move.max_pp, line[3]), _TEXT, radius=0
            )

    def _bench(self, side: Side, left: float, top: float) -> None:
        width, height = (_COLUMN - 6) / 2, 36
        members: list[Pokemon | None] = [*side.bench, *[None] * side.unknown]
        for index, pokemon in enumerate(members[:6]):
            column, row = index % 2, index // 2
            x, y = left + column * (width + 6), top + row * (height + 5)
            self._panel((x, y, x + width, y + height), _ROW, radius=5)
            if pokemon is None:
                self._text("not seen yet", x + 10, y + height / 2, 12, _DIM)
            else:
                self._bench_plate(pokemon, x + 10, y, x + width - 8)

    def _bench_plate(self, pokemon: Pokemon, left: float, top: float, right: float) -> None:
        color = _DIM if pokemon.fainted else _TEXT
        level = f"L{pokemon.level}"
        name = self._fitting(pokemon.name, 13, right - left - 76)
        end = self._text(name, left, top + 12, 13, color)
        end = self._text(level, end + 5, top + 13, 10, _DIM) + 6
        text = "fainted" if pokemon.fainted else f"{pokemon.hp:.0%}"
        self._text(text, right - self._width(text, 11), top + 12, 11, _DIM if pokemon.fainted else _FAINT)
        if pokemon.status:
            self._chip(pokemon.status[:3], end, top + 12, _STATUSES.get(pokemon.status[:3], _DIM), size=9)
        self._bar(pokemon.hp, (left, top + 24, right, top + 30))

    # Shapes.

    def _panel(self, box: Box, color: Color, radius: float = 7) -> None:
        left, top, right, bottom = (round(_SCALE * edge) for edge in box)
        # Pillow counts the last row and column in.
        self._draw.rounded_rectangle((left, top, right - 1, bottom - 1), _SCALE * radius, fill=color)

    def _bar(self, fraction: float, box: Box) -> None:
        left, top, right, bottom = box
        radius = (bottom - top) / 2
        self._panel(box, _TRACK, radius)
        if fraction > 0:
            # Never so short that the rounded ends overlap.
            end = left + max(bottom - top, (right - left) * min(1.0, fraction))
            self._panel((left, top, end, bottom), _health_color(fraction), radius)

    def _chip(self, text: str, left: float, y: float, color: Color, *, size: int = 12) -> float:
        """Draw a label on a coloured background; return the position of its right end."""
        right = left + self._width(text, size) + 12
        half = size / 2 + 4
        self._panel((left, y - half, right, y + half), color, radius=4)
        self._text(text, left + 6, y, size)
        return right

    def _text(self, text: str, left: float, y: float, size: int, color: Color = _TEXT) -> float:
        """Draw text centred at height `y`; return the position of its right end."""
        place = (_SCALE * left, _SCALE * y)
        self._draw.text(place, _plain(text), font=_font(size), fill=color, anchor="lm")
        return left + self._width(text, size)

    def _width(self, text: str, size: int) -> float:
        return float(self._draw.textlength(_plain(text), font=_font(size))) / _SCALE

    def _fitting(self, text: str, size: int, width: float) -> str:
        """The text, shortened to its beginning if it does not fit the width."""
        if self._width(text, size) <= width:
            return text
        while text and self._width(f"{text}...", size) > width:
            text = text[:-1]
        return f"{text.rstrip()}..."

    def _wrapped(self, messages: Sequence[str], size: int, width: float) -> list[tuple[str, int]]:
        """Lines of messages, each with its indentation in pixels."""
        lines: list[tuple[str, int]] = []
        for message in messages:
            indent = 14 if message.startswith(" ") else 0
            line = ""
            for word in message.split():
                longer = f"{line} {word}".lstrip()
                if line and self._width(longer, size) > width - indent:
                    lines.append((line, indent))
                    indent = 14
                    longer = word
                line = longer
            lines.append((line, indent))
        return lines


@lru_cache(maxsize=4096)
def _plain(text: str) -> str:
    """The text without accents, which Pillow's font lacks."""
    return "".join(
        letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter)
    )


def _health_color(fraction: float) -> Color:
    # The games' own limits: a half and a fifth.
    return _HEALTHY if fraction > 0.5 else _HURT if fraction > 0.2 else _CRITICAL


def _result_color(result: str) -> Color:
    if "won" in result:
        return _RAISED
    return _LOWERED if "lost" in result else _DIM


def _mixed(first: Color, second: Color) -> Color:
    red, green, blue = ((a + b) // 2 for a, b in zip(first, second, strict=True))
    return red, green, blue
