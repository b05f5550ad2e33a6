// Speeds up loading a dex: the learnsets are loaded at their first use.
//
// They are a third of a dex's data, and only the validator of teams and some generators of teams use them.

import { edited, replace } from "./replace.mjs";

/** @import { SimDex } from "../showdown/types.mjs" */

const LATE = "Learnsets";

/** Replace the loader of a dex's data. @param {import("./index.mjs").Classes} classes */
export function accelerateLearnsets({ Dex }) {
  replace(Object.getPrototypeOf(Dex), "loadData", "af25c2ae4e1026f7", (original) => {
    const types = dataTypes(original);
    if (!types.includes(LATE)) throw new Error(`the simulator's dex has no ${LATE}: ${types.join(", ")}`);
    const loadLate = edited(
      original,
      [
        ["if (this.dataCache) return this.dataCache;", ""],
        ["this.gen = dataCache.Scripts.gen;", ""],
        ["this.dataCache = dataCache;", `return dataCache.${LATE};`],
      ],
      { dexes: Dex.dexes, DATA_TYPES: [LATE] },
    );
    return edited(
      original,
      // A mod's own code, which runs next, may read the learnsets; no earlier code does.
      [["this.dataCache = dataCache;", "this.dataCache = addLate(this, dataCache);"]],
      {
        dexes: Dex.dexes,
        DATA_TYPES: types.filter((type) => type !== LATE),
        addLate: (/** @type {SimDex} */ dex, /** @type {object} */ data) =>
          addLate(data, () => loadLate.call(dex)),
      },
    );
  });
}

/**
 * The kinds of data that the stock method loads, in its order, found by a call with a dex that has no data.
 *
 * @param {import("./replace.mjs").Method} loadData
 * @returns {string[]}
 */
function dataTypes(loadData) {
  /** @type {string[]} */
  const asked = [];
  loadData.call({
    dataDir: "",
    isBase: true,
    formats: { all: () => [] },
    includeFormats() {},
    loadDataFile(/** @type {string} */ _, /** @type {string} */ type) {
      asked.push(type);
      return type === "Scripts" ? { gen: 9 } : {};
    },
  });
  return asked.slice(1); // the scripts are loaded first as well
}

/**
 * Give data an entry that is loaded at its first use.
 *
 * @param {object} data
 * @param {() => unknown} load
 */
function addLate(data, load) {
  const keep = (/** @type {unknown} */ value) =>
    Object.defineProperty(data, LATE, { value, writable: true, enumerable: true, configurable: true });
  return Object.defineProperty(data, LATE, {
    get: () => {
      const value = load();
      keep(value);
      return value;
    },
    set: keep,
    enumerable: true,
    configurable: true,
  });
}
