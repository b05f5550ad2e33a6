"""The observation: one table of fields, from which all other descriptions are made.

`LAYOUT` gives the Gymnasium space, the decoder, the documentation table and, as JSON, the offsets
to which the worker's encoder writes. One flat float32 vector holds, in this order:

* the field block: turn, request, weather, terrain, rooms, both sides' hazards and screens, and the
  state that only an active Pokémon has (boosts, volatiles), in doubles once for each of two;
* six blocks for the own team in team order (in singles, action `i` switches to block `i`);
* six blocks for the opposing team in the order in which it was revealed.

Every Pokémon block ends with four move blocks. Identifiers (species, move, item, ability, type)
are exact small integers for embedding tables; 0 means "unknown or none".
"""

from pokeenv.observation.decode import decode
from pokeenv.observation.docs import layout_markdown
from pokeenv.observation.fields import BlockBuilder, Field, Kind, Vocabulary
from pokeenv.observation.kinds import (
    DOUBLES_LAYOUTS,
    LAYOUTS,
    ObservationKind,
    check_readable,
    largest_kind,
    make_layout,
    observation_kind_of,
    slice_for,
    wrong_game,
)
from pokeenv.observation.layout import DOUBLES_LAYOUT, LAYOUT, OBS_SIZE, Layout
from pokeenv.observation.names import (
    AIMS,
    BOOSTS,
    DOUBLES_VOLATILES,
    EXTENDED_SCREENS,
    GIMMICKS,
    GMAX_DAMAGE,
    HAZARDS,
    MOVES_PER_POKEMON,
    NAMES,
    PLACES,
    ROOMS,
    SCREENS,
    STATS,
    STATUSES,
    TEAM_SIZE,
    TERRAINS,
    TIMED_VOLATILES,
    TURN_GUARDS,
    VOCABULARY,
    VOLATILES,
    WEATHERS,
)
from pokeenv.observation.units import natural, write_natural

__all__ = [
    "AIMS",
    "BOOSTS",
    "DOUBLES_LAYOUT",
    "DOUBLES_LAYOUTS",
    "DOUBLES_VOLATILES",
    "EXTENDED_SCREENS",
    "GIMMICKS",
    "GMAX_DAMAGE",
    "HAZARDS",
    "LAYOUT",
    "LAYOUTS",
    "MOVES_PER_POKEMON",
    "NAMES",
    "OBS_SIZE",
    "PLACES",
    "ROOMS",
    "SCREENS",
    "STATS",
    "STATUSES",
    "TEAM_SIZE",
    "TERRAINS",
    "TIMED_VOLATILES",
    "TURN_GUARDS",
    "VOCABULARY",
    "VOLATILES",
    "WEATHERS",
    "BlockBuilder",
    "Field",
    "Kind",
    "Layout",
    "ObservationKind",
    "Vocabulary",
    "check_readable",
    "decode",
    "largest_kind",
    "layout_markdown",
    "make_layout",
    "natural",
    "observation_kind_of",
    "slice_for",
    "write_natural",
    "wrong_game",
]
