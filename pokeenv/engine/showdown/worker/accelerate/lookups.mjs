// Speeds up look-ups by name: the stock methods convert the name to an id every time, in two passes over the text.

import { replace } from "./replace.mjs";

/** @import { SimEffect } from "../showdown/types.mjs" */

// There are about 2,000 names. Users may enter any text, so the tables have a limit.
const MAX_NAMES = 20_000;

/** Replace `get` of the dex's tables. @param {import("./index.mjs").Classes} classes */
export function accelerateLookups({ Dex }) {
  const tables = /** @type {const} */ ([
    [Dex.moves, "e0c806ee26b3df0a"],
    [Dex.items, "e0c806ee26b3df0a"],
    [Dex.abilities, "d7679ec992c8952a"],
    [Dex.species, "1ae58b7d6616c0d3"],
    [Dex.conditions, "54f6826d39af0812"],
    [Dex.types, "9c68e0ee66681f44"],
    [Dex.natures, "9c68e0ee66681f44"],
  ]);
  for (const [table, digest] of tables) replace(Object.getPrototypeOf(table), "get", digest, makeGet);
}

/**
 * `get` of a table of the dex that caches entries by name. Entries are frozen and kept by the stock table, so every
 * look-up returns the same object.
 *
 * @param {import("./replace.mjs").Method} original
 */
function makeGet(original) {
  const NAMES = Symbol("entries by name");
  return /** @this {any} */ function get(/** @type {unknown} */ name) {
    if (typeof name !== "string") return original.call(this, name);
    /** @type {Map<string, SimEffect>} */
    const names = (this[NAMES] ??= new Map());
    const known = names.get(name);
    if (known !== undefined) return known;
    const found = original.call(this, name);
    if (found.exists && Object.isFrozen(found) && names.size < MAX_NAMES) names.set(name, found);
    return found;
  };
}
