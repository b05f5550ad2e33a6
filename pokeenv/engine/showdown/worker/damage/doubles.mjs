// What damage depends on only in doubles: the number of targets, and the abilities of the other Pokémon.

import { SPREAD } from "../showdown/targets.mjs";

/** @typedef {import("./fighters.mjs").Fighter} Fighter */
/** @typedef {import("./fighters.mjs").Ground} Ground */

/** @import { CalcField, CalcMove } from "../showdown/types.mjs" */

/** Moves that the calculator itself makes spread moves, in a terrain or for a forme. */
const SOMETIMES_SPREAD = new Set(["Expanding Force", "Tera Starstorm"]);

/** The calculator's flags of a side that abilities set for their ally. @type {Record<string, string>} */
const FOR_ALLY = {
  "Friend Guard": "isFriendGuard",
  Battery: "isBattery",
  "Power Spot": "isPowerSpot",
  "Steely Spirit": "isSteelySpirit",
  "Flower Gift": "isFlowerGift",
};
/** The calculator's flags of the field that abilities set for all. @type {Record<string, string>} */
const FOR_ALL = {
  "Fairy Aura": "isFairyAura",
  "Dark Aura": "isDarkAura",
  "Aura Break": "isAuraBreak",
  "Sword of Ruin": "isSwordOfRuin",
  "Beads of Ruin": "isBeadsOfRuin",
  "Tablets of Ruin": "isTabletsOfRuin",
  "Vessel of Ruin": "isVesselOfRuin",
};
const IGNORES_ABILITIES = new Set(["Mold Breaker", "Teravolt", "Turboblaze"]);

/**
 * Take over the effects of the ally's ability.
 *
 * @param {Fighter} fighter
 * @param {Fighter} ally
 * @param {number} generation
 */
export function support(fighter, ally, generation) {
  const { ability } = ally;
  const flag = FOR_ALLY[ability];
  if (flag) {
    fighter.side[flag] = true;
    fighter.key += flag;
  }
  const charged = ability === "Plus" || ability === "Minus";
  // Up to generation 4, Plus needs Minus and Minus needs Plus.
  if (charged && (generation > 4 || ability !== fighter.ability)) {
    fighter.abilityOn ||= fighter.ability === "Plus" || fighter.ability === "Minus";
    fighter.key += ability;
  }
}

/**
 * The field with the abilities that work on all Pokémon, and with the number of Pokémon on both sides.
 *
 * @param {Ground} ground
 * @param {(Fighter | null)[]} fighters all on the field
 * @param {number[]} numbers Pokémon on the own and on the opposing side
 * @returns {Ground}
 */
export function crowded(ground, fighters, numbers) {
  /** @type {Record<string, boolean>} */
  const auras = {};
  for (const fighter of fighters) {
    const flag = fighter && FOR_ALL[fighter.ability];
    if (flag) auras[flag] = true;
  }
  const key = `${ground.key},${numbers.join("/")},${Object.keys(auras).sort().join("/")}`;
  return { ...ground, key, auras, numbers };
}

/**
 * Set the type of game, and the number of targets by the target of the move.
 *
 * The calculator takes every spread move of doubles to hit several Pokémon.
 *
 * @param {CalcMove} move changed for this calculation
 * @param {CalcField} field changed
 * @param {number[]} numbers see `crowded`
 * @param {Fighter} attacker
 */
export function spreadOut(move, field, numbers, attacker) {
  field.gameType = "Doubles";
  if (IGNORES_ABILITIES.has(attacker.ability)) field.defenderSide.isFriendGuard = false;
  const foes = numbers[1 - attacker.which];
  const others = move.target === "allAdjacent" ? foes + numbers[attacker.which] - 1 : foes;
  if (others > 1) return;
  // Screens then count as in singles, since the calculator has one switch for both.
  if (SOMETIMES_SPREAD.has(move.name)) field.gameType = "Singles";
  else if (SPREAD.has(move.target)) move.target = "normal";
}
