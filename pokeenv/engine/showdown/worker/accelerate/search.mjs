// Searches the handlers of an event in the stock order, but only among the effects that listen.

import { ALLY, ANY, FOE, PLAIN, SOURCE } from "./listeners.mjs";

/** @import { SimBattle, SimEffect, SimPokemon, SimSide } from "../showdown/types.mjs" */
/** @import { Class } from "./index.mjs" */
/** @typedef {Record<string, any>} Handler an `EventListener` of the simulator: effect, callback, state and order */
/** @typedef {import("./listeners.mjs").EventNames} EventNames */
/** @typedef {import("./listeners.mjs").Listener} Listener */
/** @typedef {import("./listeners.mjs").Listeners} Listeners */

/** Handlers of an event that has none; frozen. @type {Handler[]} */
export const NONE = [];
Object.freeze(NONE);

/**
 * @callback Search handlers of one target, NONE if there are none
 * @param {SimBattle} battle
 * @param {Listeners} listeners
 * @param {any} target
 * @param {EventNames} event
 * @param {SimPokemon | null} source
 * @returns {Handler[]}
 */

/**
 * `Battle.findEventHandlers` of one target.
 *
 * @param {Class} Pokemon
 * @param {Class} Side
 * @returns {Search}
 */
export function makeSearch(Pokemon, Side) {
  return function search(battle, listeners, target, event, source) {
    let handlers = NONE;
    /** @type {SimSide | null} */
    let side = null;
    if (target instanceof Pokemon) {
      if (target.isActive || source?.isActive) {
        side = target.side;
        handlers = searchAround(handlers, battle, listeners, target, event);
      }
    } else if (target instanceof Side) {
      side = target;
    }
    if (source && event.prefixed && listeners.ofPokemon(source, event) & SOURCE) {
      handlers = collect(handlers, battle, listeners, source, event, SOURCE, event.source);
    }
    if (side !== null) handlers = searchSides(handlers, battle, listeners, side, side === target, event);
    if (listeners.ofField(battle.field, event) & PLAIN) {
      handlers = join(handlers, battle.findFieldEventHandlers(battle.field, event.plain));
    }
    if (battle.events !== null || listeners.ofFormat(battle, event) & PLAIN) {
      handlers = join(handlers, battle.findBattleEventHandlers(event.plain));
    }
    return handlers;
  };
}

/**
 * Add the callbacks of a Pokémon, its allies and its foes.
 *
 * @param {Handler[]} handlers
 * @param {SimBattle} battle
 * @param {Listeners} listeners
 * @param {any} target
 * @param {EventNames} event
 */
function searchAround(handlers, battle, listeners, target, event) {
  const own = listeners.ofPokemon(target, event);
  if (own & PLAIN) handlers = collect(handlers, battle, listeners, target, event, PLAIN, event.plain);
  if (!event.prefixed) return handlers;
  // Pokemon.alliesAndSelf and Pokemon.foes, without their four arrays if each side is its own team.
  const twoTeams = battle.gameType !== "multi" && battle.gameType !== "freeforall";
  const { side } = target;
  for (const ally of twoTeams ? side.active : target.alliesAndSelf()) {
    if (!ally || !ally.hp) continue;
    const mask = ally === target ? own : listeners.ofPokemon(ally, event);
    if (mask & ALLY) handlers = collect(handlers, battle, listeners, ally, event, ALLY, event.ally);
    if (mask & ANY) handlers = collect(handlers, battle, listeners, ally, event, ANY, event.any);
  }
  for (const foe of twoTeams ? side.foe.active : target.foes()) {
    if (!foe || !foe.hp) continue;
    const mask = listeners.ofPokemon(foe, event);
    if (mask & FOE) handlers = collect(handlers, battle, listeners, foe, event, FOE, event.foe);
    if (mask & ANY) handlers = collect(handlers, battle, listeners, foe, event, ANY, event.any);
  }
  return handlers;
}

/**
 * Add the callbacks of side conditions; for an event of a side also those of the active Pokémon.
 *
 * @param {Handler[]} handlers
 * @param {SimBattle} battle
 * @param {Listeners} listeners
 * @param {SimSide} target
 * @param {boolean} bubblesDown true if the event is the side's own
 * @param {EventNames} event
 */
function searchSides(handlers, battle, listeners, target, bubblesDown, event) {
  const { prefixed } = event;
  for (const side of battle.sides) {
    const friendly = side === target || side === target.allySide;
    if (bubblesDown) handlers = searchActive(handlers, battle, listeners, side, friendly, event);
    if (side.n >= 2 && side.allySide) continue;
    const mask = listeners.ofSide(side, event);
    if (friendly) {
      if (mask & PLAIN) handlers = join(handlers, battle.findSideEventHandlers(side, event.plain));
    } else if (prefixed && mask & FOE) {
      handlers = join(handlers, battle.findSideEventHandlers(side, event.foe));
    }
    if (prefixed && mask & ANY) handlers = join(handlers, battle.findSideEventHandlers(side, event.any));
  }
  return handlers;
}

/**
 * Add the callbacks of a side's active Pokémon for an event of a side.
 *
 * @param {Handler[]} handlers
 * @param {SimBattle} battle
 * @param {Listeners} listeners
 * @param {SimSide} side
 * @param {boolean} friendly true if the event is this side's or its ally's
 * @param {EventNames} event
 */
function searchActive(handlers, battle, listeners, side, friendly, event) {
  for (const active of side.active) {
    const mask = listeners.ofPokemon(active, event);
    if (friendly) {
      if (mask & PLAIN) handlers = collect(handlers, battle, listeners, active, event, PLAIN, event.plain);
    } else if (event.prefixed && mask & FOE) {
      handlers = collect(handlers, battle, listeners, active, event, FOE, event.foe);
    }
    if (event.prefixed && mask & ANY) {
      handlers = collect(handlers, battle, listeners, active, event, ANY, event.any);
    }
  }
  return handlers;
}

/**
 * Append handlers, without changing NONE.
 *
 * @param {Handler[]} handlers
 * @param {Handler[]} found
 */
function join(handlers, found) {
  return handlers === NONE ? found : handlers.concat(found);
}

/**
 * `Battle.findPokemonEventHandlers`, only for the effects that listen.
 *
 * @param {Handler[]} handlers
 * @param {SimBattle} battle
 * @param {Listeners} listeners
 * @param {SimPokemon} pokemon
 * @param {EventNames} event
 * @param {number} bit the kind of callback
 * @param {string} name the callback's name
 */
function collect(handlers, battle, listeners, pokemon, event, bit, name) {
  if (handlers === NONE) handlers = [];
  const { status, ability, item, species } = listeners.union(pokemon);
  if (status.mask(event) & bit) {
    add(handlers, battle, pokemon, status.effect, name, pokemon.statusState, pokemon.clearStatus);
  }
  for (const id in pokemon.volatiles) {
    const listener = listeners.condition(id);
    if (listener.mask(event) & bit) {
      add(handlers, battle, pokemon, listener.effect, name, pokemon.volatiles[id], pokemon.removeVolatile);
    }
  }
  if (ability.mask(event) & bit) {
    add(handlers, battle, pokemon, ability.effect, name, pokemon.abilityState, pokemon.clearAbility);
  }
  if (item.mask(event) & bit) {
    add(handlers, battle, pokemon, item.effect, name, pokemon.itemState, pokemon.clearItem);
  }
  if (species.mask(event) & bit) {
    add(handlers, battle, pokemon, species.effect, name, pokemon.speciesState, doNothing);
  }
  const { side } = pokemon;
  const slotConditions = side.slotConditions[pokemon.position];
  for (const id in slotConditions) {
    const listener = listeners.condition(id);
    if (listener.mask(event) & bit) {
      const { effect } = listener;
      add(handlers, battle, pokemon, effect, name, slotConditions[id], side.removeSlotCondition, [
        side,
        pokemon,
        effect.id,
      ]);
    }
  }
  return handlers;
}

function doNothing() {}

/**
 * Add the handler of an effect.
 *
 * @param {Handler[]} handlers
 * @param {SimBattle} battle
 * @param {SimPokemon} pokemon
 * @param {SimEffect} effect
 * @param {string} name
 * @param {object} state
 * @param {Function} end
 * @param {any[]} [endCallArgs]
 */
function add(handlers, battle, pokemon, effect, name, state, end, endCallArgs) {
  const callback = battle.getCallback(pokemon, effect, name);
  if (callback === undefined) return;
  /** @type {Handler} */
  const handler = { effect, callback, state, end, effectHolder: pokemon };
  if (endCallArgs) handler.endCallArgs = endCallArgs;
  handlers.push(battle.resolvePriority(handler, name));
}
