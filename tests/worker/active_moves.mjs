// Compares the accelerated copies of moves with the stock ones.
//
// Usage: node active_moves.mjs SIMULATOR_PATH MOD ...   (or "all")
// Prints {"moves": n, "differing": ["MOD: MOVE", ...], "shared": [...]}; "shared" lists the moves whose copies share an
// object with the move or with another copy.

import { createRequire } from "node:module";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { accelerate } from "../../pokeenv/engine/showdown/worker/accelerate/index.mjs";

const [simulatorPath, ...names] = process.argv.slice(2);
const require = createRequire(join(simulatorPath, "package.json"));
const { ModdedDex, Dex } = require("pokemon-showdown/dist/sim/dex");
const { prototype } = ModdedDex;
const stock = prototype.getActiveMove;
accelerate(require, ["moves"]);
const quick = prototype.getActiveMove;

/** Properties that have a value: copies have the properties of all moves. @param {object} move */
const valued = (move) => Object.fromEntries(Object.entries(move).filter(([, value]) => value !== undefined));

/** True if two values contain one object. @param {any} a @param {any} b @returns {boolean} */
function share(a, b) {
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return false;
  return a === b || Object.keys(a).some((key) => share(a[key], b[key]));
}

const differing = [];
const shared = [];
let moves = 0;
for (const mod of names[0] === "all" ? Object.keys(Dex.dexes) : names) {
  const dex = Dex.mod(mod);
  for (const move of dex.moves.all()) {
    if (move.gen > dex.gen) continue;
    moves += 1;
    const copies = [quick.call(dex, move.id), quick.call(dex, move.id)];
    if (!isDeepStrictEqual(valued(copies[0]), valued(stock.call(dex, move.id))))
      differing.push(`${mod}: ${move.id}`);
    if (
      Object.keys(move).some(
        (key) => share(move[key], copies[0][key]) || share(copies[0][key], copies[1][key]),
      )
    )
      shared.push(`${mod}: ${move.id}`);
  }
}
console.log(JSON.stringify({ moves, differing, shared }));
