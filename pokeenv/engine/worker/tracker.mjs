// The client's battle (@pkmn/client 0.7.3): mended where it fails, and fast where it is slow.
//
// Every line of a battle is tracked twice, once for each seat. For each of them upstream builds a handler's
// name, takes a Pokémon's name apart with regular expressions, and asks the dex by display name. What
// replaces this gives the same results; it refuses a client that it was not written for.

import { createHash } from "node:crypto";

/** Starts of the SHA-256 of the upstream methods that are replaced or whose part is left out. */
const SOURCES = {
  Battle: {
    add: "1ed792886a6b2bfe",
    get: "075c23615940c621",
    getPokemon: "416d2250571a8ad1",
    parsePokemonId: "be378d42eed9f058",
    abilityActive: "6878e1cae022edcb",
    ngasActive: "d6ec67cc1589116e",
    getAllActive: "6691d6bc84ac6659",
  },
  Pokemon: {
    healthParse: "4ee6f8587358da47",
    getPressurePP: "559076c503b30d73",
    rememberAbility: "42b8304d31cd455f",
  },
};

/** @param {any} client the @pkmn/client package */
function expectSources(client) {
  for (const [name, methods] of Object.entries(SOURCES)) {
    for (const [method, digest] of Object.entries(methods)) {
      const found = createHash("sha256").update(String(client[name].prototype[method])).digest("hex");
      if (!found.startsWith(digest)) {
        throw new Error(
          `@pkmn/client's ${name}.${method} has changed (${found.slice(0, 16)}, not ${digest}): revise worker/tracker.mjs`,
        );
      }
    }
  }
}

/**
 * A class of an npm package, of which nothing is known here.
 *
 * @typedef {new (...args: any[]) => any} AnyClass
 */

/** A table of a generation's dex that looks every name up once. */
class NamedTable {
  /** @param {any} table of @pkmn/data */
  constructor(table) {
    this.table = table;
    /** @type {Map<string, any>} */
    this.found = new Map();
  }

  /** @param {string} name */
  get(name) {
    let data = this.found.get(name);
    if (data === undefined && !this.found.has(name)) {
      data = this.table.get(name);
      this.found.set(name, data);
    }
    return data;
  }

  [Symbol.iterator]() {
    return this.table[Symbol.iterator]();
  }
}

const EFFECT_TABLES = /** @type {Record<string, [string, string]>} */ ({
  move: ["moves", "Move"],
  ability: ["abilities", "Ability"],
  item: ["items", "Item"],
});

/**
 * Effects such as "move: Wrap", read with the simulator's own dex, which (unlike the dex that the client
 * was written for) does not look behind the prefix.
 */
class EffectTable extends NamedTable {
  /** @param {any} generation of @pkmn/data */
  constructor(generation) {
    super({
      get: (/** @type {string} */ text) => {
        const [, prefix, name] = /^(move|ability|item): ?(.*)$/.exec(text) ?? ["", "", text];
        const [table, kind] = EFFECT_TABLES[prefix] ?? ["conditions", "Condition"];
        const effectName = generation[table].get(name)?.name ?? name;
        return { name: effectName, id: effectName.toLowerCase().replace(/[^a-z0-9]+/g, ""), kind };
      },
    });
  }
}

/** What the client asks of @pkmn/data, each name only once for all battles of a worker. */
class TrackedGeneration {
  /** @param {any} generation of @pkmn/data */
  constructor(generation) {
    this.num = generation.num;
    this.species = new NamedTable(generation.species);
    this.moves = new NamedTable(generation.moves);
    this.items = new NamedTable(generation.items);
    this.abilities = new NamedTable(generation.abilities);
    this.types = new NamedTable(generation.types);
    this.natures = new NamedTable(generation.natures);
    this.conditions = new EffectTable(generation);
  }
}

class TrackedGenerations {
  /** @param {any} generations of @pkmn/data */
  constructor(generations) {
    this.generations = generations;
    /** @type {Map<number, TrackedGeneration>} */
    this.made = new Map();
  }

  /** @param {number} number */
  get(number) {
    let generation = this.made.get(number);
    if (!generation) {
      generation = new TrackedGeneration(this.generations.get(number));
      this.made.set(number, generation);
    }
    return generation;
  }
}

const LETTER_P = 0x70;
const LETTER_A = 0x61;
const DIGIT_1 = 0x31;
const COLON = 0x3a;
const NOTHING = Object.freeze({ name: "", id: "", kind: "Condition" });

/**
 * The handlers of the client by message type, such as "move".
 *
 * @param {any} client the @pkmn/client package
 * @param {any} generations
 * @returns {Map<string, (args: any, kwArgs: any) => void>}
 */
function handlersByType(client, generations) {
  const { handler } = new client.Battle(generations);
  const prototype = Object.getPrototypeOf(handler);
  return new Map(
    Object.getOwnPropertyNames(prototype)
      .filter((name) => name.startsWith("|"))
      .map((name) => [name.slice(1, -1), prototype[name]]),
  );
}

/**
 * @param {any} client the @pkmn/client package
 * @param {any} generations
 * @returns {AnyClass}
 */
function trackerClass(client, generations) {
  const handlers = handlersByType(client, generations);
  return class Tracker extends client.Battle {
    /**
     * @param {any} args as parsed by @pkmn/protocol
     * @param {any} kwArgs
     */
    add(args, kwArgs) {
      const handle = handlers.get(args[0]);
      if (handle) handle.call(this.handler, args, kwArgs);
    }

    /**
     * @param {string} type
     * @param {string | undefined} name
     */
    get(type, name) {
      if (!name) return NOTHING;
      return this.gen[type].get(name) ?? super.get(type, name);
    }

    /**
     * @param {string | undefined} ident such as "p1a: Pikachu"
     * @param {boolean} [revival]
     */
    getPokemon(ident, revival) {
      if (ident && ident.charCodeAt(3) === COLON && ident.charCodeAt(0) === LETTER_P) {
        const side = this.sides[ident.charCodeAt(1) - DIGIT_1];
        const active = side?.active[ident.charCodeAt(2) - LETTER_A];
        if (active) return active;
      }
      return super.getPokemon(ident, revival);
    }

    /** @param {string[]} abilities */
    abilityActive(abilities) {
      if (this.ngasActive()) return super.abilityActive(abilities);
      const { p1, p2 } = this;
      return hasAbility(p1, abilities) || hasAbility(p2, abilities);
    }

    ngasActive() {
      return hasAbility(this.p1, NEUTRALIZING_GAS) || hasAbility(this.p2, NEUTRALIZING_GAS);
    }
  };
}

const NEUTRALIZING_GAS = ["neutralizinggas"];

/**
 * Whether an active Pokémon of a side has one of the abilities, unsuppressed.
 *
 * @param {any} side the client's
 * @param {string[]} abilities
 */
function hasAbility(side, abilities) {
  for (const pokemon of side.active) {
    if (pokemon && !pokemon.fainted && abilities.includes(pokemon.ability) && !pokemon.volatiles.gastroacid) {
      return true;
    }
  }
  return false;
}

const STATUSES = new Set(["par", "brn", "slp", "frz", "tox", "psn"]);
const DIGIT_9 = 0x39;

/**
 * @param {any} client the @pkmn/client package
 * @returns {AnyClass}
 */
function trackedPokemonClass(client) {
  return class TrackedPokemon extends client.Pokemon {
    /**
     * @param {string | undefined} text such as "123/300 par"; what is not of that form goes the long way
     * @returns {[number, number, number, string] | null} change of HP, maximum HP, old HP, old colour
     */
    healthParse(text) {
      const slash = text?.indexOf("/") ?? -1;
      if (!text || slash <= 0) return super.healthParse(text);
      const space = text.indexOf(" ");
      const end = space < 0 ? text.length : space;
      const status = space < 0 ? undefined : text.slice(space + 1);
      const hp = Number(text.slice(0, slash));
      const maxhp = Number(text.slice(slash + 1, end));
      if (
        text.charCodeAt(end - 1) > DIGIT_9 ||
        (status && !STATUSES.has(status)) ||
        !(hp > 0) ||
        !(maxhp > 0)
      ) {
        return super.healthParse(text);
      }
      /** @type {any} */
      const pokemon = this; // upstream's fields are not declared
      const oldColor = pokemon.hpcolor;
      const first = pokemon.maxhp === 0;
      const old = first ? maxhp : pokemon.fainted ? 0 : pokemon.hp || 1;
      const oldHp = old ? Math.floor((maxhp * old) / (first ? maxhp : pokemon.maxhp)) || 1 : 0;
      pokemon.hpcolor = "";
      pokemon.hp = Math.min(hp, maxhp);
      pokemon.maxhp = maxhp;
      if (first) pokemon.baseMaxhp = maxhp;
      if (status !== "psn" || pokemon.status !== "tox") pokemon.status = status;
      return [pokemon.hp - oldHp, maxhp, oldHp, oldColor];
    }

    /**
     * Upstream compares an ability's id with its display name and so never counts the PP of Pressure.
     *
     * @param {number} pp
     * @param {any[]} foes
     */
    getPressurePP(pp, foes) {
      return pp + foes.filter((foe) => foe?.effectiveAbility() === "pressure").length;
    }

    /**
     * "As One" is the message of two abilities.
     *
     * @param {string} ability
     * @param {boolean} [isNotBase]
     */
    rememberAbility(ability, isNotBase) {
      super.rememberAbility(ability === "As One" ? this.species.abilities["0"] : ability, isNotBase);
    }
  };
}

/**
 * Makes the function that makes trackers.
 *
 * @param {any} client the @pkmn/client package
 * @param {any} generations of @pkmn/data
 * @returns {() => any} a new tracker of a battle
 */
export function trackerFactory(client, generations) {
  expectSources(client);
  const tracked = new TrackedGenerations(generations);
  const Tracker = trackerClass(client, tracked);
  const TrackedPokemon = trackedPokemonClass(client);
  const makePokemon = (/** @type {any} */ side, /** @type {any} */ details, /** @type {any} */ set) =>
    new TrackedPokemon(side, details, set);
  const makeSide = (/** @type {any} */ battle, /** @type {number} */ n, /** @type {any} */ sets) =>
    new client.Side(battle, n, sets, makePokemon);
  return () => new Tracker(tracked, null, undefined, undefined, makeSide);
}
