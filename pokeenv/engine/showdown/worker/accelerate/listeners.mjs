// Finds the listeners of an event: the effects that have callbacks for it.
//
// Most events have no callback at all, and the stock search finds that out by building up to five names per event and
// looking up each of them in every effect of every Pokémon. Effects are frozen singletons, so the callbacks of an
// effect are found once: a few bits per effect and event. The callbacks of a Pokémon are the union over its effects,
// cached as long as its status, ability, item and species do not change.

/** @import { SimBattle, SimDex, SimEffect, SimField, SimPokemon, SimSide, SimSpecies } from "../showdown/types.mjs" */

export const PLAIN = 1; // onEvent
export const ALLY = 2; // onAllyEvent
export const ANY = 4; // onAnyEvent
export const FOE = 8; // onFoeEvent
export const SOURCE = 16; // onSourceEvent
const KNOWN = 32; // makes a found entry of a table nonzero

const WITHOUT_PREFIXES = ["BeforeTurn", "Update", "Weather", "WeatherChange", "TerrainChange"];

/**
 * @typedef {object} EventNames the callback names of one event
 * @property {number} index place of the event in every table of masks
 * @property {string} plain
 * @property {string} ally
 * @property {string} any
 * @property {string} foe
 * @property {string} source
 * @property {boolean} prefixed true if the stock search looks for callbacks with prefixes
 */

/** @type {Map<string, EventNames>} */
const events = new Map();

/**
 * The callback names of an event.
 *
 * @param {string} event
 * @returns {EventNames}
 */
export function eventOf(event) {
  let names = events.get(event);
  if (names === undefined) {
    names = {
      index: events.size,
      plain: intern(`on${event}`),
      ally: intern(`onAlly${event}`),
      any: intern(`onAny${event}`),
      foe: intern(`onFoe${event}`),
      source: intern(`onSource${event}`),
      prefixed: !WITHOUT_PREFIXES.includes(event),
    };
    events.set(event, names);
  }
  return names;
}

/** The same text as the key of a property, which V8 hashes only once. @param {string} text */
function intern(text) {
  return Object.keys({ [text]: 0 })[0];
}

/** One effect, and the masks of its callbacks by event. */
export class Listener {
  /**
   * @param {SimEffect} effect
   * @param {boolean} constant true if its callbacks never change
   */
  constructor(effect, constant) {
    this.effect = effect;
    this.constant = constant;
    /** @type {number[]} */
    this.masks = [];
  }

  /** Bits of the callbacks for an event, cached if constant. @param {EventNames} event */
  mask(event) {
    return this.masks[event.index] || this.findMask(event);
  }

  /** @param {EventNames} event */
  findMask(event) {
    const { effect } = this;
    let mask = KNOWN;
    if (effect[event.plain] !== undefined) mask |= PLAIN;
    if (effect[event.ally] !== undefined) mask |= ALLY;
    if (effect[event.any] !== undefined) mask |= ANY;
    if (effect[event.foe] !== undefined) mask |= FOE;
    if (effect[event.source] !== undefined) mask |= SOURCE;
    // Battle.getCallback falls back on onStart for abilities and items that enter with their Pokémon.
    if (event.plain === "onSwitchIn" && effect.onStart !== undefined) mask |= PLAIN;
    if (this.constant) this.masks[event.index] = mask;
    return mask;
  }
}

/** The parts of a Pokémon that listen, and the union of their masks by event. */
class Union {
  /** @param {Listener} nothing */
  constructor(nothing) {
    // No Pokémon has a null status, so the first comparison finds a difference.
    /** @type {string | null} */
    this.statusId = null;
    this.abilityId = "";
    this.itemId = "";
    /** @type {SimSpecies} */
    this.baseSpecies = null;
    this.status = nothing;
    this.ability = nothing;
    this.item = nothing;
    this.species = nothing;
    /** @type {number[]} */
    this.masks = [];
  }

  /** @param {EventNames} event */
  findMask(event) {
    const { status, ability, item, species } = this;
    const mask = status.mask(event) | ability.mask(event) | item.mask(event) | species.mask(event);
    if (status.constant && ability.constant && item.constant && species.constant)
      this.masks[event.index] = mask;
    return mask;
  }
}

export const UNION = Symbol("listeners of a Pokémon");
const FORMAT = Symbol("listener of a battle's format");

/** The listeners of one dex, which all its battles share. */
export class Listeners {
  /** @param {SimDex} dex */
  constructor(dex) {
    this.dex = dex;
    /** @type {Map<string, Listener>} */
    this.conditions = new Map();
    /** @type {WeakMap<object, Listener>} */
    this.others = new WeakMap();
    this.nothing = this.condition("");
  }

  /** The listener of a condition. @param {string} id */
  condition(id) {
    let listener = this.conditions.get(id);
    if (listener === undefined) {
      // The dex keeps its conditions; those of rules are not frozen, but constant as well.
      listener = new Listener(this.dex.conditions.getByID(id), true);
      this.conditions.set(id, listener);
    }
    return listener;
  }

  /** The listener of any other effect. @param {SimEffect} effect */
  of(effect) {
    let listener = this.others.get(effect);
    if (listener === undefined) {
      // Formats are not frozen, but are made once and never get a callback.
      listener = new Listener(effect, effect.effectType === "Format" || Object.isFrozen(effect));
      this.others.set(effect, listener);
    }
    return listener;
  }

  /**
   * Bits of the callbacks of a battle's format.
   *
   * @param {SimBattle} battle
   * @param {EventNames} event
   */
  ofFormat(battle, event) {
    /** @type {Listener} */
    const listener = (battle[FORMAT] ??= this.of(battle.format));
    return listener.mask(event);
  }

  /**
   * The listeners of a Pokémon, except its volatile effects.
   *
   * @param {SimPokemon} pokemon
   * @returns {Union}
   */
  union(pokemon) {
    /** @type {Union} */
    const union = (pokemon[UNION] ??= new Union(this.nothing));
    if (
      union.statusId !== pokemon.status ||
      union.abilityId !== pokemon.ability ||
      union.itemId !== pokemon.item ||
      union.baseSpecies !== pokemon.baseSpecies
    ) {
      union.statusId = pokemon.status;
      union.abilityId = pokemon.ability;
      union.itemId = pokemon.item;
      union.baseSpecies = pokemon.baseSpecies;
      union.status = this.condition(pokemon.status);
      union.ability = this.of(pokemon.getAbility());
      union.item = this.of(pokemon.getItem());
      union.species = this.of(pokemon.baseSpecies);
      union.masks = [];
    }
    return union;
  }

  /**
   * Bits of the callbacks of a Pokémon, through all of its effects.
   *
   * @param {SimPokemon} pokemon
   * @param {EventNames} event
   */
  ofPokemon(pokemon, event) {
    const union = this.union(pokemon);
    let mask = union.masks[event.index] || union.findMask(event);
    for (const id in pokemon.volatiles) mask |= this.condition(id).mask(event);
    const slotConditions = pokemon.side.slotConditions[pokemon.position];
    for (const id in slotConditions) mask |= this.condition(id).mask(event);
    return mask;
  }

  /**
   * Bits of the callbacks of a side's conditions.
   *
   * @param {SimSide} side
   * @param {EventNames} event
   */
  ofSide(side, event) {
    let mask = 0;
    for (const id in side.sideConditions) mask |= this.condition(id).mask(event);
    return mask;
  }

  /**
   * Bits of the callbacks of the field's conditions.
   *
   * @param {SimField} field
   * @param {EventNames} event
   */
  ofField(field, event) {
    let mask = 0;
    if (field.weather !== "") mask |= this.condition(field.weather).mask(event);
    if (field.terrain !== "") mask |= this.condition(field.terrain).mask(event);
    for (const id in field.pseudoWeather) mask |= this.condition(id).mask(event);
    return mask;
  }
}

/** @type {WeakMap<object, Listeners>} */
const byDex = new WeakMap();

const LISTENERS = Symbol("listeners of a battle's dex");

// Methods that the search relies on; battles of a mod that replaces one use the stock search.
const ASSUMED = {
  battle: [
    "findEventHandlers",
    "findPokemonEventHandlers",
    "findSideEventHandlers",
    "findFieldEventHandlers",
    "findBattleEventHandlers",
    "getCallback",
  ],
  pokemon: ["getStatus", "getAbility", "getItem", "alliesAndSelf", "foes"],
  side: ["allies", "foes", "activeTeam"],
  field: ["getWeather", "getTerrain"],
};

/**
 * The listeners of a battle's dex; null if a mod replaces a method that the search relies on.
 *
 * @param {SimBattle} battle
 * @returns {Listeners | null}
 */
export function listenersOf(battle) {
  const known = battle[LISTENERS];
  if (known !== undefined) return known;
  const { dex, format } = battle;
  const scripts = dex.data.Scripts;
  const replaced =
    ASSUMED.battle.some((name) => Object.hasOwn(battle, name)) ||
    ASSUMED.pokemon.some((name) => scripts.pokemon?.[name] || format.pokemon?.[name]) ||
    ASSUMED.side.some((name) => scripts.side?.[name] || format.side?.[name]) ||
    ASSUMED.field.some((name) => scripts.field?.[name] || format.field?.[name]);
  let listeners = replaced ? null : byDex.get(dex);
  if (listeners === undefined) {
    listeners = new Listeners(dex);
    byDex.set(dex, listeners);
  }
  battle[LISTENERS] = listeners;
  return listeners;
}
