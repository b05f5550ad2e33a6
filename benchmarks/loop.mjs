// The simulator's bare loop: random legal choices, no observation.

import { createRequire } from "node:module";
import { join } from "node:path";
import { accelerate } from "../pokeenv/engine/showdown/worker/accelerate/index.mjs";
import { fillChoices, NUM_ACTIONS } from "../pokeenv/engine/showdown/worker/seat/choices.mjs";

/**
 * Load the simulator for one format.
 *
 * @param {string} simulatorPath folder that holds node_modules
 * @param {string} formatId
 * @param {boolean | string[]} accelerations all, none, or some by name
 * @returns {() => number} plays the next battle and returns its number of decisions
 */
export function makeLoop(simulatorPath, formatId, accelerations) {
  const load = createRequire(join(simulatorPath, "package.json"));
  accelerate(load, accelerations);
  const { Dex } = load("pokemon-showdown/dist/sim/dex");
  const { Battle } = load("pokemon-showdown/dist/sim/battle");
  const { Teams } = load("pokemon-showdown/dist/sim/teams");
  const { PRNG } = load("pokemon-showdown/dist/sim/prng");
  const format = Dex.formats.get(formatId);
  const prng = new PRNG("1,2,3,4");
  const slots = [0, 1, 2, 3, 4, 5];
  const choices = new Array(NUM_ACTIONS).fill(null);
  const seed = () => Array.from({ length: 4 }, () => prng.random(0x10000)).join(",");

  return function playBattle() {
    const player = () => ({ name: "player", team: Teams.generate(format, { seed: seed() }) });
    const battle = new Battle({ format, formatid: formatId, seed: seed(), p1: player(), p2: player() });
    let decisions = 0;
    while (!battle.ended) {
      for (const side of battle.sides) {
        const { activeRequest } = side;
        if (!activeRequest || side.isChoiceDone()) continue;
        decisions += 1;
        if (!fillChoices(activeRequest, slots, [], choices)) {
          side.autoChoose();
        } else {
          const legal = choices.filter((choice) => choice !== null);
          battle.choose(side.id, legal[prng.random(legal.length)]);
        }
      }
      if (!battle.ended && battle.allChoicesDone() && battle.requestState) battle.commitChoices();
    }
    return decisions;
  };
}

/** CPU time of this process, in seconds. */
export function cpuSeconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
