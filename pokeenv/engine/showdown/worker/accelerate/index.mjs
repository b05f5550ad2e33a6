// Accelerates the simulator, with exactly the same results.
//
// Each subject below replaces methods of the simulator by faster ones that do the same in the same order. A replacement
// refuses any source that it was not written for. A mod that has its own version of a method keeps it.

import { accelerateEvents } from "./events.mjs";
import { accelerateLearnsets } from "./learnsets.mjs";
import { accelerateLookups } from "./lookups.mjs";
import { accelerateMoves } from "./moves.mjs";
import { accelerateRequests } from "./requests.mjs";
import { accelerateShapes } from "./shapes.mjs";
import { accelerateTeams } from "./teams.mjs";
import { accelerateTurns } from "./turns.mjs";

/** @typedef {any} Class a class of the simulator */

/**
 * @typedef {object} Classes the simulator's classes and objects whose methods are replaced
 * @property {Class} Battle
 * @property {Class} BattleActions
 * @property {Class} BattleQueue
 * @property {import("../showdown/types.mjs").SimDex} Dex the base dex
 * @property {Class} Field
 * @property {Class} Pokemon
 * @property {Class} PRNG
 * @property {Class} Side
 * @property {Record<string, any>} Teams
 * @property {(text: any) => string} toID
 */

/** @type {Record<string, (classes: Classes) => void>} */
const SUBJECTS = {
  events: accelerateEvents,
  learnsets: accelerateLearnsets,
  lookups: accelerateLookups,
  moves: accelerateMoves,
  requests: accelerateRequests,
  shapes: accelerateShapes,
  teams: accelerateTeams,
  turns: accelerateTurns,
};

/** The accelerations by name. */
export const ACCELERATIONS = Object.keys(SUBJECTS);

/**
 * Replace methods of the simulator's classes.
 *
 * @param {NodeJS.Require} require that finds the simulator's package
 * @param {boolean | string[]} wanted all, none, or the names of some of ACCELERATIONS
 */
export function accelerate(require, wanted) {
  const names = wanted === true ? ACCELERATIONS : wanted || [];
  if (names.length === 0) return;
  const sim = (/** @type {string} */ name) => require(`pokemon-showdown/dist/sim/${name}`);
  const classes = {
    ...sim("battle"),
    ...sim("battle-actions"),
    ...sim("battle-queue"),
    ...sim("dex"),
    ...sim("field"),
    ...sim("pokemon"),
    ...sim("prng"),
    ...sim("side"),
    ...sim("teams"),
  };
  for (const name of names) {
    const subject = SUBJECTS[name];
    if (!subject) throw new Error(`no acceleration "${name}"; there are: ${ACCELERATIONS.join(", ")}`);
    subject(classes);
  }
}
