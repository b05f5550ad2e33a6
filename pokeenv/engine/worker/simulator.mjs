// Loads the pinned npm packages from the folder in which pokeenv installed them.

import { createRequire } from "node:module";
import { join } from "node:path";

/**
 * @param {string} simulatorPath folder that holds node_modules
 */
export function loadSimulator(simulatorPath) {
  const require = createRequire(join(simulatorPath, "package.json"));
  const { Dex } = require("pokemon-showdown/dist/sim/dex");
  const { Battle } = require("pokemon-showdown/dist/sim/battle");
  const { Teams } = require("pokemon-showdown/dist/sim/teams");
  const { Generations } = require("@pkmn/data");
  const client = require("@pkmn/client");
  const { Protocol } = require("@pkmn/protocol");
  // Whatever the simulator can play exists; the default predicate hides unobtainable data.
  const generations = new Generations(Dex, (/** @type {any} */ data) => data.exists);
  return { Dex, Battle, Teams, Protocol, client, generations };
}

/** @typedef {ReturnType<typeof loadSimulator>} Simulator */
