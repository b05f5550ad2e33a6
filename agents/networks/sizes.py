"""Counts that follow from the observation's layout and the action space."""

from pokeenv import LAYOUT, SINGLES

NUM_POKEMON = (LAYOUT.size - LAYOUT.field_size) // LAYOUT.pokemon_size  # both teams, own first
TEAM_SIZE = NUM_POKEMON // 2
MOVES_PER_POKEMON = (LAYOUT.pokemon_size - len(LAYOUT.pokemon_block)) // LAYOUT.move_size
NUM_MOVE_VARIANTS = (
    SINGLES.num_actions - TEAM_SIZE
) // MOVES_PER_POKEMON  # plain and with each of the four gimmicks
