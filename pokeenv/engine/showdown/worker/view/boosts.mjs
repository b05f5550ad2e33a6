// Messages about stat stages.

import { learnCause } from "./effects.mjs";
import { addVolatile } from "./moves.mjs";
import { requireKnown } from "./roster.mjs";
import { wholeNumber } from "./state.mjs";

/** @typedef {import("./state.mjs").Pokemon} Pokemon */
/** @typedef {import("./messages.mjs").Handler} Handler */

/** @type {Handler} */
export function boost(state, args, kwArgs) {
  const pokemon = requireKnown(state, args[1]);
  const { boosts } = pokemon;
  const stat = statOf(args[2]);
  const amount = wholeNumber(args[3]) * (args[0] === "-unboost" ? -1 : 1);
  boosts[stat] = Math.max(-6, Math.min(6, boosts[stat] + amount));
  if (!kwArgs.silent) learnCause(state, pokemon, kwArgs);
}

/** @type {Handler} */
export function setBoost(state, args, kwArgs) {
  const pokemon = requireKnown(state, args[1]);
  const amount = Math.max(-6, Math.min(6, wholeNumber(args[3])));
  pokemon.boosts[statOf(args[2])] = amount;
  learnCause(state, pokemon, kwArgs);
}

/** @type {Handler} */
export function swapBoost(state, args) {
  const [one, two] = [requireKnown(state, args[1]).boosts, requireKnown(state, args[2]).boosts];
  for (const stat of boostNames(args[3])) [one[stat], two[stat]] = [two[stat], one[stat]];
}

/** @type {Handler} */
export function copyBoost(state, args, kwArgs) {
  const [pokemon, model] = [requireKnown(state, args[1]), requireKnown(state, args[2])];
  learnCause(state, pokemon, kwArgs);
  for (const stat of boostNames(args[3])) pokemon.boosts[stat] = model.boosts[stat];
  if (state.gen < 6) return;
  for (const id of ["dragoncheer", "focusenergy", "gmaxchistrike", "laserfocus"]) {
    if (model.volatiles[id]) addVolatile(pokemon, id);
    else delete pokemon.volatiles[id];
  }
}

const ALL_BOOSTS = /** @type {const} */ (["atk", "def", "spa", "spd", "spe", "accuracy", "evasion"]);

/** The stats of a list. @param {string} [text] such as "atk, spa"; all stats if absent */
function boostNames(text) {
  return text ? text.split(", ").map(statOf) : ALL_BOOSTS;
}

/** A stat that has stages. @param {string} name */
function statOf(name) {
  const stat = /** @type {(typeof ALL_BOOSTS)[number]} */ (name);
  if (!ALL_BOOSTS.includes(stat)) throw new Error(`unknown stat "${name}"`);
  return stat;
}

/** Change every stage. @param {Pokemon} pokemon @param {(stage: number) => number} change */
export function mapBoosts(pokemon, change) {
  for (const stat of ALL_BOOSTS) pokemon.boosts[stat] = change(pokemon.boosts[stat]);
}

/** @type {Handler} */
export function clearAllBoosts(state) {
  for (const { active } of state.sides) {
    for (const pokemon of active) if (pokemon) mapBoosts(pokemon, () => 0);
  }
}
