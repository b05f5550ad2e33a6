// Effects by id, and the abilities and items that lines reveal ("[from] ability: Static").

import { abilityId, isNothing } from "./nothing.mjs";
import { find } from "./roster.mjs";

/** @typedef {import("./state.mjs").State} State */
/** @typedef {import("./state.mjs").Pokemon} Pokemon */
/** @typedef {Record<string, any>} KwArgs the bracketed arguments of a line */

/** @typedef {{kind: string, id: string, name: string}} Effect kind: "move", "ability", "item" or "" */

/** @type {Effect} */
const NOTHING = Object.freeze({ kind: "", id: "", name: "" });
/** @type {Map<string, Effect>} */
const EFFECTS = new Map();
/** @type {Map<string, string>} */
const IDS = new Map();

/** Showdown's id of a name. @param {string} name @returns {string} */
export function toId(name) {
  let id = IDS.get(name);
  if (id === undefined) {
    id = name.toLowerCase().replace(/[^a-z0-9]+/g, "");
    IDS.set(name, id);
  }
  return id;
}

/**
 * The effect that a line names.
 *
 * @param {string | true | undefined} text such as "move: Wrap", "ability: Static", "confusion"
 * @returns {Effect}
 */
export function effectOf(text) {
  if (!text || text === true) return NOTHING;
  let effect = EFFECTS.get(text);
  if (!effect) {
    const [, kind, name] = /^(?:(move|ability|item): ?)?(.*)$/s.exec(text) ?? ["", "", text];
    effect = Object.freeze({ kind: kind ?? "", id: toId(name), name });
    EFFECTS.set(text, effect);
  }
  return effect;
}

const PARTS_OF_AS_ONE = new Set(["unnerve", "chillingneigh", "grimneigh"]);

/**
 * Note that a line has shown a Pokémon's ability.
 *
 * @param {State} state
 * @param {Pokemon} pokemon
 * @param {string} name
 */
export function showAbility(state, pokemon, name) {
  let id = abilityId(toId(name));
  // "As One" is the message of two abilities.
  if (id === "asone") {
    const [own] = state.tables.species(pokemon.speciesForme).abilities;
    if (!own.startsWith("asone")) {
      pokemon.volatiles.asone = { id: "asone", turns: 0 }; // it is a copied one, of either kind
      return;
    }
    id = own;
  }
  if (PARTS_OF_AS_ONE.has(id) && pokemon.ability.startsWith("asone")) return;
  if (pokemon.volatiles.asone) {
    if (id === "unnerve") return;
    if (id === "chillingneigh") id = "asoneglastrier";
    else if (id === "grimneigh") id = "asonespectrier";
  }
  state.tables.vocabulary.number("abilities", id);
  if (!pokemon.baseAbility && !pokemon.abilityChanged) pokemon.baseAbility = id;
  pokemon.ability = id;
}

/**
 * Note that a Pokémon's ability has changed until it leaves the field.
 *
 * @param {State} state
 * @param {Pokemon} pokemon
 * @param {string} name
 */
export function changeAbility(state, pokemon, name) {
  const id = abilityId(toId(name));
  state.tables.vocabulary.number("abilities", id);
  pokemon.ability = id;
  pokemon.abilityChanged = true;
}

/**
 * Note that a line has shown a Pokémon's item.
 *
 * @param {State} state
 * @param {Pokemon} pokemon
 * @param {string} id
 */
export function showItem(state, pokemon, id) {
  const none = id !== "" && isNothing(id);
  if (!none) state.tables.vocabulary.number("items", id);
  pokemon.item = none ? "" : id;
  pokemon.noItem = none;
}

/** Note that a Pokémon has lost its item. @param {State} state @param {Pokemon} pokemon @param {string} id "" if unknown */
export function loseItem(state, pokemon, id) {
  if (!isNothing(id)) {
    state.tables.vocabulary.number("items", id);
    pokemon.lastItem = id;
  }
  pokemon.item = "";
  pokemon.noItem = true;
  pokemon.lostItem = true;
  pokemon.chosenMove = "";
}

/** Move a Sticky Barb to its new holder, which no line announces. @param {State} state @param {Pokemon} holder */
function moveStickyBarb(state, holder) {
  for (const { active } of state.sides) {
    for (const former of active) {
      if (former && former !== holder && former.item === "stickybarb") loseItem(state, former, "stickybarb");
    }
  }
  showItem(state, holder, "stickybarb");
}

/**
 * Note the ability or item that a line names as its cause.
 *
 * Its holder is the Pokémon in `[of]`, if the line has it, else the subject of the line.
 *
 * @param {State} state
 * @param {Pokemon | null} subject the Pokémon that the line is about
 * @param {KwArgs} kwArgs
 * @returns {Effect} the cause
 */
export function learnCause(state, subject, kwArgs) {
  if (!kwArgs.from) return NOTHING;
  const cause = effectOf(kwArgs.from);
  if (cause.kind !== "ability" && cause.kind !== "item") return cause;
  const holder = find(state, kwArgs.of) ?? subject;
  if (!holder) return cause;
  if (cause.kind === "ability") showAbility(state, holder, cause.name);
  else if (cause.id === "stickybarb") moveStickyBarb(state, holder);
  // A Berry that takes effect has been eaten, perhaps another Pokémon's (Fling, Bug Bite), so it has no holder.
  else if (!holder.noItem && !cause.id.endsWith("berry")) showItem(state, holder, cause.id);
  return cause;
}
