// Looking things up by name: upstream makes an id of every name (two passes over the text) at every look-up.

import { replace } from "./replace.mjs";

// There are some 2,000 names; what users type in may be anything, so the tables end somewhere.
const MAX_NAMES = 20_000;

/** @param {import("./index.mjs").Classes} classes */
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
 * `get` of a table of the dex that remembers the names of what exists: upstream keeps that for ever, frozen,
 * so it is the same object every time.
 *
 * @param {any} original
 */
function makeGet(original) {
  const NAMES = Symbol("what has been looked up");
  return /** @this {any} */ function get(/** @type {any} */ name) {
    if (typeof name !== "string") return original.call(this, name);
    /** @type {Map<string, any>} */
    const names = (this[NAMES] ??= new Map());
    const known = names.get(name);
    if (known !== undefined) return known;
    const found = original.call(this, name);
    if (found.exists && Object.isFrozen(found) && names.size < MAX_NAMES) names.set(name, found);
    return found;
  };
}
