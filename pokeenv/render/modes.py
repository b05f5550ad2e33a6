"""Rendering by mode: what `render()` of every environment gives."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pokeenv.engine import EmbeddedShowdown
from pokeenv.render.ansi import board_text
from pokeenv.render.image import board_image
from pokeenv.render.scene import Scene, make_scene

Frame = str | NDArray[np.uint8]
"""Text, or a picture `(500, 800, 3)`."""

_RENDERERS: dict[str, Callable[[Scene], Frame]] = {"ansi": board_text, "rgb_array": board_image}

RENDER_MODES = tuple(_RENDERERS)


def check_render_mode(render_mode: str | None) -> None:
    """Refuse an unknown mode.

    Raises:
        ValueError: it is neither None nor one of `RENDER_MODES`.
    """
    if render_mode is not None and render_mode not in _RENDERERS:
        raise ValueError(f"render_mode={render_mode!r}; allowed: None, {list(RENDER_MODES)}")


def render_frame(engine: EmbeddedShowdown, row: int, render_mode: str, *, forfeited: bool = False) -> Frame:
    """What one row of an engine sees now.

    Args:
        engine: hosts the battle.
        row: `2 * battle + seat`.
        render_mode: one of `RENDER_MODES`.
        forfeited: the seat has given up.

    Raises:
        RenderError: a package that draws is missing.
    """
    return _RENDERERS[render_mode](make_scene(engine, row, forfeited=forfeited))
