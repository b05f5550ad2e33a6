// Requests: what they say of a Pokémon on the bench seldom changes, and is not put together anew.

import { expectSource, replace } from "./replace.mjs";

/** @param {import("./index.mjs").Classes} classes */
export function accelerateRequests({ Pokemon }) {
  expectSource("Pokemon", Pokemon, "0739da3ffe48813c"); // getHealth is made by its constructor
  replace(Pokemon.prototype, "getSwitchRequestData", "03788dfb5fa9ea02", makeGetSwitchRequestData);
}

/** Moves whose ids in a request carry a type or a power. */
const VARYING = new Set(["hiddenpower", "return", "frustration"]);

const SAID = Symbol("what the last request said of a Pokémon");

/**
 * @typedef {object} Said
 * @property {any} entry
 * @property {number} hp
 * @property {number} maxhp
 * @property {string} status
 */

/**
 * `Pokemon.getSwitchRequestData` that gives the same entry again while it would say the same: nothing ever
 * changes an entry.
 *
 * @param {any} original
 */
function makeGetSwitchRequestData(original) {
  return /** @this {any} */ function getSwitchRequestData(/** @type {any} */ forAlly) {
    if (forAlly) return original.call(this, forAlly);
    /** @type {Said | undefined} */
    const said = this[SAID];
    if (said !== undefined && isStillTrue(said, this)) return said.entry;
    const entry = original.call(this, forAlly);
    if (isKept(this)) this[SAID] = { entry, hp: this.hp, maxhp: this.maxhp, status: this.status };
    return entry;
  };
}

/** True if `isStillTrue` notices every change of an entry. @param {any} pokemon */
function isKept(pokemon) {
  const { dex, format } = pokemon.battle;
  if (dex.data.Scripts.pokemon?.getHealth || format.pokemon?.getHealth) return false;
  return !pokemon.moveSlots.some((/** @type {any} */ slot) => VARYING.has(slot.id));
}

/** @param {Said} said @param {any} pokemon */
function isStillTrue({ entry, hp, maxhp, status }, pokemon) {
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
  return battle.gen < 9 || isStillTrueOfNine(entry, pokemon);
}

/** The entries that generation 9 added. @param {any} entry @param {any} pokemon */
function isStillTrueOfNine(entry, pokemon) {
  const { side, volatiles, fainted, isActive, position } = pokemon;
  return (
    entry.commanding === (!!volatiles.commanding && !fainted) &&
    entry.reviving === (isActive && !!side.slotConditions[position].revivalblessing) &&
    (entry.teraType === undefined ||
      (entry.teraType === pokemon.teraType && entry.terastallized === (pokemon.terastallized || "")))
  );
}
