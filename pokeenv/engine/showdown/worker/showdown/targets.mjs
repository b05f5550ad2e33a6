// Kinds of moves by the simulator's name of their target.

/** Moves that can hit the ally. */
export const AT_ALLY = new Set(
  "normal any allAdjacent adjacentAlly adjacentAllyOrSelf allies allyTeam".split(" "),
);

/** Moves that hit several Pokémon at once. */
export const SPREAD = new Set("allAdjacent allAdjacentFoes".split(" "));
