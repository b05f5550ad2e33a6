// Copies a hosted battle in memory: the simulator's battle and the knowledge of both seats, bit for bit.
//
// The copy is written into another hosted battle of the same build, which is reused: its battle, sides, Pokémon and
// seats were made by their constructors, so they have their own closures and the shapes of all other battles. All
// other objects are made anew, with the identities and cycles of the original. Frozen objects (the dex) and functions
// are shared.

import { HostedBattle } from "../hosting/hosted_battle.mjs";

/** @import { SimPokemon, SimSide } from "../showdown/types.mjs" */

/** @typedef {Record<string | number, any>} Node an object of a battle */
/** @typedef {{keys: string[], Copy: new (object: Node) => Node}} Template a constructor of copies with these properties */

/** Copies the battles of a worker. */
export class Copies {
  /** @param {import("./snapshot.mjs").Snapshots} snapshots which make blank battles and name constant objects */
  constructor(snapshots) {
    this.snapshots = snapshots;
    const { views, simulator, format } = snapshots.context;
    /** Objects that all battles share and that are not frozen. @type {Set<object>} */
    this.constants = new Set([snapshots.context, views.tables, views.tables.dex, simulator.Protocol, format]);
    /** Templates of instances without a constructor at hand, by prototype. @type {Map<object, Template[]>} */
    this.templates = new Map();
    /** The copy of every object that the running call has met. @type {Map<object, Node>} */
    this.copies = new Map();
  }

  /**
   * Copy a battle that has begun.
   *
   * @param {HostedBattle} source
   * @param {HostedBattle} target becomes the copy if it has the same build
   * @returns {HostedBattle} the copy: `target`, or a new one
   */
  copy(source, target) {
    const twin = this.isTwin(target, source) ? target : this.snapshots.makeBlank(sizesOf(source));
    this.copyPairs(pairsOf(source, twin));
    return twin;
  }

  /**
   * Copy a seat into another one.
   *
   * @param {import("../seat/seat.mjs").Seat} source
   * @param {import("../seat/seat.mjs").Seat} target
   */
  copySeat(source, target) {
    this.copyPairs([
      [source, target],
      [source.view, target.view],
    ]);
  }

  /**
   * Copy a seat's view into another one.
   *
   * @param {import("../view/view.mjs").SeatView} source
   * @param {import("../view/view.mjs").SeatView} target
   */
  copyView(source, target) {
    this.copyPairs([[source, target]]);
  }

  /** @param {[Node, Node][]} pairs instances and those that become their copies */
  copyPairs(pairs) {
    this.copies = new Map(pairs);
    for (const [object, other] of pairs) this.fill(object, other);
    this.copies = new Map();
  }

  /** True if a battle can become the copy of another one. @param {HostedBattle} target @param {HostedBattle} source */
  isTwin(target, source) {
    if (target === source || !target.battle) return false;
    const sizes = sizesOf(source);
    return sizesOf(target).every((size, side) => size === sizes[side]);
  }

  /**
   * Give an instance the properties of another one of its class, in their order. It keeps its own functions.
   *
   * @param {Node} source
   * @param {Node} target
   */
  fill(source, target) {
    const keys = Object.keys(source);
    prune(target, keys);
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index];
      const value = source[key];
      if (value === target[key] && key in target) continue; // an object that both have is shared by all battles
      if (typeof value === "object" && value !== null) target[key] = this.of(value);
      else if (typeof value !== "function" || typeof target[key] !== "function") target[key] = value;
    }
  }

  /** The copy of an object; itself if all battles share it. @param {Node} object @returns {Node} */
  of(object) {
    const known = this.copies.get(object);
    if (known !== undefined) return known;
    if (Array.isArray(object)) return this.array(object);
    const prototype = Object.getPrototypeOf(object);
    if (prototype === Object.prototype) return this.plain(object);
    if (this.isConstant(object)) return object;
    if (prototype === Set.prototype) return this.set(/** @type {Set<any>} */ (object));
    if (prototype === Map.prototype) return this.map(/** @type {Map<any, any>} */ (object));
    if (ArrayBuffer.isView(object)) return /** @type {any} */ (object).slice();
    return this.instance(object, prototype);
  }

  /** @param {Node} object */
  isConstant(object) {
    if (Object.isFrozen(object) || this.constants.has(object)) return true;
    if (!object.effectType || typeof object.hit === "number" || !this.snapshots.names.name(object))
      return false;
    this.constants.add(object);
    return true;
  }

  /** @param {any} array */
  array(array) {
    if (Object.isFrozen(array)) return array;
    const copy = array.slice();
    this.copies.set(array, copy);
    for (let index = 0; index < copy.length; index++) {
      const value = copy[index];
      if (typeof value === "object" && value !== null) copy[index] = this.of(value);
    }
    return copy;
  }

  /** @param {Node} object */
  plain(object) {
    if (Object.isFrozen(object) || this.constants.has(object)) return object;
    const copy = { ...object };
    this.copies.set(object, copy);
    for (const key in copy) {
      const value = copy[key];
      if (typeof value === "object" && value !== null) copy[key] = this.of(value);
    }
    return copy;
  }

  /** @param {Set<any>} set */
  set(set) {
    const copy = new Set();
    this.copies.set(set, copy);
    for (const value of set) copy.add(this.value(value));
    return copy;
  }

  /** @param {Map<any, any>} map */
  map(map) {
    const copy = new Map();
    this.copies.set(map, copy);
    for (const [key, value] of map) copy.set(this.value(key), this.value(value));
    return copy;
  }

  /** @param {any} value */
  value(value) {
    return typeof value === "object" && value !== null ? this.of(value) : value;
  }

  /** Copy an instance that was not made in pairs, such as an active move. @param {Node} object @param {object} prototype */
  instance(object, prototype) {
    const { keys, Copy } = this.templateOf(object, prototype);
    const copy = new Copy(object);
    this.copies.set(object, copy);
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index];
      const value = copy[key];
      if (typeof value === "object" && value !== null) copy[key] = this.of(value);
    }
    return copy;
  }

  /** @param {Node} object @param {object} prototype null for none @returns {Template} */
  templateOf(object, prototype) {
    const keys = Object.keys(object);
    let templates = this.templates.get(prototype);
    if (templates === undefined) this.templates.set(prototype, (templates = []));
    for (const template of templates) if (isSame(template.keys, keys)) return template;
    const template = { keys, Copy: constructorOf(keys, prototype) };
    templates.push(template);
    return template;
  }
}

/** @param {HostedBattle} hosted @returns {number[]} number of Pokémon of each side */
function sizesOf(hosted) {
  return hosted.battle.sides.map((/** @type {SimSide} */ side) => side.pokemon.length);
}

/**
 * The instances of a battle with those of another one that become their copies.
 *
 * @param {HostedBattle} source
 * @param {HostedBattle} twin
 * @returns {[Node, Node][]}
 */
function pairsOf(source, twin) {
  /** @type {[Node, Node][]} */
  const pairs = [[source, twin]];
  const [battle, other] = [source.battle, twin.battle];
  pairs.push([battle, other], [battle.field, other.field]);
  pairs.push([battle.queue, other.queue], [battle.actions, other.actions]);
  battle.sides.forEach((/** @type {SimSide} */ side, /** @type {number} */ n) => {
    pairs.push([side, other.sides[n]]);
    side.pokemon.forEach((/** @type {SimPokemon} */ pokemon, /** @type {number} */ place) => {
      pairs.push([pokemon, other.sides[n].pokemon[place]]);
    });
  });
  source.seats.forEach((seat, index) => {
    pairs.push([seat, twin.seats[index]], [seat.view, twin.seats[index].view]);
  });
  return pairs;
}

/**
 * Delete the properties of an object that another one lacks, and those in another order.
 *
 * @param {Node} target
 * @param {string[]} keys of the other object
 */
function prune(target, keys) {
  const own = Object.keys(target);
  let same = 0;
  while (same < own.length && own[same] === keys[same]) same += 1;
  // From the last one on, since V8 keeps the shape of an object that loses the property it got last.
  for (let index = own.length - 1; index >= same; index--) {
    if (typeof target[own[index]] !== "function" || !keys.includes(own[index])) delete target[own[index]];
  }
}

/** @param {string[]} some @param {string[]} others */
function isSame(some, others) {
  if (some.length !== others.length) return false;
  for (let index = 0; index < some.length; index++) if (some[index] !== others[index]) return false;
  return true;
}

/**
 * A constructor of copies. Objects that a constructor makes keep V8's fast form, whatever their number of properties.
 *
 * @param {string[]} keys
 * @param {object | null} prototype
 * @returns {Template["Copy"]}
 */
function constructorOf(keys, prototype) {
  const names = keys.map((key) => JSON.stringify(key));
  const body = names.map((name) => `this[${name}] = object[${name}];`).join(" ");
  const Copy = new Function(`return function Copy(object) { ${body} };`)();
  Copy.prototype = prototype;
  if (prototype !== null) return Copy;
  return /** @type {any} */ (
    function Bare(/** @type {Node} */ object) {
      return Object.assign(Object.create(null), object);
    }
  );
}
