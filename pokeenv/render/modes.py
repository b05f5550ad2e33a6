"""Render modes: the forms of a picture of a battle."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pokeenv.render.ansi import board_text
from pokeenv.render.image import board_image
from pokeenv.render.scene import Scene

Frame = str | NDArray[np.uint8]
"""Text, or a picture `(500, 800, 3)`."""

_RENDERERS: dict[str, Callable[[Scene], Frame]] = {"ansi": board_text, "rgb_array": board_image}

RENDER_MODES = tuple(_RENDERERS)


def check_render_mode(render_mode: str | None) -> None:
    """Refuse an unknown mode.

    Raises:
        ValueError: the mode is neither None nor one of `RENDER_MODES`.
    """
    if render_mode is not None and render_mode not in _RENDERERS:
        raise ValueError(f"render_mode={render_mode!r}; allowed: None, {list(RENDER_MODES)}")


def render_frame(scene: Scene, render_mode: str) -> Frame:
    """A scene in the form of a render mode.

    Args:
        scene: the scene.
        render_mode: one of `RENDER_MODES`.

    Raises:
        RenderError: a package for pictures is missing.
    """
    return _RENDERERS[render_mode](scene)
