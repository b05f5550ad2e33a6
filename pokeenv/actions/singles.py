"""The 26 actions of singles, numbered as in poke-env, and their names.

====== =====================================================================
action meaning
====== =====================================================================
0-5    switch to the own team member in slot 0-5 (team preview: pick it next)
6-9    use move 0-3 of the active Pokémon
10-13  the same with Mega Evolution (or Ultra Burst)
14-17  the same as a Z-move
18-21  the same with Dynamax
22-25  the same with Terastallization
====== =====================================================================

A move that stands alone and is not one of the four (Struggle, Recharge, generation 1's Fight) is
action 6.
The worker turns actions into Showdown choices (``engine/worker/choices.mjs``).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NUM_ACTIONS = 26
NUM_SWITCHES = 6
NUM_MOVES = 4
GIMMICKS = ("", "mega", "zmove", "dynamax", "terastallize")
NO_ACTION = -1
"""What a row that does not act is given."""


def action_name(action: int) -> str:
    """Name of an action, such as ``"switch 2"`` or ``"move 1 terastallize"``.

    Raises:
        ValueError: the action is not in ``[0, 26)``.
    """
    if not 0 <= action < NUM_ACTIONS:
        raise ValueError(f"action {action} is not in [0, {NUM_ACTIONS})")
    if action < NUM_SWITCHES:
        return f"switch {action}"
    gimmick, move = divmod(action - NUM_SWITCHES, NUM_MOVES)
    return f"move {move} {GIMMICKS[gimmick]}".rstrip()


def legal_actions(action_mask: NDArray[np.int8]) -> list[int]:
    """Indices of the legal actions of one ``(26,)`` mask."""
    return [int(action) for action in np.flatnonzero(action_mask)]
