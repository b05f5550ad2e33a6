"""The 26 actions of singles, numbered as in poke-env.

====== =====================================================================
action meaning
====== =====================================================================
0-5    switch to the own team member in slot 0-5 (Team Preview: pick it next)
6-9    use move 0-3 of the active Pokémon
10-13  the same with Mega Evolution (or Ultra Burst)
14-17  the same as a Z-move
18-21  the same with Dynamax
22-25  the same with Terastallization
====== =====================================================================

A move outside the four (Struggle, Recharge, generation 1's Fight) is action 6 if it is the only choice.
The worker turns actions into Showdown choices (`engine/showdown/worker/seat/choices.mjs`).
"""

from __future__ import annotations

from pokeenv.actions.space import Action, ActionSpace

NUM_SWITCHES = 6
NUM_MOVES = 4
GIMMICKS = ("", "mega", "zmove", "dynamax", "terastallize")

SINGLES = ActionSpace(
    "singles",
    (
        *(Action("switch", slot) for slot in range(NUM_SWITCHES)),
        *(Action("move", slot, gimmick) for gimmick in GIMMICKS for slot in range(NUM_MOVES)),
    ),
)
"""`Discrete(26)`, the action space of every singles format."""
NUM_ACTIONS = SINGLES.num_actions
