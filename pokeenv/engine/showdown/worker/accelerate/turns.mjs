// Speeds up the end of a turn, where the stock simulator copies every move of the active Pokémon to find disabled ones.

import { rewrite } from "./replace.mjs";

/** Edit the method that ends a turn. @param {import("./index.mjs").Classes} classes */
export function accelerateTurns({ Battle }) {
  rewrite(
    Battle.prototype,
    "endTurn",
    "dbe256ed5a233162",
    [["this.dex.getActiveMove(moveSlot.id)", "readableMove(this.dex, moveSlot.id)"]],
    { readableMove },
  );
}

/**
 * A move to read; a copy only if it has the callback that could change it.
 *
 * @param {import("../showdown/types.mjs").SimDex} dex
 * @param {string} id
 */
function readableMove(dex, id) {
  const move = dex.moves.get(id);
  return move.onDisableMove === undefined ? move : dex.getActiveMove(id);
}
