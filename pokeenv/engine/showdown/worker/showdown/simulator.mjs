// Loads the pinned npm packages from the folder in which pokeenv installed them.

import { createRequire } from "node:module";
import { join } from "node:path";
import { accelerate } from "../accelerate/index.mjs";

/**
 * @param {string} simulatorPath folder that holds node_modules
 * @param {{accelerated: boolean | string[]}} options whether to replace slow methods, or the names of those
 *     accelerations that are wanted; results are the same
 */
export function loadSimulator(simulatorPath, { accelerated }) {
  // Not named "require": the type checker would look for the packages, which are there at run time only.
  const load = createRequire(join(simulatorPath, "package.json"));
  accelerate(load, accelerated);
  const { Dex } = load("pokemon-showdown/dist/sim/dex");
  const { Battle } = load("pokemon-showdown/dist/sim/battle");
  const { Teams } = load("pokemon-showdown/dist/sim/teams");
  const { TeamValidator } = load("pokemon-showdown/dist/sim/team-validator");
  const { Generations } = load("@pkmn/data");
  const client = load("@pkmn/client");
  const { Protocol } = load("@pkmn/protocol");
  // Whatever the simulator can play exists; the default predicate hides unobtainable data.
  const generations = new Generations(Dex, (/** @type {any} */ data) => data.exists);
  // Loaded by the first battle that somebody looks at.
  const loadLogFormatter = () => load("@pkmn/view").LogFormatter;
  return { Dex, Battle, Teams, TeamValidator, Protocol, client, generations, loadLogFormatter };
}

/** @typedef {ReturnType<typeof loadSimulator>} Simulator */
