// Speeds up requests: the entry of a Pokémon on the bench is made again only after a change.

import { expectSource, replace } from "./replace.mjs";

/** Replace the method that makes entries of requests. @param {import("./index.mjs").Classes} classes */
export function accelerateRequests({ Pokemon }) {
  expectSource("Pokemon", Pokemon, "0739da3ffe48813c"); // getHealth is made by its constructor
  replace(Pokemon.prototype, "getSwitchRequestData", "03788dfb5fa9ea02", makeGetSwitchRequestData);
}

/** @import { SimPokemon, TeamEntry } from "../showdown/types.mjs" */

/** Moves whose ids in a request include a type or a power. */
const VARYING = new Set(["hiddenpower", "return", "frustration"]);

export const LAST = Symbol("entry of the last request about a Pokémon");

/**
 * @typedef {object} LastEntry a Pokémon's entry in the last request, with the HP and status that it shows
 * @property {TeamEntry & Record<string, any>} entry
 * @property {number} hp
 * @property {number} maxhp
 * @property {string} status
 */

/**
 * `Pokemon.getSwitchRequestData` that returns the last entry while it is current. No code changes an entry.
 *
 * @param {import("./replace.mjs").Method} original
 */
function makeGetSwitchRequestData(original) {
  return /** @this {SimPokemon} */ function getSwitchRequestData(/** @type {boolean} */ forAlly) {
    if (forAlly) return original.call(this, forAlly);
    /** @type {LastEntry | undefined} */
    const last = this[LAST];
    if (last !== undefined && isCurrent(last, this)) return last.entry;
    const entry = original.call(this, forAlly);
    if (isCacheable(this)) this[LAST] = { entry, hp: this.hp, maxhp: this.maxhp, status: this.status };
    return entry;
  };
}

/** True if `isCurrent` notices every change of an entry. @param {SimPokemon} pokemon */
function isCacheable(pokemon) {
  const { dex, format } = pokemon.battle;
  if (dex.data.Scripts.pokemon?.getHealth || format.pokemon?.getHealth) return false;
  return !pokemon.moveSlots.some((/** @type {{id: string}} */ slot) => VARYING.has(slot.id));
}

/** @param {LastEntry} last @param {SimPokemon} pokemon */
function isCurrent({ entry, hp, maxhp, status }, pokemon) {
  const { stats, moves } = entry;
  const { baseStoredStats, moveSlots, side, battle } = pokemon;
  if (
    hp !== pokemon.hp ||
    maxhp !== pokemon.maxhp ||
    status !== pokemon.status ||
    entry.ident !== pokemon.fullname ||
    entry.details !== pokemon.details ||
    entry.active !== pokemon.position < side.active.length ||
    stats.atk !== baseStoredStats.atk ||
    stats.def !== baseStoredStats.def ||
    stats.spa !== baseStoredStats.spa ||
    stats.spd !== baseStoredStats.spd ||
    stats.spe !== baseStoredStats.spe ||
    entry.baseAbility !== pokemon.baseAbility ||
    entry.item !== pokemon.item ||
    entry.pokeball !== pokemon.pokeball ||
    moves.length !== moveSlots.length
  ) {
    return false;
  }
  for (let index = 0; index < moves.length; index++) {
    if (moves[index] !== moveSlots[index].id) return false;
  }
  if (battle.gen > 6 && entry.ability !== pokemon.ability) return false;
  return battle.gen < 9 || hasCurrentGeneration9Fields(entry, pokemon);
}

/** True if the properties that generation 9 added are current. @param {LastEntry["entry"]} entry @param {SimPokemon} pokemon */
function hasCurrentGeneration9Fields(entry, pokemon) {
  const { side, volatiles, fainted, isActive, position } = pokemon;
  return (
    entry.commanding === (!!volatiles.commanding && !fainted) &&
    entry.reviving === (isActive && !!side.slotConditions[position].revivalblessing) &&
    (entry.teraType === undefined ||
      (entry.teraType === pokemon.teraType && entry.terastallized === (pokemon.terastallized || "")))
  );
}
