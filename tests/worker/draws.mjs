// Prints draws of hidden sets, each from a new prior and from one that other battles have used before.
//
// Usage: node draws.mjs < START, where START is JSON: worker_start() of pokeenv/engine/showdown/worker_config.py with
// `formats` (one), `usage` (statistics or null), `before` and `shown`: what is known of Pokémon in other battles and in this
// one. Prints {"fresh": [SET, ...], "later": [SET, ...]} for each Pokémon of `shown`.

import { readFileSync } from "node:fs";
import { Imagination } from "../../pokeenv/engine/showdown/worker/imagine/imagine.mjs";
import { loadSimulator } from "../../pokeenv/engine/showdown/worker/showdown/simulator.mjs";
import { setUp } from "../../pokeenv/engine/showdown/worker/world.mjs";

const start = JSON.parse(readFileSync(0, "utf8"));
const context = setUp({ ...start, format: start.formats[0] }, loadSimulator(start.simulatorPath, start));
const { PRNG } = context.simulator;
const DRAWS = 10;

/** @param {any[]} others @param {any} shown */
function draws(others, shown) {
  const imagination = new Imagination(
    /** @type {any} */ ({ ...context, turnLimit: 1000 }),
    /** @type {any} */ (null),
  );
  imagination.believe({ teams: [], usage: start.usage });
  const prior = imagination.makePrior();
  const random = new PRNG("1,2,3,4");
  const whole = (/** @type {any} */ part) => ({
    ...{ gender: "", moves: [], item: "", ability: "", teraType: "", excludes: () => false },
    ...part,
  });
  for (const other of others) prior.draw(whole(other), new PRNG("5,6,7,8"));
  return Array.from({ length: DRAWS }, () => prior.draw(whole(shown), random));
}

for (const shown of start.shown)
  console.log(JSON.stringify({ fresh: draws([], shown), later: draws(start.before, shown) }));
