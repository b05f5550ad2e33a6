// Loads the pinned npm packages from the folder in which pokeenv installed them.

import { createRequire } from "node:module";
import { join } from "node:path";
import { accelerate } from "./accelerate.mjs";

/**
 * @param {string} simulatorPath folder that holds node_modules
 * @param {{accelerated: boolean}} options whether to replace slow methods; results are the same
 */
export function loadSimulator(simulatorPath, { accelerated }) {
  const require = createRequire(join(simulatorPath, "package.json"));
  const { Dex } = require("pokemon-showdown/dist/sim/dex");
  const { Battle } = require("pokemon-showdown/dist/sim/battle");
  const { Teams } = require("pokemon-showdown/dist/sim/teams");
  const { TeamValidator } = require("pokemon-showdown/dist/sim/team-validator");
  const { Pokemon } = require("pokemon-showdown/dist/sim/pokemon");
  const { Side } = require("pokemon-showdown/dist/sim/side");
  if (accelerated) accelerate({ Battle, Dex, Pokemon, Side });
  const { Generations } = require("@pkmn/data");
  const client = require("@pkmn/client");
  const { Protocol } = require("@pkmn/protocol");
  // Whatever the simulator can play exists; the default predicate hides unobtainable data.
  const generations = new Generations(Dex, (/** @type {any} */ data) => data.exists);
  return { Dex, Battle, Teams, TeamValidator, Protocol, client, generations };
}

/** @typedef {ReturnType<typeof loadSimulator>} Simulator */
