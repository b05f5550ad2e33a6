"""Battles for language models: a seat's view as text, and actions read from answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pokeenv.actions import legal_actions
from pokeenv.errors import ChoiceError
from pokeenv.render.ansi import board_text
from pokeenv.render.reading import scene_of
from pokeenv.render.scene import Scene

_NUMBER = re.compile(r"(?<![\w.-])\d+(?!\w|\.\d)")
_MARKED = re.compile(r"\b(?:choice|action|answer)\b(?:\W|is\b){0,8}(\d+)(?!\w|\.\d)", re.IGNORECASE)


def describe(view: Scene | Mapping[str, NDArray[Any]]) -> str:
    """A seat's view as text for language models; `docs/text.md` describes it.

    Args:
        view: an observation of an environment, or a scene, which holds the last turn's messages too.
    """
    return board_text(view if isinstance(view, Scene) else scene_of(view), bars=False)


def parse_choice(text: str, action_mask: NDArray[np.int8]) -> int:
    """The action that an answer in words chooses.

    The last number after "choice", "action" or "answer" counts; without such a word, the answer must hold one
    number alone.

    Args:
        text: an answer such as `"Choice: 6"` or `"I switch to Pikachu, so 3."`.
        action_mask: `(A,)`, non-zero where legal.

    Raises:
        ChoiceError: the answer holds no number, several, or one that is not legal.
    """
    legal = legal_actions(action_mask)
    options = ", ".join(map(str, legal)) or "none"
    ending = f"end it with 'Choice: N', where N is one of: {options}"
    marked = _MARKED.findall(text)
    numbers = set(marked[-1:] or _NUMBER.findall(text))
    if not numbers:
        raise ChoiceError(f"the answer holds no number; {ending}")
    if len(numbers) > 1:
        raise ChoiceError(f"the answer holds several numbers ({', '.join(sorted(numbers))}); {ending}")
    number = numbers.pop()
    if number not in map(str, legal):
        raise ChoiceError(f"{number} is not a legal choice now; the legal ones are: {options}")
    return int(number)
