// Teams that a format's validator accepts, for campaigns in formats whose players bring their teams.

import { existsSync, readdirSync, readFileSync } from "node:fs";

/** @typedef {any} SimSet */

const FOLDER = new URL("../../config/teams/", import.meta.url);
const TRIES = 400;
const NAMES = ["One", "Two", "Three", "Four", "Five", "Six"]; // nicknames, which a Team Preview does not show

/**
 * The repository's teams of a format, and valid teams of sets of the simulator's generators: of its Battle Factory's if
 * there is one, else of its random battles'.
 *
 * @param {import("../../pokeenv/engine/showdown/worker/showdown/simulator.mjs").Simulator} simulator
 * @param {any} format
 * @param {number} count
 * @param {() => string} nextSeed
 * @returns {string[]} packed
 */
export function validTeams(simulator, format, count, nextSeed) {
  const found = writtenTeams(simulator, format);
  for (let attempt = 0; found.length < count && attempt < TRIES; attempt++) {
    const team = generatedTeam(simulator, format, nextSeed());
    if (team) found.push(team);
  }
  if (!found.length) throw new Error(`no valid team of ${format.id} was found`);
  return found;
}

/** @param {any} simulator @param {any} format @returns {string[]} */
function writtenTeams({ Teams }, { id }) {
  const folder = new URL(`${id}/`, FOLDER);
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((name) => {
    const text = readFileSync(new URL(name, folder), "utf8");
    return Teams.pack(Teams.import(text.replace(/^===.*===\s*/, "")));
  });
}

/**
 * @param {any} simulator
 * @param {any} format
 * @param {string} seed
 * @returns {string | null} packed; null if the validator refuses it
 */
function generatedTeam({ Dex, Teams, TeamValidator }, format, seed) {
  const { gen } = Dex.forFormat(format);
  const rules = Dex.formats.getRuleTable(format);
  const validator = TeamValidator.get(format);
  const factory = Dex.formats.get(
    rules.adjustLevel === 50 ? `gen${gen}bssfactory` : `gen${gen}battlefactory`,
  );
  const source = factory.exists ? factory : Dex.formats.get(`gen${gen}randombattle`);
  const level = Math.min(100, rules.maxLevel);
  const members = Teams.getGenerator(source, seed)
    .getTeam()
    .map((/** @type {SimSet} */ set) => ({ ...set, level }));
  // Single members that the format does not allow are left out.
  const team = members.filter(
    (/** @type {SimSet} */ set) => !validator.validateSet({ ...set, moves: [...set.moves] }, {}),
  );
  team.forEach((/** @type {SimSet} */ set, /** @type {number} */ index) => (set.name = NAMES[index]));
  return team.length >= Math.max(3, rules.minTeamSize) && !validator.validateTeam(team)
    ? Teams.pack(team)
    : null;
}
