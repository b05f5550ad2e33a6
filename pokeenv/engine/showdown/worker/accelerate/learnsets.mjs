// Which moves each species could learn is a third of a dex's data, and nothing but the validator of teams
// and some generators of them ever asks: it is loaded when somebody does.

import { edited, replace } from "./replace.mjs";

const LATE = "Learnsets";

/** @param {import("./index.mjs").Classes} classes */
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
      // Where a mod's own code may ask for it: nothing that runs before reads it.
      [["this.dataCache = dataCache;", "this.dataCache = addLate(this, dataCache);"]],
      {
        dexes: Dex.dexes,
        DATA_TYPES: types.filter((type) => type !== LATE),
        addLate: (/** @type {any} */ dex, /** @type {object} */ data) =>
          addLate(data, () => loadLate.call(dex)),
      },
    );
  });
}

/**
 * The kinds of data that upstream loads, in its order: what it asks for when there is nothing to load.
 *
 * @param {any} loadData
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
  return asked.slice(1); // the scripts come first, once more
}

/**
 * Give data an entry that is loaded when it is first read.
 *
 * @param {object} data
 * @param {() => any} load
 */
function addLate(data, load) {
  const keep = (/** @type {any} */ value) =>
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
