// Compares the accelerated dexes of mods with the unpatched ones.
//
// Usage: node learnsets.mjs SIMULATOR_PATH MOD ...   (or "all")
// Prints {"mods": n, "species": n, "early": [...], "differing": [...]}; "early" lists the mods that loaded their
// learnsets with the rest of their data.

import { createRequire } from "node:module";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { accelerate } from "../../pokeenv/engine/showdown/worker/accelerate/index.mjs";

const [simulatorPath, ...names] = process.argv.slice(2);
const require = createRequire(join(simulatorPath, "package.json"));

/** The data of each mod, in a newly loaded simulator. @param {boolean} accelerated */
function loadData(accelerated) {
  for (const name of Object.keys(require.cache)) delete require.cache[name];
  if (accelerated) accelerate(require, ["learnsets"]);
  const { dexes } = require("pokemon-showdown/dist/sim/dex").Dex;
  const mods = names[0] === "all" ? Object.keys(dexes) : names;
  return new Map(mods.map((mod) => [mod, dexes[mod].data]));
}

const isLate = (/** @type {object} */ data) =>
  Object.getOwnPropertyDescriptor(data, "Learnsets")?.get !== undefined;

const plain = loadData(false);
const quick = loadData(true);
const early = [...quick].filter(([, data]) => !isLate(data)).map(([mod]) => mod);
const differing = [];
let species = 0;
for (const [mod, expected] of plain) {
  const found = quick.get(mod);
  const kinds = Object.keys(expected);
  if (!isDeepStrictEqual(kinds.toSorted(), Object.keys(found).toSorted())) differing.push(`${mod}: kinds`);
  for (const kind of kinds) {
    const sameKeys = isDeepStrictEqual(Object.keys(expected[kind]), Object.keys(found[kind]));
    const same = kind !== "Learnsets" || isDeepStrictEqual(expected[kind], found[kind]);
    if (!sameKeys || !same) differing.push(`${mod}: ${kind}`);
  }
  species += Object.keys(expected.Learnsets).length;
}
console.log(JSON.stringify({ mods: plain.size, species, early, differing }));
