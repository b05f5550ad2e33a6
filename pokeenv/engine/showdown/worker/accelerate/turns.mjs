// The end of a turn: upstream copies every move of every active Pokémon to ask whether it disables itself.

import { rewrite } from "./replace.mjs";

/** @param {import("./index.mjs").Classes} classes */
export function accelerateTurns({ Battle }) {
  rewrite(
    Battle.prototype,
    "endTurn",
    "dbe256ed5a233162",
    [["this.dex.getActiveMove(moveSlot.id)", "moveToAsk(this.dex, moveSlot.id)"]],
    { moveToAsk },
  );
}

/**
 * A move to read; a copy only if it has the callback that could change it.
 *
 * @param {any} dex
 * @param {string} id
 */
function moveToAsk(dex, id) {
  const move = dex.moves.get(id);
  return move.onDisableMove === undefined ? move : dex.getActiveMove(id);
}
