// The simulator's bare loop: random legal choices, no observation.

import { createRequire } from "node:module";
import { join } from "node:path";
import { accelerate } from "../pokeenv/engine/showdown/worker/accelerate/index.mjs";
import { fillChoices } from "../pokeenv/engine/showdown/worker/seat/choices.mjs";
import { fillDoubleChoices, PASS } from "../pokeenv/engine/showdown/worker/seat/choices_doubles.mjs";
import { numActions } from "../pokeenv/engine/showdown/worker/seat/seat.mjs";

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
  const actives = format.gameType === "doubles" ? 2 : 1;
  /** @type {(string | null)[]} */
  const choices = new Array(numActions(actives)).fill(null);
  /** @param {any} request @param {string[]} made choices of the Pokémon before it */
  const fill = (request, made) =>
    actives > 1 ? fillDoubleChoices(request, slots, made, choices) : fillChoices(request, slots, [], choices);
  const seed = () => Array.from({ length: 4 }, () => prng.random(0x10000)).join(",");

  return function playBattle() {
    const player = () => ({ name: "player", team: Teams.generate(format, { seed: seed() }) });
    const battle = new Battle({ format, formatid: formatId, seed: seed(), p1: player(), p2: player() });
    let decisions = 0;
    while (!battle.ended) {
      for (const side of battle.sides) {
        const { activeRequest } = side;
        if (!activeRequest || side.isChoiceDone()) continue;
        /** @type {string[]} */
        const made = [];
        while (made.length < actives) {
          fill(activeRequest, made);
          const legal = choices.filter((choice) => choice !== null);
          if (!legal.length) break;
          if (actives === 1 || legal.length > 1 || choices[PASS] === null) decisions += 1;
          made.push(legal[prng.random(legal.length)]);
        }
        if (made.length === actives) {
          battle.choose(side.id, made.join(", "));
        } else {
          decisions += 1;
          side.autoChoose();
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
