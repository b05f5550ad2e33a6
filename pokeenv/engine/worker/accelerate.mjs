// The simulator, faster, with exactly its results.
//
// Two things take most of stock Showdown's time: looking up event callbacks under names that are
// built anew for every look-up (V8 must flatten and hash each of them), and copying moves property by
// property. Each replacement below does what the method that it replaces does, in the same order; a
// method that is not the one it was written for is refused.

import { createHash } from "node:crypto";

/**
 * @param {any} prototype
 * @param {string} name of a method
 * @param {string} digest of the source that the replacement was written for
 * @param {(original: any) => any} make
 */
function replace(prototype, name, digest, make) {
  const original = prototype[name];
  const found = createHash("sha256").update(String(original)).digest("hex").slice(0, digest.length);
  if (found !== digest) {
    throw new Error(
      `the simulator's ${name} has changed (${found}, not ${digest}): accelerate.mjs must be revised`,
    );
  }
  prototype[name] = make(original);
}

/**
 * Replace methods of the simulator's classes.
 *
 * @param {{Battle: any, Dex: any, Pokemon: any, Side: any}} simulator
 */
export function accelerate({ Battle, Dex, Pokemon, Side }) {
  replace(Battle.prototype, "findEventHandlers", "7f64f1e5c6af238e", () =>
    makeFindEventHandlers(Pokemon, Side),
  );
  replace(Battle.prototype, "findPokemonEventHandlers", "caacad8cc496a6d7", makeFindPokemonEventHandlers);
  replace(Object.getPrototypeOf(Dex), "getActiveMove", "d75c255b5adb1022", makeGetActiveMove);
}

/**
 * @typedef {object} EventNames callback names of one event
 * @property {string} plain
 * @property {string} ally
 * @property {string} any
 * @property {string} foe
 * @property {string} source
 * @property {boolean} prefixed whether the event has callbacks with prefixes
 */

const WITHOUT_PREFIXES = ["BeforeTurn", "Update", "Weather", "WeatherChange", "TerrainChange"];

/** @type {Map<string, EventNames>} */
const eventNames = new Map();

/** @param {string} event */
function namesOf(event) {
  let names = eventNames.get(event);
  if (!names) {
    names = {
      plain: intern(`on${event}`),
      ally: intern(`onAlly${event}`),
      any: intern(`onAny${event}`),
      foe: intern(`onFoe${event}`),
      source: intern(`onSource${event}`),
      prefixed: !WITHOUT_PREFIXES.includes(event),
    };
    eventNames.set(event, names);
  }
  return names;
}

/** The same text as the key of a property: hashed once, for ever. @param {string} text */
function intern(text) {
  return Object.keys({ [text]: 0 })[0];
}

/**
 * `Battle.findEventHandlers` with names built once per event.
 *
 * @param {any} Pokemon
 * @param {any} Side
 */
function makeFindEventHandlers(Pokemon, Side) {
  return /** @this {any} */ function findEventHandlers(
    /** @type {any} */ target,
    /** @type {string} */ eventName,
    /** @type {any} */ source,
  ) {
    /** @type {any[]} */
    let handlers = [];
    if (Array.isArray(target)) {
      for (const [index, pokemon] of target.entries()) {
        const found = this.findEventHandlers(pokemon, eventName, source);
        for (const handler of found) {
          handler.target = pokemon;
          handler.index = index;
        }
        handlers = handlers.concat(found);
      }
      return handlers;
    }
    const names = namesOf(eventName);
    const bubblesDown = target instanceof Side;
    const ofPokemon = (/** @type {any} */ pokemon, /** @type {string} */ name) => {
      for (const handler of this.findPokemonEventHandlers(pokemon, name)) handlers.push(handler);
    };
    const ofSide = (/** @type {any} */ side, /** @type {string} */ name) => {
      for (const handler of this.findSideEventHandlers(side, name)) handlers.push(handler);
    };
    if (target instanceof Pokemon && (target.isActive || source?.isActive)) {
      ofPokemon(target, names.plain);
      if (names.prefixed) {
        for (const ally of target.alliesAndSelf()) {
          ofPokemon(ally, names.ally);
          ofPokemon(ally, names.any);
        }
        for (const foe of target.foes()) {
          ofPokemon(foe, names.foe);
          ofPokemon(foe, names.any);
        }
      }
      target = target.side;
    }
    if (source && names.prefixed) ofPokemon(source, names.source);
    if (target instanceof Side) {
      for (const side of this.sides) {
        const friendly = side === target || side === target.allySide;
        if (bubblesDown) {
          for (const active of side.active) {
            if (friendly) ofPokemon(active, names.plain);
            else if (names.prefixed) ofPokemon(active, names.foe);
            if (names.prefixed) ofPokemon(active, names.any);
          }
        }
        if (side.n < 2 || !side.allySide) {
          if (friendly) ofSide(side, names.plain);
          else if (names.prefixed) ofSide(side, names.foe);
          if (names.prefixed) ofSide(side, names.any);
        }
      }
    }
    handlers.push(...this.findFieldEventHandlers(this.field, names.plain));
    handlers.push(...this.findBattleEventHandlers(names.plain));
    return handlers;
  };
}

/**
 * `Battle.findPokemonEventHandlers` that first asks whether anything of the Pokémon listens at all:
 * for most events nothing does. "onSwitchIn" falls back on other callbacks, and a duration counts
 * without a callback, so those go the long way.
 *
 * @param {any} original
 */
function makeFindPokemonEventHandlers(original) {
  return /** @this {any} */ function findPokemonEventHandlers(
    /** @type {any} */ pokemon,
    /** @type {string} */ callbackName,
    /** @type {string | undefined} */ getKey,
  ) {
    if (getKey || callbackName === "onSwitchIn" || listens(this.dex, pokemon, callbackName)) {
      return original.call(this, pokemon, callbackName, getKey);
    }
    return [];
  };
}

/**
 * @param {any} dex
 * @param {any} pokemon
 * @param {string} name of a callback
 */
function listens(dex, pokemon, name) {
  if (pokemon.getStatus()[name] !== undefined) return true;
  if (pokemon.getAbility()[name] !== undefined) return true;
  if (pokemon.getItem()[name] !== undefined) return true;
  if (pokemon.baseSpecies[name] !== undefined) return true;
  for (const id in pokemon.volatiles) {
    if (dex.conditions.getByID(id)[name] !== undefined) return true;
  }
  for (const id in pokemon.side.slotConditions[pokemon.position]) {
    if (dex.conditions.getByID(id)[name] !== undefined) return true;
  }
  return false;
}

/**
 * `ModdedDex.getActiveMove` that copies a move's plain properties at once and only its nested ones one
 * by one; which are nested is found once per move, since moves are frozen.
 */
function makeGetActiveMove() {
  /** @type {WeakMap<object, string[]>} */
  const nestedKeys = new WeakMap();
  return /** @this {any} */ function getActiveMove(/** @type {any} */ move) {
    if (move && typeof move.hit === "number") return move;
    move = this.moves.get(move);
    let nested = nestedKeys.get(move);
    if (!nested) {
      nested = Object.keys(move).filter((key) => move[key] !== null && typeof move[key] === "object");
      if (Object.isFrozen(move)) nestedKeys.set(move, nested);
    }
    const copy = Object.assign(Object.create(Object.getPrototypeOf(move)), move);
    for (const key of nested) copy[key] = this.deepClone(move[key]);
    copy.hit = 0;
    return copy;
  };
}
