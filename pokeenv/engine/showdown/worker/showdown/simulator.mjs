// Loads the pinned npm packages from the folder in which pokeenv installed them.

import { createRequire } from "node:module";
import { join } from "node:path";
import { accelerate } from "../accelerate/index.mjs";

/**
 * Load the simulator, accelerated or stock. Results are the same.
 *
 * @param {string} simulatorPath folder that holds node_modules
 * @param {{accelerated: boolean | string[]}} options all accelerations, none, or some by name
 */
export function loadSimulator(simulatorPath, { accelerated }) {
  // Not named "require", since the type checker would look for the packages, which are there at run time only.
  const load = createRequire(join(simulatorPath, "package.json"));
  accelerate(load, accelerated);
  const { Dex } = load("pokemon-showdown/dist/sim/dex");
  const { Battle } = load("pokemon-showdown/dist/sim/battle");
  const { PRNG } = load("pokemon-showdown/dist/sim/prng");
  const { Teams } = load("pokemon-showdown/dist/sim/teams");
  const { TeamValidator } = load("pokemon-showdown/dist/sim/team-validator");
  const { Generations } = load("@pkmn/data");
  const client = load("@pkmn/client");
  const { Protocol } = load("@pkmn/protocol");
  // Everything that the simulator can play exists; the default predicate hides unobtainable data.
  const generations = new Generations(Dex, (/** @type {{exists: boolean}} */ data) => data.exists);
  // Only narration needs it, so the first narrated battle loads it.
  const loadLogFormatter = () => load("@pkmn/view").LogFormatter;
  const parts = { Dex, Battle, PRNG, Teams, TeamValidator, Protocol, client, generations, loadLogFormatter };
  return { path: simulatorPath, ...parts };
}

/** @typedef {ReturnType<typeof loadSimulator>} Simulator */

/** The id by which the simulator finds a format again, custom rules included. @param {import("./types.mjs").SimFormat} format @returns {string} */
export function formatIdOf({ id, customRules }) {
  return customRules ? `${id}@@@${customRules.join(",")}` : id;
}
