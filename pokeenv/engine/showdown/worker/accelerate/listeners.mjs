// Who listens to an event: for every effect, which callbacks of an event it has.
//
// Most events have no callback anywhere, and upstream finds that out by building up to five names per event
// and asking every effect of every Pokémon for each of them. Effects are frozen singletons, so what an
// effect has is found once: a few bits per effect and event. What a Pokémon has is the union over its
// effects, kept as long as its status, ability, item and species stay.

export const PLAIN = 1; // onEvent
export const ALLY = 2; // onAllyEvent
export const ANY = 4; // onAnyEvent
export const FOE = 8; // onFoeEvent
export const SOURCE = 16; // onSourceEvent
const KNOWN = 32; // so that an entry of a table is never 0 once it has been found

const WITHOUT_PREFIXES = ["BeforeTurn", "Update", "Weather", "WeatherChange", "TerrainChange"];

/**
 * @typedef {object} EventNames the callback names of one event
 * @property {number} index place of the event in every table of masks
 * @property {string} plain
 * @property {string} ally
 * @property {string} any
 * @property {string} foe
 * @property {string} source
 * @property {boolean} prefixed whether upstream looks for callbacks with prefixes
 */

/** @type {Map<string, EventNames>} */
const events = new Map();

/**
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

/** The same text as the key of a property: hashed once, for ever. @param {string} text */
function intern(text) {
  return Object.keys({ [text]: 0 })[0];
}

/** One effect, and the masks of its callbacks by event. */
export class Listener {
  /**
   * @param {any} effect
   * @param {boolean} constant whether its callbacks stay as they are
   */
  constructor(effect, constant) {
    this.effect = effect;
    this.constant = constant;
    /** @type {number[]} */
    this.masks = [];
  }

  /** @param {EventNames} event */
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
    // No Pokémon has a null status, so the first look finds a difference.
    /** @type {any} */
    this.statusId = null;
    this.abilityId = "";
    this.itemId = "";
    /** @type {any} */
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

const UNION = Symbol("what a Pokémon listens to");
const FORMAT = Symbol("what a battle's format listens to");

/** The listeners of one dex: all battles that use it share them. */
export class Listeners {
  /** @param {any} dex */
  constructor(dex) {
    this.dex = dex;
    /** @type {Map<string, Listener>} */
    this.conditions = new Map();
    /** @type {WeakMap<object, Listener>} */
    this.others = new WeakMap();
    this.nothing = this.condition("");
  }

  /** @param {string} id */
  condition(id) {
    let listener = this.conditions.get(id);
    if (listener === undefined) {
      // The dex keeps its conditions for ever; those that are rules are not frozen, but as constant.
      listener = new Listener(this.dex.conditions.getByID(id), true);
      this.conditions.set(id, listener);
    }
    return listener;
  }

  /** @param {any} effect */
  of(effect) {
    let listener = this.others.get(effect);
    if (listener === undefined) {
      // Formats are not frozen, but made once and never given a callback.
      listener = new Listener(effect, effect.effectType === "Format" || Object.isFrozen(effect));
      this.others.set(effect, listener);
    }
    return listener;
  }

  /**
   * @param {any} battle
   * @param {EventNames} event
   */
  ofFormat(battle, event) {
    /** @type {Listener} */
    const listener = (battle[FORMAT] ??= this.of(battle.format));
    return listener.mask(event);
  }

  /**
   * @param {any} pokemon
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
   * Which callbacks of an event a Pokémon has, through any of its effects.
   *
   * @param {any} pokemon
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
   * @param {any} side
   * @param {EventNames} event
   */
  ofSide(side, event) {
    let mask = 0;
    for (const id in side.sideConditions) mask |= this.condition(id).mask(event);
    return mask;
  }

  /**
   * @param {any} field
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

// What the searches take for granted; a mod that has its own goes upstream's way.
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
 * The listeners of a battle's dex, null where a mod replaces what the searches take for granted.
 *
 * @param {any} battle
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
