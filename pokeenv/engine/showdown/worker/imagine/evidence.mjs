// Items and abilities that a Pokémon cannot have, since they would have acted visibly by now.

import { abilityOf, isItemSuspended, isSuppressed } from "../view/state.mjs";
import { effectOf } from "../view/effects.mjs";

/** @typedef {import("../view/state.mjs").State} State */
/** @typedef {import("../view/state.mjs").Pokemon} Pokemon */
/** @typedef {import("../view/effects.mjs").KwArgs} KwArgs */

const CHOICE_ITEMS = ["choiceband", "choicescarf", "choicespecs"];
const HAZARDS = new Set(["stealthrock", "spikes", "gmaxsteelsurge"]);
/** Abilities that are announced whenever their Pokémon enters, from generation 5 on. */
const ANNOUNCED = ["moldbreaker", "pressure", "teravolt", "turboblaze", "unnerve"];
/** Abilities with which a Life Orb may not hurt its holder. */
const WITHOUT_RECOIL = new Set(["magicguard", "sheerforce", "klutz"]);

/** Items and abilities that a Pokémon cannot have. */
export class Evidence {
  constructor() {
    /** Ids of items. @type {Set<string>} */
    this.items = new Set();
    /** Ids of abilities. @type {Set<string>} */
    this.abilities = new Set();
    /** HP when the end of the turn began; 0 if it was not on the field. */
    this.hpBefore = 0;
    /** True while a Life Orb would still hurt it for its last hit. */
    this.hasHit = false;
    /** True if its item has become another one. */
    this.itemChanged = false;
    /** Moves between which a Choice item would not have let it choose. @type {Set<string>} */
    this.chosen = new Set();
    /** Orders of its moves and those of its foes. @type {import("./order.mjs").Order[]} */
    this.orders = [];
    /** Hits that it has dealt or taken. @type {import("./hits.mjs").Hit[]} */
    this.hits = [];
  }

  /** Its item is not this one. What it holds after a change says nothing about its set. @param {string} id */
  excludeItem(id) {
    if (!this.itemChanged) this.items.add(id);
  }

  /** Its item has changed. */
  forgetItems() {
    this.itemChanged = true;
    this.items.clear();
    this.chosen.clear();
    this.hasHit = false;
  }
}

/** True if an item of this Pokémon would act. @param {State} state @param {Pokemon} pokemon */
function itemActs(state, pokemon) {
  return !pokemon.noItem && !isItemSuspended(state, pokemon);
}

/**
 * A Pokémon uses a move of its own choice.
 *
 * @param {State} state
 * @param {Pokemon} pokemon
 * @param {string} id
 * @param {Evidence} evidence
 */
export function noteMove(state, pokemon, id, evidence) {
  evidence.hasHit = false;
  if (pokemon.volatiles.dynamax) evidence.chosen.clear(); // a Choice item does not lock it into a Max Move
  if (!itemActs(state, pokemon) || pokemon.volatiles.dynamax || id === "struggle") return;
  const move = state.tables.dex.moves.get(id);
  if (move.isZ || move.isMax) return;
  evidence.chosen.add(id);
  if (move.category === "Status" && id !== "mefirst") evidence.excludeItem("assaultvest");
  if (evidence.chosen.size > 1) for (const item of CHOICE_ITEMS) evidence.excludeItem(item);
}

/**
 * A Pokémon loses HP.
 *
 * @param {State} state
 * @param {Pokemon} pokemon
 * @param {KwArgs} kwArgs
 * @param {Evidence} evidence of the Pokémon
 * @param {Evidence | null} other evidence of the user of the running move, if it has hit this Pokémon
 */
export function noteDamage(state, pokemon, kwArgs, evidence, other) {
  const { id } = effectOf(kwArgs.from);
  if (HAZARDS.has(id) && itemActs(state, pokemon)) evidence.excludeItem("heavydutyboots");
  if (id === "lifeorb") evidence.hasHit = false;
  if (!id && other) other.hasHit = true;
}

/**
 * A Pokémon's move is over. From generation 5 on, a Life Orb hurts its holder after a hit.
 *
 * @param {State} state
 * @param {Pokemon} pokemon
 * @param {Evidence} evidence
 */
export function noteMoveEnd(state, pokemon, evidence) {
  if (!evidence.hasHit) return;
  evidence.hasHit = false;
  const { abilities } = state.tables.species(pokemon.baseForme);
  const possible = pokemon.ability ? [pokemon.ability] : abilities;
  if (state.gen < 5 || pokemon.hp === 0 || !itemActs(state, pokemon)) return;
  if (!possible.some((/** @type {string} */ ability) => WITHOUT_RECOIL.has(ability)))
    evidence.excludeItem("lifeorb");
}

/**
 * A Pokémon is on the field after its entry, and all that acts at once has been shown.
 *
 * @param {State} state
 * @param {Pokemon} pokemon
 * @param {Evidence} evidence
 */
export function noteEntry(state, pokemon, evidence) {
  if (state.gen >= 5 && itemActs(state, pokemon) && pokemon.item !== "airballoon")
    evidence.excludeItem("airballoon");
  if (state.gen < 5 || isSuppressed(state, pokemon) || pokemon.abilityChanged) return;
  if (state.tables.species(pokemon.baseForme).formeAbility) return; // it may be that of a Mega Evolution, not the set's
  const shown = abilityOf(state, pokemon);
  if (state.sides.some(({ active }) => active.some((other) => other?.ability === "neutralizinggas"))) return;
  for (const ability of ANNOUNCED) if (ability !== shown) evidence.abilities.add(ability);
}

/** The end of a turn begins. @param {Pokemon} pokemon @param {Evidence} evidence */
export function noteResidualStart(pokemon, evidence) {
  evidence.hpBefore = pokemon.hp;
}

/**
 * The end of a turn is over: Leftovers would have healed a Pokémon that had lost HP.
 *
 * @param {State} state
 * @param {Pokemon} pokemon
 * @param {Evidence} evidence
 */
export function noteResidualEnd(state, pokemon, evidence) {
  const { hpBefore } = evidence;
  evidence.hpBefore = 0;
  // Another effect may have healed it completely before.
  const hurt = hpBefore > 0 && hpBefore < pokemon.maxhp && pokemon.hp < pokemon.maxhp;
  if (!hurt || pokemon.hp === 0 || !itemActs(state, pokemon) || pokemon.volatiles.healblock) return;
  if (pokemon.item !== "leftovers") evidence.excludeItem("leftovers");
  if (pokemon.item !== "blacksludge" && pokemon.types.includes("Poison")) evidence.excludeItem("blacksludge");
}
