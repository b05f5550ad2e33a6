// Pressure: the additional PP that a move costs.

import { allyOf, find } from "./roster.mjs";
import { abilityOf, currentMoves, isSuppressed } from "./state.mjs";

/** @typedef {import("./state.mjs").State} State */
/** @typedef {import("./state.mjs").Pokemon} Pokemon */

const UNPRESSURED_TARGETS = new Set(
  "self allies allySide adjacentAlly adjacentAllyOrSelf allyTeam foeSide".split(" "),
);
const AREA_TARGETS = new Set("all allAdjacent allAdjacentFoes".split(" "));
/** @type {Pokemon[]} */
const NOBODY = [];

/**
 * The Pokémon whose Pressure costs a PP more each.
 *
 * @param {State} state
 * @param {Pokemon} pokemon
 * @param {string} id
 * @param {string} target ident, "" without target
 * @returns {Pokemon[]}
 */
export function pressure(state, pokemon, id, target) {
  const foes = everyPressure(state, pokemon);
  if (foes.length === 0) return NOBODY;
  const { target: aim, flags } = state.tables.dex.moves.get(id);
  if (flags.mustpressure) return foes;
  if (UNPRESSURED_TARGETS.has(aim)) return NOBODY;
  if (id === "curse" && !pokemon.types.includes("Ghost")) return NOBODY;
  const aimed = find(state, target);
  if (state.actives > 1 && !AREA_TARGETS.has(aim)) return foes.filter((foe) => foe === aimed);
  return aimed === pokemon && aim !== "all" ? NOBODY : foes;
}

/** Count a PP for a Pressure. @param {Pokemon} foe @param {Pokemon} user @param {import("./state.mjs").MoveSlot} slot */
export function countPressure(foe, user, slot) {
  slot.ppUsed += 1;
  slot.uncertainPp += 1;
  user.changes += 1;
  foe.saved?.pressured.push({ user, slot });
}

/**
 * The Pokémon whose Pressure has cost a PP if a two-turn move is aimed at it; its first turn does not show the target.
 *
 * @param {State} state
 * @param {Pokemon} pokemon
 * @param {string} id
 * @returns {Pokemon[]}
 */
export function possiblePressure(state, pokemon, id) {
  const one = state.actives > 1 && !AREA_TARGETS.has(state.tables.dex.moves.get(id).target);
  return one ? everyPressure(state, pokemon) : NOBODY;
}

/**
 * Count a PP for the target of a two-turn move, once it is shown, if the target had Pressure in the first turn.
 *
 * @param {State} state
 * @param {Pokemon} pokemon the user
 * @param {string} target ident
 */
export function countPressureOfTarget(state, pokemon, target) {
  const { twoturnmove } = pokemon.volatiles;
  const foe = find(state, target);
  if (!foe || !twoturnmove.pressing.includes(foe)) return;
  twoturnmove.pressing = NOBODY;
  const id = twoturnmove.caller || twoturnmove.move;
  const slot = currentMoves(pokemon).find((known) => known.id === id);
  if (slot) countPressure(foe, pokemon, slot);
}

/** The Pokémon with a Pressure that may cost a user PP. @param {State} state @param {Pokemon} pokemon the user @returns {Pokemon[]} */
function everyPressure(state, pokemon) {
  let foes = NOBODY;
  for (const foe of state.sides[1 - pokemon.side].active) {
    if (foe && hasPressure(state, foe)) foes = [...foes, foe];
  }
  const ally = state.gen <= 4 && state.actives > 1 ? allyOf(state, pokemon) : null;
  return ally && hasPressure(state, ally) ? [...foes, ally] : foes;
}

/** @param {State} state @param {Pokemon} pokemon */
function hasPressure(state, pokemon) {
  return pokemon.hp > 0 && abilityOf(state, pokemon) === "pressure" && !isSuppressed(state, pokemon);
}
