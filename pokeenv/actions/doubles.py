"""The 107 actions of one Pokémon in doubles, numbered as one slot of poke-env's `DoublesEnv`.

======= =====================================================================
action  meaning
======= =====================================================================
0       pass: leave the switch to the other Pokémon
1-6     switch to the own team member in slot 0-5 (Team Preview: pick it next)
7-26    use move 0-3 of the deciding Pokémon, five actions for each move
27-46   the same with Mega Evolution (or Ultra Burst)
47-66   the same as a Z-move
67-86   the same with Dynamax
87-106  the same with Terastallization
======= =====================================================================

The five actions of a move are its targets, numbered as in Showdown: -2 and -1 are the own right and left
Pokémon, 1 and 2 the opposing left and right one, 0 no target: the move has none to choose. A move outside the
four (Struggle, Recharge) is action 9, move 0 without target, when it is the only choice.
The worker turns actions into Showdown choices (`engine/showdown/worker/seat/choices_doubles.mjs`).
"""

from __future__ import annotations

from pokeenv.actions.singles import GIMMICKS, NUM_MOVES, NUM_SWITCHES
from pokeenv.actions.space import Action, ActionSpace

TARGETS = (-2, -1, 0, 1, 2)

DOUBLES = ActionSpace(
    "doubles",
    (
        Action("pass", 0),
        *(Action("switch", slot) for slot in range(NUM_SWITCHES)),
        *(
            Action("move", slot, gimmick, target)
            for gimmick in GIMMICKS
            for slot in range(NUM_MOVES)
            for target in TARGETS
        ),
    ),
    actives=2,
)
"""`Discrete(107)`, the action space of every doubles format: the decision of one of two Pokémon."""
