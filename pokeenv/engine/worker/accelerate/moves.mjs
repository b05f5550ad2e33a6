// Copies of moves: a move in use is a deep copy of a frozen one, and most of it is plain.

import { replace } from "./replace.mjs";

/** @param {import("./index.mjs").Classes} classes */
export function accelerateMoves({ Dex }) {
  replace(Object.getPrototypeOf(Dex), "getActiveMove", "d75c255b5adb1022", makeGetActiveMove);
}

/**
 * `ModdedDex.getActiveMove` that copies a move's plain properties at once and only its nested ones one by one;
 * which are nested is found once per move. (A compiled constructor per move is slower: docs/log.md.)
 *
 * @param {any} original
 */
function makeGetActiveMove(original) {
  /** @type {WeakMap<object, string[]>} */
  const nestedKeys = new WeakMap();
  return /** @this {any} */ function getActiveMove(/** @type {any} */ move) {
    if (move && typeof move.hit === "number") return move;
    move = this.moves.get(move);
    let nested = nestedKeys.get(move);
    if (nested === undefined) {
      if (!Object.isFrozen(move)) return original.call(this, move);
      nested = Object.keys(move).filter((key) => move[key] !== null && typeof move[key] === "object");
      nestedKeys.set(move, nested);
    }
    const copy = Object.assign(Object.create(Object.getPrototypeOf(move)), move);
    for (const key of nested) copy[key] = this.deepClone(move[key]);
    copy.hit = 0;
    return copy;
  };
}
