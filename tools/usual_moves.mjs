// Prints the moves of the sets that the simulator generates for random battles, a line for each generation.
//
// Usage: node usual_moves.mjs < START, where START is JSON: worker_start() of pokeenv/engine/showdown/worker_config.py with
// `formats`. A line is {"gen", "moves": {ID: [TYPE, POWER, PHYSICAL, ACCURACY]}, "species": {ID: {MOVE: SHARE}}}: the moves
// with the numbers of the observation, and for each forme the share of its sets that have them.

import { readFileSync } from "node:fs";
import { Prior } from "../pokeenv/engine/showdown/worker/imagine/prior.mjs";
import { DexTables, Vocabulary } from "../pokeenv/engine/showdown/worker/showdown/dex_tables.mjs";
import { loadSimulator } from "../pokeenv/engine/showdown/worker/showdown/simulator.mjs";

const SETS = 192; // of each forme of the generator, made in batches of 48

const start = JSON.parse(readFileSync(0, "utf8"));
const simulator = loadSimulator(start.simulatorPath, start);

for (const name of start.formats) {
  const prior = new Prior(simulator, simulator.Dex.formats.get(name));
  const tables = new DexTables(prior.dex, new Vocabulary(start.vocabulary));
  /** @type {Record<string, Record<string, number>>} */
  const species = {};
  /** @type {Record<string, number[]>} */
  const moves = {};
  for (const [base, keys] of prior.keys) {
    const sets = prior.sample(base, SETS * keys.length);
    for (const [forme, ofForme] of Map.groupBy(sets, (sample) => sample.forme)) {
      /** @type {Record<string, number>} */
      const shares = (species[prior.dex.species.get(forme).id] = {});
      for (const id of ofForme.flatMap((sample) => sample.moves)) {
        const { category, type, power, accuracy } = tables.move(id);
        moves[id] = [type, power, Number(category === "Physical"), accuracy];
        shares[id] = (shares[id] ?? 0) + 1 / ofForme.length;
      }
    }
  }
  console.log(JSON.stringify({ gen: prior.dex.gen, moves, species }));
}
